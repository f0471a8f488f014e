# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of the new instance: what the restore call carries, and what is changed afterwards. Pure.

Sources: RestoreDBInstanceFromDBSnapshot, RestoreDBInstanceToPointInTime, and ModifyDBInstance in RDS's API model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..aws.tags import tag_list
from ..recovery.restoring import FROM_SNAPSHOT, TARGETS, TO_POINT_IN_TIME
from ..recovery.tags import DATABASE, MANAGED_BY, own
from .origin import Origin
from .plan import Overrides

MODULE = "rds_restore"
RESTORED_FROM = "mainstay:restored-from"

GP3_THRESHOLD = 400
"""GiB. Below it, gp3 storage of PostgreSQL has a fixed performance that DescribeDBInstances shows, and calls must not repeat."""

COPIED = (
    "StorageType",
    "EnableCloudwatchLogsExports",
    "PreferredBackupWindow",
    "CopyTagsToSnapshot",
    "AutoMinorVersionUpgrade",
    "PubliclyAccessible",
    "CACertificateIdentifier",
    "EngineLifecycleSupport",
    "NetworkType",
)
"""Settings that describe and restore calls name alike, or nearly so: see ``_of``."""


@dataclass(frozen=True)
class Change:
    """A ModifyDBInstance after the restore. what: for people. parameters: without the identifier."""

    what: tuple[str, ...]
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return ", ".join(self.what)


def request(
    like: Mapping[str, Any], origin: Origin, target: str, overrides: Overrides, tags: Mapping[str, str]
) -> tuple[str, dict[str, Any]]:
    """(the method, its parameters). ``like``: the DBInstance whose settings the new one gets."""
    found = {**_carried(like, origin, overrides), "Tags": tag_list(tags)}
    if origin.snapshot is not None:
        return FROM_SNAPSHOT, {TARGETS[FROM_SNAPSHOT]: target, "DBSnapshotIdentifier": (origin.copy or origin.snapshot).arn, **found}
    given: dict[str, Any] = {TARGETS[TO_POINT_IN_TIME]: target}
    backups = origin.backups
    if backups is not None and backups.retained and backups.arn:
        given["SourceDBInstanceAutomatedBackupsArn"] = backups.arn
    else:
        given["SourceDbiResourceId"] = origin.resource_id
    if origin.moment is None:
        given["UseLatestRestorableTime"] = True
    else:
        given["RestoreTime"] = datetime.fromtimestamp(origin.moment, UTC)
    if limit := _storage_limit(like, int(found["AllocatedStorage"])):
        given["MaxAllocatedStorage"] = limit
    return TO_POINT_IN_TIME, {**given, **found}


