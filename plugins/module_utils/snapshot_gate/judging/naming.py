# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names and tags of the gate's snapshots, and which of several snapshots the gate uses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ...recovery.copies import next_name
from ...recovery.databases import AWS_BACKUP, Database, Snapshot
from ...recovery.states import WAITING
from ...recovery.tags import COPY_OF, DATABASE, MANAGED_BY, own
from .policy import Policy

LONGEST = 255
DEPLOYMENT = "mainstay:deployment"
MODULE = "rds_snapshot_gate"
REUSE, ADOPT, NEW = "reuse", "adopt", "new"


def base_name(database: str, deployment: str) -> str:
    """The identifier of a deployment's first snapshot: the same on every run.

    RDS allows 1 to 255 letters, digits and hyphens, beginning with a letter, without two hyphens in a row or one at the end, and lowers
    the case (CreateDBSnapshot).
    """
    found = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", f"{database}-{deployment}".lower())).strip("-")
    if not found[:1].isalpha():
        found = f"s-{found}"
    room = LONGEST - len("-99")
    if len(found) > room:
        found = f"{found[: room - 9].rstrip('-')}-{hashlib.sha256(f'{database} {deployment}'.encode()).hexdigest()[:8]}"
    return found


def tags_for(database: Database, deployment: str, extra: Mapping[str, str]) -> dict[str, str]:
    """The tags of a new snapshot. Tags in CreateDBSnapshot replace those that RDS would copy, so the database's own come along.

    Those of AWS and of the database's owner do not: the snapshot is the gate's.
    """
    return {**own(database.tags), **extra, MANAGED_BY: MODULE, DATABASE: database.resource_id, DEPLOYMENT: deployment}


def is_managed(snapshot: Snapshot, database: Database) -> bool:
    """Whether the gate took this snapshot, of this database and not of an earlier one with its identifier.

    A copy is another snapshot, even if the tags were copied along.
    """
    tags = snapshot.tags
    return (
        tags.get(MANAGED_BY) == MODULE
        and tags.get(DATABASE) == database.resource_id
        and snapshot.resource_id == database.resource_id
        and snapshot.kind == "manual"
        and not snapshot.is_copy
    )


def is_prunable(snapshot: Snapshot, database: Database) -> bool:
    """Whether the gate may delete this snapshot. RDS copies tags along if a person asks for it, but names are unique: ours follow from the
    database and the deployment.
    """
    base = base_name(snapshot.source, snapshot.tags.get(DEPLOYMENT, ""))
    return is_managed(snapshot, database) and re.fullmatch(rf"{re.escape(base)}(-\d+)?", snapshot.identifier) is not None


def is_managed_copy(snapshot: Snapshot, database: Database) -> bool:
    """Whether the gate made this copy. One that a person made of it has its tags at most, and another source."""
    tags = snapshot.tags
    of = tags.get(COPY_OF, "")
    return (
        tags.get(MANAGED_BY) == MODULE
        and tags.get(DATABASE) == database.resource_id
        and snapshot.kind == "manual"
        and bool(of)
        and snapshot.copied_from in ("", of)
    )


def is_of_deployment(snapshot: Snapshot, database: Database, deployment: str) -> bool:
    return is_managed(snapshot, database) and snapshot.tags.get(DEPLOYMENT) == deployment


@dataclass(frozen=True)
class Choice:
    """how: reuse (it is complete), adopt (it is being made: wait for it) or new (take one called ``name``)."""

    how: str
    snapshot: Snapshot | None = None
    name: str = ""


def is_fresh(snapshot: Snapshot, policy: Policy, now: float) -> bool:
    """Whether its data is recent enough. Age counts from its start: what is written while it is made is not in it."""
    return snapshot.started is not None and now - snapshot.started <= policy.max_age


def choose(database: Database, deployment: str, snapshots: Iterable[Snapshot], policy: Policy, now: float) -> Choice:
    """What a gate that takes snapshots does: one snapshot for each deployment, unless it failed or has become too old."""
    everything = list(snapshots)
    ours = newest_first(one for one in everything if is_of_deployment(one, database, deployment))
    for one in ours:
        if one.status == "available" and is_fresh(one, policy, now):
            return Choice(REUSE, one)
        if one.status in WAITING and (one.started is None or is_fresh(one, policy, now)):
            return Choice(ADOPT, one)
    return Choice(NEW, None, next_name(base_name(database.identifier, deployment), (one.identifier for one in everything)))


def existing(database: Database, snapshots: Iterable[Snapshot], policy: Policy, now: float) -> Choice | None:
    """The snapshot to judge if none may be taken: the newest complete one that is fresh, else one that is being made, else the newest."""
    kinds = {"manual", "automated"} | ({AWS_BACKUP} if policy.count_aws_backup else set())
    found = newest_first(one for one in snapshots if one.resource_id == database.resource_id and one.kind in kinds)
    for one in found:
        if one.status == "available" and is_fresh(one, policy, now):
            return Choice(REUSE, one)
    for one in found:
        if one.status in WAITING:
            return Choice(ADOPT, one)
    return Choice(REUSE, found[0]) if found else None


def newest_first(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """A snapshot without a time has just been begun. A copy comes after its source, which has the same time."""
    return sorted(snapshots, key=lambda one: (one.started is None, one.started or 0.0, not one.is_copy, one.identifier), reverse=True)
