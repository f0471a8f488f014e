# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Databases and their snapshots as AWS describes them, in one shape for instances and for clusters.

Times are seconds since 1970, by AWS's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .tags import COPY_OF

AWS_BACKUP = "awsbackup"


@dataclass(frozen=True)
class Database:
    """An instance, or a cluster (Aurora and Multi-AZ clusters). Storage is in GiB.

    replica_of: the source of a read replica. backup_owner: the recovery point by which AWS Backup owns its retention.
    """

    identifier: str
    resource_id: str
    arn: str = ""
    status: str = "available"
    is_cluster: bool = False
    engine: str = "postgres"
    engine_version: str = ""
    allocated: int = 0
    max_allocated: int = 0
    multi_az: bool = False
    encrypted: bool = True
    kms_key: str = ""
    retention_days: int = 0
    latest_restorable: float | None = None
    replica_of: str = ""
    backup_owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"DB {'cluster' if self.is_cluster else 'instance'} {self.identifier}"


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of either.

    created: when this snapshot started; original: when the one that it was copied from did; database_time: the last transaction that it
    contains. kind: manual, automated or awsbackup.
    """

    identifier: str
    arn: str = ""
    resource_id: str = ""
    source: str = ""
    status: str = "available"
    percent: int = 100
    kind: str = "manual"
    engine: str = "postgres"
    engine_version: str = ""
    allocated: int = 0
    encrypted: bool = True
    encryption_type: str = ""
    kms_key: str = ""
    created: float | None = None
    original: float | None = None
    database_time: float | None = None
    copied_from: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_copy(self) -> bool:
        """RDS names the source of a copy only if that is in another region or account; we tag ours."""
        return bool(self.copied_from or self.tags.get(COPY_OF))

    @property
    def started(self) -> float | None:
        """When the data was taken. A copy has a creation time of its own, which says nothing about its data."""
        return self.original if self.original is not None else self.created

    @property
    def data_time(self) -> float | None:
        """The last transaction that a restore brings back."""
        return self.database_time if self.database_time is not None else self.started


@dataclass(frozen=True)
class Key:
    """A KMS key. problem: why it could not be read."""

    arn: str = ""
    state: str = "Enabled"
    manager: str = "CUSTOMER"
    problem: str = ""


@dataclass(frozen=True)
class Quota:
    """Manual snapshots of the account in the region."""

    used: int
    limit: int


def account_in(arn: str) -> str:
    """The account that an ARN names; empty if it is not an ARN."""
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _epoch(value: datetime | None) -> float | None:
    return value.timestamp() if value is not None else None


def tags_of(reply: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a description contains."""
    return {str(tag["Key"]): str(tag.get("Value") or "") for tag in reply.get("TagList") or ()}


def instance_of(reply: Mapping[str, Any]) -> Database:
    """A DBInstance of DescribeDBInstances."""
    return Database(
        identifier=str(reply["DBInstanceIdentifier"]),
        resource_id=str(reply["DbiResourceId"]),
        arn=str(reply.get("DBInstanceArn") or ""),
        status=str(reply.get("DBInstanceStatus") or ""),
        engine=str(reply.get("Engine") or ""),
        engine_version=str(reply.get("EngineVersion") or ""),
        allocated=int(reply.get("AllocatedStorage") or 0),
        max_allocated=int(reply.get("MaxAllocatedStorage") or 0),
        multi_az=bool(reply.get("MultiAZ")),
        encrypted=bool(reply.get("StorageEncrypted")),
        kms_key=str(reply.get("KmsKeyId") or ""),
        retention_days=int(reply.get("BackupRetentionPeriod") or 0),
        latest_restorable=_epoch(reply.get("LatestRestorableTime")),
        replica_of=str(reply.get("ReadReplicaSourceDBInstanceIdentifier") or reply.get("ReadReplicaSourceDBClusterIdentifier") or ""),
        backup_owner=str(reply.get("AwsBackupRecoveryPointArn") or ""),
        tags=tags_of(reply),
    )


def cluster_of(reply: Mapping[str, Any]) -> Database:
    """A DBCluster of DescribeDBClusters. Aurora's storage has no allocated size: AWS says 1."""
    return Database(
        identifier=str(reply["DBClusterIdentifier"]),
        resource_id=str(reply["DbClusterResourceId"]),
        arn=str(reply.get("DBClusterArn") or ""),
        status=str(reply.get("Status") or ""),
        is_cluster=True,
        engine=str(reply.get("Engine") or ""),
        engine_version=str(reply.get("EngineVersion") or ""),
        multi_az=bool(reply.get("MultiAZ")),
        encrypted=bool(reply.get("StorageEncrypted")),
        kms_key=str(reply.get("KmsKeyId") or ""),
        retention_days=int(reply.get("BackupRetentionPeriod") or 0),
        latest_restorable=_epoch(reply.get("LatestRestorableTime")),
        replica_of=str(reply.get("ReplicationSourceIdentifier") or ""),
        backup_owner=str(reply.get("AwsBackupRecoveryPointArn") or ""),
        tags=tags_of(reply),
    )


def snapshot_of(reply: Mapping[str, Any]) -> Snapshot:
    """A DBSnapshot of DescribeDBSnapshots. Its tags are in the reply: ListTagsForResource is throttled with many snapshots."""
    return Snapshot(
        identifier=str(reply["DBSnapshotIdentifier"]),
        arn=str(reply.get("DBSnapshotArn") or ""),
        resource_id=str(reply.get("DbiResourceId") or ""),
        source=str(reply.get("DBInstanceIdentifier") or ""),
        encrypted=bool(reply.get("Encrypted")),
        copied_from=str(reply.get("SourceDBSnapshotIdentifier") or ""),
        original=_epoch(reply.get("OriginalSnapshotCreateTime")),
        database_time=_epoch(reply.get("SnapshotDatabaseTime")),
        **_common(reply),
    )


def cluster_snapshot_of(reply: Mapping[str, Any]) -> Snapshot:
    """A DBClusterSnapshot of DescribeDBClusterSnapshots. It has neither an original time nor a time of its last transaction."""
    return Snapshot(
        identifier=str(reply["DBClusterSnapshotIdentifier"]),
        arn=str(reply.get("DBClusterSnapshotArn") or ""),
        resource_id=str(reply.get("DbClusterResourceId") or ""),
        source=str(reply.get("DBClusterIdentifier") or ""),
        encrypted=bool(reply.get("StorageEncrypted")),
        copied_from=str(reply.get("SourceDBClusterSnapshotArn") or ""),
        **_common(reply),
    )


def _common(reply: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": str(reply.get("Status") or ""),
        "percent": int(reply.get("PercentProgress") or 0),
        "kind": str(reply.get("SnapshotType") or ""),
        "engine": str(reply.get("Engine") or ""),
        "engine_version": str(reply.get("EngineVersion") or ""),
        "allocated": int(reply.get("AllocatedStorage") or 0),
        "encryption_type": str(reply.get("StorageEncryptionType") or ""),
        "kms_key": str(reply.get("KmsKeyId") or ""),
        "created": _epoch(reply.get("SnapshotCreateTime")),
        "tags": tags_of(reply),
    }
