"""Restores of DB instances: from snapshots and to points in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import refused, until
from .databases import Databases

TAGS = [{"Key": "a", "Value": "1"}]


@pytest.fixture
def databases(cloud: Cloud) -> Databases:
    return Databases(cloud)


@pytest.fixture
def main(databases: Databases) -> Databases:
    """An account with an instance, main, whose backups are kept for three days, and its snapshot, one."""
    databases.create("main", BackupRetentionPeriod=3, Tags=TAGS, DBName="app", EnableIAMDatabaseAuthentication=True)
    until(lambda: databases.instance("main")["DBInstanceStatus"] == "available")
    databases.snapshot("one")
    return databases


def restore(main: Databases, name: str = "new", **options: Any) -> dict[str, Any]:
    given = {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": "one", **options}
    return dict(main.rds.restore_db_instance_from_db_snapshot(**given)["DBInstance"])


def rewind(main: Databases, name: str = "new", **options: Any) -> dict[str, Any]:
    given = {"TargetDBInstanceIdentifier": name, "SourceDBInstanceIdentifier": "main", "UseLatestRestorableTime": True, **options}
    given = {key: value for key, value in given.items() if value is not None}
    return dict(main.rds.restore_db_instance_to_point_in_time(**given)["DBInstance"])


def state(main: Databases, name: str = "new") -> str:
    return str(main.instance(name)["DBInstanceStatus"])


# Both ways


@pytest.mark.parametrize("way", [restore, rewind])
def test_what_a_restored_instance_inherits(main: Databases, way: Any) -> None:
    assert way(main)["DBInstanceStatus"] == "creating"
    until(lambda: state(main) == "available")
    source, seen = main.instance("main"), main.instance("new")
    same = ("AllocatedStorage", "StorageType", "Engine", "EngineVersion", "KmsKeyId", "MasterUsername", "DBInstanceClass", "DBName")
    assert {name: seen[name] for name in same} == {name: source[name] for name in same}
    assert (seen["BackupRetentionPeriod"], seen["PreferredBackupWindow"]) == (3, source["PreferredBackupWindow"])
    assert seen["DbiResourceId"] != source["DbiResourceId"]
    assert seen["IAMDatabaseAuthenticationEnabled"] is False
    assert seen["TagList"] == []
    assert "MasterUserSecret" not in seen


@pytest.mark.parametrize("way", [restore, rewind])
def test_what_the_call_says(main: Databases, way: Any) -> None:
    given = {
        "AllocatedStorage": 200,
        "BackupRetentionPeriod": 0,
        "EnableIAMDatabaseAuthentication": True,
        "EnableCloudwatchLogsExports": ["postgresql"],
        "DBInstanceClass": "db.t4g.large",
        "DeletionProtection": True,
        "Tags": [{"Key": "b", "Value": "2"}],
    }
    way(main, **given)
    seen = main.instance("new")
    assert (seen["AllocatedStorage"], seen["BackupRetentionPeriod"], seen["DBInstanceClass"]) == (200, 0, "db.t4g.large")
    assert (seen["IAMDatabaseAuthenticationEnabled"], seen["DeletionProtection"]) == (True, True)
    assert (seen["EnabledCloudwatchLogsExports"], seen["TagList"]) == (["postgresql"], given["Tags"])
    assert main.names(DBInstanceIdentifier="new") == []


@pytest.mark.parametrize("way", [restore, rewind])
def test_with_retention_it_is_backing_up_for_long_and_answers(main: Databases, way: Any) -> None:
    main.takes(instance=0.2, restore_backup=30)
    way(main, "kept")
    way(main, "bare", BackupRetentionPeriod=0)
    until(lambda: state(main, "kept") == "backing-up")
    assert main.instance("kept")["Endpoint"]["Address"]
    until(lambda: state(main, "bare") == "available")
    assert state(main, "kept") == "backing-up"


@pytest.mark.parametrize("way", [restore, rewind])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"name": "main"}, "DBInstanceAlreadyExists"),
        ({"name": "1"}, "InvalidParameterValue"),
        ({"AllocatedStorage": 50}, "InvalidParameterValue"),
        ({"ManageMasterUserPassword": True}, "InvalidParameterCombination"),
        ({"DBParameterGroupName": "absent"}, "DBParameterGroupNotFound"),
        ({"DBSubnetGroupName": "absent"}, "DBSubnetGroupNotFoundFault"),
        ({"VpcSecurityGroupIds": ["sg-0"]}, "InvalidParameterValue"),
        ({"DBInstanceClass": "db.none"}, "InvalidParameterValue"),
    ],
)
def test_restores_that_are_refused(main: Databases, way: Any, options: dict[str, Any], code: str) -> None:
    assert refused(way, main=main, **options) == code


@pytest.mark.parametrize("way", [restore, rewind])
def test_the_key_of_the_source_must_be_usable(main: Databases, way: Any) -> None:
    main.cloud.client("kms").disable_key(KeyId=main.instance("main")["KmsKeyId"])
    assert refused(way, main=main) == "KMSKeyNotAccessibleFault"


@pytest.mark.parametrize("way", [restore, rewind])
def test_static_parameters_wait_for_a_reboot(main: Databases, way: Any) -> None:
    main.rds.create_db_parameter_group(DBParameterGroupName="own", DBParameterGroupFamily="postgres17", Description="x")
    change = {"ParameterName": "max_connections", "ParameterValue": "50", "ApplyMethod": "pending-reboot"}
    main.rds.modify_db_parameter_group(DBParameterGroupName="own", Parameters=[change])
    way(main, DBParameterGroupName="own")
    group = main.instance("new")["DBParameterGroups"][0]
    assert (group["DBParameterGroupName"], group["ParameterApplyStatus"]) == ("own", "pending-reboot")
    way(main, "usual")
    assert main.instance("usual")["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


@pytest.mark.parametrize("way", [restore, rewind])
def test_quotas_of_restores(main: Databases, way: Any) -> None:
    main.cloud.admin.settings(quotas={"rds_instances": 1})
    assert refused(way, main=main) == "InstanceQuotaExceeded"


@pytest.mark.parametrize("way", [restore, rewind])
def test_a_version_out_of_support_is_upgraded_on_the_way(main: Databases, way: Any) -> None:
    version = main.instance("main")["EngineVersion"]
    main.cloud.admin.settings(rds_restored_versions={version: "18.1"})
    way(main)
    assert main.instance("new")["EngineVersion"] == "18.1"


@pytest.mark.parametrize("way", [restore, rewind])
def test_tags_are_passed_on_with_copy_tags_to_snapshot(main: Databases, way: Any) -> None:
    main.rds.modify_db_instance(DBInstanceIdentifier="main", CopyTagsToSnapshot=True, ApplyImmediately=True)
    main.rds.delete_db_snapshot(DBSnapshotIdentifier="one")
    until(lambda: main.names(SnapshotType="manual") == [])
    main.snapshot("one")
    way(main)
    assert main.instance("new")["TagList"] == TAGS


# From a snapshot


def test_a_snapshot_must_be_available(main: Databases) -> None:
    main.takes(snapshot=5)
    main.snapshot("slow")
    assert refused(restore, main=main, DBSnapshotIdentifier="slow") == "InvalidDBSnapshotState"
    assert refused(restore, main=main, DBSnapshotIdentifier="absent") == "DBSnapshotNotFound"


def test_a_snapshot_outlives_its_instance(main: Databases) -> None:
    key = main.instance("main")["KmsKeyId"]
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(main.none_is_left)
    restore(main, "main")
    assert main.instance("main")["KmsKeyId"] == key


def test_a_copy_under_another_key_restores_under_that_key(main: Databases) -> None:
    key = main.key()
    main.copy("one", "two", KmsKeyId=key)
    restore(main, DBSnapshotIdentifier="two")
    assert main.instance("new")["KmsKeyId"] == key


# To a point in time


def test_the_time_must_be_in_the_window(main: Databases) -> None:
    latest = main.instance("main")["LatestRestorableTime"]
    times = {"UseLatestRestorableTime": None}
    assert refused(rewind, main=main, **times, RestoreTime=latest + timedelta(hours=1)) == "InvalidRestoreFault"
    assert refused(rewind, main=main, **times, RestoreTime=latest - timedelta(days=1)) == "InvalidRestoreFault"
    assert refused(rewind, main=main, **times) == "InvalidParameterCombination"
    assert refused(rewind, main=main, RestoreTime=latest) == "InvalidParameterCombination"
    main.cloud.admin.settings(clock_ahead_seconds=7200)
    rewind(main, **times, RestoreTime=latest + timedelta(hours=1))


def test_a_point_in_time_needs_backups(main: Databases) -> None:
    main.create("bare")
    assert refused(rewind, main=main, SourceDBInstanceIdentifier="bare") == "PointInTimeRestoreNotEnabled"
    assert refused(rewind, main=main, SourceDBInstanceIdentifier="absent") == "DBInstanceNotFound"
    assert refused(rewind, main=main, SourceDBInstanceIdentifier=None) == "InvalidParameterCombination"
    main.cloud.admin.script("rds_instance", {"id": "main"}, [{"state": "failed"}])
    assert refused(rewind, main=main) == "InvalidDBInstanceState"


def test_a_retained_backup_is_restored(main: Databases) -> None:
    resource = main.instance("main")["DbiResourceId"]
    main.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    until(main.none_is_left)
    rewind(main, SourceDBInstanceIdentifier=None, SourceDbiResourceId=resource)
    assert main.instance("new")["DBName"] == "app"
    absent = {"SourceDBInstanceIdentifier": None, "SourceDbiResourceId": "db-ABSENT"}
    assert refused(rewind, main=main, **absent) == "DBInstanceAutomatedBackupNotFound"


def test_a_replicated_backup_is_restored_in_its_region(cloud: Cloud) -> None:
    here, there = Databases(cloud, region="eu-west-1"), Databases(cloud, region="eu-central-1")
    here.create("main", BackupRetentionPeriod=3)
    until(lambda: here.names() != [])
    source, key = here.instance("main"), there.key()
    started = there.rds.start_db_instance_automated_backups_replication(
        SourceDBInstanceArn=source["DBInstanceArn"], SourceRegion=here.region, KmsKeyId=key
    )
    arn = started["DBInstanceAutomatedBackup"]["DBInstanceAutomatedBackupsArn"]
    here.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    until(here.none_is_left)
    rewind(there, SourceDBInstanceIdentifier=None, SourceDBInstanceAutomatedBackupsArn=arn)
    seen = there.instance("new")
    assert (seen["KmsKeyId"], seen["AllocatedStorage"]) == (key, source["AllocatedStorage"])
    assert seen["AvailabilityZone"].startswith("eu-central-1")
