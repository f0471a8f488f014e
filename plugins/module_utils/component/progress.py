# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who hears what a module is waiting for.

An ordinary module is a process of its own that can say nothing before it ends. When the action plugin runs it inside Ansible's worker, it
sets the listener here for the time of the call. Progress is for people: addresses and states, never values.
"""

from __future__ import annotations

import threading
import time

from ..reconcile.waiting import Progress, silent

QUIET_SECONDS = 5.0
"""The least time between two lines about one resource; what takes less than this is not worth a line."""


class Channel:
    """Where progress goes at the moment."""

    listener: Progress = staticmethod(silent)
    host: str = ""
    """The inventory's name of the host that the module runs for; a module alone does not know it."""


def progress(address: str, doing: str, seconds: float) -> None:
    """Pass on to whoever listens now."""
    Channel.listener(address, doing, seconds)


class Spaced:
    """A listener that passes on at most one line about a resource every few seconds."""

    def __init__(self, say: Progress, every: float = QUIET_SECONDS) -> None:
        self._say = say
        self._every = every
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, address: str, doing: str, seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            due = now - self._last.setdefault(address, now) >= self._every
            if due:
                self._last[address] = now
        if due:
            self._say(address, doing, seconds)
