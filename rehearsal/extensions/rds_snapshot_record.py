"""DB snapshots as they are kept and described: what they hold of the instance at the time, and their data."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rehearsal.extensions.keys import find_key
from rehearsal.extensions.rds_common import find_instance
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_servers import fleet
from rehearsal.extensions.rds_snapshot_state import has_begun, percent_of, progress_of, script_fields
from rehearsal.query_api import listed
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal

DEFAULT_KEY = "alias/aws/rds"


@dataclass
class Held:
    """What a snapshot holds.

    members: those of DBSnapshot that it took from its instance, by AWS's names.
    taken, original: when it and the snapshot that it was copied from were taken.
    database_time: the last transaction contained; None while its data is being read.
    source: the snapshot that it is a copy of.
    backup: the name of its data among the cloud's servers, if it has any.
    """

    members: dict[str, Any]
    taken: datetime
    original: datetime
    database_time: datetime | None = None
    source: Any = None
    backup: str | None = None


def held_by(snapshot: Any) -> Held:
    found: Held = snapshot.__dict__["rehearsal_held"]
    return found


def captured(instance: Any) -> dict[str, Any]:
    """The members of DBSnapshot that describe an instance."""
    group = getattr(instance, "db_subnet_group", None)
    record = record_of(instance)
    members = {
        "DBInstanceIdentifier": instance.db_instance_identifier,
        "DbiResourceId": instance.dbi_resource_id,
        "Engine": instance.engine,
        "EngineVersion": instance.engine_version,
        "AllocatedStorage": int(instance.allocated_storage),
        "StorageType": instance.storage_type,
        "Iops": record.iops or (int(instance.iops) if instance.iops else None),
        "StorageThroughput": record.throughput or instance.storage_throughput,
        "Port": int(instance.port),
        "AvailabilityZone": instance.availability_zone,
        "VpcId": group.vpc_id if group else None,
        "InstanceCreateTime": instance.created,
        "MasterUsername": instance.master_username,
        "LicenseModel": "postgresql-license" if instance.engine == "postgres" else instance.license_model,
        "OptionGroupName": instance.option_group_name,
        "IAMDatabaseAuthenticationEnabled": bool(instance.enable_iam_database_authentication),
        "BackupRetentionPeriod": int(instance.backup_retention_period or 0),
        "PreferredBackupWindow": instance.preferred_backup_window,
    }
    return {name: value for name, value in members.items() if value is not None}


def frozen(instance: Any) -> Any:
    """An instance as it is now, for later restores: a copy that later changes do not reach."""
    record = copy.deepcopy(record_of(instance))
    kept = copy.copy(instance)
    kept.__dict__.pop("rehearsal_life", None)
    kept.__dict__["rehearsal"] = record
    return kept


def described(snapshot: Any) -> dict[str, Any]:
    held, begun, percent = held_by(snapshot), has_begun(snapshot), percent_of(snapshot)
    encryption = ("sse-kms" if not is_default_key(snapshot) else "sse-rds") if snapshot.encrypted else "none"
    members: dict[str, Any] = {
        **held.members,
        "DBSnapshotIdentifier": snapshot.db_snapshot_identifier,
        "DBSnapshotArn": snapshot.arn,
        "SnapshotType": snapshot.snapshot_type,
        "Status": snapshot.status,
        "PercentProgress": percent,
        "SnapshotCreateTime": held.taken if begun else None,
        "OriginalSnapshotCreateTime": held.original if begun else None,
        "SnapshotDatabaseTime": database_time(snapshot),
        "Encrypted": bool(snapshot.encrypted),
        "KmsKeyId": snapshot.kms_key_id if snapshot.encrypted else None,
        "StorageEncryptionType": encryption,
        "SnapshotTarget": "region",
        "ProcessorFeatures": [],
        "DedicatedLogVolume": False,
        "MultiTenant": False,
        "TagList": snapshot.tags,
        **_source_of(snapshot, held),
    }
    return {name: value for name, value in members.items() if value is not None} | script_fields(snapshot)


def _source_of(snapshot: Any, held: Held) -> dict[str, Any]:
    """A copy names its source if that is in another region or account; within one, RDS names it too, by its ARN."""
    if held.source is None:
        return {}
    region = {"SourceRegion": held.source.region} if held.source.region != snapshot.region else {}
    return {"SourceDBSnapshotIdentifier": held.source.arn, **region}


def database_time(snapshot: Any) -> datetime | None:
    """The time of the last transaction that the snapshot contains, once that is known."""
    held, data = held_by(snapshot), progress_of(snapshot).data
    if held.database_time is None and data is not None and data.done() and not data.exception():
        held.database_time = data.result()
    return held.database_time if snapshot.status == "available" else None


# --- lookups ---


def find_snapshot(call: Call, identity: Any) -> Any:
    """The snapshot with this identifier or ARN, or None. Another account's is visible if it is shared with the caller's."""
    text = str(identity or "")
    if not text.startswith("arn:"):
        return call.backend.database_snapshots.get(text)
    parts = text.split(":", 6)
    if len(parts) != 7 or parts[5] != "snapshot":
        return None
    found = backend("rds", parts[4], parts[3]).database_snapshots.get(parts[6])
    return found if found is not None and may_use(found, call.account_id) else None


def may_use(snapshot: Any, account_id: str) -> bool:
    return account_id == snapshot.account_id or bool({account_id, "all"} & set(snapshot.attributes["restore"]))


def snapshot_of(call: Call, name: str = "DBSnapshotIdentifier") -> Any:
    found = find_snapshot(call, call.get(name))
    if found is None:
        raise not_found(call.get(name))
    return found


def not_found(identity: Any) -> Refusal:
    return Refusal("DBSnapshotNotFound", f"DBSnapshot {identity} not found.", 404)


def available_snapshot(call: Call, name: str, purpose: str) -> Any:
    """The snapshot that a call names, which must be available."""
    snapshot = snapshot_of(call, name)
    if snapshot.status != "available":
        raise wrong_state(f"Cannot {purpose} the snapshot {snapshot.db_snapshot_identifier} because it is in state {snapshot.status}.")
    return snapshot


def wrong_state(text: str) -> Refusal:
    return Refusal("InvalidDBSnapshotState", text)


def instance_still_there(call: Call, snapshot: Any) -> Any:
    """The instance that a snapshot was taken of, if it still exists as the same resource."""
    found = find_instance(call, held_by(snapshot).members["DBInstanceIdentifier"])
    return found if found is not None and found.dbi_resource_id == held_by(snapshot).members["DbiResourceId"] else None


# --- keys ---


def checked_key(call: Call, named: Any) -> str:
    """The ARN of a key of the called region that a call names. Raises Refusal if RDS cannot use it."""
    use = find_key(str(named), call.account_id, call.region)
    if use.problem or use.arn.split(":")[3] != call.region:
        text = "The specified KMS key does not exist, is not enabled or you do not have permissions to access it."
        raise Refusal("KMSKeyNotAccessibleFault", f"{text} ({use.problem or f'{use.arn} is not in {call.region}'})")
    return use.arn


def is_default_key(snapshot: Any) -> bool:
    """Whether a snapshot is encrypted with AWS's own key for RDS, which no other account can use."""
    named = str(snapshot.kms_key_id or "")
    if named.startswith("arn:") and "/aws/" not in named:
        use = find_key(named, snapshot.account_id, snapshot.region)
        return use.key is not None and DEFAULT_KEY in use.key.aliases
    return True


def drop_data(snapshot: Any) -> None:
    backup = held_by(snapshot).backup
    if backup:
        fleet().drop_copy(backup)


def tags_in(call: Call) -> list[dict[str, str]] | None:
    given = call.get("Tags")
    return None if given is None else listed({tag["Key"]: tag.get("Value") or "" for tag in given})
