"""Restored DB instances: from a snapshot, or to a point in time.

A restored instance has what its source had of engine, storage, key, master, and retention, and defaults for everything else: groups, zone,
standby, log exports, monitoring. Its master password is the source's, and no secret is managed for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal import transitions
from rehearsal.extensions import rds_servers
from rehearsal.extensions.keys import find_key
from rehearsal.extensions.rds_backup_record import RETAINED, Backup, backup_of, backups_in
from rehearsal.extensions.rds_common import instance_of, wrong_state
from rehearsal.extensions.rds_create import launch
from rehearsal.extensions.rds_instances import described
from rehearsal.extensions.rds_master import new_password
from rehearsal.extensions.rds_parameter_catalog import parameters
from rehearsal.extensions.rds_parameters import find_group
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_snapshot_record import available_snapshot, held_by
from rehearsal.life import Phase
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

LONG_BACKUP = "rds_restore_backup"
"""The kind of transition that says how long a restored instance with a retention period is `backing-up`; on AWS, often hours."""
TAKEN_FROM_THE_CALL = (
    *("AutoMinorVersionUpgrade", "AvailabilityZone", "BackupRetentionPeriod", "CACertificateIdentifier", "CopyTagsToSnapshot"),
    *("DBInstanceClass", "DBParameterGroupName", "DBSubnetGroupName", "DeletionProtection", "EnableCloudwatchLogsExports"),
    *("EnableIAMDatabaseAuthentication", "EngineLifecycleSupport", "Iops", "MaxAllocatedStorage", "MultiAZ", "Port"),
    *("PreferredBackupWindow", "PubliclyAccessible", "StorageThroughput", "StorageType", "VpcSecurityGroupIds"),
)
UNREADABLE = ("creating", "deleting", "failed", "incompatible-restore", "incompatible-network", "inaccessible-encryption-credentials")
"""The states in which an instance cannot be restored to a point in time."""

type Work = Callable[[Any, str, Any], Any]
"""Starts a server: a function of the fleet, of the new instance's key in it, and of the instance."""


@answers("rds", "RestoreDBInstanceFromDBSnapshot")
def from_snapshot(call: Call) -> dict[str, Any]:
    if not call.get("DBSnapshotIdentifier"):
        raise invalid("The parameter DBSnapshotIdentifier must be provided: the rehearsal cloud restores DB snapshots only.")
    snapshot = available_snapshot(call, "DBSnapshotIdentifier", "restore")
    if snapshot.encrypted and snapshot.account_id != call.account_id:
        name = snapshot.db_snapshot_identifier
        raise _no_key(f"{name} is an encrypted snapshot of another account: copy it under a key of your own, and restore the copy")
    given = _given(call, snapshot.database, str(call.get("DBInstanceIdentifier") or ""))
    given |= {"StorageEncrypted": bool(snapshot.encrypted), "KmsKeyId": _usable(call, snapshot.kms_key_id if snapshot.encrypted else None)}
    given["EngineVersion"] = _version(call, held_by(snapshot).members["EngineVersion"])
    given["Tags"] = _tags(call, snapshot.database, snapshot.tags)
    backup = held_by(snapshot).backup
    if backup is None:
        return _restored(call, given, _start_empty)
    return _restored(call, given, lambda servers, key, instance: servers.restore(backup, key, **_options(instance)))


@answers("rds", "RestoreDBInstanceToPointInTime")
def to_point_in_time(call: Call) -> dict[str, Any]:
    when, latest = call.get("RestoreTime"), bool(call.get("UseLatestRestorableTime"))
    if bool(when) == latest:
        raise contradictory("You must specify either RestoreTime or UseLatestRestorableTime, and not both.")
    backup = _backup(call)
    moment = _aware(when) if when else None
    if moment is not None and not backup.earliest <= moment <= backup.latest:
        text = f"The restore time {moment:%Y-%m-%dT%H:%M:%SZ} is not in the window from {backup.earliest:%Y-%m-%dT%H:%M:%SZ} to"
        raise Refusal("InvalidRestoreFault", f"{text} {backup.latest:%Y-%m-%dT%H:%M:%SZ}.")
    source = backup.instance
    given = _given(call, source, str(call.get("TargetDBInstanceIdentifier") or ""))
    key = backup.key if backup.is_replica else source.kms_key_id
    given |= {"StorageEncrypted": bool(source.storage_encrypted), "KmsKeyId": _usable(call, key if source.storage_encrypted else None)}
    given["EngineVersion"] = _version(call, source.engine_version)
    given["Tags"] = _tags(call, source, source.tags)
    return _restored(call, given, _replay(backup, moment))


def _replay(backup: Backup, moment: datetime | None) -> Work:
    """What gives a new server the data of that moment, on the cloud's clock."""
    source = backup.instance
    if not rds_servers.has_server(source):
        return _start_empty
    name, ahead = rds_servers.key_of(source), timedelta(seconds=transitions.delays.clock_ahead_seconds)

    def replay(servers: Any, key: str, instance: Any) -> Any:
        when = None if moment is None else max(servers.earliest_restorable(name), min(servers.latest_restorable(name), moment - ahead))
        return servers.restore_to_time(name, key, when, **_options(instance))

    return replay


