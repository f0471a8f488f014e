"""Automated backups: snapshots by the day, restore windows, what a deletion keeps, and replication to another region."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from rehearsal.testing import Cloud

from ..conftest import REGION, refused, until
from .databases import Databases

DAY = 86_400


@pytest.fixture
def databases(cloud: Cloud) -> Databases:
    return Databases(cloud)


@pytest.fixture
def main(databases: Databases) -> Databases:
    """An account with an instance, main, whose backups are kept for three days."""
    databases.create("main", BackupRetentionPeriod=3, PreferredBackupWindow="02:00-02:30")
    until(lambda: databases.names(SnapshotType="automated") != [])
    return databases


def ahead(main: Databases, seconds: float) -> None:
    main.cloud.admin.settings(clock_ahead_seconds=seconds)


def backups(main: Databases, **filters: Any) -> list[dict[str, Any]]:
    return list(main.rds.describe_db_instance_automated_backups(**filters)["DBInstanceAutomatedBackups"])


def delete(main: Databases, **options: Any) -> None:
    main.rds.delete_db_instance(DBInstanceIdentifier="main", **{"SkipFinalSnapshot": True, **options})
    until(main.none_is_left)


# Automated snapshots


def test_an_instance_begins_with_an_automated_snapshot(main: Databases) -> None:
    [name] = main.names(SnapshotType="automated")
    assert name.startswith("rds:main-2")
    assert main.seen(name)["SnapshotType"] == "automated"
    assert refused(main.rds.delete_db_snapshot, DBSnapshotIdentifier=name) == "InvalidDBSnapshotState"
    share = {"DBSnapshotIdentifier": name, "AttributeName": "restore", "ValuesToAdd": ["111111111111"]}
    assert refused(main.rds.modify_db_snapshot_attribute, **share) == "InvalidDBSnapshotState"
    main.copy(name, "kept")
    assert main.seen("kept")["SnapshotType"] == "manual"


def test_each_window_brings_a_snapshot_and_the_oldest_ones_go(main: Databases) -> None:
    ahead(main, 2 * DAY)
    assert len(main.names(SnapshotType="automated")) == 3
    times = [main.seen(name)["SnapshotCreateTime"] for name in main.names(SnapshotType="automated")]
    assert [(when.hour, when.minute) for when in sorted(times)[1:]] == [(2, 0), (2, 0)]
    ahead(main, 10 * DAY)
    assert len(main.names(SnapshotType="automated")) == 3


def test_without_retention_there_is_no_automated_snapshot(databases: Databases) -> None:
    databases.create("main", BackupRetentionPeriod=0)
    assert databases.names(SnapshotType="automated") == []
    assert "LatestRestorableTime" not in databases.instance("main")
    assert backups(databases) == []


def test_automated_snapshots_inherit_tags(databases: Databases) -> None:
    databases.create("main", BackupRetentionPeriod=1, CopyTagsToSnapshot=True, Tags=[{"Key": "a", "Value": "1"}])
    until(lambda: databases.names() != [])
    assert databases.seen(databases.names()[0])["TagList"] == [{"Key": "a", "Value": "1"}]


def test_turning_backups_off_deletes_them(main: Databases) -> None:
    main.rds.modify_db_instance(DBInstanceIdentifier="main", BackupRetentionPeriod=0, ApplyImmediately=True)
    until(lambda: main.names(SnapshotType="automated") == [])
    assert backups(main) == []


# The window


def test_the_restore_window_moves_with_the_clock(main: Databases) -> None:
    [seen] = backups(main)
    assert (seen["Status"], seen["BackupRetentionPeriod"], seen["Region"]) == ("active", 3, REGION)
    assert seen["DBInstanceAutomatedBackupsArn"].startswith(f"arn:aws:rds:{REGION}:")
    since = seen["RestoreWindow"]["EarliestTime"]
    ahead(main, DAY)
    window = backups(main)[0]["RestoreWindow"]
    assert window["EarliestTime"] == since
    assert window["LatestTime"] - since >= timedelta(days=1)
    ahead(main, 10 * DAY)
    window = backups(main)[0]["RestoreWindow"]
    assert timedelta(days=2.99) < window["LatestTime"] - window["EarliestTime"] <= timedelta(days=3.01)
    assert abs(main.instance("main")["LatestRestorableTime"] - window["LatestTime"]) < timedelta(seconds=10)


def test_the_latest_restorable_time_lags(main: Databases) -> None:
    before = main.instance("main")["LatestRestorableTime"]
    ahead(main, DAY)
    main.cloud.admin.settings(restorable_lag_seconds=1800)
    lag = main.instance("main")["LatestRestorableTime"] - before
    assert timedelta(days=1) - timedelta(seconds=1800) <= lag < timedelta(days=1) - timedelta(seconds=1700)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"DBInstanceIdentifier": "main"}, 1),
        ({"DBInstanceIdentifier": "absent"}, 0),
        ({"Filters": [{"Name": "status", "Values": ["active"]}]}, 1),
        ({"Filters": [{"Name": "status", "Values": ["retained"]}]}, 0),
    ],
)
def test_filters_of_backups(main: Databases, filters: dict[str, Any], found: int) -> None:
    assert len(backups(main, **filters)) == found


# Deletion


def test_a_deletion_deletes_backups_unless_told_otherwise(main: Databases) -> None:
    delete(main)
    assert (main.names(), backups(main)) == ([], [])


def test_retained_backups(main: Databases) -> None:
    resource = main.instance("main")["DbiResourceId"]
    in_use = backups(main)[0]["DBInstanceAutomatedBackupsArn"]
    assert refused(main.rds.delete_db_instance_automated_backup, DbiResourceId=resource) == "InvalidDBInstanceAutomatedBackupState"
    delete(main, DeleteAutomatedBackups=False)
    [seen] = backups(main, DbiResourceId=resource)
    assert (seen["Status"], seen["DBInstanceAutomatedBackupsArn"], seen["DBInstanceIdentifier"]) == ("retained", in_use, "main")
    assert len(main.names(SnapshotType="automated")) == 1
    latest = seen["RestoreWindow"]["LatestTime"]
    ahead(main, DAY)
    assert backups(main)[0]["RestoreWindow"]["LatestTime"] == latest
    main.rds.delete_db_instance_automated_backup(DbiResourceId=resource)
    assert refused(backups, main=main, DbiResourceId=resource) == "DBInstanceAutomatedBackupNotFound"
    until(lambda: main.names(SnapshotType="automated") == [])


def test_retained_backups_expire(main: Databases) -> None:
    delete(main, DeleteAutomatedBackups=False)
    ahead(main, 4 * DAY)
    assert backups(main) == []


def test_the_final_snapshot(main: Databases) -> None:
    resource = main.instance("main")["DbiResourceId"]
    delete(main, SkipFinalSnapshot=False, FinalDBSnapshotIdentifier="last")
    seen = main.seen("last")
    assert (seen["SnapshotType"], seen["Status"], seen["DbiResourceId"]) == ("manual", "available", resource)


def test_a_final_snapshot_needs_room_and_a_free_name(main: Databases) -> None:
    main.snapshot("one")
    given = {"DBInstanceIdentifier": "main", "SkipFinalSnapshot": False}
    assert refused(main.rds.delete_db_instance, FinalDBSnapshotIdentifier="one", **given) == "DBSnapshotAlreadyExists"
    main.cloud.admin.settings(quotas={"rds_manual_snapshots": 1})
    assert refused(main.rds.delete_db_instance, FinalDBSnapshotIdentifier="two", **given) == "SnapshotQuotaExceeded"
    assert main.instance("main")["DBInstanceStatus"] == "available"


# AWS Backup


def test_snapshots_of_aws_backup(main: Databases) -> None:
    made = main.cloud.admin.happen("rds", "aws_backup_snapshot", DBInstanceIdentifier="main")
    [name] = main.names(SnapshotType="awsbackup")
    assert name.startswith("awsbackup:job-")
    assert made["DBSnapshotArn"] == main.seen(name)["DBSnapshotArn"]
    assert refused(main.rds.delete_db_snapshot, DBSnapshotIdentifier=name) == "InvalidDBSnapshotState"
    main.cloud.admin.settings(quotas={"rds_manual_snapshots": 1})
    main.snapshot("one")


# Replication to another region


@pytest.fixture
def pair(cloud: Cloud) -> tuple[Databases, Databases]:
    """An instance in one region, and another region that can hold its backups."""
    here, there = Databases(cloud, region="eu-west-1"), Databases(cloud, region="eu-central-1")
    here.create("main", BackupRetentionPeriod=3)
    until(lambda: here.names() != [])
    return here, there


def replicate(here: Databases, there: Databases, **options: Any) -> dict[str, Any]:
    given = {"SourceDBInstanceArn": here.instance("main")["DBInstanceArn"], "SourceRegion": here.region, "KmsKeyId": there.key()}
    given |= options
    started = there.rds.start_db_instance_automated_backups_replication(
        **{name: value for name, value in given.items() if value is not None}
    )
    return dict(started["DBInstanceAutomatedBackup"])


def test_backups_are_replicated(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    here.takes(backup_replication=0.3)
    made = replicate(here, there, BackupRetentionPeriod=14)
    assert (made["Status"], made["BackupRetentionPeriod"], made["Region"]) == ("pending", 14, "eu-west-1")
    until(lambda: backups(there)[0]["Status"] == "replicating")
    arn = made["DBInstanceAutomatedBackupsArn"]
    assert ":eu-central-1:" in arn
    assert here.instance("main")["DBInstanceAutomatedBackupsReplications"] == [{"DBInstanceAutomatedBackupsArn": arn}]
    assert backups(here)[0]["DBInstanceAutomatedBackupsReplications"] == [{"DBInstanceAutomatedBackupsArn": arn}]
    assert backups(there)[0]["KmsKeyId"] == made["KmsKeyId"]


def test_stopping_replication_keeps_what_has_been_replicated(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    replicate(here, there)
    arn = here.instance("main")["DBInstanceArn"]
    until(lambda: backups(there)[0]["Status"] == "replicating")
    there.rds.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)
    assert backups(there)[0]["Status"] == "retained"
    assert "DBInstanceAutomatedBackupsReplications" not in here.instance("main")
    assert refused(there.rds.stop_db_instance_automated_backups_replication, SourceDBInstanceArn=arn) == "DBInstanceNotFound"
    assert refused(replicate, here=here, there=there) == "InvalidParameterValue", "they are encrypted with another key"
    there.rds.delete_db_instance_automated_backup(DBInstanceAutomatedBackupsArn=backups(there)[0]["DBInstanceAutomatedBackupsArn"])
    assert backups(there) == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"KmsKeyId": None}, "InvalidParameterValue"),
        ({"SourceRegion": None}, "InvalidParameterValue"),
        ({"KmsKeyId": "alias/absent"}, "KMSKeyNotAccessibleFault"),
        ({"SourceDBInstanceArn": "arn:aws:rds:eu-west-1:210987654321:db:absent"}, "DBInstanceNotFound"),
    ],
)
def test_replication_that_is_refused(pair: tuple[Databases, Databases], options: dict[str, Any], code: str) -> None:
    assert refused(replicate, here=pair[0], there=pair[1], **options) == code


def test_replication_once_and_with_backups_only(pair: tuple[Databases, Databases]) -> None:
    here, there = pair
    replicate(here, there)
    assert refused(replicate, here=here, there=there) == "InvalidDBInstanceAutomatedBackupState"
    here.create("bare")
    arn = here.instance("bare")["DBInstanceArn"]
    assert refused(replicate, here=here, there=there, SourceDBInstanceArn=arn) == "InvalidDBInstanceAutomatedBackupState"


def test_source_regions_say_where_replication_is_offered(main: Databases) -> None:
    """Not from or to regions that an account must enable, such as this one; and a replication there is refused."""
    there = Databases(main.cloud, region="eu-west-1")
    found = {one["RegionName"]: one for one in there.rds.describe_source_regions()["SourceRegions"]}
    assert found["eu-central-1"]["SupportsDBInstanceAutomatedBackupsReplication"] is True
    assert found[REGION]["SupportsDBInstanceAutomatedBackupsReplication"] is False
    assert "eu-west-1" not in found
    assert [one["RegionName"] for one in there.rds.describe_source_regions(RegionName="us-east-1")["SourceRegions"]] == ["us-east-1"]
    assert refused(there.rds.describe_source_regions, RegionName="mars-1") == "InvalidParameterValue"
    assert refused(replicate, here=main, there=there) == "InvalidParameterValue"
