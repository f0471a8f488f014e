# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which of its own snapshots the gate deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ...recovery.databases import Database, Snapshot
from ...recovery.states import WAITING
from ...recovery.tags import HOLD
from .naming import is_prunable, newest_first

DAY = 86400.0


@dataclass(frozen=True)
class Retention:
    """How many snapshots of a database the gate keeps, and for how many days (0: regardless of age)."""

    keep: int = 10
    days: float = 35.0


def to_delete(
    database: Database,
    snapshots: Iterable[Snapshot],
    retention: Retention,
    now: float,
    spare: str = "",
    is_ours: Callable[[Snapshot, Database], bool] = is_prunable,
) -> list[Snapshot]:
    """The snapshots to delete, oldest first: taken by the gate, of this very database, complete, beyond ``keep`` or older than ``days``.

    Never the newest complete one, ``spare`` (the ARN of the one in use), one that is being copied (deleting it would end the copy), or one
    that carries the tag ``mainstay:hold``. Snapshots of AWS Backup and of RDS itself are not the gate's.
    ``is_ours``: what else is the gate's, such as its copies.
    """
    everything = list(snapshots)
    copied = {one.copied_from for one in everything if one.copied_from and one.status in WAITING}
    complete = [one for one in newest_first(everything) if is_ours(one, database) and one.status == "available"]
    found = []
    for position, one in enumerate(complete):
        too_many = position >= retention.keep
        too_old = bool(retention.days) and one.started is not None and now - one.started > retention.days * DAY
        kept = position == 0 or one.arn == spare or one.arn in copied or HOLD in one.tags
        if (too_many or too_old) and not kept:
            found.append(one)
    return found[::-1]


def room(database: Database, snapshots: Iterable[Snapshot], retention: Retention, now: float) -> list[Snapshot]:
    """The snapshots that may go before a new one if the quota is reached: the same ones, and the new one counts towards ``keep``."""
    return to_delete(database, snapshots, Retention(max(1, retention.keep - 1), retention.days), now)
