# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is restored and how: origins, requests, changes afterwards. Tables over pure functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.databases import Database, Key, Snapshot
from ansible_collections.mainstay.aws.plugins.module_utils.restore.origin import (
    Backups,
    Origin,
    moment_of,
    moment_problem,
    newest_good,
    snapshot_problem,
)
from ansible_collections.mainstay.aws.plugins.module_utils.restore.plan import Overrides
from ansible_collections.mainstay.aws.plugins.module_utils.restore.settings import afterwards, is_restored, request, tags_for

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0
BACKUPS = Backups("db-A", "orders", earliest=NOW - 48 * HOUR, latest=NOW - 200, allocated=100, engine_version="17.4", kms_key="key")
SNAPSHOT = Snapshot(
    "one",
    "arn:aws:rds:eu-west-1:111111111111:snapshot:one",
    "db-A",
    "orders",
    engine_version="17.4",
    allocated=120,
    encrypted=True,
    kms_key="key",
    created=NOW - HOUR,
)
DATABASE = Database("orders", "db-A", engine_version="17.4", allocated=100, kms_key="key")

TIMES: dict[str, tuple[str, float | None, str]] = {
    "UTC": ("2026-11-30T08:00:00Z", NOW, ""),
    "another zone": ("2026-11-30T09:00:00+01:00", NOW, ""),
    "fractions are cut off": ("2026-11-30T08:00:00.9Z", NOW, ""),
    "no zone": ("2026-11-30T08:00:00", None, "has no zone"),
    "a date": ("2026-11-30", None, "has no zone"),
    "a word": ("yesterday", None, "expected latest, or a time with its zone"),
}


@pytest.mark.parametrize("name", TIMES)
def test_times(name: str) -> None:
    text, seconds, words = TIMES[name]
    found, problem = moment_of(text)
    assert found == seconds
    assert words in problem
    assert bool(words) == bool(problem)


MOMENTS: dict[str, tuple[Backups, float | None, str]] = {
    "latest": (BACKUPS, None, ""),
    "within the window": (BACKUPS, NOW - HOUR, ""),
    "its ends": (BACKUPS, BACKUPS.earliest, ""),
    "before it": (BACKUPS, NOW - 49 * HOUR, "before the first backup. orders can be restored to any time from 2026-11-28T08:00:00Z to"),
    "just after it": (BACKUPS, NOW - 100, "It will cover that moment in about"),
    "in the future": (BACKUPS, NOW + 1, "in the future"),
    "no backups": (replace(BACKUPS, latest=None), None, "backup retention period is 0"),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_moments(name: str) -> None:
    backups, moment, words = MOMENTS[name]
    problem = moment_problem(backups, moment, NOW)
    assert words in problem
    assert bool(words) == bool(problem)


NEWEST: dict[str, tuple[dict[str, Any], bool]] = {
    "good": ({}, True),
    "old": ({"created": NOW - 400 * HOUR}, True),
    "not complete": ({"status": "creating", "percent": 60}, False),
    "failed": ({"status": "failed"}, False),
    "of another database": ({"resource_id": "db-B"}, False),
    "of another version": ({"engine_version": "16.4"}, False),
    "under another key": ({"kms_key": "other"}, False),
    "ahead of the clock": ({"created": NOW + HOUR}, False),
    "automated": ({"kind": "automated"}, True),
}


@pytest.mark.parametrize("name", NEWEST)
def test_the_newest_good_snapshot(name: str) -> None:
    changes, good = NEWEST[name]
    older = replace(SNAPSHOT, identifier="older", arn="older", created=NOW - 500 * HOUR)
    found, _why = newest_good(DATABASE, [older, replace(SNAPSHOT, **changes)], NOW)
    assert found is not None
    assert found.identifier == ("one" if good else "older")


def test_there_may_be_no_good_snapshot() -> None:
    found, why = newest_good(DATABASE, [replace(SNAPSHOT, status="failed")], NOW)
    assert found is None
    assert "one is failed" in why[0]


PROBLEMS: dict[str, tuple[Snapshot, Key | None, str]] = {
    "good": (SNAPSHOT, Key("key"), ""),
    "being made": (replace(SNAPSHOT, status="creating", percent=60), None, "creating at 60 %"),
    "its key is going": (SNAPSHOT, Key("key", "PendingDeletion"), "PendingDeletion"),
    "encrypted, of another account": (replace(SNAPSHOT, arn=SNAPSHOT.arn.replace("1" * 12, "2" * 12)), None, "copy it under a key"),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_which_snapshots_cannot_be_restored(name: str) -> None:
    snapshot, key, words = PROBLEMS[name]
    problem = snapshot_problem(snapshot, key, "1" * 12)
    assert words in problem
    assert bool(words) == bool(problem)


LIKE: dict[str, Any] = {
    "DBInstanceClass": "db.m6g.large",
    "AllocatedStorage": 100,
    "MaxAllocatedStorage": 200,
    "StorageType": "gp3",
    "Iops": 3000,
    "StorageThroughput": 125,
    "MultiAZ": True,
    "DBSubnetGroup": {"DBSubnetGroupName": "private"},
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1", "Status": "active"}, {"VpcSecurityGroupId": "sg-2", "Status": "removing"}],
    "DBParameterGroups": [{"DBParameterGroupName": "own"}],
    "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-17"}],
    "DbInstancePort": 0,
    "Endpoint": {"Port": 6432},
    "BackupRetentionPeriod": 30,
    "DeletionProtection": True,
    "IAMDatabaseAuthenticationEnabled": True,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "MonitoringInterval": 60,
    "MonitoringRoleArn": "role",
    "PerformanceInsightsEnabled": True,
    "PerformanceInsightsRetentionPeriod": 465,
    "DatabaseInsightsMode": "advanced",
    "PreferredMaintenanceWindow": "Sun:03:00-Sun:04:00",
    "MasterUserSecret": {"SecretArn": "secret", "KmsKeyId": "secret-key"},
}


