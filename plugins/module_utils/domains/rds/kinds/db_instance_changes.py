# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which calls a change of an instance takes. Pure functions over the reply of DescribeDBInstances and what is left to change.

RDS changes an instance in one call with many parameters, some of which go together and some of which exclude others. One call is made for
each class of change, so that a refusal names one reason: promotion; settings; credentials; storage; class and engine version; reboot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .db_instance_credentials import in_modify
from .db_instance_pending import LOGS, needs_reboot, pending
from .db_instance_storage import PROPERTIES as STORAGE
from .db_instance_storage import storage_change
from .db_instance_versions import is_major_change

ADVANCED_DAYS = 465
"""Days of Performance Insights data that the advanced mode of Database Insights requires, in the same call."""

INSIGHTS = ("database_insights_mode", "performance_insights_retention_period", "performance_insights_kms_key_id")
MONITORING = ("monitoring_interval", "monitoring_role_arn")
LIMIT = ("max_allocated_storage",)
BACKUP = ("backup_retention_period", "preferred_backup_window")

SETTINGS: Mapping[str, str] = {
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "backup_retention_period": "BackupRetentionPeriod",
    "ca_certificate_identifier": "CACertificateIdentifier",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "db_parameter_group_name": "DBParameterGroupName",
    "deletion_protection": "DeletionProtection",
    "enable_iam_database_authentication": "EnableIAMDatabaseAuthentication",
    "engine_lifecycle_support": "EngineLifecycleSupport",
    "multi_az": "MultiAZ",
    "preferred_backup_window": "PreferredBackupWindow",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "publicly_accessible": "PubliclyAccessible",
    "vpc_security_group_ids": "VpcSecurityGroupIds",
}
"""Properties that go into one call as they are, and their names there."""

HARDWARE: Mapping[str, str] = {"db_instance_class": "DBInstanceClass", "port": "DBPortNumber", "db_subnet_group_name": "DBSubnetGroupName"}


@dataclass(frozen=True)
class Call:
    """One mutating call: boto3's name, its parameters beside the identifier, and the properties that it sets.

    ``deferrable``: takes ApplyImmediately. ``immediate``: RDS has to make it at once, whatever the policy is.
    """

    operation: str
    sets: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    deferrable: bool = True
    immediate: bool = False


def modify(sets: Sequence[str], params: Mapping[str, Any], immediate: bool = False) -> Call:
    return Call("modify_db_instance", tuple(sets), params, immediate=immediate)


def calls(raw: Mapping[str, Any], left: Mapping[str, Any], present: Mapping[str, Any], *, class_first: bool = True) -> list[Call]:
    """The calls that make all changes, in order; only the first should be sent before the instance is described again.

    ``left``: property -> value. ``present``: the observed properties. The credentials' call lacks the password of a secret.
    ``class_first``: the present engine version offers the new class; otherwise the version is changed first (ModifyDBInstance,
    EngineVersion).
    """
    if raw.get("DBInstanceStatus") == "storage-full":
        return [modify(["allocated_storage"], {"AllocatedStorage": int(left["allocated_storage"])})] if "allocated_storage" in left else []
    if left.get("promoted"):
        return [promotion(left)]
    hardware, version = hardware_change(left), version_change(raw, left)
    found = [
        settings_change(raw, left),
        credentials_change(left, present),
        storage(raw, left),
        *((hardware, version) if class_first else (version, hardware)),
        reboot(raw, left),
    ]
    return [call for call in found if call]


def promotion(left: Mapping[str, Any]) -> Call:
    """Promote a replica. The call takes its backup settings along; everything else is set afterwards."""
    sets = ["promoted", *(name for name in BACKUP if left.get(name) is not None)]
    return Call("promote_read_replica", tuple(sets), {SETTINGS[name]: left[name] for name in sets[1:]}, deferrable=False)


def settings_change(raw: Mapping[str, Any], left: Mapping[str, Any]) -> Call | None:
    """Everything that neither restarts the database nor excludes anything else."""
    with_upgrade = {"db_parameter_group_name"} if is_upgrade(raw, left) else set()
    plain = [name for name in SETTINGS if left.get(name) is not None and name not in with_upgrade]
    params: dict[str, Any] = {SETTINGS[name]: left[name] for name in plain}
    sets = list(plain)
    with_storage = "allocated_storage" in left
    for names, compose in ((INSIGHTS, insights), (MONITORING, monitoring), ((LOGS,), log_exports), (LIMIT, limit)):
        touched = [name for name in names if name in left and not (names is LIMIT and with_storage)]
        if touched:
            params.update(compose(raw, left))
            sets += touched
    return modify(sets, params) if params else None


