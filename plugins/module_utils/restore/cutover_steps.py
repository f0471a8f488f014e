# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cut-over as a sequence of steps. Which are left follows from what AWS says, so any run continues an interrupted one. Pure.

The old instance is renamed away, the new one gets its name, and the tags of the owner move: first to the new one, then away from the old
one. In between, both carry them, which a plan of the role reports as an error; if none did, it would plan another instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..aws.owner import TAG_PREFIX
from ..recovery.databases import tags_of
from ..recovery.tags import DATABASE, EXPIRES, HOLD, MANAGED_BY, PURPOSE, RESTORE_MEASURED, RESTORE_MINUTES, RUN
from .settings import RESTORED_FROM

CUT_OVER = f"{TAG_PREFIX}cut-over"
"""On both instances while a cut-over runs, and afterwards: which name, which side, the resource ID of the other, what the old one
is called afterwards, and what the new one was called before."""

OLD, NEW = "old", "new"
CREDENTIALS = f"{TAG_PREFIX}master-credentials"
OURS = frozenset({MANAGED_BY, DATABASE, RESTORED_FROM, CUT_OVER, EXPIRES, HOLD, PURPOSE, RUN, RESTORE_MEASURED, *RESTORE_MINUTES.values()})
"""Tags with our prefix that belong to an instance and not to its owner."""


@dataclass(frozen=True)
class Mark:
    """The value of CUT_OVER."""

    name: str
    side: str
    other: str
    old_name: str
    target: str

    def __str__(self) -> str:
        return f"{self.name} {self.side} {self.other} {self.old_name} {self.target}"


def mark_of(tags: Mapping[str, str]) -> Mark | None:
    parts = tags.get(CUT_OVER, "").split()
    return Mark(*parts) if len(parts) == 5 else None


@dataclass(frozen=True)
class Side:
    """An instance of the cut-over, as it is now."""

    identifier: str
    resource_id: str
    arn: str
    status: str
    tags: Mapping[str, str]
    raw: Mapping[str, Any]


def side_of(raw: Mapping[str, Any]) -> Side:
    return Side(
        str(raw["DBInstanceIdentifier"]),
        str(raw["DbiResourceId"]),
        str(raw.get("DBInstanceArn") or ""),
        str(raw.get("DBInstanceStatus") or ""),
        tags_of(raw),
        raw,
    )


@dataclass(frozen=True)
class Pair:
    """name: the one that applications use. old, new: the instances. old_name: what the old one is called afterwards. target: what the new
    one was called before.
    """

    name: str
    old: Side
    new: Side
    old_name: str
    target: str

    @property
    def marks(self) -> tuple[Mark, Mark]:
        """(of the old one, of the new one)."""
        return (
            Mark(self.name, OLD, self.new.resource_id, self.old_name, self.target),
            Mark(self.name, NEW, self.old.resource_id, self.old_name, self.target),
        )


def pair(name: str, target: str, old_name: str, instances: Sequence[Mapping[str, Any]]) -> tuple[Pair | None, str]:
    """(the two instances, why there are none).

    A cut-over that has begun is found by its marks, whatever the instances are called by now, and keeps the name that it chose.
    """
    sides = {side.identifier: side for side in map(side_of, instances)}
    for new in sides.values():
        mark = mark_of(new.tags)
        if mark is None or (mark.name, mark.side, mark.target) != (name, NEW, target):
            continue
        old = next((side for side in sides.values() if side.resource_id == mark.other), None)
        begun = old and Pair(name, old, new, mark.old_name, target)
        if begun and mark_of(begun.old.tags) == begun.marks[0]:
            return begun, ""
    missing = [one for one in (name, target) if one not in sides]
    if missing:
        return None, missing[0]
    fresh = Pair(name, sides[name], sides[target], old_name, target)
    marked = mark_of(fresh.old.tags)
    half = marked is not None and (marked.side, marked.other, marked.target) == (OLD, fresh.new.resource_id, target)
    return (replace(fresh, old_name=marked.old_name) if marked and half else fresh), ""


RENAME_OLD, RENAME_NEW, MARK_STEP, GIVE_TAGS, TAKE_TAGS = "rename_old", "rename_new", "mark", "give_tags", "take_tags"


@dataclass(frozen=True)
class Step:
    """side: the instance that is changed. sentence: for people, what it does."""

    what: str
    side: str
    sentence: str


