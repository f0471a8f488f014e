# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deletes temporary instances, clusters and snapshots: at the end of a run, and what killed or expired runs left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..aws.calls import is_gone
from ..aws.connection import Aws
from ..reconcile.errors import Ambiguous, CallFailed
from ..reconcile.waiting import Clock, until
from .databases import tags_of
from .progress import minutes
from .tags import HOLD, Maker, is_leftover
from .troubles import BUSY

TEARDOWN_SECONDS = 900.0
"""How long something may refuse to be deleted because it is still being created."""


@dataclass(frozen=True)
class Deletable:
    """A kind of resource: how it is listed and deleted. last: without a snapshot of it, and with its backups."""

    word: str
    list_call: str
    items: str
    name: str
    status: str
    delete_call: str
    last: tuple[tuple[str, bool], ...] = ()
    filters: tuple[tuple[str, str], ...] = ()


INSTANCE = Deletable(
    "DB instance",
    "describe_db_instances",
    "DBInstances",
    "DBInstanceIdentifier",
    "DBInstanceStatus",
    "delete_db_instance",
    (("SkipFinalSnapshot", True), ("DeleteAutomatedBackups", True)),
)
MEMBER = Deletable(
    "DB instance",
    "describe_db_instances",
    "DBInstances",
    "DBInstanceIdentifier",
    "DBInstanceStatus",
    "delete_db_instance",
)
"""An instance of a cluster: RDS refuses the parameters about its snapshots and backups."""

CLUSTER = Deletable(
    "DB cluster",
    "describe_db_clusters",
    "DBClusters",
    "DBClusterIdentifier",
    "Status",
    "delete_db_cluster",
    (("SkipFinalSnapshot", True), ("DeleteAutomatedBackups", True)),
)
SNAPSHOT = Deletable(
    "snapshot",
    "describe_db_snapshots",
    "DBSnapshots",
    "DBSnapshotIdentifier",
    "Status",
    "delete_db_snapshot",
    filters=(("SnapshotType", "manual"),),
)
CLUSTER_SNAPSHOT = Deletable(
    "cluster snapshot",
    "describe_db_cluster_snapshots",
    "DBClusterSnapshots",
    "DBClusterSnapshotIdentifier",
    "Status",
    "delete_db_cluster_snapshot",
    filters=(("SnapshotType", "manual"),),
)


@dataclass(frozen=True)
class Reaped:
    """gone: identifiers whose deletion has begun. notes: one sentence for each that could not be deleted, or is on hold."""

    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Reaped) -> Reaped:
        return Reaped(self.gone + other.gone, self.notes + other.notes)


class Reaper:
    """Works in one region of one account. seconds: how long it tries to delete what is still being created."""

    def __init__(self, aws: Aws, clock: Clock, poll: float = 10.0, seconds: float = TEARDOWN_SECONDS) -> None:
        self.aws, self.clock, self.poll, self.seconds = aws, clock, poll, seconds

    def reap(self, maker: Maker, now: float, database: str = "", kinds: Sequence[Deletable] = (INSTANCE,)) -> Reaped:
        """Delete what has expired, and what an earlier attempt of the same run left.

        ``database``: the resource ID of the source, to leave those of others alone. ``kinds``: in the order in which they are deleted;
        clusters after instances. Raises CallFailed if they cannot be listed.
        """
        found = Reaped()
        for kind in kinds:
            for one in self.aws.list_all("rds", kind.list_call, kind.items, **dict(kind.filters)):
                found += self._leftover(kind, one, maker, now, database)
        return found

    def _leftover(self, kind: Deletable, one: Mapping[str, Any], maker: Maker, now: float, database: str) -> Reaped:
        tags, name = tags_of(one), str(one[kind.name])
        if one.get(kind.status) == "deleting":
            return Reaped()
        if is_leftover(tags, maker, now, database):
            return self.delete(MEMBER if kind is INSTANCE and one.get("DBClusterIdentifier") else kind, name)
        if HOLD in tags and is_leftover({key: value for key, value in tags.items() if key != HOLD}, maker, now, database):
            return Reaped((), (f"The {kind.word} {name} has expired and stays, because it has the tag {HOLD}.",))
        return Reaped()

    def delete(self, kind: Deletable, name: str) -> Reaped:
        """Delete one resource, without a last snapshot and with its backups. What refuses is left to the next run: it has an expiry."""
        for _waited in until(self.clock, self.seconds, self.poll):
            try:
                self.aws.change("rds", kind.delete_call, **{kind.name: name}, **dict(kind.last))
                return Reaped((name,))
            except Ambiguous:
                continue
            except CallFailed as error:
                if is_gone(error):
                    return Reaped()
                if error.code not in BUSY:
                    text = f"The {kind.word} {name} could not be deleted: {error.operation} ({error.code}): {error.message}"
                    return Reaped((), (text,))
        text = f"The {kind.word} {name} could not be deleted within {minutes(self.seconds)}; the next run deletes it."
        return Reaped((), (text,))

    def wait_until_gone(self, kind: Deletable, name: str, seconds: float) -> bool:
        """Whether a resource that is being deleted has disappeared within that time."""
        for _waited in until(self.clock, seconds, self.poll):
            found = self.aws.find("rds", kind.list_call, **{kind.name: name})
            if found is None or not found[kind.items]:
                return True
        return False
