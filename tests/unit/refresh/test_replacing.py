# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A restored instance has the settings of the one that it replaces, but no backups and no foreign groups before it is released."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import Snapshot
from ansible_collections.mainstay.aws.plugins.module_utils.refresh.replacing import (
    overrides,
    previous_name,
    restored_name,
    settings_after_release,
)
from ansible_collections.mainstay.aws.plugins.module_utils.restore.origin import Origin
from ansible_collections.mainstay.aws.plugins.module_utils.restore.settings import afterwards, request

TARGET: dict[str, Any] = {
    "DBInstanceIdentifier": "staging-main",
    "DBInstanceClass": "db.t4g.medium",
    "AllocatedStorage": 50,
    "MultiAZ": False,
    "DBSubnetGroup": {"DBSubnetGroupName": "subnets"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-app"}],
    "DBParameterGroups": [{"DBParameterGroupName": "parameters"}],
    "Endpoint": {"Port": 5433},
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "01:00-02:00",
    "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:role",
    "PerformanceInsightsEnabled": True,
    "PerformanceInsightsRetentionPeriod": 7,
    "IAMDatabaseAuthenticationEnabled": True,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "DeletionProtection": True,
    "MasterUserSecret": {"KmsKeyId": "arn:key"},
}
SNAPSHOT = Snapshot("copy", "arn:copy", allocated=100)


def test_the_restore() -> None:
    _method, found = request(TARGET, Origin(snapshot=SNAPSHOT), "staging-main-refresh", overrides(()), {"a": "b"})
    assert found["AllocatedStorage"] == 100
    assert found["VpcSecurityGroupIds"] == ["sg-app"]
    assert (found["BackupRetentionPeriod"], found["DeletionProtection"], found["Port"]) == (0, False, 5433)
    _method, found = request(TARGET, Origin(snapshot=SNAPSHOT), "x", overrides(("sg-quarantine",)), {})
    assert found["VpcSecurityGroupIds"] == ["sg-quarantine"]


def test_the_master_gets_a_password_of_its_own() -> None:
    given = [change.parameters for change in afterwards({**TARGET, "MasterUserSecret": None}, {}, overrides(()))]
    assert {"ManageMasterUserPassword": True} in given


def test_what_follows_the_release() -> None:
    new = {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-quarantine"}], "BackupRetentionPeriod": 0}
    found = settings_after_release(TARGET, new)
    assert found == {"VpcSecurityGroupIds": ["sg-app"], "BackupRetentionPeriod": 7, "PreferredBackupWindow": "01:00-02:00"}
    assert settings_after_release(TARGET, TARGET) == {}


def test_names_fit() -> None:
    for name in (restored_name("a" * 63), previous_name("a" * 63)):
        assert len(name) <= 63
    assert (restored_name("staging-main"), previous_name("staging-main")) == ("staging-main-refresh", "staging-main-previous")