def tags_for(origin: Origin, source_tags: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The tags of the new instance: explicit, since RDS would otherwise take those of the snapshot, owner tags included."""
    return {**own(source_tags), **extra, MANAGED_BY: MODULE, DATABASE: origin.resource_id, RESTORED_FROM: origin.mark}


def is_restored(tags: Mapping[str, str], origin: Origin) -> bool:
    """Whether an instance with these tags was restored by this module from this very origin."""
    return tags.get(MANAGED_BY) == MODULE and tags.get(RESTORED_FROM) == origin.mark


def _carried(like: Mapping[str, Any], origin: Origin, overrides: Overrides) -> dict[str, Any]:
    size = max(origin.allocated, int(like.get("AllocatedStorage") or 0), overrides.allocated_storage or 0)
    groups = [one["VpcSecurityGroupId"] for one in like.get("VpcSecurityGroups") or () if one.get("Status") not in ("removing", "removed")]
    found: dict[str, Any] = {
        "DBInstanceClass": overrides.instance_class or like.get("DBInstanceClass"),
        "AllocatedStorage": size,
        "DBSubnetGroupName": overrides.subnet_group or (like.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        "VpcSecurityGroupIds": list(overrides.security_groups) if overrides.security_groups else groups,
        "DBParameterGroupName": overrides.parameter_group or _first(like.get("DBParameterGroups"), "DBParameterGroupName"),
        "MultiAZ": _or(overrides.multi_az, bool(like.get("MultiAZ"))),
        "BackupRetentionPeriod": _or(overrides.backup_retention, int(like.get("BackupRetentionPeriod") or 0)),
        "DeletionProtection": _or(overrides.deletion_protection, bool(like.get("DeletionProtection"))),
        "EnableIAMDatabaseAuthentication": bool(like.get("IAMDatabaseAuthenticationEnabled")),
        "Port": like.get("DbInstancePort") or (like.get("Endpoint") or {}).get("Port"),
        **{name: _of(like, name) for name in COPIED},
        **_performance(like, size),
    }
    option_group = str(_first(like.get("OptionGroupMemberships"), "OptionGroupName") or "")
    if option_group and not option_group.startswith("default:"):
        found["OptionGroupName"] = option_group
    if like.get("DedicatedLogVolume"):
        found["DedicatedLogVolume"] = True
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _of(like: Mapping[str, Any], name: str) -> Any:
    described = {"EnableCloudwatchLogsExports": "EnabledCloudwatchLogsExports"}.get(name, name)
    return like.get(described)


def _or(given: Any, otherwise: Any) -> Any:
    return otherwise if given is None else given


def _first(entries: Any, name: str) -> Any:
    return next((one.get(name) for one in entries or ()), None)


def _performance(like: Mapping[str, Any], size: int) -> dict[str, Any]:
    kind = str(like.get("StorageType") or "")
    if kind in ("io1", "io2"):
        return {"Iops": like.get("Iops")}
    if kind == "gp3" and size >= GP3_THRESHOLD and int(like.get("AllocatedStorage") or 0) >= GP3_THRESHOLD:
        return {"Iops": like.get("Iops"), "StorageThroughput": like.get("StorageThroughput")}
    return {}


def _storage_limit(like: Mapping[str, Any], size: int) -> int:
    """The limit of storage autoscaling; 0 if it is off, or leaves less than the tenth above the size that RDS demands."""
    limit = int(like.get("MaxAllocatedStorage") or 0)
    return limit if limit * 10 >= size * 11 else 0


def password_is_managed(like: Mapping[str, Any], overrides: Overrides) -> bool:
    """Whether RDS is to manage the master password of the new instance: as with the source, unless said otherwise."""
    return _or(overrides.managed_password, bool(like.get("MasterUserSecret")))


def secret_key(like: Mapping[str, Any]) -> str:
    """The key of the managed secret; empty for that of Secrets Manager."""
    return str((like.get("MasterUserSecret") or {}).get("KmsKeyId") or "")


def afterwards(like: Mapping[str, Any], found: Mapping[str, Any], overrides: Overrides) -> list[Change]:
    """What the new instance lacks and a restore call cannot carry for PostgreSQL. ``found``: the new DBInstance; empty before it exists.

    A second run finds what is left the same way. The changes are separate calls: RDS creates the secret in one of its own, and Performance
    Insights, its retention, and Database Insights are one coupled change.
    """
    changes = []
    if password_is_managed(like, overrides) and not found.get("MasterUserSecret"):
        key = secret_key(like)
        given = {"ManageMasterUserPassword": True, **({"MasterUserSecretKmsKeyId": key} if key else {})}
        changes.append(Change(("managed master password",), given))
    rest = [*_monitoring(like, found), *_insights(like, found), *_limits(like, found)]
    if rest:
        given = {name: value for _what, parameters in rest for name, value in parameters.items()}
        changes.append(Change(tuple(what for what, _parameters in rest), given))
    return changes


def _monitoring(like: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    interval = int(like.get("MonitoringInterval") or 0)
    if not interval or interval == int(found.get("MonitoringInterval") or 0):
        return []
    return [("enhanced monitoring", {"MonitoringInterval": interval, "MonitoringRoleArn": like.get("MonitoringRoleArn")})]


def _insights(like: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if not like.get("PerformanceInsightsEnabled"):
        return []
    names = ("PerformanceInsightsEnabled", "PerformanceInsightsRetentionPeriod", "PerformanceInsightsKMSKeyId", "DatabaseInsightsMode")
    if all(like.get(name) in (None, found.get(name)) for name in names):
        return []
    given = {name: like.get(name) for name in names[1:] if like.get(name)}
    return [("Performance Insights", {"EnablePerformanceInsights": True, **given})]


def _limits(like: Mapping[str, Any], found: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    changes: list[tuple[str, dict[str, Any]]] = []
    limit = _storage_limit(like, int(found.get("AllocatedStorage") or like.get("AllocatedStorage") or 0))
    if limit and limit != int(found.get("MaxAllocatedStorage") or 0):
        changes.append(("storage limit", {"MaxAllocatedStorage": limit}))
    window = str(like.get("PreferredMaintenanceWindow") or "").lower()
    if window and window != str(found.get("PreferredMaintenanceWindow") or "").lower():
        changes.append(("maintenance window", {"PreferredMaintenanceWindow": window}))
    return changes
