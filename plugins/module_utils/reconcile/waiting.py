# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Time as the engine sees it: deadlines on the monotonic clock, pauses that a stop request cuts short, polls that back off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


class Stopped(Exception):
    """The run was asked to stop; what was being waited for goes on without us."""


class PutOff(Exception):
    """It is coming up, and this run does not wait for it."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def pause(self, seconds: float) -> None:
        """Sleep; raises Stopped as soon as the run is asked to stop."""

    def stop(self) -> None:
        """End all pauses, present and future, and tell those who asked."""

    def on_stop(self, tell: Callable[[], None]) -> None:
        """Ask to be told when the run is asked to stop; at once if it has been."""


class SystemClock:
    """The real one."""

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
    """How long to wait for what, in seconds.

    ``poll``: longest pause between two looks at something in transition (the first looks come faster).
    ``settle``: how long a read may lag behind a write; only after this window does absence count after a create whose reply was lost.
    ``timeout``: replaces every kind's own deadline when given.
    ``grace``: what calls in flight get to finish after a request to stop.
    """

    poll: float = 2.5
    settle: float = 30.0
    timeout: float | None = None
    grace: float = 5.0


FIRST_PAUSE = 0.25
SHARE_OF_WAIT = 0.05


def until(clock: Clock, seconds: float, poll: float) -> Iterator[float]:
    """Attempts until a deadline: yields the seconds waited so far.

    The pause between two attempts is a twentieth of what has been waited, at most ``poll``: a short wait overshoots by little, a long one
    asks seldom.
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
"""Called at every look at something waited for: address, what it is doing, seconds so far."""


def silent(_address: str, _doing: str, _seconds: float) -> None:
    """A progress reporter that says nothing."""
