"""The rounds of a control plane's players: what is played inside a cluster beside nodes and pods, each looked after again and again."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.kubernetes.plane import ControlPlane

# Nobody is called more often than this, and again after this long when the API server did not answer, as while it starts again.
AT_ONCE, AFTER_ERROR = 0.25, 1.0
NEVER = float("inf")

# Does what is to be done now, and says after how many seconds to call again; None: when somebody calls `wake`.
Player = Callable[["ControlPlane"], float | None]


class Rounds:
    """One thread for all players of a control plane. It starts with the first player and ends with `stop`."""

    def __init__(self, plane: ControlPlane, ready: Callable[[], bool]) -> None:
        self._plane, self._ready = plane, ready
        self._players: dict[str, Player] = {}
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()
        self._notifier = threading.Event()
        self._ended = threading.Event()

    def add(self, name: str, player: Player) -> None:
        """Has a player called from now on; again under the same name it is only woken."""
        with self._lock:
            first = not self._players
            self._players.setdefault(name, player)
        self.wake(name)
        if first and not self._ended.is_set():
            threading.Thread(target=self._run, name=f"rounds {self._plane.name}", daemon=True).start()

    def wake(self, name: str) -> None:
        """Has a player called soon, whatever it said last."""
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
            if self._due[name] == NEVER and again is not None:  # nobody has woken it meanwhile
                self._due[name] = time.monotonic() + again

    def _outcome(self, name: str) -> float | None:
        from rehearsal.kubernetes.api import ApiError  # not before there is a cluster: it takes long to import

        try:
            return self._players[name](self._plane)
        except (OSError, ApiError):
            return AFTER_ERROR
        except Exception:  # noqa: BLE001  a player's mistake must end neither the others nor the cluster
            if not self._ended.is_set():  # when the cloud has been emptied meanwhile, it is no mistake
                traceback.print_exc()
            return 5 * AFTER_ERROR
