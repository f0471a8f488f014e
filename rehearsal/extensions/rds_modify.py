"""ModifyDBInstance: what is refused, what changes at once, and what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from rehearsal.extensions import rds_certificates, rds_checks, rds_master, rds_servers, rds_storage, rds_subnet_groups
from rehearsal.extensions.rds_changes import DEFERRED, RESTARTING, STORAGE, apply, replace_group, states_of, version_of
from rehearsal.extensions.rds_common import instance_of, wrong_state
from rehearsal.extensions.rds_create import check_class, check_storage, insights
from rehearsal.extensions.rds_instances import described, storage_of
from rehearsal.extensions.rds_life import end_script, phase
from rehearsal.extensions.rds_parameters import find_group
from rehearsal.extensions.rds_power import restart_phase
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_storage import PROVISIONED, Storage
from rehearsal.extensions.rds_upgrades import check_upgrade, upgrade_phase
from rehearsal.in_vpc import check_security_groups
from rehearsal.life import Phase, life_of
from rehearsal.query_api import check_identifier, contradictory, invalid, now
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

MODIFY_STATES = ("available", "storage-optimization", "incompatible-parameters", "incompatible-credentials", "incompatible-option-group")
BETWEEN_STORAGE_CHANGES = timedelta(hours=6)
AT_ONCE = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DeletionProtection": "deletion_protection",
    "PreferredBackupWindow": "preferred_backup_window",
    "PubliclyAccessible": "publicly_accessible",
    "VpcSecurityGroupIds": "vpc_security_group_ids",
}
"""Settings that change at once, and moto's names for them."""
NO_CHANGES = frozenset({"DBInstanceIdentifier", "ApplyImmediately", "AllowMajorVersionUpgrade", "CertificateRotationRestart"})
MASK = "****"
BY_AWS_BACKUP = "This DB instance is associated with an AWS Backup resource, which manages its {}; change it in AWS Backup."


@answers("rds", "ModifyDBInstance")
def modify(call: Call) -> Any:
    instance = instance_of(call)
    given = {name: value for name, value in call.parameters.items() if name not in NO_CHANGES and value is not None}
    _check_state(instance, given)
    _check_settings(call, instance, given)
    pending = _pending(call, instance, given)
    end_script(instance)
    later = [name for name in pending if name in DEFERRED and not _is_asynchronous(instance, name, pending[name])]
    _change_at_once(call, instance, given)
    record = record_of(instance)
    _forget_taken_back(instance, given, pending)
    record.pending |= pending
    applied = [name for name in pending if name not in later]
    if call.get("ApplyImmediately"):
        applied = list(record.pending)
    if any(name in STORAGE for name in applied):
        record.storage_changed = now(call)
    reply = described(instance)
    begin(call, instance, applied, _background(call, instance, given))
    life_of(instance).advance()
    return {"DBInstance": reply}


def begin(call: Call, instance: Any, applied: list[str], background: list[Callable[[], None]]) -> None:
    """Starts to apply pending changes. The first phase is `available`, because AWS takes some seconds until it shows another state.

    The first state afterwards is the one whose end brings all changes but an engine upgrade, which has a phase of its own.
    """
    names = [name for name in applied if name != "EngineVersion"]
    restarts = any(name in RESTARTING for name in names)
    phases: list[Phase] = []

    def change() -> None:
        apply(instance, names)
        for each in background:
            each()

    for state in states_of(names) or (["modifying"] if background else []):
        end = {} if phases else {"end": change}
        phases.append(restart_phase(state, instance, **end) if end and restarts else phase(state, **end))
    if "EngineVersion" in applied:
        at = len(phases) - 1 if phases and phases[-1].status == "storage-optimization" else len(phases)
        phases.insert(at, upgrade_phase(call, instance))
    if phases:
        life_of(instance).play([phase("available"), *phases])


def _check_state(instance: Any, given: Mapping[str, Any]) -> None:
    """An instance whose storage is full can only get more of it."""
    status = instance.status
    if status == "storage-full":
        if set(given) != {"AllocatedStorage"}:
            others = ", ".join(sorted(set(given) - {"AllocatedStorage"}))
            raise wrong_state(
                f"The DB instance is in the storage-full state: only AllocatedStorage can be modified, without {others or 'any'}"
            )
        return
    if status not in MODIFY_STATES:
        raise wrong_state("Database instance is not in available state.")


