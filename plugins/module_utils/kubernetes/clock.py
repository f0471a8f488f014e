# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Monotonic time for watching, and pauses that end immediately when the run is asked to stop."""

from __future__ import annotations

import threading
import time
from typing import Protocol

from ..reconcile.waiting import Stopped

__all__ = ["Clock", "EventClock", "Stopped"]


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since an arbitrary fixed moment. Never decreases."""

    def pause(self, seconds: float) -> None:
        """Sleep. Raises Stopped as soon as the run is asked to stop."""


class EventClock:
    """The real clock plus a notification: notify() wakes the waiting thread."""

    def __init__(self) -> None:
        self._news = threading.Event()
        self._stopping = threading.Event()

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        if self._stopping.wait(max(0.0, seconds)):
            raise Stopped

    def stop(self) -> None:
        """End all current and future pauses."""
        self._stopping.set()
        self._news.set()

    def notify(self) -> None:
        self._news.set()

    def wait_for_news(self, seconds: float) -> None:
        """Wait until the bell rings or the time is up. Raises Stopped as soon as the run is asked to stop."""
        self._news.wait(max(0.0, seconds))
        self._news.clear()
        if self._stopping.is_set():
            raise Stopped
