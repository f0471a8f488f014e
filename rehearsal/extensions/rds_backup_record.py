"""Automated backups: one for each instance with a retention period, kept or not after its deletion, or replicated to another region."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.rds_snapshot_record import captured, frozen
from rehearsal.transitions import moment

ACTIVE, RETAINED, REPLICATING, PENDING = "active", "retained", "replicating", "pending"
NAME_LENGTH = 41


@dataclass
class Backup:
    """The automated backup of an instance, in one region.

    instance: the instance, as long as it exists; afterwards as it was when it was deleted.
    since: the time of the first backup; until: that of the last transaction, once the instance is gone or replication has stopped.
    days: the retention period of a replicated backup or of one without an instance. key: that of a replicated one.
    ready_at: when, on the monotonic clock, replication has begun to work.
    """

    arn: str
    region: str
    instance: Any
    since: datetime
    status: str = ACTIVE
    until: datetime | None = None
    days: int = 0
    key: str | None = None
    ready_at: float = 0.0
    tags: list[dict[str, str]] = field(default_factory=list)

    @property
    def retention(self) -> int:
        return self.days or int(self.instance.backup_retention_period or 0)

    @property
    def latest(self) -> datetime:
        """The time up to which the instance can be restored."""
        return self.until or max(self.since, moment() - timedelta(seconds=transitions.delays.restorable_lag_seconds))

    @property
    def earliest(self) -> datetime:
        return min(max(self.since, moment() - timedelta(days=self.retention)), self.latest)

    @property
    def is_replica(self) -> bool:
        return self.region != self.instance.region


def backups_in(backend: Any) -> dict[str, Backup]:
    """The automated backups in a region, by the resource ID of their instance."""
    found: dict[str, Backup] = backend.__dict__.setdefault("rehearsal_backups", {})
    return found


def new_arn(backend: Any) -> str:
    name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _each in range(NAME_LENGTH))
    return f"arn:aws:rds:{backend.region_name}:{backend.account_id}:auto-backup:ab-{name}"


def backup_of(instance: Any) -> Backup | None:
    """The backup of an instance in its own region."""
    return backups_in(instance.backend).get(str(instance.dbi_resource_id))


def keep_without_instance(backup: Backup) -> None:
    """The instance is going: its backup remains, as it is."""
    backup.until, backup.days = backup.latest, backup.retention
    backup.instance = frozen(backup.instance)
    if not backup.is_replica:
        backup.status = RETAINED


def described(backup: Backup) -> dict[str, Any]:
    """A backup in the shape of DBInstanceAutomatedBackup."""
    instance = backup.instance
    key = backup.key if backup.is_replica else instance.kms_key_id
    encrypted = bool(key) and bool(instance.storage_encrypted)
    return {
        **captured(instance),
        "DBInstanceArn": instance.arn,
        "Region": instance.region,
        "RestoreWindow": {"EarliestTime": backup.earliest, "LatestTime": backup.latest},
        "Status": backup.status,
        "Encrypted": encrypted,
        **({"KmsKeyId": key} if encrypted else {}),
        "BackupRetentionPeriod": backup.retention,
        "DBInstanceAutomatedBackupsArn": backup.arn,
        "DBInstanceAutomatedBackupsReplications": [] if backup.is_replica else replications(instance) or [],
        "BackupTarget": "region",
        "DedicatedLogVolume": False,
        "TagList": backup.tags,
    }


def replicas_of(instance: Any) -> list[Backup]:
    """The replicated backups of an instance, in other regions."""
    from moto.rds.models import rds_backends

    return [
        found
        for backend in list(rds_backends[instance.account_id].values())
        if (found := backups_in(backend).get(str(instance.dbi_resource_id))) is not None and found.is_replica
    ]


def replications(instance: Any) -> list[dict[str, str]] | None:
    """The replicated backups of an instance that still follow it, as its description names them; None if there are none."""
    found = [{"DBInstanceAutomatedBackupsArn": one.arn} for one in replicas_of(instance) if one.until is None]
    return found or None


def latest_restorable(instance: Any) -> datetime | None:
    """The time up to which an instance can be restored; None if it has no backups."""
    backup = backup_of(instance)
    return backup.latest if backup and instance.backup_retention_period else None