def _check_settings(call: Call, instance: Any, given: Mapping[str, Any]) -> None:
    _check_backups(instance, given)
    _check_master(instance, given)
    rds_checks.check_port(given.get("DBPortNumber"))
    rds_checks.check_lifecycle(given.get("EngineLifecycleSupport"))
    if "MonitoringInterval" in given or "MonitoringRoleArn" in given:
        interval = int(given.get("MonitoringInterval", instance.monitoring_interval or 0))
        role = given.get("MonitoringRoleArn") or (instance.monitoring_role_arn if interval else None)
        rds_checks.check_monitoring(call, interval, role)
    values = record_of(instance).values
    enabled = bool(given.get("EnablePerformanceInsights", values.get("PerformanceInsightsEnabled")))
    if {"DatabaseInsightsMode", "EnablePerformanceInsights", "PerformanceInsightsRetentionPeriod"} & set(given):
        days = given.get("PerformanceInsightsRetentionPeriod", values.get("PerformanceInsightsRetentionPeriod") if enabled else None)
        rds_checks.check_insights(given.get("DatabaseInsightsMode", values.get("DatabaseInsightsMode")), enabled, days)
    exports = given.get("CloudwatchLogsExportConfiguration") or {}
    rds_checks.check_logs(version_of(instance), exports.get("EnableLogTypes"))
    vpc = instance.db_subnet_group.vpc_id
    if name := given.get("DBSubnetGroupName"):
        vpc = rds_subnet_groups.find_group_in(instance.backend, name).vpc_id
    check_security_groups(call, given.get("VpcSecurityGroupIds"), vpc, "DB instance")
    if given.get("CACertificateIdentifier"):
        rds_certificates.check(given["CACertificateIdentifier"])


def _check_backups(instance: Any, given: Mapping[str, Any]) -> None:
    retention = given.get("BackupRetentionPeriod")
    if record_of(instance).values.get("AwsBackupRecoveryPointArn"):
        for name, words in (("BackupRetentionPeriod", "backup retention period"), ("PreferredBackupWindow", "backup window")):
            if name in given:
                raise invalid(BY_AWS_BACKUP.format(words))
    if retention is not None:
        rds_checks.check_retention(retention)
        if int(retention) == 0 and instance.replicas:
            raise contradictory(
                "Automated backups cannot be disabled for the source of read replicas: BackupRetentionPeriod must not be 0."
            )
    if "PreferredBackupWindow" in given or "PreferredMaintenanceWindow" in given:
        backup = given.get("PreferredBackupWindow", instance.preferred_backup_window)
        rds_checks.check_windows(backup, given.get("PreferredMaintenanceWindow", instance.preferred_maintenance_window))


def _check_master(instance: Any, given: Mapping[str, Any]) -> None:
    managed, asked = rds_master.is_managed(instance), given.get("ManageMasterUserPassword")
    rds_checks.check_authentication(given, bool(given.get("EnableIAMDatabaseAuthentication", instance.enable_iam_database_authentication)))
    password = given.get("MasterUserPassword")
    if password is not None:
        rds_checks.check_password(password)
    if instance.is_replica and (password is not None or asked):
        raise contradictory("The master user's password of a read replica is its source's, and is changed there.")
    if asked and (instance.replicas or instance.is_replica):
        raise contradictory("You can't manage the master user password with Secrets Manager for an instance that has read replicas.")
    if managed and password is not None and asked is not False:
        raise contradictory("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.")
    if managed and asked is False and password is None and given.get("MasterUserAuthenticationType") != "iam-db-auth":
        raise contradictory("You must specify MasterUserPassword when ManageMasterUserPassword is set to false.")
    if given.get("RotateMasterUserPassword") and not (managed or asked):
        raise contradictory("You can specify RotateMasterUserPassword only when the master user password is managed by RDS.")


