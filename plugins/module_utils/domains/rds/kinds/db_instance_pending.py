# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changes that RDS has accepted and not made yet. Pure functions over the reply of DescribeDBInstances.

There are two classes: values for the next maintenance window (PendingModifiedValues), and static parameters, which no window applies but
only a reboot (ParameterApplyStatus ``pending-reboot``; "Working with DB parameter groups" in the RDS User Guide).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROPERTIES: Mapping[str, str] = {
    "AllocatedStorage": "allocated_storage",
    "BackupRetentionPeriod": "backup_retention_period",
    "CACertificateIdentifier": "ca_certificate_identifier",
    "DBInstanceClass": "db_instance_class",
    "DBSubnetGroupName": "db_subnet_group_name",
    "EngineVersion": "engine_version",
    "IAMDatabaseAuthenticationEnabled": "enable_iam_database_authentication",
    "Iops": "iops",
    "MultiAZ": "multi_az",
    "Port": "port",
    "StorageThroughput": "storage_throughput",
    "StorageType": "storage_type",
}
"""Members of PendingModifiedValues, and the properties whose values they are."""

LOGS = "enabled_cloudwatch_logs_exports"


def pending(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values that properties will have, by property."""
    reported = raw.get("PendingModifiedValues") or {}
    found = {name: reported[member] for member, name in PROPERTIES.items() if reported.get(member) is not None}
    logs = reported.get("PendingCloudwatchLogsExports") or {}
    if logs:
        now = set(raw.get("EnabledCloudwatchLogsExports") or ())
        found[LOGS] = sorted((now | set(logs.get("LogTypesToEnable") or ())) - set(logs.get("LogTypesToDisable") or ()))
    return found


def parameter_group(raw: Mapping[str, Any]) -> tuple[str, str]:
    """(name of the parameter group, its apply status); empty if there is none."""
    groups = raw.get("DBParameterGroups") or []
    first = groups[0] if groups else {}
    return str(first.get("DBParameterGroupName") or ""), str(first.get("ParameterApplyStatus") or "")


def needs_reboot(raw: Mapping[str, Any]) -> bool:
    """Whether static parameters wait for a reboot."""
    return parameter_group(raw)[1] == "pending-reboot"


def sentences(raw: Mapping[str, Any]) -> list[str]:
    """What waits for what, one sentence for each class; values that are being applied right now do not wait."""
    values = pending(raw)
    values.pop(LOGS, None)
    found = []
    if values and raw.get("DBInstanceStatus") == "available":
        said = ", ".join(f"{name} = {value}" for name, value in sorted(values.items()))
        window = raw.get("PreferredMaintenanceWindow") or "next"
        found.append(f"pending for the maintenance window ({window} UTC): {said}. To apply it in this run, set maintenance.apply to now.")
    name, status = parameter_group(raw)
    if status == "pending-reboot":
        found.append(
            f"static parameters of {name} are pending: no maintenance window applies them, only a reboot. Name the instance in "
            "rds_allow_reboot to consent to one."
        )
    if status == "failed-to-apply":
        found.append(f"RDS could not apply the parameters of {name}. Correct the parameter group.")
    return found
