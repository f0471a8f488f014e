# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Time as the engine sees it: deadlines on the monotonic clock, pauses that a stop request interrupts, polls that back off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

DELETED = "deleted"
"""The progress text for a resource that has just been deleted. This is the only completed step that is reported as it happens."""


class Stopped(Exception):
    """The run was asked to stop; the operation being waited for continues without us."""


class Deferred(Exception):
    """The resource is not ready yet, and this run does not wait for it."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since a fixed moment; never decreases."""

    def pause(self, seconds: float) -> None:
        """Sleep; raises Stopped as soon as the run is asked to stop."""

    def stop(self) -> None:
        """End all pauses, present and future, and call the registered callbacks."""

    def on_stop(self, tell: Callable[[], None]) -> None:
        """Register a callback for a request to stop; it is called at once if the request has already been made."""


class SystemClock:
    """The system's monotonic clock."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._told: list[Callable[[], None]] = []

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        self._stopping.set()
        for tell in self._told:
            tell()

    def on_stop(self, tell: Callable[[], None]) -> None:
        self._told.append(tell)
        if self._stopping.is_set():
            tell()


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds.

    ``poll``: the longest pause between two reads of a resource in transition (the first reads come faster).
    ``settle``: how long a read may lag behind a write; after a create whose reply was lost, absence counts only after this window.
    ``timeout``: replaces every kind's own deadline if given.
    ``grace``: how long calls in flight may take to finish after a request to stop.
    """

    poll: float = 2.5
    settle: float = 30.0
    timeout: float | None = None
    grace: float = 5.0


FIRST_PAUSE = 0.25
SHARE_OF_WAIT = 0.05


def until(clock: Clock, seconds: float, poll: float) -> Iterator[float]:
    """Pace attempts until a deadline: yields the seconds waited so far.

    The pause between two attempts is a twentieth of the time waited so far, at most ``poll``: a short wait overshoots little, and a long
    wait polls rarely.
    """
    start = clock.now()
    while True:
        waited = clock.now() - start
        yield waited
        waited = clock.now() - start
        if waited >= seconds:
            return
        clock.pause(min(poll, max(FIRST_PAUSE, SHARE_OF_WAIT * waited), seconds - waited))


Progress = Callable[[str, str, float], None]
"""Called at each read of a resource being waited for: address, activity, seconds so far."""


def silent(_address: str, _doing: str, _seconds: float) -> None:
    """A progress callback that does nothing."""
