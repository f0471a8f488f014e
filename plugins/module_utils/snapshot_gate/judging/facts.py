# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the gate knows about a database."""

from __future__ import annotations

from dataclasses import dataclass

from ...recovery.databases import Database, Key, Quota, Snapshot
from .policy import CopyTo


@dataclass(frozen=True)
class CopyFacts:
    """A place in which a copy is required. where: its name for people. key: None if the policy names none. copy: None if there is none."""

    to: CopyTo
    where: str
    key: Key | None = None
    quota: Quota | None = None
    copy: Snapshot | None = None


@dataclass(frozen=True)
class Facts:
    """Everything that a rule may look at. What was not read, or could not be, is None.

    snapshot: the one that is judged. snapshots: all of the database, including those of earlier databases with its identifier.
    shared_with: the accounts that may restore the snapshot. replica_lag: seconds. connections: the most at a time since the snapshot.
    """

    database: Database
    now: float
    snapshots: tuple[Snapshot, ...] = ()
    snapshot: Snapshot | None = None
    shared_with: tuple[str, ...] | None = None
    key: Key | None = None
    quota: Quota | None = None
    replica_lag: float | None = None
    connections: float | None = None
    copies: tuple[CopyFacts, ...] | None = None
