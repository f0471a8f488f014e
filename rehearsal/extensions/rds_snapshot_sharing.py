"""Sharing of DB snapshots with other accounts, or with everyone."""

from __future__ import annotations

import re
from typing import Any

from rehearsal.extensions.rds_snapshot_record import is_default_key, not_found, snapshot_of, wrong_state
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

ATTRIBUTE, EVERYONE = "restore", "all"
MOST_ACCOUNTS = 20
_ACCOUNT = re.compile(r"^\d{12}$")


@answers("rds", "DescribeDBSnapshotAttributes")
def describe(call: Call) -> dict[str, Any]:
    return _attributes(_own(call))


@answers("rds", "ModifyDBSnapshotAttribute")
def modify(call: Call) -> dict[str, Any]:
    snapshot, name = _own(call), call.get("AttributeName")
    snapshot.attributes[ATTRIBUTE] = changed_accounts(call, snapshot, snapshot.db_snapshot_identifier, str(name))
    return _attributes(snapshot)


def changed_accounts(call: Call, snapshot: Any, identifier: str, attribute: str) -> list[str]:
    """The accounts that may use a DB or cluster snapshot after a call. Raises Refusal for what RDS does not share."""
    if attribute != ATTRIBUTE:
        raise invalid(f"Invalid snapshot attribute {attribute}: it must be {ATTRIBUTE}.")
    add, remove = list(call.get("ValuesToAdd") or []), list(call.get("ValuesToRemove") or [])
    if both := sorted(set(add) & set(remove)):
        raise contradictory(f"A value may not appear in both the add list and remove list. {both}")
    if wrong := [value for value in [*add, *remove] if value != EVERYONE and not _ACCOUNT.match(value)]:
        raise invalid(f"Invalid account ID: {wrong[0]}. It must have 12 digits, or be {EVERYONE!r}.")
    if add:
        _check_shareable(snapshot, identifier, add)
    kept = [value for value in dict.fromkeys([*snapshot.attributes[ATTRIBUTE], *add]) if value not in remove]
    if len(kept) > MOST_ACCOUNTS:
        raise Refusal("SharedSnapshotQuotaExceeded", f"A snapshot can be shared with at most {MOST_ACCOUNTS} accounts.")
    return kept


def _check_shareable(snapshot: Any, identifier: str, accounts: list[str]) -> None:
    if snapshot.snapshot_type != "manual":
        raise wrong_state(f"Only manual snapshots can be shared; {identifier} is {snapshot.snapshot_type}. Copy it first.")
    if snapshot.status != "available":
        raise wrong_state(f"Cannot share the snapshot {identifier} because it is in state {snapshot.status}.")
    if not snapshot.encrypted:
        return
    if EVERYONE in accounts:
        raise wrong_state(f"The snapshot {identifier} is encrypted and cannot be shared publicly.")
    if is_default_key(snapshot):
        text = f"The snapshot {identifier} is encrypted with the default key of RDS and cannot be shared. Copy it under a key of your own."
        raise wrong_state(text)


def _own(call: Call) -> Any:
    snapshot = snapshot_of(call)
    if snapshot.account_id != call.account_id:
        raise not_found(call.get("DBSnapshotIdentifier"))
    return snapshot


def _attributes(snapshot: Any) -> dict[str, Any]:
    values = [{"AttributeName": ATTRIBUTE, "AttributeValues": list(snapshot.attributes[ATTRIBUTE])}]
    return {"DBSnapshotAttributesResult": {"DBSnapshotIdentifier": snapshot.db_snapshot_identifier, "DBSnapshotAttributes": values}}
