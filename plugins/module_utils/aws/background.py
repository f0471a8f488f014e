# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Preparing what workers need while the first ones are at work on something else.

Ansible's process has nothing to do while a worker checks a role's arguments; importing modules in that time costs a run nothing. It has to
rest while a worker is forked: what an import holds at that moment would stay locked in the worker for ever.

The callback says when to rest, because it knows of a fork before anybody holds anything. A fork that it did not foresee is held up here.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator


class Background:
    """Carries out pieces of work, one after the other, in a thread. Between ``rest`` and ``go_on`` it holds nothing: forks are safe."""

    def __init__(self, pieces: Iterator[None]) -> None:
        self._pieces = pieces
        self._gate = threading.Lock()  # passed before each piece: closed to the thread as soon as it is to rest
        self._turn = threading.Lock()  # held during each piece
        self._resting = False
        self._unforeseen = False
        self._done = threading.Event()
        os.register_at_fork(before=self._before_fork, after_in_parent=self._after_fork, after_in_child=self._after_fork)
        threading.Thread(target=self._work, name="warm", daemon=True).start()

    def rest(self) -> None:
        """Returns when no piece is under way; none is begun until ``go_on``."""
        if not self._resting:
            self._gate.acquire()
            self._turn.acquire()
            self._resting = True

    def go_on(self) -> None:
        if self._resting:
            self._resting = False
            self._turn.release()
            self._gate.release()

    def finish(self) -> None:
        """Returns when all of it is done."""
        self.go_on()
        self._done.wait()

    def _before_fork(self) -> None:
        if not self._resting:
            self.rest()
            self._unforeseen = True

    def _after_fork(self) -> None:
        if self._unforeseen:
            self._unforeseen = False
            self.go_on()

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
