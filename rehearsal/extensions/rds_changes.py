"""What ModifyDBInstance changes: at once, in the background, or in the maintenance window.

After "Settings for DB instances" in the Amazon RDS User Guide. Each change that takes time or can wait has a name, which is its member of
PendingModifiedValues; `apply` carries such changes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.extensions import rds_servers, rds_subnet_groups
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_parameter_status import group_replaced, restarted
from rehearsal.extensions.rds_parameters import default_group, find_group
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_replication import renamed
from rehearsal.extensions.rds_storage import Storage
from rehearsal.extensions.rds_versions import Version, versions

STORAGE = ("AllocatedStorage", "StorageType", "Iops", "StorageThroughput")
DEFERRED = (
    *STORAGE,
    *("DBInstanceClass", "MultiAZ", "EngineVersion", "CACertificateIdentifier", "IAMDatabaseAuthenticationEnabled"),
    *("DBInstanceIdentifier", "DBSubnetGroupName", "BackupRetentionPeriod"),
)
"""What waits for the maintenance window, unless ApplyImmediately is set."""
RESTARTING = ("DBInstanceClass", "DBSubnetGroupName", "Port")
"""Changes after which the server has been restarted."""
STATES = {
    "DBInstanceIdentifier": "renaming",
    "MasterUserPassword": "resetting-master-credentials",
    "PendingCloudwatchLogsExports": "configuring-log-exports",
    "IAMDatabaseAuthenticationEnabled": "configuring-iam-database-auth",
}
"""The state that shows a change; of all others it is `modifying`."""


def version_of(instance: Any) -> Version:
    return versions()[instance.engine_version]


def states_of(names: Iterable[str]) -> list[str]:
    """The states that an instance passes through while changes with these names are applied; the first one ends with the changes."""
    found = list(dict.fromkeys(STATES.get(name, "modifying") for name in names))
    return [
        *sorted(found, key=lambda state: state != "modifying"),
        *(["storage-optimization"] if any(name in STORAGE for name in names) else []),
    ]


def _set(attribute: str) -> Callable[[Any, Any], None]:
    return lambda instance, value: setattr(instance, attribute, value)


def set_storage(instance: Any, kind: str, size: int, iops: int | None, throughput: int | None) -> None:
    """The storage as chosen; `iops` and `throughput` are None for the baseline of gp3."""
    record = record_of(instance)
    instance.storage_type, instance.allocated_storage = kind, size
    record.iops, record.throughput = iops, throughput
    # moto's own members, which its snapshots read.
    instance.iops, instance.storage_throughput = Storage(kind, size, iops, throughput).shown


def _storage(instance: Any, changes: Mapping[str, Any]) -> None:
    """A storage type with IOPS of its own loses them with the type."""
    record = record_of(instance)
    same = changes.get("StorageType", instance.storage_type) == instance.storage_type
    set_storage(
        instance,
        changes.get("StorageType", instance.storage_type),
        changes.get("AllocatedStorage", instance.allocated_storage),
        changes.get("Iops", record.iops if same else None),
        changes.get("StorageThroughput", record.throughput if same else None),
    )


def _rename(instance: Any, name: str) -> None:
    before = instance.db_instance_identifier
    instance.backend.databases.pop(before)
    instance.db_instance_identifier = name
    instance.backend.databases[name] = instance
    renamed(instance, before, name)
    if rds_servers.has_server(instance):
        host = rds_servers.host_name(instance)
        rds_servers.submit(instance, lambda servers, key: servers.rename(key, host))
    happened(instance, "configuration change", f"Renamed instance from {before} to {name}")


def _password(instance: Any, _mask: str) -> None:
    record = record_of(instance)
    password, record.password = record.password, None
    if password is not None and rds_servers.has_server(instance):  # a secret that RDS manages sets its password itself
        rds_servers.submit(instance, lambda servers, key: servers.set_master_password(key, password))
    happened(instance, "configuration change", "Reset master credentials")


def _logs(instance: Any, change: Mapping[str, list[str]]) -> None:
    enabled = set(instance.enabled_cloudwatch_logs_exports) - set(change.get("LogTypesToDisable") or [])
    instance.enabled_cloudwatch_logs_exports = sorted(enabled | set(change.get("LogTypesToEnable") or []))


def _subnet_group(instance: Any, name: str) -> None:
    instance.db_subnet_group_name = name
    zones = rds_subnet_groups.zones(instance.db_subnet_group)
    if instance.availability_zone not in zones:
        instance.availability_zone = zones[0]
    record_of(instance).secondary_zone = next((zone for zone in zones if zone != instance.availability_zone), zones[0])


APPLY: Mapping[str, Callable[[Any, Any], None]] = {
    "DBInstanceClass": _set("db_instance_class"),
    "MultiAZ": _set("multi_az"),
    "CACertificateIdentifier": _set("ca_certificate_identifier"),
    "IAMDatabaseAuthenticationEnabled": _set("enable_iam_database_authentication"),
    "DBInstanceIdentifier": _rename,
    "DBSubnetGroupName": _subnet_group,
    "BackupRetentionPeriod": _set("backup_retention_period"),
    "MasterUserPassword": _password,
    "Port": _set("port"),
    "PendingCloudwatchLogsExports": _logs,
}


def apply(instance: Any, names: Iterable[str]) -> None:
    """Carries out the pending changes with these names, except an engine upgrade, see `rds_upgrades.py`."""
    record = record_of(instance)
    changes = {name: record.pending.pop(name) for name in list(names) if name in record.pending}
    if any(name in STORAGE for name in changes):
        _storage(instance, changes)
        happened(instance, "configuration change", "Finished applying modification to allocated storage")
    for name, value in changes.items():
        if name in APPLY:
            APPLY[name](instance, value)
    if any(name in RESTARTING for name in changes):
        restarted(instance, find_group(instance.backend, instance.db_parameter_group_name))
    if "DBInstanceClass" in changes:
        happened(instance, "configuration change", "Finished applying modification to DB instance class")


def upgrade(instance: Any, version: Version) -> None:
    """The instance runs another version. With a new major version comes the call's group, or the default group."""
    record = record_of(instance)
    before = version_of(instance)
    instance.engine_version = version.text
    instance.option_group_name = f"default:postgres-{version.major.number}"
    if version.major is not before.major:
        instance.db_parameter_group_name = record.pending_group or default_group(version.family)
    record.pending_group = None
    restarted(instance, find_group(instance.backend, instance.db_parameter_group_name))
    happened(instance, "maintenance", f"The database engine version has been upgraded to {version.text}")


def replace_group(instance: Any, name: str) -> None:
    """The instance has another parameter group from now on."""
    before = find_group(instance.backend, instance.db_parameter_group_name)
    after = find_group(instance.backend, name)
    if after.name != before.name:
        instance.db_parameter_group_name = after.name
        group_replaced(instance, before, after)
