# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Allow one verifier per workload at a time, with a Lease that has an owner and an expiry. This prevents two concurrent rollbacks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..kubernetes.client import Api
from ..kubernetes.objects import metadata, moment, spec
from ..kubernetes.problems import ApiProblem, Conflict, NotFound
from ..kubernetes.values import Obj
from .target import Target

TTL_SECONDS = 60


class Locked(ApiProblem):
    """Another run is verifying this workload."""


def holder_of(lease: Obj, now: datetime) -> str | None:
    """The current holder of the lease, by the API server's clock; None if the lease is free or expired."""
    inside = spec(lease)
    renewed = moment(inside.get("renewTime"))
    if not inside.get("holderIdentity") or renewed is None:
        return None
    alive = (now - renewed).total_seconds() <= float(inside.get("leaseDurationSeconds") or TTL_SECONDS)
    return str(inside["holderIdentity"]) if alive else None


class Lock:
    """Acquire the Lease, renew it during the run, and release it at the end."""

    def __init__(self, api: Api, target: Target, holder: str) -> None:
        self._api, self._target, self._holder = api, target, holder
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{target.namespace}/leases"
        self._path = f"{self._collection}/{target.name}.{target.kind.lower()}.rollout"
        self._renewed = 0.0

    def take(self) -> None:
        """Acquire the Lease. Raises Locked, naming the holder."""
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": self._path.rpartition("/")[2]}}
        try:
            self._api.create(self._collection, {**lease, "spec": self._spec()})
        except Conflict:
            self._take_over()
        self._renewed = self._api.clock.now()

    def _take_over(self) -> None:
        found = self._api.get(self._path)
        holder = holder_of(found, self._api.server_now())
        if holder not in (None, self._holder):
            raise Locked(self._busy(str(holder), found))
        try:
            self._api.patch(self._path, {"metadata": {"resourceVersion": metadata(found)["resourceVersion"]}, "spec": self._spec()})
        except Conflict:
            raise Locked(self._busy("another run", found)) from None

    def _busy(self, holder: str, found: Obj) -> str:
        since = spec(found).get("acquireTime") or "a moment ago"
        return (
            f"{self._target} is being verified by {holder} since {since}. Wait for it to end; an abandoned lock ends after {TTL_SECONDS} s"
        )

    def _spec(self) -> dict[str, Any]:
        now = self._api.server_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"holderIdentity": self._holder, "leaseDurationSeconds": TTL_SECONDS, "acquireTime": now, "renewTime": now}

    def keep(self) -> None:
        """Renew the Lease once a third of its duration has passed."""
        if self._api.clock.now() - self._renewed > TTL_SECONDS / 3:
            now = self._api.server_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            self._api.patch(self._path, {"spec": {"renewTime": now}})
            self._renewed = self._api.clock.now()

    def release(self) -> None:
        """Release the Lease only if this run still holds it: another run may have taken over."""
        try:
            found = self._api.get(self._path)
            if spec(found).get("holderIdentity") == self._holder:
                self._api.patch(
                    self._path, {"metadata": {"resourceVersion": metadata(found)["resourceVersion"]}, "spec": {"holderIdentity": None}}
                )
        except (NotFound, Conflict):
            return
