# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a module reports what it is waiting for.

An ordinary module is a separate process that cannot report anything before it ends. When the action plugin runs it inside Ansible's worker,
it sets the listener here for the duration of the call. Progress is for people: addresses and states, never values.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import ClassVar

from ..reconcile.waiting import DELETED, Progress, silent

QUIET_SECONDS = 5.0
"""Minimum seconds between two lines about one resource; a shorter wait is not worth a line."""


class Channel:
    """Where progress currently goes.

    ``announcer`` shows a message immediately, regardless of listeners. Without one, messages wait in ``announced`` for the module's
    warnings.
    """

    listener: Progress = staticmethod(silent)
    announcer: Callable[[str], None] | None = None
    announced: ClassVar[list[str]] = []
    host: str = ""
    """The inventory name of the host that the module runs for; the module itself does not know it."""


def progress(address: str, doing: str, seconds: float) -> None:
    """Pass progress to the current listener."""
    Channel.listener(address, doing, seconds)


def announce(text: str) -> None:
    """Show a message that must not be lost among progress output. It becomes a warning of the module when the module ends, if not
    earlier."""
    if Channel.announcer is not None:
        Channel.announcer(text)
    else:
        Channel.announced.append(text)


class Throttled:
    """A listener that passes on at most one line per resource every few seconds, and every deletion."""

    def __init__(self, say: Progress, every: float = QUIET_SECONDS) -> None:
        self._say = say
        self._every = every
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, address: str, doing: str, seconds: float) -> None:
        now = time.monotonic()
        with self._lock:
            due = now - self._last.setdefault(address, now) >= self._every or doing == DELETED
            if due:
                self._last[address] = now
        if due:
            self._say(address, doing, seconds)
