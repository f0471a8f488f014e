"""Where the life of an instance touches its backups: automated snapshots, the final one, and what is left after deletion."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rehearsal.extensions.rds_backup_record import (
    Backup,
    backup_of,
    backups_in,
    keep_without_instance,
    new_arn,
    replicas_of,
)
from rehearsal.extensions.rds_servers import fleet, has_server, key_of, submit
from rehearsal.extensions.rds_snapshot_record import drop_data, held_by
from rehearsal.extensions.rds_snapshots import LONGEST, check_name, check_quota, remove, snapshots_of, take
from rehearsal.life import life_of
from rehearsal.query_api import check_identifier
from rehearsal.registry import Call, adjusts, settles
from rehearsal.transitions import moment

AUTOMATED = "automated"
NOT_BACKED_UP = ("creating", "deleting", "failed", "incompatible-restore", "incompatible-network", "inaccessible-encryption-credentials")


def first_backup(instance: Any) -> None:
    """The automated snapshot with which the life of an instance with a retention period begins."""
    if instance.db_cluster_identifier or not instance.backup_retention_period:
        return
    at = moment()
    backups_in(instance.backend)[instance.dbi_resource_id] = Backup(new_arn(instance.backend), instance.region, instance, at)
    _automated_snapshot(instance, at)


def final_snapshot(call: Call, instance: Any, name: str) -> Any:
    """The snapshot that DeleteDBInstance or StopDBInstance takes first."""
    wanted = check_identifier(name, "FinalDBSnapshotIdentifier", LONGEST)
    check_name(call, wanted)
    check_quota(call)
    return take(instance, wanted)


def instance_deleted(instance: Any, keep_automated: bool) -> None:
    """The instance is gone, and with it its automated backups, unless the call kept them. Replicated ones stay."""
    replicas, backup = replicas_of(instance), backup_of(instance)
    if has_server(instance) and (replicas or keep_automated):
        submit(instance, lambda servers, key: servers.delete(key, keep_backups=True))
    for replica in replicas:
        keep_without_instance(replica)
    if backup is not None and keep_automated:
        keep_without_instance(backup)
    elif backup is not None:
        forget(instance.backend, backup)


def forget(backend: Any, backup: Backup) -> None:
    """Deletes a backup: in the instance's own region with its snapshots; the last one of a deleted instance with the data."""
    instance = backup.instance
    backups_in(backend).pop(str(instance.dbi_resource_id), None)
    if not backup.is_replica:
        for snapshot in snapshots_of(backend, instance.dbi_resource_id, AUTOMATED):
            remove(snapshot)
    if backup.until is not None and has_server(instance) and not replicas_of(instance) and backup_of(instance) is None:
        fleet().drop_backups(key_of(instance))


@settles("rds")
def keep_backups(call: Call) -> None:
    """Takes the snapshots of the backup windows that have passed, and lets go what is older than its retention period."""
    for instance in list(call.backend.databases.values()):
        if instance.db_cluster_identifier or life_of(instance).status in NOT_BACKED_UP:
            continue
        backup = backup_of(instance)
        if not instance.backup_retention_period:
            if backup is not None:
                forget(call.backend, backup)
        elif backup is None:
            if not life_of(instance).changing and not instance.is_replica:
                first_backup(instance)
        else:
            _daily_snapshots(instance)
    for backup in list(backups_in(call.backend).values()):
        if backup.until is not None and backup.until + timedelta(days=backup.retention) < moment():
            forget(call.backend, backup)


def _daily_snapshots(instance: Any) -> None:
    """One snapshot at the beginning of each backup window since the last one; those that have expired already are not taken."""
    taken = snapshots_of(instance.backend, instance.dbi_resource_id, AUTOMATED)
    oldest = moment() - timedelta(days=int(instance.backup_retention_period))
    if life_of(instance).status != "stopped":
        last = held_by(taken[-1]).taken if taken else oldest
        due = _window_start(instance, moment())
        missed: list[datetime] = []
        while due > last and due > oldest:
            missed.append(due)
            due -= timedelta(days=1)
        for at in reversed(missed):
            _automated_snapshot(instance, at)
    for snapshot in taken:
        if held_by(snapshot).taken < oldest:
            drop_data(snapshot)
            instance.backend.database_snapshots.pop(snapshot.db_snapshot_identifier, None)


def _window_start(instance: Any, now: datetime) -> datetime:
    """When the last backup window began."""
    hour, minute = (int(part) for part in str(instance.preferred_backup_window)[:5].split(":"))
    start = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return start if start <= now else start - timedelta(days=1)


def _automated_snapshot(instance: Any, at: datetime) -> None:
    name = f"rds:{instance.db_instance_identifier}-{at:%Y-%m-%d-%H-%M}"
    if name not in instance.backend.database_snapshots:
        take(instance, name, AUTOMATED, at=at)


@adjusts("rds")
def take_automated_snapshots_here() -> None:
    """moto takes one whenever it creates an instance, whatever its retention period."""
    from moto.rds.models import DBInstance

    DBInstance.save_automated_backup = first_backup
