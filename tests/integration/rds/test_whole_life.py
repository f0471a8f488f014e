# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A database with a replica, a proxy, and a real server, from site.yml over a major upgrade to destroy.yml: boto3 and psycopg look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.site import Run, Site
from tests.integration.eks_operations.support import ACCOUNT, REGION
from tests.integration.site import Requests

from .servers import changing_statements, through_proxy, until, with_secret

MAIN, READER = "prod-main", "prod-main-reports"
MASTER, APP = "/mainstay/prod/database/main/master", "/mainstay/prod/database/main/user-app"
OWNER_TAGS = {"mainstay:environment", "mainstay:component", "mainstay:address"}
SLOTS = "One or more databases have logical replication slots. Please drop all logical replication slots and try again."
DATABASE: dict[str, Any] = {
    "version": "16",
    "class": "db.t4g.medium",
    "storage": {"size": 20},
    "multi_az": False,
    "master": {"credentials": "generated"},
    "maintenance": {"apply": "now"},
    "deletion": {"protection": False},
    "replicas": {"reports": {}},
    "proxy": {"users": ["app"]},
    "databases": {"app": {"owner": "app", "extensions": ["vector"], "schemas": {"shop": {}}}},
    "users": {"app": {"login": "password", "settings": {"search_path": "shop, public"}}, "reports": {"login": "iam"}},
}


