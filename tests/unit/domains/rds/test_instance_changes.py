# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which calls a change takes, in which order, and what interrupts connections."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_changes import calls
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_options import Options
from ansible_collections.mainstay.aws.plugins.module_utils.domains.rds.kinds.db_instance_restarts import interruptions

RAW: dict[str, Any] = {
    "DBInstanceStatus": "available",
    "EngineVersion": "17.4",
    "StorageType": "gp3",
    "AllocatedStorage": 100,
    "DatabaseInsightsMode": "standard",
    "PerformanceInsightsEnabled": True,
    "PerformanceInsightsRetentionPeriod": 7,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "arn:role",
}
FULL = {**RAW, "DBInstanceStatus": "storage-full"}
OFF = {**RAW, "PerformanceInsightsEnabled": False, "PerformanceInsightsRetentionPeriod": None}
REBOOT = {**RAW, "DBParameterGroups": [{"DBParameterGroupName": "a", "ParameterApplyStatus": "pending-reboot"}]}
LOGS = "enabled_cloudwatch_logs_exports"

CASES: list[tuple[str, dict[str, Any], dict[str, Any], list[dict[str, Any]]]] = [
    ("nothing", RAW, {}, []),
    (
        "settings share one call",
        RAW,
        {"deletion_protection": False, "multi_az": True, "backup_retention_period": 0},
        [{"DeletionProtection": False, "MultiAZ": True, "BackupRetentionPeriod": 0}],
    ),
    (
        "advanced insights bring what they require",
        RAW,
        {"database_insights_mode": "advanced"},
        [{"DatabaseInsightsMode": "advanced", "EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 465}],
    ),
    (
        "a longer retention is kept",
        RAW,
        {"database_insights_mode": "advanced", "performance_insights_retention_period": 731},
        [{"DatabaseInsightsMode": "advanced", "EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 731}],
    ),
    ("insights off", RAW, {"performance_insights_retention_period": None}, [{"EnablePerformanceInsights": False}]),
    (
        "insights on, with a key that it takes only now",
        OFF,
        {"performance_insights_retention_period": 7, "performance_insights_kms_key_id": "k"},
        [{"EnablePerformanceInsights": True, "PerformanceInsightsRetentionPeriod": 7, "PerformanceInsightsKMSKeyId": "k"}],
    ),
    (
        "log exports are a difference",
        RAW,
        {LOGS: ["iam-db-auth-error", "upgrade"]},
        [
            {
                "CloudwatchLogsExportConfiguration": {
                    "EnableLogTypes": ["iam-db-auth-error", "upgrade"],
                    "DisableLogTypes": ["postgresql"],
                }
            }
        ],
    ),
    ("monitoring goes with its role", RAW, {"monitoring_interval": 30}, [{"MonitoringInterval": 30, "MonitoringRoleArn": "arn:role"}]),
    ("monitoring off", RAW, {"monitoring_interval": 0}, [{"MonitoringInterval": 0}]),
    ("autoscaling off", RAW, {"max_allocated_storage": None}, [{"MaxAllocatedStorage": 100}]),
    (
        "a larger limit goes with the size that needs it",
        RAW,
        {"allocated_storage": 200, "max_allocated_storage": 400},
        [{"AllocatedStorage": 200, "MaxAllocatedStorage": 400}],
    ),
    (
        "storage-full takes storage alone, before anything else",
        FULL,
        {"allocated_storage": 200, "multi_az": True},
        [{"AllocatedStorage": 200}],
    ),
    ("a minor version alone", RAW, {"engine_version": "17.6"}, [{"EngineVersion": "17.6"}]),
    (
        "a major version takes the group of its family along",
        RAW,
        {"engine_version": "18", "db_parameter_group_name": "main-18", "multi_az": True},
        [
            {"MultiAZ": True},
            {"EngineVersion": "18", "AllowMajorVersionUpgrade": True, "DBParameterGroupName": "main-18"},
        ],
    ),
    ("another group of the same family", RAW, {"db_parameter_group_name": "b"}, [{"DBParameterGroupName": "b"}]),
    (
        "storage, then hardware",
        RAW,
        {"db_instance_class": "db.r7g.large", "allocated_storage": 200, "port": 5433},
        [{"AllocatedStorage": 200}, {"DBInstanceClass": "db.r7g.large", "DBPortNumber": 5433}],
    ),
    ("no reboot that nothing waits for", RAW, {"static_parameters": "abc"}, []),
    ("a reboot", REBOOT, {"static_parameters": "abc"}, [{}]),
    (
        "a promotion first, with its backups",
        RAW,
        {"promoted": True, "backup_retention_period": 7, "multi_az": True},
        [{"BackupRetentionPeriod": 7}],
    ),
]


@pytest.mark.parametrize(("name", "raw", "left", "expected"), CASES, ids=[case[0] for case in CASES])
def test_calls(name: str, raw: dict[str, Any], left: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    assert [dict(call.params) for call in calls(raw, left, {})] == expected, name


def test_every_change_is_in_one_call() -> None:
    for name, raw, left, _expected in CASES:
        sets = [one for call in calls(raw, left, {}) for one in call.sets]
        assert len(sets) == len(set(sets)), name
        assert set(sets) <= set(left), name


def test_a_class_that_the_present_version_does_not_offer_waits_for_the_new_one() -> None:
    left = {"engine_version": "18", "db_instance_class": "db.r8g.large"}
    assert [call.sets for call in calls(RAW, left, {}, class_first=False)] == [("engine_version",), ("db_instance_class",)]
    assert [call.sets for call in calls(RAW, left, {})] == [("db_instance_class",), ("engine_version",)]


def test_a_major_upgrade_does_not_wait_for_the_window() -> None:
    assert [call.immediate for call in calls(RAW, {"engine_version": "18"}, {})] == [True]
    assert [call.immediate for call in calls(RAW, {"engine_version": "17.6"}, {})] == [False]


@pytest.mark.parametrize(
    ("changed", "options", "rotates", "multi_az", "expected"),
    [
        ({"multi_az": (False, True)}, Options(), True, False, []),
        ({"allocated_storage": (100, 200)}, Options(), True, False, []),
        ({"db_instance_class": ("a", "b")}, Options(), True, False, ["the new class restarts the database in this run"]),
        (
            {"db_instance_class": ("a", "b")},
            Options(apply="window"),
            True,
            True,
            ["the new class fails over to the standby, which breaks connections for a minute or two, in the maintenance window"],
        ),
        ({"port": (5432, 5433)}, Options(apply="window"), True, False, ["the new port restarts the database in this run"]),
        (
            {"engine_version": ("17.4", "18")},
            Options(apply="window"),
            True,
            False,
            ["the new engine version stops the database for a major upgrade, minutes to hours, in this run"],
        ),
        (
            {"engine_version": ("17.4", "17.6")},
            Options(apply="window"),
            True,
            False,
            ["the new engine version restarts the database in the maintenance window"],
        ),
        ({"ca_certificate_identifier": ("a", "b")}, Options(), True, False, []),
        (
            {"ca_certificate_identifier": ("a", "b")},
            Options(),
            False,
            False,
            ["the new certificate authority restarts the database in this run"],
        ),
        (
            {"backup_retention_period": (7, 0)},
            Options(apply="window"),
            True,
            False,
            ["turning automated backups off, which deletes those that exist, restarts the database in the maintenance window"],
        ),
        ({"backup_retention_period": (0, 7)}, Options(), True, True, ["turning automated backups on restarts the database in this run"]),
        ({"backup_retention_period": (7, 14)}, Options(), True, False, []),
        ({"backup_retention_period": ("owned by AWS Backup", 0)}, Options(), True, False, []),
        (
            {"static_parameters": (None, "abc")},
            Options(apply="window"),
            True,
            False,
            ["the reboot for static parameters restarts the database in this run"],
        ),
    ],
)
def test_what_interrupts_connections(
    changed: dict[str, tuple[Any, Any]], options: Options, rotates: bool, multi_az: bool, expected: list[str]
) -> None:
    assert interruptions(changed, options, rotates=rotates, multi_az=multi_az) == expected
