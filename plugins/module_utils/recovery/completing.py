# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Waits until a snapshot, or a copy of one, is complete."""

from __future__ import annotations

from dataclasses import dataclass

from ..reconcile.waiting import Clock, until
from .databases import Database, Snapshot
from .giving_up import GaveUp, Say
from .progress import Progress, minutes
from .reading import Reading
from .states import WAITING


@dataclass(frozen=True)
class Waits:
    """Seconds. whole: until it is complete. stall: without progress. poll: between two reads. settle: for which it may be missing from
    RDS's answers after it was begun.
    """

    whole: float = 7200.0
    stall: float = 1800.0
    poll: float = 10.0
    settle: float = 30.0


def complete(reader: Reading, clock: Clock, database: Database, snapshot: Snapshot, waits: Waits, say: Say) -> Snapshot:
    """Wait until a snapshot is complete. Raises GaveUp if it fails, stalls, disappears, or takes too long."""
    progress = Progress(clock.now(), waits.stall)
    name, seen = snapshot.identifier, False
    for waited in until(clock, waits.whole, waits.poll):
        one = reader.snapshot(database, name)
        if one is None and (seen or waited >= waits.settle):
            raise GaveUp("failed", "deleted_meanwhile", f"{name} was deleted before it was complete.", snapshot)
        if one is None:
            continue
        seen, snapshot = True, one
        progress.report(clock.now(), one.percent)
        if one.status == "available":
            return one
        if one.status not in WAITING:
            sentence = f"{name} is {one.status}; it had reached {progress.percent} %. A new run takes another one."
            raise GaveUp("failed", "snapshot_failed", sentence, one)
        if progress.is_stalled(clock.now()):
            quiet = minutes(progress.quiet(clock.now()))
            sentence = f"{name} has made no progress for {quiet} at {one.percent} % (stall_timeout). A new run continues to wait for it."
            raise GaveUp("failed", "stalled", sentence, one)
        say(f"{name} {one.status} {progress.sentence(clock.now())}", waited)
    reached = progress.sentence(clock.now())
    sentence = f"{name} is not complete after {minutes(waits.whole)} (timeout): {reached}. A new run continues to wait for it."
    raise GaveUp("failed", "timeout", sentence, snapshot)
