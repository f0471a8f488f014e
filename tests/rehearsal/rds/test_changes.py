"""ModifyDBInstance: what is applied at once, what is pending, and what applies it."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.admin_client import AdminError

from ..conftest import ACCOUNT, REGION, refused, until
from .rds_account import PASSWORD, RdsAccount

DEFERRED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"DBInstanceClass": "db.t4g.large"}, {"DBInstanceClass": "db.t4g.large"}),
    ({"AllocatedStorage": 200}, {"AllocatedStorage": 200}),
    ({"StorageType": "gp2"}, {"StorageType": "gp2"}),
    ({"MultiAZ": True}, {"MultiAZ": True}),
    ({"EngineVersion": "17.6"}, {"EngineVersion": "17.6"}),
    ({"CACertificateIdentifier": "rds-ca-rsa4096-g1"}, {"CACertificateIdentifier": "rds-ca-rsa4096-g1"}),
    ({"EnableIAMDatabaseAuthentication": True}, {"IAMDatabaseAuthenticationEnabled": True}),
    ({"BackupRetentionPeriod": 0}, {"BackupRetentionPeriod": 0}),
]


@pytest.mark.parametrize(("change", "pending"), DEFERRED, ids=lambda value: next(iter(value)))
def test_deferred_changes_wait_for_the_window(account: RdsAccount, change: dict[str, Any], pending: dict[str, Any]) -> None:
    account.create()
    before = account.describe()
    assert account.modify(now=False, **change)["PendingModifiedValues"] == pending
    name = next(iter(pending))
    assert account.describe()[name] == before[name]
    account.window()
    after = account.describe()
    assert {name: after[name] for name in pending} == pending
    assert after["PendingModifiedValues"] == {}


def test_asking_for_what_is_there_cancels_a_pending_change(account: RdsAccount) -> None:
    account.create()
    account.modify(now=False, DBInstanceClass="db.t4g.large", MultiAZ=True)
    account.modify(now=False, DBInstanceClass="db.t4g.medium")
    assert account.pending() == {"MultiAZ": True}


def test_apply_immediately_also_applies_what_waits(account: RdsAccount) -> None:
    account.create()
    account.modify(now=False, DBInstanceClass="db.t4g.large")
    account.modify(MultiAZ=True)
    found = account.describe()
    assert (found["DBInstanceClass"], found["MultiAZ"], found["PendingModifiedValues"]) == ("db.t4g.large", True, {})


def test_what_never_waits(account: RdsAccount) -> None:
    account.create()
    group = account.ec2.create_security_group(GroupName="database", Description="x", VpcId=account.vpc)["GroupId"]
    changes: dict[str, Any] = {
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "01:00-02:00",
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "DeletionProtection": True,
        "CopyTagsToSnapshot": True,
        "AutoMinorVersionUpgrade": False,
        "MaxAllocatedStorage": 200,
        "MonitoringInterval": 30,
        "DatabaseInsightsMode": "advanced",
        "PerformanceInsightsRetentionPeriod": 465,
        "EngineLifecycleSupport": "open-source-rds-extended-support-disabled",
    }
    account.modify(
        now=False,
        **changes,
        EnablePerformanceInsights=True,
        MonitoringRoleArn=account.monitoring,
        VpcSecurityGroupIds=[group],
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]},
        MasterUserPassword=PASSWORD + "2",
    )
    found = account.describe()
    assert {name: found[name] for name in changes} == changes
    assert found["VpcSecurityGroups"] == [{"VpcSecurityGroupId": group, "Status": "active"}]
    assert found["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert found["PendingModifiedValues"] == {}


def test_available_right_after_a_change_is_stale(account: RdsAccount) -> None:
    account.create()
    account.cloud.admin.settings(transition_seconds={"rds_instance": 0.6})
    reply = account.modify(AllocatedStorage=200, MasterUserPassword=PASSWORD + "2")
    assert reply["DBInstanceStatus"] == account.status() == "available"
    assert reply["PendingModifiedValues"] == {"AllocatedStorage": 200, "MasterUserPassword": "****"}
    assert account.describe()["AllocatedStorage"] == 100
    seen = account.states(after=3)
    assert seen == ["available", "modifying", "resetting-master-credentials", "storage-optimization", "available"]
    assert account.describe()["AllocatedStorage"] == 200


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"DBInstanceClass": "db.t4g.large"}, "modifying"),
        ({"EngineVersion": "17.6"}, "upgrading"),
        ({"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"]}}, "configuring-log-exports"),
        ({"NewDBInstanceIdentifier": "main"}, "available"),
        ({"DeletionProtection": True}, "modifying"),
    ],
)
def test_states_of_changes(account: RdsAccount, change: dict[str, Any], state: str) -> None:
    account.create()
    account.cloud.admin.settings(transition_seconds={"rds_instance": 0.5})
    account.modify(**change)
    until(lambda: account.status() == state, 5)


def test_new_name(account: RdsAccount) -> None:
    account.create()
    account.replica()
    account.create("taken")
    resource = account.describe()["DbiResourceId"]
    assert refused(account.modify, NewDBInstanceIdentifier="taken") == "DBInstanceAlreadyExists"
    account.modify(NewDBInstanceIdentifier="renamed")
    assert refused(account.describe) == "DBInstanceNotFound"
    found = account.describe("renamed")
    assert (found["DbiResourceId"], found["DBInstanceArn"]) == (resource, f"{account.arns}:db:renamed")
    assert account.describe("reader")["ReadReplicaSourceDBInstanceIdentifier"] == "renamed"


def test_certificate_that_waits_is_in_use_after_a_reboot(account: RdsAccount) -> None:
    account.create()
    account.modify(now=False, CACertificateIdentifier="rds-ca-ecc384-g1", MultiAZ=True)
    account.rds.reboot_db_instance(DBInstanceIdentifier="main")
    found = account.describe()
    assert (found["CACertificateIdentifier"], found["PendingModifiedValues"]) == ("rds-ca-ecc384-g1", {"MultiAZ": True})
    assert found["CertificateDetails"]["CAIdentifier"] == "rds-ca-ecc384-g1"


def test_storage_has_six_hours_between_changes(account: RdsAccount) -> None:
    account.create()
    account.modify(AllocatedStorage=200)
    assert refused(account.modify, AllocatedStorage=300) == "InvalidParameterCombination"
    account.modify(DBInstanceClass="db.t4g.large", MaxAllocatedStorage=400)
    account.cloud.admin.settings(clock_ahead_seconds=6 * 3600 + 1)
    account.modify(AllocatedStorage=300)
    assert account.describe()["AllocatedStorage"] == 300


def test_storage_grows_by_ten_percent_at_least(account: RdsAccount) -> None:
    account.create()
    account.modify(AllocatedStorage=101)
    assert account.describe()["AllocatedStorage"] == 110


def test_gp3_has_other_baselines_from_400_gib_on(account: RdsAccount) -> None:
    account.create()
    for name, value in (("Iops", 3000), ("StorageThroughput", 125)):
        assert refused(account.modify, **{name: value}) == "InvalidParameterCombination"
    account.modify(AllocatedStorage=400)
    found = account.describe()
    assert (found["Iops"], found["StorageThroughput"]) == (12000, 500)
    account.cloud.admin.settings(clock_ahead_seconds=7 * 3600)
    assert refused(account.modify, AllocatedStorage=500) == "InvalidParameterCombination"
    account.modify(AllocatedStorage=500, Iops=13000, StorageThroughput=600)
    found = account.describe()
    assert (found["AllocatedStorage"], found["Iops"], found["StorageThroughput"]) == (500, 13000, 600)


def test_provisioned_iops_become_gp3(account: RdsAccount) -> None:
    account.create(StorageType="io1", AllocatedStorage=400, Iops=3000)
    assert account.describe()["Iops"] == 3000
    assert refused(account.modify, AllocatedStorage=500) == "InvalidParameterCombination"
    account.modify(StorageType="gp3", AllocatedStorage=500, Iops=12000)
    found = account.describe()
    assert (found["StorageType"], found["AllocatedStorage"], found["Iops"]) == ("gp3", 500, 12000)


def test_storage_autoscaling(account: RdsAccount) -> None:
    account.create(MaxAllocatedStorage=200)
    account.cloud.admin.happen("rds", "storage_autoscaling", DBInstanceIdentifier="main", AllocatedStorage=130)
    assert account.describe()["AllocatedStorage"] == 130
    assert refused(account.modify, AllocatedStorage=100) == "InvalidParameterValue"
    assert refused(account.modify, MaxAllocatedStorage=140) == "InvalidParameterCombination"
    account.modify(MaxAllocatedStorage=130)
    assert "MaxAllocatedStorage" not in account.describe()


def test_aws_backup_owns_retention_and_window(account: RdsAccount) -> None:
    account.create(BackupRetentionPeriod=7)
    point = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:x"
    account.cloud.admin.happen("rds", "aws_backup", DBInstanceIdentifier="main", AwsBackupRecoveryPointArn=point)
    assert account.describe()["AwsBackupRecoveryPointArn"] == point
    with pytest.raises(Exception, match="associated with an AWS Backup resource"):
        account.modify(BackupRetentionPeriod=7)
    with pytest.raises(Exception, match="associated with an AWS Backup resource"):
        account.modify(PreferredBackupWindow="01:00-02:00")
    account.modify(DeletionProtection=True)


def test_maintenance_that_aws_announces(account: RdsAccount) -> None:
    account.create()
    account.cloud.admin.happen("rds", "minor_version_upgrade", DBInstanceIdentifier="main")
    listed = account.rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"]
    assert [one["ResourceIdentifier"] for one in listed] == [f"{account.arns}:db:main"]
    assert listed[0]["PendingMaintenanceActionDetails"][0]["Action"] == "db-upgrade"
    given = {"ResourceIdentifier": f"{account.arns}:db:main", "ApplyAction": "db-upgrade"}
    reply = account.rds.apply_pending_maintenance_action(**given, OptInType="next-maintenance")
    assert reply["ResourcePendingMaintenanceActions"]["PendingMaintenanceActionDetails"][0]["OptInStatus"] == "next-maintenance"
    assert account.describe()["EngineVersion"] == "17.4"
    account.window()
    assert account.describe()["EngineVersion"] == "17.6"
    assert refused(account.rds.apply_pending_maintenance_action, **given, OptInType="immediate") == "ResourceNotFoundFault"


@pytest.mark.parametrize(
    ("happening", "name", "text"),
    [
        ("no_such", "main", "maintenance_window"),
        ("maintenance_window", "other", "DBInstanceNotFound"),
        ("storage_autoscaling", "main", "the limit of the storage autoscaling of main is None"),
    ],
)
def test_happenings_that_cannot_be(account: RdsAccount, happening: str, name: str, text: str) -> None:
    account.create()
    with pytest.raises(AdminError, match=text):
        account.cloud.admin.happen("rds", happening, DBInstanceIdentifier=name)


def test_events(account: RdsAccount) -> None:
    account.create()
    account.modify(AllocatedStorage=200)
    found = account.rds.describe_events(SourceType="db-instance", SourceIdentifier="main")["Events"]
    assert "DB instance created" in [one["Message"] for one in found]
    assert account.rds.describe_events(EventCategories=["configuration change"])["Events"]
    assert refused(account.rds.describe_events, SourceIdentifier="main") == "InvalidParameterCombination"