def insights(raw: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """Mode, retention, and whether Performance Insights is on go together: the advanced mode requires the other two."""
    mode = left.get("database_insights_mode") or raw.get("DatabaseInsightsMode") or "standard"
    was_on = bool(raw.get("PerformanceInsightsEnabled"))
    days = left.get("performance_insights_retention_period")
    if "performance_insights_retention_period" not in left and was_on:
        days = raw.get("PerformanceInsightsRetentionPeriod")
    if mode == "advanced":
        days = max(int(days or 0), ADVANCED_DAYS)
    params: dict[str, Any] = {"DatabaseInsightsMode": mode} if "database_insights_mode" in left or mode == "advanced" else {}
    params["EnablePerformanceInsights"] = bool(days)
    if days:
        params["PerformanceInsightsRetentionPeriod"] = int(days)
        if left.get("performance_insights_kms_key_id") and not was_on:
            params["PerformanceInsightsKMSKeyId"] = left["performance_insights_kms_key_id"]
    return params


def monitoring(raw: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """The interval and, unless it is zero, the role."""
    interval = int((left["monitoring_interval"] if "monitoring_interval" in left else raw.get("MonitoringInterval")) or 0)
    role = left.get("monitoring_role_arn") or raw.get("MonitoringRoleArn")
    return {"MonitoringInterval": interval, **({"MonitoringRoleArn": role} if interval and role else {})}


def log_exports(raw: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """The log types to switch on and off: RDS takes the difference, not the list."""
    now = set(pending(raw).get(LOGS) or raw.get("EnabledCloudwatchLogsExports") or ())
    wanted = set(left[LOGS] or ())
    delta = {"EnableLogTypes": sorted(wanted - now), "DisableLogTypes": sorted(now - wanted)}
    delta = {name: types for name, types in delta.items() if types}
    return {"CloudwatchLogsExportConfiguration": delta} if delta else {}


def limit(raw: Mapping[str, Any], left: Mapping[str, Any]) -> dict[str, Any]:
    """The limit of storage autoscaling; the present size switches autoscaling off. A limit for a size to come goes with the size."""
    return {"MaxAllocatedStorage": int(left["max_allocated_storage"] or raw.get("AllocatedStorage") or 0)}


def storage(raw: Mapping[str, Any], left: Mapping[str, Any]) -> Call | None:
    params, sets = storage_change(raw, left), [name for name in STORAGE if name in left]
    if params and left.get("max_allocated_storage") and "allocated_storage" in left:
        return modify([*sets, "max_allocated_storage"], {**params, "MaxAllocatedStorage": int(left["max_allocated_storage"])})
    return modify(sets, params) if params else None


def credentials_change(left: Mapping[str, Any], present: Mapping[str, Any]) -> Call | None:
    wanted = left.get("master_credentials")
    params = in_modify(present.get("master_credentials"), wanted, None) if wanted else {}
    return modify(["master_credentials"], params) if params else None


def hardware_change(left: Mapping[str, Any]) -> Call | None:
    sets = [name for name in HARDWARE if left.get(name) is not None]
    return modify(sets, {HARDWARE[name]: left[name] for name in sets}) if sets else None


def is_upgrade(raw: Mapping[str, Any], left: Mapping[str, Any]) -> bool:
    """Whether a major upgrade is among the changes."""
    return bool(left.get("engine_version")) and is_major_change(str(left["engine_version"]), raw.get("EngineVersion"))


def version_change(raw: Mapping[str, Any], left: Mapping[str, Any]) -> Call | None:
    """A version. A major one takes the parameter group of its family along, in the same call, and is made at once: consent to it was
    given for this run, which verifies its outcome."""
    if not left.get("engine_version"):
        return None
    if not is_upgrade(raw, left):
        return modify(["engine_version"], {"EngineVersion": left["engine_version"]})
    params = {"EngineVersion": left["engine_version"], "AllowMajorVersionUpgrade": True}
    group = left.get("db_parameter_group_name")
    if not group:
        return modify(["engine_version"], params, immediate=True)
    return modify(["engine_version", "db_parameter_group_name"], {**params, "DBParameterGroupName": group}, immediate=True)


def reboot(raw: Mapping[str, Any], left: Mapping[str, Any]) -> Call | None:
    """The reboot that static parameters wait for; the property is there only with consent."""
    wanted = "static_parameters" in left and needs_reboot(raw)
    return Call("reboot_db_instance", ("static_parameters",), deferrable=False) if wanted else None
