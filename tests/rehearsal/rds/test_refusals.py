"""What AWS refuses about DB instances and subnet groups, one line per rule."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import refused, trust
from .rds_account import RdsAccount

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"
INSIGHTS: dict[str, Any] = {"DatabaseInsightsMode": "advanced", "EnablePerformanceInsights": True}
CREATE: list[tuple[str, dict[str, Any], str]] = [
    ("identifier begins with a digit", {"name": "1st"}, VALUE),
    ("identifier with two hyphens", {"name": "a--b"}, VALUE),
    ("identifier ends with a hyphen", {"name": "a-"}, VALUE),
    ("identifier too long", {"name": "a" * 64}, VALUE),
    ("no storage", {"AllocatedStorage": None}, VALUE),
    ("reserved master", {"MasterUsername": "admin"}, VALUE),
    ("RDS's own master", {"MasterUsername": "rdsadmin"}, VALUE),
    ("master of PostgreSQL", {"MasterUsername": "pg_master"}, VALUE),
    ("malformed master", {"MasterUsername": "1master"}, VALUE),
    ("no password", {"MasterUserPassword": None}, VALUE),
    ("short password", {"MasterUserPassword": "short"}, VALUE),
    ("long password", {"MasterUserPassword": "x" * 129}, VALUE),
    ("password with a slash", {"MasterUserPassword": "with/slash"}, VALUE),
    ("password with an at sign", {"MasterUserPassword": "with@sign-"}, VALUE),
    ("password of two owners", {"ManageMasterUserPassword": True}, COMBINATION),
    ("secret key without a managed secret", {"MasterUserSecretKmsKeyId": "alias/x"}, COMBINATION),
    ("IAM master with a password", {"MasterUserAuthenticationType": "iam-db-auth", "EnableIAMDatabaseAuthentication": True}, COMBINATION),
    ("IAM master without IAM", {"MasterUserAuthenticationType": "iam-db-auth", "MasterUserPassword": None}, COMBINATION),
    ("unknown authentication", {"MasterUserAuthenticationType": "kerberos"}, VALUE),
    ("reserved database", {"DBName": "template1"}, VALUE),
    ("malformed database", {"DBName": "my-shop"}, VALUE),
    ("unknown engine", {"Engine": "mysql"}, VALUE),
    ("unknown version", {"EngineVersion": "17.99"}, COMBINATION),
    ("retention", {"BackupRetentionPeriod": 36}, VALUE),
    ("backup window", {"PreferredBackupWindow": "1:00-2:00"}, VALUE),
    ("short backup window", {"PreferredBackupWindow": "01:00-01:20"}, VALUE),
    ("maintenance window", {"PreferredMaintenanceWindow": "01:00-02:00"}, VALUE),
    ("day of maintenance", {"PreferredMaintenanceWindow": "day:01:00-day:02:00"}, VALUE),
    (
        "windows that overlap",
        {"PreferredBackupWindow": "01:00-02:00", "PreferredMaintenanceWindow": "sun:01:30-sun:03:00"},
        VALUE,
    ),
    (
        "windows that overlap after midnight",
        {"PreferredBackupWindow": "23:30-00:30", "PreferredMaintenanceWindow": "mon:00:00-mon:01:00"},
        VALUE,
    ),
    ("unknown key", {"StorageEncrypted": True, "KmsKeyId": "11111111-1111-1111-1111-111111111111"}, "KMSKeyNotAccessibleFault"),
    ("key of nothing", {"StorageEncrypted": False, "KmsKeyId": "alias/aws/rds"}, COMBINATION),
    ("unknown security group", {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}, VALUE),
    ("unknown subnet group", {"DBSubnetGroupName": "other"}, "DBSubnetGroupNotFoundFault"),
    ("unknown parameter group", {"DBParameterGroupName": "other"}, "DBParameterGroupNotFound"),
    ("parameter group of another family", {"DBParameterGroupName": "default.postgres16"}, COMBINATION),
    ("monitoring without a role", {"MonitoringInterval": 60}, COMBINATION),
    ("interval of monitoring", {"MonitoringInterval": 7}, VALUE),
    ("unknown monitoring role", {"MonitoringInterval": 60, "MonitoringRoleArn": "arn:aws:iam::210987654321:role/none"}, VALUE),
    ("advanced insights without data", {"DatabaseInsightsMode": "advanced"}, COMBINATION),
    ("advanced insights of a week", INSIGHTS, COMBINATION),
    ("advanced insights of a year", {**INSIGHTS, "PerformanceInsightsRetentionPeriod": 372}, COMBINATION),
    ("odd retention of insights", {"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 400}, VALUE),
    ("retention of no insights", {"PerformanceInsightsRetentionPeriod": 465}, COMBINATION),
    ("log of another engine", {"EnableCloudwatchLogsExports": ["slowquery"]}, COMBINATION),
    ("log that the version lacks", {"EngineVersion": "15.12", "EnableCloudwatchLogsExports": ["audit"]}, COMBINATION),
    ("zone and standby", {"MultiAZ": True, "AvailabilityZone": "af-south-1a"}, COMBINATION),
    ("unknown zone", {"AvailabilityZone": "eu-west-1a"}, VALUE),
    ("unknown certificate", {"CACertificateIdentifier": "rds-ca-2019"}, "CertificateNotFound"),
    ("port", {"Port": 80}, VALUE),
    ("lifecycle", {"EngineLifecycleSupport": "forever"}, VALUE),
    ("reserved tag", {"Tags": [{"Key": "aws:x", "Value": "y"}]}, VALUE),
    ("iops of small gp3", {"Iops": 3000, "StorageType": "gp3"}, COMBINATION),
    ("throughput of small gp3", {"StorageThroughput": 125, "StorageType": "gp3"}, COMBINATION),
    ("few iops of large gp3", {"AllocatedStorage": 400, "Iops": 3000, "StorageType": "gp3"}, COMBINATION),
    (
        "throughput of few iops",
        {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 3500, "StorageType": "gp3"},
        COMBINATION,
    ),
    ("io1 without iops", {"StorageType": "io1"}, COMBINATION),
    ("small io1", {"StorageType": "io1", "AllocatedStorage": 50, "Iops": 1000}, COMBINATION),
    ("iops of small io1", {"StorageType": "io1", "Iops": 10000}, COMBINATION),
    ("iops of gp2", {"StorageType": "gp2", "Iops": 3000}, COMBINATION),
    ("throughput of io2", {"StorageType": "io2", "Iops": 1000, "StorageThroughput": 500}, COMBINATION),
    ("small gp3", {"AllocatedStorage": 10}, COMBINATION),
    ("unknown storage", {"StorageType": "st1"}, COMBINATION),
    ("limit of autoscaling", {"MaxAllocatedStorage": 105}, COMBINATION),
]


@pytest.mark.parametrize(("options", "code"), [row[1:] for row in CREATE], ids=[row[0] for row in CREATE])
def test_refused_creations(account: RdsAccount, options: dict[str, Any], code: str) -> None:
    assert refused(account.create, **options) == code
    assert account.rds.describe_db_instances()["DBInstances"] == []


@pytest.mark.parametrize("user", ["postgres", "root", "master_1", "administrator"])
def test_admitted_masters(account: RdsAccount, user: str) -> None:
    assert account.create(MasterUsername=user)["MasterUsername"] == user


def test_admitted_forms(account: RdsAccount) -> None:
    account.create("iam", MasterUserPassword=None, MasterUserAuthenticationType="iam-db-auth", EnableIAMDatabaseAuthentication=True)
    account.create("limit", MaxAllocatedStorage=110)
    account.create("io2", StorageType="io2", Iops=20000)
    window = {"PreferredBackupWindow": "23:30-00:00", "PreferredMaintenanceWindow": "mon:00:00-mon:00:30"}
    account.create("windows", **window)
    assert {name: account.describe("windows")[name] for name in window} == window


def test_keys(account: RdsAccount) -> None:
    key = account.new_key()
    account.kms.disable_key(KeyId=key)
    assert refused(account.create, StorageEncrypted=True, KmsKeyId=key) == "KMSKeyNotAccessibleFault"
    account.kms.enable_key(KeyId=key)
    account.kms.create_alias(AliasName="alias/shop", TargetKeyId=key)
    account.create(StorageEncrypted=True, KmsKeyId="alias/shop")
    assert account.describe()["KmsKeyId"] == key


def test_groups_and_roles_of_others(account: RdsAccount) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = account.ec2.create_security_group(GroupName="other", Description="x", VpcId=vpc)["GroupId"]
    assert refused(account.create, VpcSecurityGroupIds=[group]) == "InvalidVPCNetworkStateFault"
    role = account.iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    assert refused(account.create, MonitoringInterval=60, MonitoringRoleArn=role) == VALUE
    account.create()
    assert refused(account.modify, VpcSecurityGroupIds=[group]) == "InvalidVPCNetworkStateFault"
    assert refused(account.create) == "DBInstanceAlreadyExists"


MODIFY: list[tuple[str, dict[str, Any], str]] = [
    ("shrinking", {"AllocatedStorage": 50}, VALUE),
    ("iops of small gp3", {"Iops": 3000}, COMBINATION),
    ("throughput of small gp3", {"StorageThroughput": 125}, COMBINATION),
    ("limit of autoscaling", {"MaxAllocatedStorage": 105}, COMBINATION),
    ("retention", {"BackupRetentionPeriod": 36}, VALUE),
    ("password", {"MasterUserPassword": "short"}, VALUE),
    ("two passwords", {"MasterUserPassword": "long-enough-1", "ManageMasterUserPassword": True}, COMBINATION),
    ("rotation of no secret", {"RotateMasterUserPassword": True}, COMBINATION),
    ("IAM master without IAM", {"MasterUserAuthenticationType": "iam-db-auth"}, COMBINATION),
    ("windows", {"PreferredBackupWindow": "x"}, VALUE),
    ("monitoring without a role", {"MonitoringInterval": 60}, COMBINATION),
    ("advanced insights without data", {"DatabaseInsightsMode": "advanced"}, COMBINATION),
    ("log of another engine", {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["audit"]}}, COMBINATION),
    ("parameter group of another family", {"DBParameterGroupName": "default.postgres16"}, COMBINATION),
    ("unknown certificate", {"CACertificateIdentifier": "rds-ca-2019"}, "CertificateNotFound"),
    ("major version without consent", {"EngineVersion": "18.2"}, COMBINATION),
    ("name", {"NewDBInstanceIdentifier": "a--b"}, VALUE),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in MODIFY], ids=[row[0] for row in MODIFY])
def test_refused_changes(account: RdsAccount, change: dict[str, Any], code: str) -> None:
    account.create()
    before = account.describe()
    assert refused(account.modify, **change) == code
    after = account.describe()
    moving = {"LatestRestorableTime"}
    assert {name: value for name, value in after.items() if name not in moving} == {
        name: value for name, value in before.items() if name not in moving
    }


def test_no_changes_while_one_is_being_made(account: RdsAccount) -> None:
    account.cloud.admin.settings(transition_seconds={"rds_instance": 60})
    account.create()
    assert refused(account.modify, DeletionProtection=True) == "InvalidDBInstanceState"
    assert refused(account.rds.reboot_db_instance, DBInstanceIdentifier="main") == "InvalidDBInstanceState"
    assert refused(account.replica) == "InvalidDBInstanceState"


def test_subnet_groups(account: RdsAccount) -> None:
    rds = account.rds
    one_zone = [account.subnets[0], account.new_subnet("10.0.9.0/24", "a")]
    new = {"DBSubnetGroupName": "new", "DBSubnetGroupDescription": "x", "SubnetIds": account.subnets}
    assert refused(rds.create_db_subnet_group, **new | {"SubnetIds": one_zone}) == "DBSubnetGroupDoesNotCoverEnoughAZs"
    assert refused(rds.create_db_subnet_group, **new | {"SubnetIds": ["subnet-0123456789abcdef0"]}) == "InvalidSubnet"
    assert refused(rds.create_db_subnet_group, **new | {"DBSubnetGroupName": "main"}) == "DBSubnetGroupAlreadyExists"
    assert refused(rds.create_db_subnet_group, **new | {"DBSubnetGroupName": "default"}) == VALUE
    vpc = account.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    others = [account.new_subnet(f"10.1.{number}.0/24", zone, vpc) for number, zone in enumerate("ab")]
    assert refused(rds.create_db_subnet_group, **new | {"SubnetIds": [account.subnets[0], others[1]]}) == VALUE
    account.create()
    zone = account.describe()["AvailabilityZone"]
    rest = [subnet for subnet, letter in zip(account.subnets, "abc", strict=True) if not zone.endswith(letter)]
    assert refused(rds.modify_db_subnet_group, DBSubnetGroupName="main", SubnetIds=rest) == "SubnetAlreadyInUse"
    assert refused(rds.modify_db_subnet_group, DBSubnetGroupName="main", SubnetIds=others) == COMBINATION
    assert refused(rds.delete_db_subnet_group, DBSubnetGroupName="main") == "InvalidDBSubnetGroupStateFault"
    assert refused(rds.delete_db_subnet_group, DBSubnetGroupName="none") == "DBSubnetGroupNotFoundFault"
    rds.create_db_subnet_group(**new)
    changed = rds.modify_db_subnet_group(DBSubnetGroupName="new", DBSubnetGroupDescription="y", SubnetIds=account.subnets[:2])
    assert changed["DBSubnetGroup"]["DBSubnetGroupDescription"] == "y"
    assert len(rds.describe_db_subnet_groups(DBSubnetGroupName="new")["DBSubnetGroups"][0]["Subnets"]) == 2
    rds.delete_db_subnet_group(DBSubnetGroupName="new")
