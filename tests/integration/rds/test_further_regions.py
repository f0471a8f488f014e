# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A replica and replicated backups in another region: planned from nothing, made, found unchanged, and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.module_runs import ModuleRuns
from tests.integration.site import Requests, ids, summary, touched

from .support import EVERYTHING, REGION, Site, database, new_network

AWAY = "eu-central-1"
IN_THE_OTHER_REGION = {
    "backup_replication.main",
    "database_key.eu-central-1",
    "db_log_group.main/far-iam-db-auth-error",
    "db_log_group.main/far-postgresql",
    "db_log_group.main/far-upgrade",
    "db_parameter_group.main/far-postgres17",
    "db_replica.main/far",
    "db_subnet_group.main/far",
}


@pytest.fixture
def far(site: Site) -> dict[str, Any]:
    """A replica in a network of the other region."""
    network = new_network(site.cloud, AWAY)
    return {"region": AWAY, "subnet_ids": network["subnet_ids"], "security_group_ids": network["security_group_ids"]}


def described(far: dict[str, Any]) -> dict[str, Any]:
    backups = {"replicate_to": {"region": AWAY}}
    return {"main": database(master={"credentials": "generated"}, backups=backups, replicas={"far": far})}


def test_a_replica_in_another_region_has_what_it_needs_there(site: Site, far: dict[str, Any], tmp_path: Path) -> None:
    databases = described(far)
    requests = Requests(site.cloud)
    planned = summary(site.plan(site.desired(databases)))
    assert requests.changes() == []
    result = site.apply(site.desired(databases))
    assert set(ids(result)) == set(planned)
    assert {seen.address for seen in result.final if seen.properties.get("region") == AWAY} == IN_THE_OTHER_REGION

    replica = site.cloud.client("rds", region=AWAY).describe_db_instances()["DBInstances"][0]
    key = next(seen for seen in result.final if seen.address == "database_key.eu-central-1").attributes["arn"]
    assert replica["KmsKeyId"] == key
    assert replica["DBSubnetGroup"]["DBSubnetGroupName"] == "prod-main-far-subnets"
    assert [group["DBParameterGroupName"] for group in replica["DBParameterGroups"]] == ["prod-main-far-postgres17"]
    assert [group["VpcSecurityGroupId"] for group in replica["VpcSecurityGroups"]] == far["security_group_ids"]
    logs = site.cloud.client("logs", region=AWAY).describe_log_groups()["logGroups"]
    assert {group["kmsKeyId"] for group in logs} == {key}
    assert not [one for one in site.cloud.client("logs").describe_log_groups()["logGroups"] if "far" in one["logGroupName"]]

    requests = Requests(site.cloud)
    assert (summary(site.apply(site.desired(databases)).plan), requests.changes()) == ({}, [])

    site.cloud.client("rds", region=AWAY).modify_db_instance(DBInstanceIdentifier="prod-main-far", DeletionProtection=True)
    runs = ModuleRuns(site.cloud, tmp_path)
    options = {"environment": site.environment, "component": site.component, "region": REGION, "databases": databases, "everything": True}
    found = runs.run_module("rds_postgres_info", options, "plan")
    assert [text.partition(".")[0] for text in found["protected"]] == ["RDS instance prod-main-far is protected against deletion"]
    assert sorted(found["outputs"]["databases"]) == ["main"]
    site.apply(site.desired(databases))

    site.remove(databases)
    assert site.ids() == {}
    rds = site.cloud.client("rds", region=AWAY)
    assert (rds.describe_db_instances()["DBInstances"], rds.describe_db_subnet_groups()["DBSubnetGroups"]) == ([], [])
    kept = site.cloud.client("kms", region=AWAY).describe_key(KeyId=key)["KeyMetadata"]
    assert kept["KeyState"] == "Enabled", "the replicated backups need it"


def test_without_backups_there_the_key_goes_too(site: Site, far: dict[str, Any]) -> None:
    databases = {"main": database(master={"credentials": "generated"}, replicas={"far": far})}
    site.apply(site.desired(databases))
    key = next(seen for seen in site.observed() if seen.address == "database_key.eu-central-1").id
    site.remove(databases)
    assert site.cloud.client("kms", region=AWAY).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_replica_there_that_was_promoted_is_kept_once_the_settings_say_so(site: Site, far: dict[str, Any]) -> None:
    """Promoted by hand while its source's region was out of reach. It stays the component's, and nothing is lost with it."""
    replica, name = {"master": {"credentials": "generated"}}, "prod-main-far"
    site.apply(site.desired({"main": database(**replica, replicas={"far": far})}))
    rds = site.cloud.client("rds", region=AWAY)
    rds.promote_read_replica(DBInstanceIdentifier=name)
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier=name, WaiterConfig={"Delay": 0})
    plan = site.plan(site.desired({"main": database(**replica, replicas={"far": far})}))
    assert touched(plan) == {"db_replica.main/far": {"promoted"}}
    (failure,) = site.checked(plan).refusals
    assert f"{name} was promoted" in failure.message
    assert "promoted: true at main.replicas.far of rds_databases" in failure.hint

    kept = {"main": database(**replica, replicas={"far": {**far, "promoted": True}}, backups={"retention_days": 14})}
    plan = site.plan(site.desired(kept))
    assert touched(plan)["db_replica.main/far"] == {"backup_retention_period"}
    assert site.checked(plan).refusals == []
    result = site.apply(site.desired(kept))
    key = next(seen for seen in result.final if seen.address == "database_key.eu-central-1").attributes["arn"]
    requests = Requests(site.cloud)
    assert (summary(site.apply(site.desired(kept)).plan), requests.changes()) == ({}, [])
    assert [one["BackupRetentionPeriod"] for one in rds.describe_db_instances()["DBInstances"]] == [14]

    site.remove(kept)
    (final,) = rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert (final["DBInstanceIdentifier"], final["KmsKeyId"], key_state(site, key)) == (name, key, "Enabled")
    assert not [tag for tag in final["TagList"] if tag["Key"] == "mainstay:address"]


