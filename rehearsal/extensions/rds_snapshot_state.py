"""The states of snapshots: creating or copying until their time has passed and their data is there; progress; scripts.

A script's step may say what share of the snapshot is done: {"PercentProgress": 60} or, to move during the step, [40, 60]. In its state
"deleted", the snapshot is gone.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from rehearsal import transitions
from rehearsal.registry import Call, adjusts, settles
from rehearsal.transitions import KINDS, Step, TransitionalState, tags_of

SNAPSHOT = "rds_snapshot"
GONE = "deleted"
DELETING_SHARE = 0.2
"""The time of a deletion, as a share of that of a creation."""
STARTING_SHARE = 0.1
"""The share of a creation after which RDS has begun to read the database, and a snapshot has its time."""

_copying = ThreadPoolExecutor(2, thread_name_prefix="rds-snapshots")


@dataclass
class Progress:
    """The phases of a snapshot, each a state and its seconds, from `began` on the monotonic clock; then `settled`.

    data: the copy of its data, which it waits for. failed: it ended in this state instead.
    """

    phases: tuple[tuple[str, float], ...] = ()
    settled: str = "available"
    data: Future[Any] | None = None
    failed: str | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return sum(seconds for _state, seconds in self.phases)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.began

    @property
    def state(self) -> str:
        if self.failed:
            return self.failed
        left = self.elapsed
        for state, seconds in self.phases:
            if left < seconds:
                return state
            left -= seconds
        if self.data is None:
            return self.settled
        if not self.data.done():
            return self.phases[-1][0] if self.phases else "creating"
        return "failed" if self.data.exception() else self.settled

    @property
    def percent(self) -> int:
        if self.state == "available":
            return 100
        return min(99, int(100 * self.elapsed / self.seconds)) if self.seconds else 0


def progress_of(snapshot: Any) -> Progress:
    found: Progress = snapshot.__dict__.setdefault("rehearsal_progress", Progress())
    return found


def begin(snapshot: Any, kind: str, phases: tuple[tuple[str, float], ...], work: Callable[[], Any] | None = None) -> None:
    """Starts the phases of a snapshot, given as shares of the kind's time. `work` copies its data."""
    seconds = transitions.delays.seconds_for(kind)
    progress = Progress(tuple((state, share * seconds) for state, share in phases))
    progress.data = _copying.submit(_reported, work) if work else None
    snapshot.__dict__["rehearsal_progress"] = progress


def begin_deletion(snapshot: Any, kind: str) -> None:
    seconds = transitions.delays.seconds_for(kind) * DELETING_SHARE
    snapshot.__dict__["rehearsal_progress"] = Progress((("deleting", seconds),), GONE)


def fail(snapshot: Any) -> None:
    progress_of(snapshot).failed = "failed"


def _reported(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception:
        traceback.print_exc()
        raise


class SnapshotState(TransitionalState):
    """The state of a snapshot: its script's if it has one, else that of its progress. Deleting it ends the script."""

    def __set__(self, snapshot: Any, settled: str) -> None:
        snapshot.__dict__["rehearsal_progress"] = Progress(settled=settled)

    def __get__(self, snapshot: Any, owner: Any = None) -> Any:
        if snapshot is None:
            return self
        step = self.scripted(snapshot)
        return step.state if step else progress_of(snapshot).state

    def scripted(self, snapshot: Any) -> Step | None:
        found = self.step_and_elapsed(snapshot)
        return found[0] if found else None

    def step_and_elapsed(self, snapshot: Any) -> tuple[Step, float] | None:
        """The script's step in effect, and for how long it has been."""
        progress = progress_of(snapshot)
        script = None if progress.settled == GONE else transitions.scripts.find(self.kind.name, snapshot.id, tags_of(snapshot))
        if script is None:
            return None
        elapsed = time.monotonic() - max(progress.began, script.installed)
        step = script.step_at(elapsed)
        before = script.steps[: script.steps.index(step)]
        return step, elapsed - sum(one.seconds or 0.0 for one in before)


def percent_of(snapshot: Any) -> int:
    """What share of a snapshot is done."""
    found = type(snapshot).__dict__["status"].step_and_elapsed(snapshot)
    if found is None:
        return progress_of(snapshot).percent
    step, elapsed = found
    given = step.fields.get("PercentProgress", 100 if step.state == "available" else 0)
    if not isinstance(given, list):
        return int(given)
    first, last = given
    return int(first + (last - first) * min(1.0, elapsed / step.seconds if step.seconds else 1.0))


def script_fields(snapshot: Any) -> dict[str, Any]:
    """Further members that a script gives the snapshot."""
    found = type(snapshot).__dict__["status"].scripted(snapshot)
    return {name: value for name, value in (found.fields if found else {}).items() if name != "PercentProgress"}


def has_begun(snapshot: Any) -> bool:
    """Whether RDS has begun to read the database; before that, a snapshot has no time."""
    progress = progress_of(snapshot)
    return snapshot.status not in ("creating", "pending") or progress.elapsed >= progress.seconds * STARTING_SHARE


@adjusts("rds")
def install_states_of_snapshots() -> None:
    from moto.rds.models import DBSnapshot

    DBSnapshot.id = property(lambda self: self.db_snapshot_identifier)
    DBSnapshot.status = SnapshotState(KINDS[SNAPSHOT])


@settles("rds")
def drop_deleted_snapshots(call: Call) -> None:
    from moto.rds.models import rds_backends

    if call.account_id not in rds_backends:
        return
    for backend in list(rds_backends[call.account_id].values()):
        for name, snapshot in list(backend.database_snapshots.items()):
            if snapshot.status == GONE:
                del backend.database_snapshots[name]
