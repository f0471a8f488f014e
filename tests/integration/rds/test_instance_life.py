# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instances and replicas from creation to their final snapshot, on the rehearsal cloud."""

from __future__ import annotations

import pytest

from tests.integration.conftest import CloudFor
from tests.integration.site import Requests, summary, touched

from .instance_site import ACCOUNT, EVERY_DAY, MAIN, PURGE, READER, REGION, Options, Site, tags_of, today


@pytest.fixture
def site(cloud_for: CloudFor) -> Site:
    return Site(cloud_for(account_id=ACCOUNT, region=REGION, settings={"databases": False, "control_planes": False}))


def test_an_instance_is_made_by_one_call_and_stays_as_it_is(site: Site) -> None:
    requests = Requests(site.cloud)
    desired = [site.main()]
    assert summary(site.plan(desired)) == {"db_instance.main": "create"}
    site.apply(desired)
    assert requests.changes() == ["rds:CreateDBInstance"]
    found = site.describe()
    assert found["EngineVersion"].startswith("17.")
    assert found["StorageEncrypted"]
    assert found["MasterUserSecret"]["KmsKeyId"] == site.key
    assert tags_of(found)["mainstay:address"] == "db_instance.main"
    requests = Requests(site.cloud)
    assert summary(site.apply(desired).plan) == {}
    assert requests.changes() == []


def test_endpoint_and_secret_are_what_others_may_refer_to(site: Site) -> None:
    result = site.apply([site.main()])
    seen = next(one for one in result.final if one.address == "db_instance.main")
    assert str(seen.attribute("endpoint")).startswith(MAIN)
    assert seen.attribute("port") == 5432
    assert seen.attribute("master_user_secret_arn") == site.describe()["MasterUserSecret"]["SecretArn"]
    assert seen.attribute("resource_id") == site.describe()["DbiResourceId"]


def test_long_first_backups_are_not_waited_for(site: Site) -> None:
    site.cloud.admin.settings(transition_seconds={"rds_instance": 1.0})
    site.apply([site.main()])
    assert site.describe()["DBInstanceStatus"] == "backing-up"


def test_a_second_instance_of_the_name_is_never_made(site: Site) -> None:
    """The reply to the create call is lost: it is sent again, collides with itself, and the instance is adopted."""
    site.cloud.admin.fault(service="rds", operation="CreateDBInstance", fault="reset_after", times=1)
    site.apply([site.main()])
    assert site.names() == [MAIN]
    assert summary(site.plan([site.main()])) == {}


def test_destroying_leaves_a_final_snapshot_with_a_mark_of_its_own(site: Site) -> None:
    site.apply([site.main()])
    resource_id = site.describe()["DbiResourceId"]
    site.apply([], purge=PURGE)
    assert site.names() == []
    snapshot = site.snapshots()[0]
    assert snapshot["DBSnapshotIdentifier"].startswith(f"{MAIN}-final-{today()}")
    assert snapshot["KmsKeyId"] == site.key
    tags = tags_of(snapshot)
    assert not EVERY_DAY & set(tags)
    assert tags["mainstay:snapshot-of"] == f"{MAIN} {resource_id}"
    assert tags["mainstay:snapshot-reason"] == "final snapshot before deletion"
    assert tags["owner"] == "platform"
    assert site.observed() == []


def test_tags_that_are_not_copied_are_copied_to_the_final_snapshot(site: Site) -> None:
    site.apply([site.main(copy_tags_to_snapshot=False)])
    site.apply([], purge=PURGE)
    tags = tags_of(site.snapshots()[0])
    assert not EVERY_DAY & set(tags)
    assert "mainstay:final-snapshot" in tags