def owner_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags by which a component finds its instance. Which version of a secret its password is from is not one of them: that was set in
    the other instance.
    """
    found = {key: value for key, value in tags.items() if key.startswith(TAG_PREFIX) and key not in OURS}
    if " " in found.get(CREDENTIALS, "") or found.get(CREDENTIALS, "iam") != "iam":
        del found[CREDENTIALS]
    return found


def steps(found: Pair) -> list[Step]:
    """What is left, in order."""
    old, new, name = found.old, found.new, found.name
    left = []
    if (mark_of(old.tags), mark_of(new.tags)) != found.marks:
        left.append(Step(MARK_STEP, NEW, f"mark {old.identifier} and {new.identifier}, so that another run can continue"))
    if old.identifier != found.old_name:
        left.append(Step(RENAME_OLD, OLD, f"rename {old.identifier} to {found.old_name}"))
    if new.identifier != name:
        left.append(Step(RENAME_NEW, NEW, f"rename {new.identifier} to {name}"))
    moving = owner_tags(old.tags)
    if any(new.tags.get(key) != value for key, value in moving.items()):
        left.append(Step(GIVE_TAGS, NEW, f"give the new {name} the tags of its owner"))
    if moving or CREDENTIALS in old.tags:
        left.append(Step(TAKE_TAGS, OLD, f"take them from {found.old_name}"))
    return left


CONNECTIONS, REPLICAS, PROXIES, BACKUPS = "connections", "replicas", "proxies", "backup_replication"
DOES_NOT_FOLLOW = (CONNECTIONS, REPLICAS, PROXIES, BACKUPS)


@dataclass(frozen=True)
class Attached:
    """What uses the old instance and does not follow a rename. connections: the most in the last minutes; None if that is not known."""

    connections: float | None = None
    replicas: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()


def objections(found: Pair, attached: Attached, accepted: Sequence[str]) -> list[str]:
    """Why the cut-over must not begin, one sentence each, with what to do."""
    name, sentences = found.name, []
    if attached.connections and CONNECTIONS not in accepted:
        sentences.append(
            f"There were up to {attached.connections:.0f} connections to {name} in the last minutes. Those that stay open write to the old "
            f"instance, and that is lost. Stop the applications first, or add {CONNECTIONS} to accept."
        )
    if attached.replicas and REPLICAS not in accepted:
        sentences.append(
            f"The read replicas {', '.join(attached.replicas)} replicate {name} and stay with the old instance. Create new ones of the new "
            f"instance afterwards, and add {REPLICAS} to accept."
        )
    if attached.proxies and PROXIES not in accepted:
        sentences.append(
            f"The proxies {', '.join(attached.proxies)} have {name} as their target and stay with the old instance. Register the new one "
            f"with them afterwards, and add {PROXIES} to accept."
        )
    if attached.backups and BACKUPS not in accepted:
        sentences.append(
            f"The automated backups of {name} are replicated ({', '.join(attached.backups)}), and those of the new instance are not. Start "
            f"their replication afterwards, and add {BACKUPS} to accept."
        )
    return sentences


def refusals(found: Pair, any_target: bool) -> list[str]:
    """What is wrong with the two instances."""
    old, new, sentences = found.old, found.new, []
    if old.resource_id == new.resource_id:
        sentences.append(f"name and target are the same instance, {new.identifier}.")
    for side in (old, new):
        if source := side.raw.get("ReadReplicaSourceDBInstanceIdentifier"):
            sentences.append(f"{side.identifier} is a read replica of {source}; promote it first.")
        if side.raw.get("DBClusterIdentifier"):
            sentences.append(f"{side.identifier} is a member of the cluster {side.raw['DBClusterIdentifier']}, which is renamed instead.")
    mark = mark_of(new.tags)
    related = new.tags.get(DATABASE) == old.resource_id or (mark is not None and mark.other == old.resource_id)
    if not related and not any_target:
        sentences.append(f"{new.identifier} was not restored from {old.identifier}. If it is the right one, set any_target to true.")
    if owner_tags(new.tags) and owner_tags(old.tags) and owner_tags(new.tags) != owner_tags(old.tags):
        sentences.append(f"{new.identifier} belongs to another component; nothing of it is taken over.")
    return sentences


def notes(found: Pair) -> list[str]:
    """What a person has to know, whatever is accepted."""
    old, new = found.old, found.new
    said = []
    before, after = (_secret(side) for side in (old, new))
    if before != after:
        said.append(f"The master's secret changes from {before or 'none'} to {after or 'none'}.")
    if new.raw.get("IAMDatabaseAuthenticationEnabled"):
        said.append(f"Policies that allow rds-db:connect for {old.resource_id} have to name {new.resource_id}.")
    if CREDENTIALS in old.tags and CREDENTIALS not in owner_tags(old.tags):
        said.append("The role sets the master password from its secret on its next run.")
    return said


def _secret(side: Side) -> str:
    return str((side.raw.get("MasterUserSecret") or {}).get("SecretArn") or "")


def way_back(found: Pair) -> str:
    """How to undo a cut-over: the same, the other way round."""
    return f"To go back: rds_cutover with name {found.name}, target {found.old_name}, and old_name {found.target}."
