# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Preparing what workers need while the first ones are at work on something else.

Ansible's process has nothing to do while a worker checks a role's arguments; importing modules in that time costs a run nothing. It has to
rest while a worker is forked: what an import holds at that moment would stay locked in the worker for ever.

Every fork is held up until the thread rests. It is better to let it rest a moment before (``rest``): hooks of others that are called before
a fork take locks, and imports register such hooks.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


class Background:
    """Carries out pieces of work, one after the other, in a thread that rests from ``rest`` to the end of the next fork."""

    def __init__(self, pieces: Iterator[None]) -> None:
        self._pieces = pieces
        self._gate = threading.Lock()  # passed before each piece: closed to the thread as soon as it is to rest
        self._turn = threading.Lock()  # held during each piece
        self._resting = False
        self._done = threading.Event()
        os.register_at_fork(before=self.rest, after_in_parent=self._go_on, after_in_child=self._go_on)
        threading.Thread(target=self._work, name="warm", daemon=True).start()

    def rest(self) -> None:
        """Returns when no piece is under way. To be called by the thread that forks."""
        if not self._resting:
            self._gate.acquire()
            self._turn.acquire()
            self._resting = True

    def finish(self) -> None:
        """Returns when all of it is done."""
        self._go_on()
        self._done.wait()

    def _go_on(self) -> None:
        if self._resting:
            self._resting = False
            self._turn.release()
            self._gate.release()

    def _work(self) -> None:
        # Whatever cannot be prepared is missing in the worker too, which then says what it is.
        with contextlib.suppress(Exception):
            while self._one():
                pass
        self._done.set()

    def _one(self) -> bool:
        with self._gate:
            pass
        with self._turn:
            return next(self._pieces, self) is not self