@pytest.mark.parametrize(
    "operation", ["AddTagsToResource", "DeleteDBInstance", "RemoveTagsFromResource"], ids=["mark", "deletion", "release"]
)
@pytest.mark.parametrize("when", ["reset_after", "error"])
def test_an_interrupted_deletion_is_finished_with_one_snapshot(site: Site, operation: str, when: str) -> None:
    site.apply([site.main()])
    if when == "error":
        refusal = {"code": "InvalidParameterValue", "message": "not today", "status": 400}
        site.cloud.admin.fault(service="rds", operation=operation, fault="error", times=1, **refusal)
        assert site.try_apply([], purge=PURGE).failures
    else:
        site.cloud.admin.fault(service="rds", operation=operation, fault="reset_after", times=1)
    site.try_apply([], purge=PURGE)
    assert site.names() == []
    assert site.observed() == []
    assert [EVERY_DAY & set(tags_of(one)) for one in site.snapshots()] == [set()]


def test_a_final_snapshot_can_be_declined(site: Site) -> None:
    site.apply([site.main()])
    site.options = {MAIN: Options(final_snapshot=False, delete_automated_backups=True)}
    site.apply([], purge=PURGE)
    assert site.snapshots() == []


def test_protection_is_never_removed_by_a_deletion(site: Site) -> None:
    site.apply([site.main(deletion_protection=True)])
    failures = site.try_apply([], purge=PURGE).failures
    assert "deletion.protection to false" in str(failures[0])
    assert site.names() == [MAIN]
    assert site.snapshots() == []
    site.apply([site.main(deletion_protection=False)])
    site.apply([], purge=PURGE)
    assert site.names() == []


def test_a_replica_comes_after_its_primary_and_goes_before_it(site: Site) -> None:
    secret = site.secret("Correct-Horse-1")
    desired = [site.main(master_credentials=secret), site.reader()]
    site.apply(desired)
    assert site.describe(READER)["ReadReplicaSourceDBInstanceIdentifier"] == MAIN
    assert summary(site.plan(desired)) == {}
    requests = Requests(site.cloud)
    site.apply([], purge=PURGE)
    deletions = [one for one in requests.all() if one["operation"] == "DeleteDBInstance"]
    assert len(deletions) == 2
    assert [one["DBSnapshotIdentifier"].startswith(f"{MAIN}-final-") for one in site.snapshots()] == [True]


def test_a_promoted_replica_is_an_instance_with_backups_and_a_final_snapshot(site: Site) -> None:
    main = site.main(master_credentials=site.secret("Correct-Horse-1"))
    site.apply([main, site.reader()])
    promoted = site.reader(promoted=True, backup_retention_period=5)
    assert touched(site.plan([main, promoted])) == {"db_replica.main/reader": {"promoted", "backup_retention_period"}}
    site.apply([main, promoted])
    found = site.describe(READER)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in found
    assert found["BackupRetentionPeriod"] == 5
    assert summary(site.plan([main, promoted])) == {}
    failures = site.try_apply([main, site.reader()]).failures
    assert "cannot become a replica again" in str(failures[0])
    site.apply([main], purge=PURGE)
    assert [one["DBInstanceIdentifier"] for one in site.snapshots()] == [READER]


def test_a_replica_of_others_keeps_its_primary(site: Site) -> None:
    site.apply([site.main(master_credentials=site.secret("Correct-Horse-1"))])
    site.rds.create_db_instance_read_replica(DBInstanceIdentifier="theirs", SourceDBInstanceIdentifier=MAIN)
    failures = site.try_apply([], purge=PURGE).failures
    assert "read replica theirs, which is not managed" in failures[0].message
    assert site.snapshots() == []
    site.rds.delete_db_instance(DBInstanceIdentifier="theirs", SkipFinalSnapshot=True)
    site.apply([], purge=PURGE)


def test_the_old_half_of_a_blue_green_deployment_is_left_alone(site: Site) -> None:
    site.apply([site.main()])
    before = site.describe()["DbiResourceId"]
    site.happen("blue_green_switchover")
    assert site.describe()["DbiResourceId"] != before
    assert summary(site.plan([site.main()])) == {}
    seen = next(one for one in site.observed() if one.address == "db_instance.main")
    assert seen.id == MAIN
    assert f"{MAIN}-old1" in seen.trouble
    site.apply([], purge=PURGE)
    assert site.names() == [f"{MAIN}-old1"]
