# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One deployment of an application at a time: holds its lease, and notices if it was lost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from ..kubernetes.client import Api
from ..kubernetes.lease import Lease, Locked
from ..kubernetes.problems import ApiProblem
from ..reconcile.waiting import Stopped
from .applying import Say

TTL_SECONDS = 30
"""How long a lease outlives a run that was killed."""
POLL_SECONDS = 1.0


class LeaseLost(ApiProblem):
    """Another run took the lease over, because this one could not renew it in time."""


class Holding:
    """The lease of one application."""

    def __init__(self, api: Api, namespace: str, component: str, holder: str, say: Say) -> None:
        self.api, self.say, self.component = api, say, component
        self.subject = f"application {component}"
        self.lease = Lease(api, namespace, f"{component}.release", holder, f"{self.subject} is being deployed", TTL_SECONDS)
        self._done = threading.Event()
        self._lost = False

    @property
    def path(self) -> str:
        """Where the API serves the lease."""
        return self.lease.path

    def fence(self) -> None:
        if self._lost:
            raise LeaseLost(f"{self.subject}: this run could not renew its lease for {TTL_SECONDS} s, so another one may be at work")

    @contextlib.contextmanager
    def held(self, wait: float) -> Iterator[None]:
        """Hold the lease. ``wait``: seconds to wait for another run that is at work. Raises Locked."""
        self._take(wait)
        keeper = threading.Thread(target=self._keep, name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._done.set()
            keeper.join(timeout=TTL_SECONDS)
            with contextlib.suppress(ApiProblem, Stopped):
                self.lease.release()

    def _take(self, wait: float) -> None:
        """A lease that nobody renews is that of a killed run: it is waited for until it expires, whatever ``wait`` is."""
        clock = self.api.clock
        began = clock.now()
        seen = ""
        while True:
            try:
                return self.lease.take()
            except Locked:
                renewed = self.lease.renewed_at()
                alive = bool(seen) and renewed != seen
                waited = clock.now() - began
                seen = seen or renewed
                if waited >= wait and (alive or waited > 2 * TTL_SECONDS):
                    raise
                self.say(self.component, "waiting for another deployment of the application", waited)
                clock.pause(POLL_SECONDS)

    def _keep(self) -> None:
        last = self.api.clock.now()
        while not self._done.wait(TTL_SECONDS / 6):
            try:
                self._lost = not self.lease.is_held()
                if self._lost:
                    return
                self.lease.keep()
                last = self.api.clock.now()
            except (ApiProblem, Stopped):
                if self.api.clock.now() - last > TTL_SECONDS:
                    self._lost = True
                    return