def sent(like: dict[str, Any] | None = None, origin: Origin | None = None, **overrides: Any) -> dict[str, Any]:
    return request({**LIKE, **(like or {})}, origin or Origin(SNAPSHOT), "copy", Overrides(**overrides), {"a": "b"})[1]


CARRIED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "at least the snapshot's size": (sent(), {"AllocatedStorage": 120}),
    "the source has grown": (sent({"AllocatedStorage": 300}), {"AllocatedStorage": 300}),
    "a size of one's own": (sent(allocated_storage=150), {"AllocatedStorage": 150}),
    "one that is too small": (sent(allocated_storage=50), {"AllocatedStorage": 120}),
    "groups": (sent(), {"VpcSecurityGroupIds": ["sg-1"], "DBSubnetGroupName": "private", "DBParameterGroupName": "own"}),
    "other groups": (
        sent(security_groups=("sg-9",), subnet_group="other"),
        {"VpcSecurityGroupIds": ["sg-9"], "DBSubnetGroupName": "other"},
    ),
    "the port": (sent(), {"Port": 6432}),
    "settings": (
        sent(),
        {
            "MultiAZ": True,
            "BackupRetentionPeriod": 30,
            "DeletionProtection": True,
            "EnableIAMDatabaseAuthentication": True,
            "EnableCloudwatchLogsExports": ["postgresql"],
            "CACertificateIdentifier": "rds-ca-rsa2048-g1",
            "Tags": [{"Key": "a", "Value": "b"}],
        },
    ),
    "no retention": (sent(backup_retention=0, multi_az=False), {"BackupRetentionPeriod": 0, "MultiAZ": False}),
    "small gp3 has fixed performance": (sent(), {"Iops": None, "StorageThroughput": None, "OptionGroupName": None}),
    "large gp3": (
        sent({"AllocatedStorage": 500, "Iops": 13000, "StorageThroughput": 600}),
        {"Iops": 13000, "StorageThroughput": 600},
    ),
    "io2": (sent({"StorageType": "io2", "Iops": 5000}), {"Iops": 5000, "StorageThroughput": None}),
    "a snapshot cannot carry these": (
        sent(),
        dict.fromkeys(("MaxAllocatedStorage", "ManageMasterUserPassword", "MonitoringInterval", "KmsKeyId")),
    ),
    "the copy of a snapshot": (
        sent(origin=Origin(SNAPSHOT, copy=replace(SNAPSHOT, arn="copy-arn"))),
        {"DBSnapshotIdentifier": "copy-arn", "DBInstanceIdentifier": "copy"},
    ),
    "latest": (
        sent(origin=Origin(backups=BACKUPS)),
        {"UseLatestRestorableTime": True, "SourceDbiResourceId": "db-A", "RestoreTime": None, "MaxAllocatedStorage": 200},
    ),
    "a moment": (
        sent(origin=Origin(backups=BACKUPS, moment=NOW)),
        {"RestoreTime": datetime(2026, 11, 30, 8, 0, tzinfo=UTC), "UseLatestRestorableTime": None, "TargetDBInstanceIdentifier": "copy"},
    ),
    "retained backups": (
        sent(origin=Origin(backups=replace(BACKUPS, retained=True, arn="backups"))),
        {"SourceDBInstanceAutomatedBackupsArn": "backups", "SourceDbiResourceId": None},
    ),
    "a limit below the tenth that RDS demands": (
        sent({"MaxAllocatedStorage": 105}, Origin(backups=BACKUPS)),
        {"MaxAllocatedStorage": None},
    ),
}


@pytest.mark.parametrize("name", CARRIED)
def test_what_the_restore_call_carries(name: str) -> None:
    given, expected = CARRIED[name]
    assert {key: given.get(key) for key in expected} == expected


def test_what_follows_the_restore_call() -> None:
    changes = afterwards(LIKE, {}, Overrides())
    assert [change.what for change in changes] == [
        ("managed master password",),
        ("enhanced monitoring", "Performance Insights", "storage limit", "maintenance window"),
    ]
    assert changes[0].parameters == {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "secret-key"}
    assert changes[1].parameters == {
        "MonitoringInterval": 60,
        "MonitoringRoleArn": "role",
        "EnablePerformanceInsights": True,
        "PerformanceInsightsRetentionPeriod": 465,
        "DatabaseInsightsMode": "advanced",
        "MaxAllocatedStorage": 200,
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
    }
    assert afterwards(LIKE, LIKE, Overrides()) == []
    assert afterwards({}, {}, Overrides()) == []
    assert [change.what for change in afterwards({}, {}, Overrides(managed_password=True))] == [("managed master password",)]
    assert ("managed master password",) not in [change.what for change in afterwards(LIKE, {}, Overrides(managed_password=False))]


def test_tags_are_explicit_and_tell_attempts_apart() -> None:
    origin = Origin(SNAPSHOT)
    tags = tags_for(origin, {"team": "shop", "aws:x": "y", "mainstay:component": "orders"}, {"more": "1"})
    assert {"team", "more"} <= set(tags)
    assert not {"aws:x", "mainstay:component"} & set(tags)
    assert is_restored(tags, origin)
    assert not is_restored(tags, Origin(replace(SNAPSHOT, arn="other")))
    assert not is_restored(tags, Origin(backups=BACKUPS))
    assert not is_restored({**tags, "mainstay:managed-by": "rds_drill"}, origin)
    assert is_restored(tags, Origin(SNAPSHOT, copy=replace(SNAPSHOT, arn="copy")))
