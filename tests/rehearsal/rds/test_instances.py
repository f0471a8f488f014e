"""The life of DB instances: states, endpoints, what calls show, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import ACCOUNT, REGION, refused, until
from .rds_account import RdsAccount


def test_new_instance_passes_through_states_and_gets_an_endpoint(account: RdsAccount) -> None:
    account.cloud.admin.settings(transition_seconds={"rds_instance": 1})
    made = account.create(MonitoringInterval=60, MonitoringRoleArn=account.monitoring, Tags=[{"Key": "a", "Value": "b"}])
    assert made["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in made
    assert "LatestRestorableTime" not in made
    assert account.states() == ["creating", "configuring-enhanced-monitoring", "backing-up", "available"]
    found = account.describe()
    assert found["Endpoint"]["Address"].startswith("main.")
    assert found["Endpoint"]["Address"].endswith(f".{REGION}.rds.amazonaws.com")
    assert found["Endpoint"]["Port"] == 5432
    assert found["DBInstanceArn"] == f"arn:aws:rds:{REGION}:{ACCOUNT}:db:main"
    assert found["TagList"] == [{"Key": "a", "Value": "b"}]
    assert found["DbiResourceId"].startswith("db-")
    assert len(found["DbiResourceId"]) == 29


def test_defaults_of_a_new_instance(account: RdsAccount) -> None:
    account.create()
    found = account.describe()
    expected: dict[str, Any] = {
        "StorageType": "gp3",
        "Iops": 3000,
        "StorageThroughput": 125,
        "BackupRetentionPeriod": 1,
        "MultiAZ": False,
        "StorageEncrypted": False,
        "AutoMinorVersionUpgrade": True,
        "CopyTagsToSnapshot": False,
        "DeletionProtection": False,
        "IAMDatabaseAuthenticationEnabled": False,
        "DatabaseInsightsMode": "standard",
        "PerformanceInsightsEnabled": False,
        "MonitoringInterval": 0,
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "EngineLifecycleSupport": "open-source-rds-extended-support",
        "PendingModifiedValues": {},
        "MasterUsername": "postgres",
        "DBParameterGroups": [{"DBParameterGroupName": "default.postgres17", "ParameterApplyStatus": "in-sync"}],
        "DBInstanceStatus": "available",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["DBSubnetGroup"]["VpcId"] == account.vpc
    assert "MaxAllocatedStorage" not in found
    assert "MasterUserSecret" not in found
    assert len(found["VpcSecurityGroups"]) == 1


def test_everything_that_a_call_chooses_is_shown(account: RdsAccount) -> None:
    key = account.new_key()
    group = account.ec2.create_security_group(GroupName="database", Description="x", VpcId=account.vpc)["GroupId"]
    chosen: dict[str, Any] = {
        "AllocatedStorage": 400,
        "MaxAllocatedStorage": 1000,
        "Iops": 14000,
        "StorageThroughput": 600,
        "StorageType": "gp3",
        "MultiAZ": True,
        "StorageEncrypted": True,
        "KmsKeyId": key,
        "BackupRetentionPeriod": 14,
        "PreferredBackupWindow": "01:00-02:00",
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "CopyTagsToSnapshot": True,
        "DeletionProtection": True,
        "DatabaseInsightsMode": "advanced",
        "PerformanceInsightsRetentionPeriod": 465,
        "CACertificateIdentifier": "rds-ca-ecc384-g1",
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "DBName": "shop",
    }
    logs = ["iam-db-auth-error", "postgresql", "upgrade"]
    account.create(
        **chosen,
        EnablePerformanceInsights=True,
        EnableIAMDatabaseAuthentication=True,
        EnableCloudwatchLogsExports=logs,
        VpcSecurityGroupIds=[group],
    )
    found = account.describe()
    assert {name: found[name] for name in chosen} == chosen
    assert found["IAMDatabaseAuthenticationEnabled"] is True
    assert found["EnabledCloudwatchLogsExports"] == logs
    assert found["VpcSecurityGroups"] == [{"VpcSecurityGroupId": group, "Status": "active"}]
    assert found["SecondaryAvailabilityZone"] != found["AvailabilityZone"]
    assert found["PerformanceInsightsKMSKeyId"].startswith("arn:aws:kms:")


def test_scripted_states(account: RdsAccount) -> None:
    states = [{"state": "backing-up", "seconds": 0.5}, {"state": "storage-full"}]
    account.cloud.admin.script("rds_instance", {"id": "main"}, states)
    account.create()
    assert account.status() == "backing-up"
    until(lambda: account.status() == "storage-full", 5)
    assert refused(account.modify, DeletionProtection=True) == "InvalidDBInstanceState"
    assert refused(account.modify, AllocatedStorage=200, DeletionProtection=True) == "InvalidDBInstanceState"
    account.modify(AllocatedStorage=200)
    assert (account.status(), account.describe()["AllocatedStorage"]) == ("available", 200)


def test_deletion(account: RdsAccount) -> None:
    account.cloud.admin.settings(transition_seconds={"rds_instance": 0.5})
    account.create(DeletionProtection=True)
    account.states()
    assert refused(account.delete) == "InvalidParameterCombination"
    account.modify(DeletionProtection=False)
    account.states(after=2)
    for options in ({"SkipFinalSnapshot": False}, {"SkipFinalSnapshot": True, "FinalDBSnapshotIdentifier": "last"}):
        assert refused(account.delete, **options) == "InvalidParameterCombination"
    assert account.delete(FinalDBSnapshotIdentifier="last")["DBInstanceStatus"] == "deleting"
    assert refused(account.delete) == refused(account.modify, DeletionProtection=True) == "InvalidDBInstanceState"
    until(lambda: account.rds.describe_db_instances()["DBInstances"] == [])
    assert refused(account.describe) == "DBInstanceNotFound"
    assert [one["DBSnapshotIdentifier"] for one in account.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]] == ["last"]


def test_no_final_snapshot_of_an_instance_that_is_not_available(account: RdsAccount) -> None:
    account.cloud.admin.settings(transition_seconds={"rds_instance": 60})
    account.create()
    assert refused(account.delete, FinalDBSnapshotIdentifier="last") == "InvalidDBInstanceState"
    account.delete(SkipFinalSnapshot=True)


def test_lists(account: RdsAccount) -> None:
    for number in range(22):
        account.create(f"db-{number:02}")
    first = account.rds.describe_db_instances(MaxRecords=20)
    assert len(first["DBInstances"]) == 20
    rest = account.rds.describe_db_instances(MaxRecords=20, Marker=first["Marker"])
    assert [one["DBInstanceIdentifier"] for one in rest["DBInstances"]] == ["db-20", "db-21"]
    assert "Marker" not in rest
    resource = account.describe("db-03")["DbiResourceId"]
    for name, value in (("db-instance-id", "db-03"), ("db-instance-id", f"{account.arns}:db:db-03"), ("dbi-resource-id", resource)):
        found = account.rds.describe_db_instances(Filters=[{"Name": name, "Values": [value]}])["DBInstances"]
        assert [one["DBInstanceIdentifier"] for one in found] == ["db-03"]
    assert refused(account.rds.describe_db_instances, MaxRecords=5) == "InvalidParameterValue"
    assert refused(account.rds.describe_db_instances, Filters=[{"Name": "x", "Values": ["y"]}]) == "InvalidParameterValue"
    assert account.describe(f"{account.arns}:db:db-03")["DBInstanceIdentifier"] == "db-03"


def test_stop_start_reboot(account: RdsAccount) -> None:
    account.cloud.admin.settings(transition_seconds={"rds_instance": 0.4})
    account.create(MultiAZ=True)
    account.states()
    endpoint, zone, other = (account.describe()[name] for name in ("Endpoint", "AvailabilityZone", "SecondaryAvailabilityZone"))
    assert account.rds.stop_db_instance(DBInstanceIdentifier="main")["DBInstance"]["DBInstanceStatus"] == "stopping"
    assert refused(account.rds.reboot_db_instance, DBInstanceIdentifier="main") == "InvalidDBInstanceState"
    until(lambda: account.status() == "stopped")
    assert refused(account.modify, DeletionProtection=True) == "InvalidDBInstanceState"
    assert refused(account.rds.stop_db_instance, DBInstanceIdentifier="main") == "InvalidDBInstanceState"
    assert account.rds.start_db_instance(DBInstanceIdentifier="main")["DBInstance"]["DBInstanceStatus"] == "starting"
    until(lambda: account.status() == "available")
    reply = account.rds.reboot_db_instance(DBInstanceIdentifier="main", ForceFailover=True)
    assert reply["DBInstance"]["DBInstanceStatus"] == "rebooting"
    until(lambda: account.status() == "available")
    found = account.describe()
    assert (found["AvailabilityZone"], found["SecondaryAvailabilityZone"], found["Endpoint"]) == (other, zone, endpoint)


def test_failover_needs_a_standby(account: RdsAccount) -> None:
    account.create()
    assert refused(account.rds.reboot_db_instance, DBInstanceIdentifier="main", ForceFailover=True) == "InvalidParameterCombination"


@pytest.mark.parametrize("listing", ["describe_db_instances", "describe_db_subnet_groups", "describe_db_parameter_groups"])
def test_new_resources_can_be_missing_from_lists(account: RdsAccount, listing: str) -> None:
    account.cloud.admin.settings(visibility_seconds=60)
    account.create("late")
    account.rds.create_db_subnet_group(DBSubnetGroupName="late", DBSubnetGroupDescription="x", SubnetIds=account.subnets)
    account.parameter_group("late")
    found = getattr(account.rds, listing)()
    assert not [one for items in found.values() if isinstance(items, list) for one in items if "late" in one.values()]
