# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of a component: a plan from nothing, its apply, the same again, changes, drift, and its removal."""

from __future__ import annotations

from tests.integration.site import Requests, ids, summary

from .support import EVERYTHING, Site, database

GENERATED = {"credentials": "generated"}
OFFERS = {"DescribeDBEngineVersions", "DescribeOrderableDBInstanceOptions"}


def test_an_instance_is_created_once(site: Site, requests: Requests) -> None:
    databases = {"main": database()}
    planned = summary(site.plan(site.desired(databases)))
    assert requests.changes() == []
    result = site.apply(site.desired(databases))
    assert (
        set(ids(result))
        == set(planned)
        == {
            "database_key.data",
            "iam_role.monitoring",
            "db_subnet_group.main",
            "db_parameter_group.main/postgres17",
            "db_log_group.main/postgresql",
            "db_log_group.main/upgrade",
            "db_log_group.main/iam-db-auth-error",
            "db_instance.main",
        }
    )
    before = len(requests.changes())
    again = site.apply(site.desired(databases))
    assert (summary(again.plan), requests.changes()[before:]) == ({}, [])


def test_what_rds_offers_is_read_only_for_what_it_decides(site: Site, requests: Requests) -> None:
    """The replies about versions and classes are the largest, and the second follows from the first."""
    site.apply(site.desired({"main": database()}))
    for databases, expected in (
        ({"main": database()}, set()),
        ({"main": database(version="18")}, OFFERS),
        ({"main": database(storage={"size": 200})}, OFFERS),
    ):
        before = len(requests.all())
        site.problems(databases)
        assert {one["operation"] for one in requests.all()[before:]} & OFFERS == expected


def test_an_instance_is_removed_and_its_key_stays_with_its_snapshot(site: Site) -> None:
    """The final snapshot has no owner tags, and its key is enabled, without an alias and without owner tags."""
    site.apply(site.desired({"main": database()}))
    site.apply([], purge=EVERYTHING)
    assert site.ids() == {}
    (snapshot,) = site.cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    kms = site.cloud.client("kms")
    key = kms.describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]
    tags = {tag["TagKey"] for tag in kms.list_resource_tags(KeyId=snapshot["KmsKeyId"])["Tags"]}
    assert (key["KeyState"], "mainstay:kept-for" in tags, "mainstay:component" in tags) == ("Enabled", True, False)
    assert "mainstay:component" not in {tag["Key"] for tag in snapshot["TagList"]}


def test_the_key_stays_for_an_instance_that_stays(site: Site) -> None:
    """The old half of a blue/green deployment is left alone; RDS keeps its groups, and nothing but it needs the key."""
    databases = {"main": database(deletion={"protection": False, "final_snapshot": False, "automated_backups": "delete"})}
    site.apply(site.desired(databases))
    site.cloud.admin.happen("rds", "blue_green_switchover", DBInstanceIdentifier="prod-main")
    domain = site.domain_of(databases, state="absent")
    aws = site.aws("plan")
    try:
        warnings = domain.checks(site.plan([], purge=EVERYTHING), aws, "").warnings
    finally:
        aws.close()
    assert any("database_key.data: " in text and "instance prod-main-old1" in text for text in warnings)
    failures = site.try_apply([], purge=EVERYTHING).failures
    assert {one.address for one in failures} == {"db_parameter_group.main/postgres17", "db_subnet_group.main"}
    (old,) = site.cloud.client("rds").describe_db_instances()["DBInstances"]
    assert old["DBInstanceIdentifier"] == "prod-main-old1"
    assert site.cloud.client("kms").describe_key(KeyId=old["KmsKeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
