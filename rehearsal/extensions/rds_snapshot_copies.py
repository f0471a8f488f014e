"""Copies of DB snapshots: within a region, from another region, and from another account that shares its snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.extensions.keys import find_key, names_account
from rehearsal.extensions.rds_servers import fleet
from rehearsal.extensions.rds_snapshot_record import (
    Held,
    available_snapshot,
    checked_key,
    database_time,
    described,
    held_by,
    is_default_key,
    tags_in,
)
from rehearsal.extensions.rds_snapshot_state import SNAPSHOT, begin
from rehearsal.extensions.rds_snapshots import LONGEST, check_quota
from rehearsal.query_api import check_identifier, check_tags, contradictory, invalid
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

PHASES = (("pending", 0.2), ("copying", 0.8))


@answers("rds", "CopyDBSnapshot")
def copy_snapshot(call: Call) -> dict[str, Any]:
    from moto.rds.models import DBSnapshot

    name = check_identifier(call.get("TargetDBSnapshotIdentifier"), "TargetDBSnapshotIdentifier", LONGEST)
    source = available_snapshot(call, "SourceDBSnapshotIdentifier", "copy")
    check_tags(call.get("Tags"))
    if name in call.backend.database_snapshots:
        raise Refusal(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        )
    check_quota(call)
    key = key_of_copy(call, source, str(call.get("SourceDBSnapshotIdentifier")))
    tags = tags_in(call)
    if call.get("CopyTags") and not tags:
        tags = [tag for tag in source.tags if not tag["Key"].startswith("aws:")]
    snapshot = DBSnapshot(call.backend, source.database, name, "manual", tags or None)
    snapshot.tags = tags or []
    snapshot.kms_key_id, snapshot.encrypted = key, key is not None
    before, taken = held_by(source), moment()
    held = Held(dict(before.members), taken, before.original, database_time(source), source)
    snapshot.rehearsal_held = held
    begin(snapshot, SNAPSHOT, PHASES, _data(before, held, f"{snapshot.arn}/{taken.timestamp()}"))
    call.backend.database_snapshots[name] = snapshot
    return {"DBSnapshot": described(snapshot)}


def _data(before: Held, held: Held, name: str) -> Callable[[], Any] | None:
    """What copies the data of the source, if it has any."""
    if before.backup is None:
        return None
    source, held.backup = before.backup, name

    def work() -> Any:
        fleet().copy_of_copy(source, name)
        return held.database_time

    return work


def key_of_copy(call: Call, source: Any, named_source: str) -> str | None:
    """The key of a copy of a DB or cluster snapshot, or None if it is not encrypted.

    A key cannot leave its region, nor AWS's own key its account.
    """
    named, elsewhere, foreign = call.get("KmsKeyId"), source.region != call.region, source.account_id != call.account_id
    if elsewhere and not named_source.startswith("arn:"):
        raise invalid("The source snapshot must be named by its ARN for a copy from another region.")
    if not source.encrypted:
        return checked_key(call, named) if named else None
    if elsewhere and not call.get("PreSignedUrl"):
        raise contradictory("PreSignedUrl must be specified to copy an encrypted snapshot from another region.")
    if foreign:
        _check_foreign_key(call, source)
    if named:
        return checked_key(call, named)
    if elsewhere or foreign:
        where = "from another region" if elsewhere else "of another account"
        raise invalid(f"KmsKeyId must be specified to copy an encrypted snapshot {where}: a key of {call.region} in this account.")
    return checked_key(call, source.kms_key_id)


def _check_foreign_key(call: Call, source: Any) -> None:
    """The owner of a shared snapshot must let the caller's account use its key."""
    key = find_key(str(source.kms_key_id), source.account_id, source.region).key
    if is_default_key(source) or key is None or not names_account(key, call.account_id):
        text = (
            f"The source snapshot KMS key [{source.kms_key_id}] does not exist, is not enabled or you do not have permissions to access it."
        )
        raise Refusal("KMSKeyNotAccessibleFault", text)