@pytest.fixture(scope="module")
def site(cloud_for: CloudFor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The tests of this module follow each other."""
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": True, "control_planes": False})
    made = Site(cloud, Path(tmp_path_factory.mktemp("life")), {"vpc": ["network"], "rds": ["database"]})
    made.variables |= {"rds_databases": {"main": DATABASE}, "platform_purge": ["database:db_parameter_group.*"]}
    made.must("site.yml")
    yield made
    cloud.admin.settings(rds_failing_upgrades={})


def describe(cloud: Cloud, name: str = MAIN) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def groups(cloud: Cloud) -> list[str]:
    listed = cloud.client("rds").describe_db_parameter_groups()["DBParameterGroups"]
    return [one["DBParameterGroupName"] for one in listed if not one["DBParameterGroupName"].startswith("default.")]


def snapshots(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return found


def orders(cloud: Cloud, name: str = MAIN) -> int:
    with with_secret(cloud, name, APP, "app") as connection:
        row = connection.execute("SELECT count(*) FROM shop.orders").fetchone()
    return int(row[0]) if row else -1


def statistics(cloud: Cloud) -> tuple[int, int]:
    """What the planner believes to be in the table, and how many of its columns it knows something about."""
    query = "SELECT reltuples::int, (SELECT count(*)::int FROM pg_stats WHERE tablename = 'orders') FROM pg_class WHERE relname = 'orders'"
    with with_secret(cloud, MAIN, APP, "app") as connection:
        row = connection.execute(query).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def test_the_secrets_log_in_over_verified_tls_and_reader_and_proxy_have_the_rows(site: Site) -> None:
    with with_secret(site.cloud, MAIN, MASTER) as connection:
        role = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        encrypted = connection.execute("SELECT current_setting('rds.force_ssl')").fetchone()
    assert (role, encrypted) == (("dbadmin", False), ("1",))
    with with_secret(site.cloud, MAIN, APP, "app") as connection:
        table = "CREATE TABLE shop.orders WITH (autovacuum_enabled = false) AS SELECT n, n % 7 AS kind FROM generate_series(1, 20000) AS n"
        connection.execute(table)
        connection.execute("ANALYZE shop.orders")
    until(lambda: orders(site.cloud, READER) == 20000)
    with through_proxy(site.cloud, APP, "app") as connection:
        assert connection.execute("SELECT count(*) FROM shop.orders").fetchone() == (20000,)
    assert statistics(site.cloud) == (20000, 2)


def test_a_second_run_calls_nothing_that_changes_aws_or_the_database(site: Site) -> None:
    first = changing_statements(site.cloud.client("rds"))
    assert any("CREATE DATABASE" in statement for statement in first), "the server's log has the statements of the first run"
    requests = Requests(site.cloud)
    done = site.must("site.yml")
    assert requests.changes() == [], done.text
    assert changing_statements(site.cloud.client("rds")) == first
    assert site.summary()["result"] == "no_changes", done.text


def upgrade(site: Site, *consent: str) -> Run:
    site.variables |= {"rds_databases": {"main": {**DATABASE, "version": "17"}}, "rds_allow_major_upgrade": list(consent)}
    return site.run("site.yml")


def test_a_major_upgrade_needs_consent(site: Site) -> None:
    requests = Requests(site.cloud)
    refused = upgrade(site)
    assert refused.code != 0
    assert refused.says("a major upgrade stops the database for minutes to hours and cannot be undone, so it needs consent"), refused.text
    assert requests.changes() == []


def test_a_precheck_that_fails_is_an_error_with_its_last_sentences(site: Site) -> None:
    """RDS returns to available with the old version, which is no error of any call."""
    before = describe(site.cloud)["EngineVersion"]
    site.cloud.admin.settings(rds_failing_upgrades={MAIN: SLOTS})
    failed = upgrade(site, "main")
    assert failed.code != 0
    assert failed.says("RDS gave up the upgrade to 17"), failed.text
    assert failed.says(f"the instance is available with {before} again"), failed.text
    assert failed.says("Please drop all logical replication slots and try again."), failed.text
    found = describe(site.cloud)
    assert (found["EngineVersion"], found["DBParameterGroups"][0]["DBParameterGroupName"]) == (before, f"{MAIN}-postgres16")
    assert f"{MAIN}-postgres16" in groups(site.cloud)
    assert orders(site.cloud) == 20000


def test_a_major_upgrade_through_the_role(site: Site) -> None:
    """A snapshot first; version and group in one call; the old group last; the version is the wanted one; statistics are there again."""
    before = describe(site.cloud)["EngineVersion"]
    site.cloud.admin.settings(rds_failing_upgrades={})
    requests = Requests(site.cloud)
    done = upgrade(site, "main")
    assert done.code == 0, done.text
    assert done.says("stops the database for a major upgrade, minutes to hours, in this run"), done.text
    assert done.says("the upgrade loses the planner's statistics"), done.text
    changes = [one for one in requests.changes() if one.startswith("rds:")]
    assert changes.count("rds:ModifyDBInstance") <= 2, "one for the primary, and one for the group of its replica"
    assert changes[-1] == "rds:DeleteDBParameterGroup"
    assert groups(site.cloud) == [f"{MAIN}-postgres17"]
    for name in (MAIN, READER):
        found = describe(site.cloud, name)
        assert found["EngineVersion"].startswith("17."), name
        assert [one["DBParameterGroupName"] for one in found["DBParameterGroups"]] == [f"{MAIN}-postgres17"], name
    (snapshot,) = snapshots(site.cloud)
    assert snapshot["EngineVersion"] == before
    assert OWNER_TAGS.isdisjoint(tag["Key"] for tag in snapshot["TagList"])
    assert statistics(site.cloud) == (20000, 2)
    until(lambda: orders(site.cloud, READER) == 20000)
    again = site.must("site.yml", "--check")
    assert site.summary()["result"] == "no_changes", again.text


def test_destroying_leaves_snapshots_that_can_be_restored(site: Site) -> None:
    cloud = site.cloud
    site.must("playbooks/destroy.yml", "--extra-vars", "destroy=prod")
    assert cloud.client("rds").describe_db_instances()["DBInstances"] == []
    found = {one["DBSnapshotIdentifier"]: one for one in snapshots(cloud)}
    assert len(found) == 2, "one from before the upgrade, and the final one"
    kms = cloud.client("kms")
    for name, snapshot in found.items():
        assert snapshot["Status"] == "available", name
        assert OWNER_TAGS.isdisjoint(tag["Key"] for tag in snapshot["TagList"]), name
        assert kms.describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]["KeyState"] == "Enabled", name