def _start_empty(servers: Any, key: str, instance: Any) -> Any:
    """Starts a server without data, for a source that had no server."""
    database = instance.db_name or "postgres"
    return servers.create(key, user=instance.master_username, password=new_password(), database=database, **_options(instance))


def _options(instance: Any) -> dict[str, Any]:
    return rds_servers.options_of(instance)


def _backup(call: Call) -> Backup:
    """The automated backup that a call names, by its ARN, or by its instance."""
    named = {name: call.get(name) for name in ("SourceDBInstanceIdentifier", "SourceDbiResourceId", "SourceDBInstanceAutomatedBackupsArn")}
    if sum(value is not None for value in named.values()) != 1:
        raise contradictory(f"You must specify exactly one of {', '.join(named)}.")
    if named["SourceDBInstanceIdentifier"] is None:
        wanted = named["SourceDbiResourceId"] or named["SourceDBInstanceAutomatedBackupsArn"]
        found = (one for one in backups_in(call.backend).values() if wanted in (one.arn, one.instance.dbi_resource_id))
        backup = next(found, None)
        if backup is None:
            raise Refusal("DBInstanceAutomatedBackupNotFound", f"The automated backup {wanted} was not found.", 404)
        if backup.status not in ("active", "replicating", RETAINED):
            raise wrong_state(f"The automated backup {backup.arn} is in state {backup.status}.")
        return backup
    instance = instance_of(call, "SourceDBInstanceIdentifier")
    name = instance.db_instance_identifier
    if instance.status in UNREADABLE:
        raise wrong_state(f"The DB instance {name} cannot be restored because it is in state {instance.status}.")
    own = backup_of(instance)
    if own is None or not instance.backup_retention_period:
        text = f"Point in time restore is not enabled for the DB instance {name}: its backup retention period is 0."
        raise Refusal("PointInTimeRestoreNotEnabled", text)
    return own


def _given(call: Call, source: Any, name: str) -> dict[str, Any]:
    """The parameters of the new instance, by their names in CreateDBInstance: what it inherits, then what the call says."""
    record = record_of(source)
    given: dict[str, Any] = {
        "DBInstanceIdentifier": name,
        "Engine": source.engine,
        "DBInstanceClass": source.db_instance_class,
        "AllocatedStorage": int(source.allocated_storage),
        "StorageType": source.storage_type,
        "MasterUsername": source.master_username,
        "DBName": source.db_name,
        "Port": source.port,
        "BackupRetentionPeriod": int(source.backup_retention_period or 0),
        "PreferredBackupWindow": source.preferred_backup_window,
    }
    if call.get("StorageType") in (None, source.storage_type):
        given |= {"Iops": record.iops, "StorageThroughput": record.throughput}
    asked = call.get("AllocatedStorage")
    if asked is not None and int(asked) < given["AllocatedStorage"]:
        raise invalid("The allocated storage size can't be less than the source snapshot or backup size.")
    given |= {member: call.get(member) for member in TAKEN_FROM_THE_CALL if call.get(member) is not None}
    given["AllocatedStorage"] = int(asked or given["AllocatedStorage"])
    return {member: value for member, value in given.items() if value is not None}


def _restored(call: Call, given: dict[str, Any], work: Work) -> dict[str, Any]:
    instance = launch(call, given, work=work, before=_long_backup(given))
    if "DBParameterGroupName" in given:
        _wait_for_a_reboot(instance)
    return {"DBInstance": described(instance, "creating")}


def _long_backup(given: Mapping[str, Any]) -> Iterator[Phase]:
    """With a retention period, the restored instance is first backed up in full. It answers meanwhile."""
    if given["BackupRetentionPeriod"]:
        yield Phase("backing-up", transitions.delays.seconds_for(LONG_BACKUP))


def _wait_for_a_reboot(instance: Any) -> None:
    """A restored instance starts with the static parameters of its default group; those of its own group wait for a reboot."""
    group = find_group(instance.backend, instance.db_parameter_group_name)
    known = parameters(group.family)
    record = record_of(instance)
    static = [name for name in record.effective if name in known and known[name].static]
    if static:
        record.apply_status = "pending-reboot"
        record.effective = {name: value for name, value in record.effective.items() if name not in static}


def _version(call: Call, version: str) -> str:
    """The engine version of a restored instance; the setting `rds_restored_versions` says which versions AWS upgrades on the way."""
    return call.settings.rds_restored_versions.get(version, version)


def _tags(call: Call, source: Any, inherited: list[dict[str, str]]) -> list[dict[str, str]]:
    """The tags in the call; else those of the source, if it passes its tags on to snapshots."""
    given = call.get("Tags")
    if given is not None:
        return [{"Key": tag["Key"], "Value": tag.get("Value") or ""} for tag in given]
    return [tag for tag in inherited if not tag["Key"].startswith("aws:")] if source.copy_tags_to_snapshot else []


def _usable(call: Call, key: str | None) -> str | None:
    """The key of the source, which RDS must be able to use."""
    if key is not None and (problem := find_key(str(key), call.account_id, call.region).problem):
        raise _no_key(problem)
    return key


def _no_key(reason: str) -> Refusal:
    text = "The specified KMS key does not exist, is not enabled or you do not have permissions to access it."
    return Refusal("KMSKeyNotAccessibleFault", f"{text} ({reason})")


def _aware(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)
