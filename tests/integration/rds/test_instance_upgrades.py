# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Engine versions on the rehearsal cloud: who is upgraded first, with whose consent, and whether it took place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.site import Requests, summary, touched

from .instance_site import ACCOUNT, EVERY_DAY, MAIN, READER, REGION, Options, Site, tags_of

ADDRESS, REPLICA = "db_instance.main", "db_replica.main/reader"
CONSENT = {MAIN: Options(allow_major_upgrade=True), READER: Options(allow_major_upgrade=True)}
PASSWORD = "Correct-Horse-1"


@pytest.fixture
def site(cloud_for: CloudFor) -> Site:
    return Site(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False}))


def offered(site: Site, major: str) -> list[str]:
    found = [one["EngineVersion"] for one in site.rds.describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]]
    return sorted((one for one in found if one.split(".")[0] == major), key=lambda one: int(one.split(".")[1]))


def version(site: Site, name: str = MAIN) -> str:
    return str(site.describe(name)["EngineVersion"])


def test_a_major_version_means_its_newest_and_is_never_lowered(site: Site) -> None:
    versions = offered(site, "17")
    site.apply([site.main(engine_version="17")])
    assert version(site) == versions[-1]
    assert summary(site.plan([site.main(engine_version=versions[0])])) == {}


def test_a_minor_upgrade(site: Site) -> None:
    versions = offered(site, "17")
    site.apply([site.main(engine_version=versions[0])])
    desired = [site.main(engine_version=versions[-1])]
    assert touched(site.plan(desired)) == {ADDRESS: {"engine_version"}}
    site.apply(desired)
    assert version(site) == versions[-1]
    assert summary(site.plan(desired)) == {}


def both(site: Site, version: str, secret: dict[str, str], **more: Any) -> list[Any]:
    return [site.main(engine_version=version, master_credentials=secret, **more), site.reader(engine_version=version, **more)]


def test_replicas_get_a_minor_version_first(site: Site) -> None:
    versions, secret = offered(site, "17"), site.secret(PASSWORD)
    site.apply(both(site, versions[0], secret))
    requests = Requests(site.cloud)
    site.apply(both(site, versions[-1], secret))
    assert (version(site), version(site, READER)) == (versions[-1], versions[-1])
    assert requests.changes() == ["rds:ModifyDBInstance", "rds:ModifyDBInstance"]
    assert all(one["status"] == 200 for one in requests.all() if one["operation"] == "ModifyDBInstance")


def test_a_replica_of_others_is_named(site: Site) -> None:
    versions, secret = offered(site, "17"), site.secret(PASSWORD)
    main = site.main(engine_version=versions[0], master_credentials=secret)
    site.apply([main])
    site.rds.create_db_instance_read_replica(DBInstanceIdentifier="theirs", SourceDBInstanceIdentifier=MAIN)
    site.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="theirs", WaiterConfig={"Delay": 0})
    failures = site.try_apply([site.main(engine_version=versions[-1], master_credentials=secret)]).failures
    assert "theirs has" in failures[0].message


def test_a_replica_that_waits_for_its_window_is_named(site: Site) -> None:
    versions, secret = offered(site, "17"), site.secret(PASSWORD)
    site.apply(both(site, versions[0], secret))
    site.options = {MAIN: Options(apply="window"), READER: Options(apply="window")}
    failures = site.try_apply(both(site, versions[-1], secret)).failures
    assert [one.address for one in failures] == [ADDRESS]
    assert f"{READER} gets {versions[-1]} in its maintenance window" in failures[0].message
    site.happen("maintenance_window", of=READER)
    site.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=READER, WaiterConfig={"Delay": 0})
    desired = both(site, versions[-1], secret)
    site.apply(desired)
    assert summary(site.plan(desired)) == {}


def test_a_major_upgrade_needs_consent(site: Site) -> None:
    site.apply([site.main()])
    requests = Requests(site.cloud)
    failures = site.try_apply([site.main(engine_version="18")]).failures
    assert "rds_allow_major_upgrade" in failures[0].hint
    assert requests.changes() == []


def test_a_major_upgrade_takes_the_group_along_after_a_snapshot(site: Site) -> None:
    site.options = CONSENT
    for name, family in (("main-17", "postgres17"), ("main-18", "postgres18")):
        site.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="x")
    site.apply([site.main(db_parameter_group_name="main-17")])
    before = version(site)
    desired = [site.main(engine_version="18", db_parameter_group_name="main-18")]
    requests = Requests(site.cloud)
    site.apply(desired)
    assert version(site).startswith("18.")
    assert site.describe()["DBParameterGroups"][0]["DBParameterGroupName"] == "main-18"
    assert requests.changes() == ["rds:CreateDBSnapshot", "rds:ModifyDBInstance"]
    snapshot = site.snapshots()[0]
    assert snapshot["EngineVersion"] == before
    assert not EVERY_DAY & set(tags_of(snapshot))
    assert tags_of(snapshot)["mainstay:snapshot-reason"] == f"before the upgrade from {before} to {version(site)}"
    assert summary(site.plan(desired)) == {}


def test_a_failed_precheck_is_an_error_with_its_last_sentences(site: Site) -> None:
    site.options = CONSENT
    site.apply([site.main()])
    before = version(site)
    text = (
        "The instance could not be upgraded because of logical replication slots. Please drop all logical replication slots and try again."
    )
    site.cloud.admin.settings(rds_failing_upgrades={MAIN: text})
    failures = site.try_apply([site.main(engine_version="18")]).failures
    assert failures[0].code == "UpgradeFailed"
    assert f"available with {before} again" in failures[0].message
    assert "Please drop all logical replication slots and try again." in failures[0].message
    site.cloud.admin.settings(rds_failing_upgrades={})
    site.apply([site.main(engine_version="18")])
    assert version(site).startswith("18.")
    assert len(site.snapshots()) == 1


def test_a_major_upgrade_takes_replicas_along(site: Site) -> None:
    secret, site.options = site.secret(PASSWORD), CONSENT
    site.apply(both(site, "17", secret))
    desired = both(site, "18", secret)
    site.apply(desired)
    assert version(site, READER) == version(site)
    assert version(site).startswith("18.")
    assert summary(site.plan(desired)) == {}


def test_an_automatic_upgrade_is_left_alone(site: Site) -> None:
    versions = offered(site, "17")
    desired = [site.main(engine_version=versions[0])]
    site.apply(desired)
    site.rds.modify_db_instance(DBInstanceIdentifier=MAIN, EngineVersion=versions[-1], ApplyImmediately=True)
    site.rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=MAIN, WaiterConfig={"Delay": 0})
    assert summary(site.plan(desired)) == {}
