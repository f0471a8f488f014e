# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Time for watching: only forward, and pauses that end at once when the run is asked to stop."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from ..reconcile.waiting import Stopped

__all__ = ["Bell", "Clock", "Stopped"]


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def pause(self, seconds: float) -> None:
        """Sleep; raises Stopped as soon as the run is asked to stop."""


class Bell:
    """The real clock, with a bell: who waits for news wakes up when it is rung."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._stopping = threading.Event()

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Stopped

    def stop(self) -> None:
        """End all pauses, present and future."""
        self._stopping.set()
        self._news.set()

    def ring(self) -> None:
        self._news.set()

    def wait_for_news(self, seconds: float) -> None:
        """Until the bell rings or the time is over; raises Stopped as soon as the run is asked to stop."""
        self._news.wait(max(0.0, seconds))
        self._news.clear()
        if self._stopping.is_set():
            raise Stopped
