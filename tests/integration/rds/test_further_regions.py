# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A replica and replicated backups in another region: planned from nothing, made, found unchanged, and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.module_runs import ModuleRuns
from tests.integration.site import Requests, ids, summary

from .support import REGION, Site, database, new_network

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


def test_replication_that_rds_does_not_offer_is_said(site: Site) -> None:
    databases = {"main": database(backups={"replicate_to": {"region": "af-south-1"}})}
    (problem,) = site.problems(databases)
    assert problem.startswith("databases.main.backups.replicate_to.region is af-south-1, but RDS does not replicate automated backups")
