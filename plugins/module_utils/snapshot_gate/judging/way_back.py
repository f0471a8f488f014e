# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What to do if the deployment fails, and what would make the next snapshot shorter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...recovery.databases import Snapshot
from ...recovery.moments import iso
from ...recovery.progress import minutes
from ...recovery.tags import POINT_IN_TIME, RESTORE_MEASURED, SNAPSHOT, restore_minutes
from .facts import Facts
from .policy import Policy

NONE = "none"

LONG = 600.0
"""Seconds from which on a snapshot delays a deployment noticeably."""

HOUR = 3600.0


@dataclass(frozen=True)
class WayBack:
    """method: point_in_time or snapshot (none: there is no way back). to: the time or the identifier. minutes: what the last drill took."""

    method: str
    to: str
    minutes: float | None
    sentence: str

    def as_dict(self) -> dict[str, Any]:
        return {"method": self.method, "to": self.to, "minutes": self.minutes, "sentence": self.sentence}


def drill_minutes(given: Mapping[str, float | None], tags: Mapping[str, str]) -> dict[str, float]:
    """How long each way back took: as given, else as the database's tags say."""
    return {**restore_minutes(tags), **{method: float(value) for method, value in given.items() if value is not None}}


def drill_day(given: Mapping[str, float | None], tags: Mapping[str, str]) -> str:
    """When the drill was that the tags record; empty if its minutes are not used."""
    return "" if any(value is not None for value in given.values()) else tags.get(RESTORE_MEASURED, "")[:10]


def way_back(facts: Facts, policy: Policy, took: Mapping[str, float], when: str = "") -> WayBack:
    """The fastest way back: a point in time where that is within the RPO, since it also keeps what was written after the snapshot.

    ``took``: minutes of the last drill. ``when``: its day, if it is known.
    """
    database, one = facts.database, facts.snapshot
    latest = database.latest_restorable
    covered = bool(database.retention_days) and latest is not None and facts.now - latest <= policy.rpo
    has_snapshot = one is not None and one.status == "available"
    slower = POINT_IN_TIME in took and SNAPSHOT in took and took[POINT_IN_TIME] > took[SNAPSHOT]
    if covered and not (has_snapshot and slower):
        to = iso(facts.now)
        return WayBack(POINT_IN_TIME, to, took.get(POINT_IN_TIME), f"Restore {database} to {to}{_drill(took.get(POINT_IN_TIME), when)}.")
    if one is not None and has_snapshot:
        return WayBack(SNAPSHOT, one.identifier, took.get(SNAPSHOT), f"Restore {one.identifier}{_drill(took.get(SNAPSHOT), when)}.")
    return WayBack(NONE, "", None, f"There is no way back for {database}.")


def _drill(took: float | None, when: str) -> str:
    if took is None:
        return "; no drill has measured how long that takes"
    return f"; the last drill{f' ({when})' if when else ''} took {took:.0f} min"


def earlier(one: Snapshot, others: Iterable[Snapshot], seconds: float) -> str:
    """Whether a snapshot an hour earlier would have made a long one short: snapshots hold what changed since the one before.

    ``seconds``: how long it took. Empty if it was not long, or if another one was recent.
    """
    if seconds < LONG or one.started is None:
        return ""
    before = [
        other.started
        for other in others
        if other.resource_id == one.resource_id and other.arn != one.arn and other.status == "available" and other.started is not None
    ]
    last = max((at for at in before if at < one.started), default=None)
    if last is None:
        return f"It took {minutes(seconds)} because it was the first snapshot. Later ones hold only what has changed since."
    gap = one.started - last
    if gap <= 2 * HOUR:
        return ""
    share = seconds * HOUR / gap
    return (
        f"It took {minutes(seconds)} because the last snapshot was {minutes(gap)} old. With one an hour before the deployment, it would "
        f"have taken about {minutes(share)}."
    )
