# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""playbooks/destroy.yml with databases: refused as a whole while one is protected, in order, and finished by a second run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.integration.eks_operations.killing import killed
from tests.integration.eks_operations.site import Changes, Site
from tests.integration.eks_operations.support import ACCOUNT, REGION

DESTROY = "playbooks/destroy.yml"
MEANT = ("--extra-vars", "destroy=prod")
PROTECTED = (
    "RDS instance prod-main is protected against deletion. Set deletion.protection to false for main in rds_databases and run site.yml, "
    "then delete it."
)
KEPT = "db_instance.main: a final snapshot and the automated backups of prod-main are kept."


def databases(**deletion: Any) -> dict[str, Any]:
    """A database with a replica, protected as prod has it by default."""
    main = {
        "version": "17",
        "class": "db.t4g.medium",
        "storage": {"size": 20},
        "multi_az": False,
        "master": {"credentials": "generated"},
        "maintenance": {"apply": "now"},
        "replicas": {"reports": {}},
    }
    return {"main": {**main, **({"deletion": deletion} if deletion else {})}}


@pytest.fixture
def site(cloud_for: CloudFor, tmp_path: Path) -> Site:
    """A network with a protected instance and its replica, created by site.yml."""
    cloud = cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False})
    made = Site(cloud, tmp_path, {"vpc": ["network"], "rds": ["database"]})
    made.variables |= {"rds_databases": databases(), "rds_manage_content": False}
    made.must("site.yml")
    return made


def unprotected(site: Site) -> None:
    site.variables["rds_databases"] = databases(protection=False)
    site.must("site.yml")


def operations(changes: Changes) -> list[str]:
    return [one.partition(":")[2] for one in changes.made()]


def instances(cloud: Cloud) -> list[str]:
    return [one["DBInstanceIdentifier"] for one in cloud.client("rds").describe_db_instances()["DBInstances"]]


def expect_only_a_restorable_snapshot(cloud: Cloud) -> None:
    """Nothing is left of the network and the databases but a final snapshot, whose key is enabled. Neither has owner tags."""
    assert [vpc["VpcId"] for vpc in cloud.client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
    assert instances(cloud) == []
    (snapshot,) = cloud.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    kms = cloud.client("kms")
    owner = {"mainstay:environment", "mainstay:component", "mainstay:address"}
    assert snapshot["Status"] == "available"
    assert owner.isdisjoint(tag["Key"] for tag in snapshot["TagList"])
    assert kms.describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
    assert owner.isdisjoint(tag["TagKey"] for tag in kms.list_resource_tags(KeyId=snapshot["KmsKeyId"])["Tags"])


def test_from_the_refusal_to_a_snapshot_and_its_key(site: Site) -> None:
    cloud = site.cloud
    changes = Changes(cloud)
    refused = site.run(DESTROY, *MEANT)
    assert refused.code != 0
    assert refused.says(f"Nothing was deleted, because these are protected: {PROTECTED}"), refused.text
    assert refused.says("RDS instance prod-main-reports is protected against deletion."), "all of them are named at once"
    shown = site.run(DESTROY, "--check")
    assert shown.code != 0
    assert shown.says("- db_instance.main"), "what would go is shown although it is protected"
    assert shown.says(f"Nothing would be deleted, because of the following: {PROTECTED}"), shown.text
    assert changes.made() == []

    unprotected(site)
    assert site.must(DESTROY, "--check").says(KEPT)
    changes = Changes(cloud)
    done = site.must(DESTROY, *MEANT)
    assert done.says(KEPT), done.text
    assert done.says("It loses its alias and its owner tags."), "the key that stays is named"
    made = operations(changes)
    assert made.count("DeleteDBInstance") == 2
    assert (
        max(n for n, name in enumerate(made) if name == "DeleteDBInstance") < made.index("DeleteDBSubnetGroup") < made.index("DeleteSubnet")
    )
    expect_only_a_restorable_snapshot(cloud)

    changes = Changes(cloud)
    site.must(DESTROY, *MEANT)
    assert changes.made() == []


def test_killed_while_an_instance_is_being_deleted(site: Site) -> None:
    """The second run finds an instance half deleted, takes no second snapshot, and leaves no owner tag on the first."""
    unprotected(site)
    site.cloud.admin.settings(transition_seconds={"default": 0, "rds_instance": 3})
    changes = Changes(site.cloud)
    killed(site, DESTROY, MEANT, lambda: operations(changes).count("DeleteDBInstance") == 2, "the primary is being deleted")
    site.must(DESTROY, *MEANT)
    expect_only_a_restorable_snapshot(site.cloud)


def test_removing_a_protected_database_from_the_inventory_changes_nothing(site: Site) -> None:
    """Even with consent: the plan says what to set, and an apply refuses before its first change."""
    site.variables |= {"rds_databases": {}, "platform_purge": ["database:*", "database:db_instance.*", "database:db_replica.*"]}
    changes = Changes(site.cloud)
    planned = site.must("site.yml", "--check")
    assert planned.says("database is blocked: an apply changes nothing in it until the problem above is solved."), planned.text
    refused = site.run("site.yml")
    assert refused.code != 0
    assert refused.says("prod-main is protected against deletion. Set deletion.protection to false for main in rds_databases"), refused.text
    assert changes.made() == []


def test_the_network_alone_is_refused_while_a_database_is_in_it(site: Site) -> None:
    changes = Changes(site.cloud)
    refused = site.run(DESTROY, *MEANT, "--limit", "network")
    assert refused.code != 0
    assert refused.says("RDS instance prod-main of prod/database is still in vpc-"), refused.text
    assert changes.made() == []
