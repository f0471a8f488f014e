"""Read replicas: in one region, in another one, promotion, and a blue/green switchover."""

from __future__ import annotations

from typing import Any

from ..conftest import ACCOUNT, REGION, key_policy, refused, until
from .rds_account import RdsAccount

OTHER = "eu-west-1"


def test_replica_in_the_same_region(account: RdsAccount) -> None:
    group = account.parameter_group()
    account.create(DBParameterGroupName=group, CopyTagsToSnapshot=True, Tags=[{"Key": "a", "Value": "b"}])
    made = account.replica(DBInstanceClass="db.t4g.large", MaxAllocatedStorage=200)
    assert (made["DBInstanceStatus"], made["ReadReplicaSourceDBInstanceIdentifier"]) == ("creating", "main")
    found = account.describe("reader")
    expected: dict[str, Any] = {
        "DBInstanceStatus": "available",
        "DBInstanceClass": "db.t4g.large",
        "EngineVersion": "17.4",
        "AllocatedStorage": 100,
        "MaxAllocatedStorage": 200,
        "BackupRetentionPeriod": 0,
        "ReadReplicaSourceDBInstanceIdentifier": "main",
        "DBParameterGroups": [{"DBParameterGroupName": "own", "ParameterApplyStatus": "in-sync"}],
        "StatusInfos": [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}],
        "TagList": [],
    }
    assert {name: found[name] for name in expected} == expected
    assert "LatestRestorableTime" not in found
    assert found["DBSubnetGroup"]["DBSubnetGroupName"] == "main"
    assert account.describe()["ReadReplicaDBInstanceIdentifiers"] == ["reader"]


def test_what_a_replica_needs(account: RdsAccount) -> None:
    account.create(BackupRetentionPeriod=0)
    assert refused(account.replica) == "InvalidDBInstanceState"
    assert refused(account.replica, source="other") == "DBInstanceNotFound"
    account.create("managed", MasterUserPassword=None, ManageMasterUserPassword=True)
    assert refused(account.replica, source="managed") == "InvalidParameterCombination"
    account.create("source")
    account.replica(source="source")
    assert refused(account.replica, source="source") == "DBInstanceAlreadyExists"
    assert refused(account.modify, name="source", ManageMasterUserPassword=True) == "InvalidParameterCombination"
    assert refused(account.modify, name="source", BackupRetentionPeriod=0) == "InvalidParameterCombination"
    assert refused(account.rds.stop_db_instance, DBInstanceIdentifier="source") == "InvalidDBInstanceState"
    account.cloud.admin.settings(quotas={"rds_read_replicas_per_primary": 1})
    assert refused(account.replica, name="second", source="source") == "InstanceQuotaExceeded"


def test_deletion_of_a_replica_takes_no_snapshot(account: RdsAccount) -> None:
    account.create()
    account.replica()
    for options in ({"FinalDBSnapshotIdentifier": "last"}, {"SkipFinalSnapshot": False}):
        assert refused(account.delete, name="reader", **options) == "InvalidParameterCombination"
    account.delete("reader")
    assert account.describe()["ReadReplicaDBInstanceIdentifiers"] == []


def test_deletion_of_the_source_leaves_instances_of_their_own(account: RdsAccount) -> None:
    account.create()
    account.replica()
    account.delete()
    assert "ReadReplicaSourceDBInstanceIdentifier" not in account.describe("reader")


def test_promotion(account: RdsAccount) -> None:
    account.create()
    account.replica()
    account.cloud.admin.settings(transition_seconds={"rds_instance": 0.4})
    options = {"BackupRetentionPeriod": 7, "PreferredBackupWindow": "01:00-01:30"}
    account.rds.modify_db_instance(DBInstanceIdentifier="reader", PreferredMaintenanceWindow="sun:03:00-sun:04:00")
    reply = account.rds.promote_read_replica(DBInstanceIdentifier="reader", **options)["DBInstance"]
    assert (reply["DBInstanceStatus"], reply["ReadReplicaSourceDBInstanceIdentifier"]) == ("modifying", "main")
    assert account.states("reader") == ["modifying", "rebooting", "backing-up", "available"]
    found = account.describe("reader")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in found
    assert {name: found[name] for name in options} == options
    assert account.describe()["ReadReplicaDBInstanceIdentifiers"] == []
    assert refused(account.rds.promote_read_replica, DBInstanceIdentifier="reader") == "InvalidDBInstanceState"


def test_replica_in_another_region(account: RdsAccount) -> None:
    account.create(StorageEncrypted=True)
    source = f"{account.arns}:db:main"
    rds, ec2 = account.cloud.client("rds", region=OTHER), account.cloud.client("ec2", region=OTHER)
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"{OTHER}{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="far", DBSubnetGroupDescription="x", SubnetIds=subnets)
    given = {"DBInstanceIdentifier": "far", "SourceDBInstanceIdentifier": source, "DBSubnetGroupName": "far"}
    assert refused(rds.create_db_instance_read_replica, **given) == "InvalidParameterCombination"
    key = account.cloud.client("kms", region=OTHER).create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
    assert refused(rds.create_db_instance_read_replica, **given, KmsKeyId=account.new_key()) == "KMSKeyNotAccessibleFault"
    rds.create_db_instance_read_replica(**given, KmsKeyId=key)
    found = rds.describe_db_instances(DBInstanceIdentifier="far")["DBInstances"][0]
    assert (found["ReadReplicaSourceDBInstanceIdentifier"], found["KmsKeyId"]) == (source, key)
    assert found["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres17"
    far = f"arn:aws:rds:{OTHER}:{ACCOUNT}:db:far"
    assert account.describe()["ReadReplicaDBInstanceIdentifiers"] == [far]
    account.modify(NewDBInstanceIdentifier="renamed")
    found = rds.describe_db_instances(DBInstanceIdentifier="far")["DBInstances"][0]
    assert found["ReadReplicaSourceDBInstanceIdentifier"] == f"arn:aws:rds:{REGION}:{ACCOUNT}:db:renamed"


def test_blue_green_switchover(account: RdsAccount) -> None:
    account.create(Tags=[{"Key": "a", "Value": "b"}])
    before = account.describe()
    happened = account.cloud.admin.happen("rds", "blue_green_switchover", DBInstanceIdentifier="main", EngineVersion="17.6")
    after, old = account.describe(), account.describe("main-old1")
    assert after["DbiResourceId"] == happened["DbiResourceId"] != before["DbiResourceId"] == old["DbiResourceId"]
    assert (after["EngineVersion"], old["EngineVersion"], after["TagList"]) == ("17.6", "17.4", before["TagList"])
    account.modify(DeletionProtection=True)
    assert (account.describe()["DeletionProtection"], account.describe("main-old1")["DeletionProtection"]) == (True, False)
    account.delete("main-old1")
    until(lambda: len(account.rds.describe_db_instances()["DBInstances"]) == 1)
