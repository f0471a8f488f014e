"""The rounds of a control plane's simulators: everything simulated in a cluster besides nodes and pods, called repeatedly."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.kubernetes.plane import ControlPlane

# The shortest interval between calls, and the retry interval while the API server does not respond, such as during a restart.
AT_ONCE, AFTER_ERROR = 0.25, 1.0
NEVER = float("inf")

# Does the work that is due, and returns the number of seconds until the next call; None: when `wake` is called.
Player = Callable[["ControlPlane"], float | None]


class Rounds:
    """One thread for all simulators of a control plane. It starts with the first simulator and ends with `stop`."""

    def __init__(self, plane: ControlPlane, ready: Callable[[], bool]) -> None:
        self._plane, self._ready = plane, ready
        self._players: dict[str, Player] = {}
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()
        self._notifier = threading.Event()
        self._ended = threading.Event()

    def add(self, name: str, player: Player) -> None:
        """Registers a simulator; if its name is already registered, only wakes it."""
        with self._lock:
            first = not self._players
            self._players.setdefault(name, player)
        self.wake(name)
        if first and not self._ended.is_set():
            threading.Thread(target=self._run, name=f"rounds {self._plane.name}", daemon=True).start()

    def wake(self, name: str) -> None:
        """Schedules a simulator to run soon, whatever interval it last returned."""
        with self._lock:
            self._due[name] = 0.0
        self._notifier.set()

    def stop(self) -> None:
        self._ended.set()
        self._notifier.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            pause = min(self._due.values(), default=NEVER) - time.monotonic()
            self._notifier.wait(None if pause == NEVER else max(0.0, pause))
            if self._ended.is_set():
                return
            self._notifier.clear()
            if not self._ready():
                time.sleep(AT_ONCE)
                self._notifier.set()
                continue
            for name in list(self._players):
                self._call(name)
            time.sleep(AT_ONCE)

    def _call(self, name: str) -> None:
        now = time.monotonic()
        with self._lock:
            if self._due.get(name, 0.0) > now:
                return
            self._due[name] = NEVER
        again = self._outcome(name)
        with self._lock:
            if self._due[name] == NEVER and again is not None:  # not woken in the meantime
                self._due[name] = time.monotonic() + again

    def _outcome(self, name: str) -> float | None:
        from rehearsal.kubernetes.api import ApiError  # imported only once there is a cluster, because the import is slow

        try:
            return self._players[name](self._plane)
        except (OSError, ApiError):
            return AFTER_ERROR
        except Exception:  # noqa: BLE001  a player's mistake must end neither the others nor the cluster
            if not self._ended.is_set():  # an error is expected if the cloud was reset in the meantime
                traceback.print_exc()
            return 5 * AFTER_ERROR