def test_what_the_other_region_lacks_is_said_before_the_first_change(site: Site, far: dict[str, Any]) -> None:
    path = "databases.main.replicas.far"
    subnet = {"subnet_ids": [far["subnet_ids"][0], "subnet-0123456789abcdef0"]}
    assert site.problems(described({**far, **subnet})) == [
        f"{path}.subnet_ids names subnet-0123456789abcdef0, but there is no such subnet in this account and region"
    ]
    key = f"arn:aws:kms:{AWAY}:210987654321:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert site.problems(described({**far, "kms_key_arn": key})) == [
        f"{path}.kms_key_arn is '{key}', but there is no such key, or it may not be described; correct it, or remove it"
    ]
    (problem,) = site.problems(described({**far, "class": "db.m1.small"}))
    assert problem.startswith(f"{path}.class is 'db.m1.small', but RDS does not offer it in {AWAY} for PostgreSQL 17")


def replicated(automated_backups: str = "keep", **to: str) -> dict[str, Any]:
    deletion = {"protection": False, "automated_backups": automated_backups}
    return {"main": database(backups={"replicate_to": {"region": AWAY, **to}}, deletion=deletion)}


def copies(site: Site) -> list[dict[str, Any]]:
    """The replicated backups in the other region."""
    found: list[dict[str, Any]] = site.cloud.client("rds", region=AWAY).describe_db_instance_automated_backups()[
        "DBInstanceAutomatedBackups"
    ]
    return found


def key_state(site: Site, arn: str) -> str:
    return str(site.cloud.client("kms", region=AWAY).describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])


def test_replication_that_cannot_be_made_is_said_before_the_first_change(site: Site) -> None:
    path = "databases.main.backups.replicate_to"
    (problem,) = site.problems(replicated(region="af-south-1"))
    assert problem == (
        f"{path}.region is af-south-1, but RDS does not replicate automated backups from eu-west-1 to af-south-1; name another region, or "
        "remove replicate_to and make a read replica in af-south-1 (replicas, with region: af-south-1) or copy snapshots there with AWS "
        "Backup"
    )
    kms = site.cloud.client("kms", region=AWAY)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    assert site.problems(replicated(kms_key_arn=key)) == []
    kms.disable_key(KeyId=key)
    assert site.problems(replicated(kms_key_arn=key)) == [
        f"{path}.kms_key_arn is '{key}', but that key is Disabled, so RDS cannot use it; enable it, or name another key"
    ]
    assert site.problems(replicated(region="eu-west-1"), region=None) == [
        f"{path}.region is eu-west-1, but that is the region of the instance; name another one"
    ]


def test_replication_that_ends_leaves_what_was_copied_and_its_key(site: Site) -> None:
    """Once no setting names the region, the run says that something is left there, and looks there when it is told to."""
    site.apply(site.desired(replicated()))
    (key,) = {one["KmsKeyId"] for one in copies(site)}
    without = {"main": database()}
    desired = site.desired(without)
    assert summary(site.plan(desired)) == {}
    domain = site.domain_of(without)
    assert [text for text in domain.notes(site.observation(domain)) if f"replicated backups in {AWAY}" in text]

    site.further_regions = (AWAY,)
    gone = {"backup_replication.main", "database_key.eu-central-1"}
    assert summary(site.plan(desired, purge=["*"])) == dict.fromkeys(gone, "delete (no consent)")
    said = site.checked(site.plan(desired, purge=EVERYTHING)).warnings
    assert said == [
        "backup_replication.main: what was replicated of the backups of prod-main to eu-central-1 is kept there until its retention of 7 "
        "days is over, and so is its key.",
        f"database_key.eu-central-1: the key {key} stays: automated backups of prod-main cannot be read without it. Delete them first to "
        "have it deleted too. It loses its alias and its owner tags.",
    ]
    site.apply(desired, purge=EVERYTHING)
    assert ([one["Status"] for one in copies(site)], key_state(site, key)) == (["retained"], "Enabled")
    assert gone.isdisjoint(site.ids())
    (problem,) = site.problems(replicated())
    assert problem.startswith("databases.main.backups.replicate_to.kms_key_arn is missing, but eu-central-1 has backups of prod-main")
    assert site.problems(replicated(kms_key_arn=key)) == []
    requests = Requests(site.cloud)
    assert (summary(site.apply(desired).plan), requests.changes()) == ({}, [])


def test_replication_that_ends_takes_what_was_copied_along_if_the_settings_say_so(site: Site) -> None:
    databases = replicated("delete")
    site.apply(site.desired(databases))
    (key,) = {one["KmsKeyId"] for one in copies(site)}
    domain = site.domain_of(databases, state="absent")
    plan = site.plan([], purge=EVERYTHING)
    said = [text for text in site.checked(plan).warnings if AWAY in text]
    assert said == ["backup_replication.main: what was replicated of the backups of prod-main to eu-central-1 is deleted."]
    assert domain is site.domain
    site.apply([], purge=EVERYTHING)
    assert (copies(site), site.ids(), key_state(site, key)) == ([], {}, "PendingDeletion")