def _pending(call: Call, instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The changes that take time or can wait, by their names in PendingModifiedValues: those that differ from what the instance has."""
    found: dict[str, Any] = {}
    wanted_version = check_upgrade(call, instance, given)
    if wanted_version is not None:
        found["EngineVersion"] = wanted_version.text
    version = wanted_version or version_of(instance)
    if given.get("DBInstanceClass"):
        check_class(call, given["DBInstanceClass"], version)
    found |= _pending_storage(call, instance, given)
    simple = {
        "DBInstanceClass": (given.get("DBInstanceClass"), instance.db_instance_class),
        "MultiAZ": (given.get("MultiAZ"), instance.multi_az),
        "CACertificateIdentifier": (given.get("CACertificateIdentifier"), instance.ca_certificate_identifier),
        "IAMDatabaseAuthenticationEnabled": (
            given.get("EnableIAMDatabaseAuthentication"),
            instance.enable_iam_database_authentication,
        ),
        "DBSubnetGroupName": (given.get("DBSubnetGroupName"), instance.db_subnet_group.name),
        "BackupRetentionPeriod": (given.get("BackupRetentionPeriod"), instance.backup_retention_period),
        "Port": (given.get("DBPortNumber"), instance.port),
    }
    found |= {name: asked for name, (asked, current) in simple.items() if asked is not None and asked != current}
    if name := given.get("NewDBInstanceIdentifier"):
        found |= _new_name(instance, name)
    if given.get("MasterUserPassword") is not None:
        found["MasterUserPassword"] = MASK
    return found | _pending_logs(instance, given)


def _new_name(instance: Any, name: Any) -> dict[str, str]:
    text = check_identifier(name, "NewDBInstanceIdentifier")
    if text == instance.db_instance_identifier:
        return {}
    if text in instance.backend.databases:
        raise Refusal("DBInstanceAlreadyExists", "DB instance already exists")
    return {"DBInstanceIdentifier": text}


def _pending_logs(instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    asked = given.get("CloudwatchLogsExportConfiguration") or {}
    enabled = set(instance.enabled_cloudwatch_logs_exports)
    more, fewer = sorted(set(asked.get("EnableLogTypes") or []) - enabled), sorted(set(asked.get("DisableLogTypes") or []) & enabled)
    change = ({"LogTypesToEnable": more} if more else {}) | ({"LogTypesToDisable": fewer} if fewer else {})
    return {"PendingCloudwatchLogsExports": change} if change else {}


def _pending_storage(call: Call, instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The checked change of storage; {} if nothing changes."""
    current = storage_of(instance)
    asked = _asked_storage(current, given)
    limit = given.get("MaxAllocatedStorage")
    if reason := rds_storage.problem_of_limit(asked.size, None if limit is None else int(limit)):
        raise contradictory(reason)
    if asked == current and not {"Iops", "StorageThroughput"} & set(given):
        return {}
    check_storage(given.get("DBInstanceClass") or instance.db_instance_class, asked)
    if asked == current:
        return {}
    _check_coupled(current, asked, given)
    _check_hours(call, instance)
    before = {"AllocatedStorage": current.size, "StorageType": current.kind, "Iops": current.iops, "StorageThroughput": current.throughput}
    after = {"AllocatedStorage": asked.size, "StorageType": asked.kind, "Iops": asked.iops, "StorageThroughput": asked.throughput}
    return {name: value for name, value in after.items() if value != before[name] and value is not None}


def _asked_storage(current: Storage, given: Mapping[str, Any]) -> Storage:
    size = int(given.get("AllocatedStorage") or current.size)
    if size < current.size:
        raise invalid(f"Requested storage size ({size}) cannot be less than the current storage size ({current.size}).")
    kind = str(given.get("StorageType") or current.kind)
    kept = current if kind == current.kind else Storage(kind, size)
    return Storage(
        kind, rds_storage.grown(current, size), given.get("Iops") or kept.iops, given.get("StorageThroughput") or kept.throughput
    )


def _check_coupled(current: Storage, asked: Storage, given: Mapping[str, Any]) -> None:
    """Growing storage with provisioned IOPS takes both parameters (AllocatedStorage in the API Reference)."""
    provisioned = current.kind in PROVISIONED or (current.kind == "gp3" and current.size >= rds_storage.GP3_THRESHOLD)
    if provisioned and asked.size > current.size and given.get("Iops") is None and asked.kind != "gp2":
        raise contradictory(
            "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has iops."
        )


def _check_hours(call: Call, instance: Any) -> None:
    changed = record_of(instance).storage_changed
    if instance.status == "storage-optimization" or (changed is not None and now(call) < changed + BETWEEN_STORAGE_CHANGES):
        text = "You can't currently modify the storage of this DB instance because the previous storage change is being optimized."
        when = f" Its storage can be modified again from {changed + BETWEEN_STORAGE_CHANGES:%Y-%m-%dT%H:%M:%SZ}." if changed else ""
        raise contradictory(f"{text} Storage can be modified six hours after its last modification.{when}")


def _is_asynchronous(instance: Any, name: str, value: Any) -> bool:
    """A retention period between two values that are not 0 is applied as soon as possible, whatever ApplyImmediately says."""
    return name == "BackupRetentionPeriod" and bool(value) and bool(instance.backup_retention_period)


def _forget_taken_back(instance: Any, given: Mapping[str, Any], pending: Mapping[str, Any]) -> None:
    """Asking for what the instance has already cancels a pending change."""
    names = {"EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled", "NewDBInstanceIdentifier": "DBInstanceIdentifier"}
    for name in given:
        known = names.get(name, name)
        if known not in pending:
            record_of(instance).pending.pop(known, None)


def _change_at_once(call: Call, instance: Any, given: Mapping[str, Any]) -> None:
    record = record_of(instance)
    for name, attribute in AT_ONCE.items():
        if name in given:
            setattr(instance, attribute, given[name])
    if "PreferredMaintenanceWindow" in given:
        instance.preferred_maintenance_window = str(given["PreferredMaintenanceWindow"]).lower()
    if "MaxAllocatedStorage" in given:
        limit = int(given["MaxAllocatedStorage"])
        record.limit = limit if limit > instance.allocated_storage else None
    for name in ("EngineLifecycleSupport", "AwsBackupRecoveryPointArn"):
        if name in given:
            record.values[name] = given[name]
    if "MasterUserAuthenticationType" in given:
        record.authentication = str(given["MasterUserAuthenticationType"])
    record.password = given.get("MasterUserPassword", record.password)
    group = given.get("DBParameterGroupName")
    if group and find_group(instance.backend, group).family == version_of(instance).family:
        replace_group(instance, str(group))
    elif group:
        record.pending_group = find_group(instance.backend, group).name


def _background(call: Call, instance: Any, given: Mapping[str, Any]) -> list[Callable[[], None]]:
    """What is applied as soon as possible and has no member of PendingModifiedValues."""
    record = record_of(instance)
    found: list[Callable[[], None]] = []
    if "MonitoringInterval" in given:
        interval, role = int(given["MonitoringInterval"]), given.get("MonitoringRoleArn") or instance.monitoring_role_arn
        found.append(lambda: instance.__dict__.update(monitoring_interval=interval, monitoring_role_arn=role if interval else None))
    names = {"DatabaseInsightsMode", "EnablePerformanceInsights", "PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"}
    if names & set(given):
        wanted = insights(call, _insights_asked(record.values, given))
        found.append(lambda: _replace_insights(record.values, wanted))
    if any(name in given for name in ("DeletionProtection", "VpcSecurityGroupIds", "PubliclyAccessible")):
        found.append(lambda: None)
    asked = given.get("ManageMasterUserPassword")
    if asked and not rds_master.is_managed(instance):
        found.append(lambda: _manage(instance, given.get("MasterUserSecretKmsKeyId")))
    elif asked is False and rds_master.is_managed(instance):
        found.append(lambda: rds_master.release(instance))
    if given.get("MasterUserAuthenticationType") == "iam-db-auth":
        found.append(lambda: _use_iam(instance))
    if given.get("RotateMasterUserPassword"):
        found.append(lambda: rds_master.rotate(instance))
    return found


def _manage(instance: Any, key: Any) -> None:
    rds_master.manage(instance, key)
    password = rds_master.managed_password(instance)
    if rds_servers.has_server(instance):
        rds_servers.submit(instance, lambda servers, name: servers.set_master_password(name, password))


def _use_iam(instance: Any) -> None:
    """The master has no password any more."""
    rds_master.release(instance)
    if rds_servers.has_server(instance):
        rds_servers.submit(instance, lambda servers, name: servers.set_master_password(name, None))


def _insights_asked(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        "DatabaseInsightsMode": values.get("DatabaseInsightsMode"),
        "EnablePerformanceInsights": values.get("PerformanceInsightsEnabled"),
        "PerformanceInsightsKMSKeyId": values.get("PerformanceInsightsKMSKeyId"),
        "PerformanceInsightsRetentionPeriod": values.get("PerformanceInsightsRetentionPeriod"),
    }
    return known | {name: given[name] for name in known if name in given}


def _replace_insights(values: dict[str, Any], wanted: Mapping[str, Any]) -> None:
    for name in ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod"):
        values.pop(name, None)
    values.update(wanted)
