# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Allow one run at a time to work on something, with a Lease that has a holder and an expiry."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .client import Api
from .objects import metadata, moment, spec
from .problems import ApiProblem, Conflict, NotFound
from .values import Obj

TTL_SECONDS = 60


class Locked(ApiProblem):
    """Another run holds the Lease."""


def holder_of(lease: Obj, now: datetime) -> str | None:
    """The current holder of the lease, by the API server's clock; None if the lease is free or expired."""
    inside = spec(lease)
    renewed = moment(inside.get("renewTime"))
    if not inside.get("holderIdentity") or renewed is None:
        return None
    alive = (now - renewed).total_seconds() <= float(inside.get("leaseDurationSeconds") or TTL_SECONDS)
    return str(inside["holderIdentity"]) if alive else None


class Lease:
    """Acquire the Lease, renew it during the run, and release it at the end.

    ``busy``: the beginning of the sentence when another run holds it, such as "Deployment shop/web is being verified".
    """

    def __init__(self, api: Api, namespace: str, name: str, holder: str, busy: str, ttl: int = TTL_SECONDS) -> None:
        self._api, self._holder, self._said, self._ttl = api, holder, busy, ttl
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._name = name
        self._renewed = 0.0

    @property
    def path(self) -> str:
        return f"{self._collection}/{self._name}"

    def take(self) -> None:
        """Acquire the Lease. Raises Locked, naming the holder."""
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self._name}}
        try:
            self._api.create(self._collection, {**lease, "spec": self._spec()})
        except Conflict:
            self._take_over()
        self._renewed = self._api.clock.now()

    def _take_over(self) -> None:
        found = self._api.get(self.path)
        holder = holder_of(found, self._api.server_now())
        if holder not in (None, self._holder):
            raise Locked(self._busy(str(holder), found))
        try:
            self._api.patch(self.path, {"metadata": {"resourceVersion": metadata(found)["resourceVersion"]}, "spec": self._spec()})
        except Conflict:
            raise Locked(self._busy("another run", found)) from None

    def _busy(self, holder: str, found: Obj) -> str:
        since = spec(found).get("acquireTime") or "a moment ago"
        return f"{self._said} by {holder} since {since}. Wait for it to end; an abandoned lock ends after {self._ttl} s"

    def _spec(self) -> dict[str, Any]:
        now = self._moment()
        return {"holderIdentity": self._holder, "leaseDurationSeconds": self._ttl, "acquireTime": now, "renewTime": now}

    def _moment(self) -> str:
        return self._api.server_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def keep(self) -> None:
        """Renew the Lease once a third of its duration has passed."""
        if self._api.clock.now() - self._renewed > self._ttl / 3:
            self._api.patch(self.path, {"spec": {"renewTime": self._moment()}})
            self._renewed = self._api.clock.now()

    def renewed_at(self) -> str:
        """When the holder last renewed the Lease; empty if there is none."""
        try:
            return str(spec(self._api.get(self.path)).get("renewTime") or "")
        except NotFound:
            return ""

    def is_held(self) -> bool:
        """Whether this run still holds the Lease. Another run takes it over once it has expired."""
        try:
            return spec(self._api.get(self.path)).get("holderIdentity") == self._holder
        except NotFound:
            return False

    def release(self) -> None:
        """Release the Lease only if this run still holds it: another run may have taken over."""
        try:
            found = self._api.get(self.path)
            if spec(found).get("holderIdentity") == self._holder:
                self._api.patch(
                    self.path, {"metadata": {"resourceVersion": metadata(found)["resourceVersion"]}, "spec": {"holderIdentity": None}}
                )
        except (NotFound, Conflict):
            return
