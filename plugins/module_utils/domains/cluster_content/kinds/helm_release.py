# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm releases: planned from Helm's records in the cluster, installed by Helm, and awaited by this module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....kubernetes.problems import ApiProblem
from ....reconcile.errors import AlreadyThere, CallFailed, EngineError, NotYet
from ....reconcile.model import KindDefaults, Observed, fixed, given
from ..objects.link import Calls, ClusterLink, calling
from ..objects.manifest import COMPONENT_LABEL, ENVIRONMENT_LABEL, Marks
from ..releases.helm import Helm
from ..releases.observe import Look, all_releases, one_release, secrets
from ..releases.release import DEPLOYED, PENDING, Release, WantedRelease, found_values, shown_values

ABANDONED_SECONDS = 45.0
"""A Helm process silent for this long during an install is considered dead. It needs only seconds, because it does not wait for pods."""

UNINSTALLING = "uninstalling"


class HelmRelease(KindDefaults):
    """One release of a chart. Secrets in the values are hidden before the engine sees them; only this class holds the values themselves."""

    name = "helm_release"

    release = fixed()
    chart = fixed()
    version = given()
    chart_fingerprint = given()
    values = given()
    status = given()
    drift = given()

    settles: tuple[str, ...] = ("update", "delete")
    deleted_after: tuple[str, ...] = ("kubernetes_object",)
    timeout = 900.0

    def __init__(self, inside: ClusterLink, marks: Marks, wanted: Iterable[WantedRelease], program: str, within: str) -> None:
        super().__init__()
        self.inside = inside
        self.marks = marks
        self.program = program
        self.within = within
        self.wanted = {f"{self.name}.{one.name}": one for one in wanted}

    def desired(self, one: WantedRelease) -> dict[str, Any]:
        """The properties of a wanted release, as passed to the engine."""
        return {
            "release": f"{one.namespace}/{one.called}",
            "chart": one.chart.name,
            "version": one.chart.version,
            **({"chart_fingerprint": one.chart.fingerprint} if one.chart.fingerprint else {}),
            "values": shown_values(one.values),
            "status": DEPLOYED,
            "drift": {},
        }

    def labels(self) -> dict[str, str]:
        return self.marks.scope()

    # --- reading -----------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        api = self.inside.reach(aws)
        if api is None:
            return []
        return [self.observe(look) for look in all_releases(aws, api, self.marks.selector)]

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """Read one release again while the engine waits for it. State ``failed`` marks a release that cannot become ready."""
        api = self.inside.api(aws)
        namespace, name = seen.id.split("/")
        look = calling(partial(one_release, api, namespace, name))
        if look is None:
            return None
        found = self.observe(look, seen.address)
        one = self.wanted.get(seen.address)
        if look.failed_reason and one is not None and one.wait:
            return replace(found, state="failed", reason=look.failed_reason)
        waits = bool(look.waiting) and one is not None and one.wait
        return replace(found, state="pending" if waits else "ready", reason=look.waiting)

    def observe(self, look: Look, address: str | None = None) -> Observed:
        release = look.release
        address = address or f"{self.name}.{self.within}/{release.name}"
        one = self.wanted.get(address)
        properties: dict[str, Any] = {
            "release": f"{release.namespace}/{release.name}",
            "chart": release.chart,
            "version": release.version,
            "chart_fingerprint": release.fingerprint,
            "values": found_values(one.values, release.values) if one else shown_values(release.values),
            "status": release.status,
            "drift": dict(look.drift),
        }
        wanted = self.desired(one) if one else properties
        unchanged = all(properties[name] == value for name, value in wanted.items())
        # A release that is about to change is not waited for: the change may be what it needs.
        waits = bool(one and one.wait and look.waiting and unchanged)
        where = f"{release.namespace}/{release.name}"
        told = {"revision": release.revision, "version": release.version, "status": release.status}
        return Observed(self.name, address, where, properties, told, "pending" if waits else "ready", look.waiting)

    # --- changing ----------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """Run Helm once; safe to repeat. Never takes over a release of the same name that is not ours."""
        one = self.wanted[address]
        api = self.inside.api(aws)
        look = calling(partial(one_release, api, one.namespace, one.called))
        if look is not None and not self._ours(look.labels):
            raise AlreadyThere(f"a release {one.called} already exists in {one.namespace}", "helm upgrade", "AlreadyExists")
        self._upgrade(aws, api, one, look)
        seen = self.read(aws, Observed(self.name, address, f"{one.namespace}/{one.called}"))
        if seen is None:
            raise CallFailed(f"Helm has installed {one.called}, but there is no release of that name in {one.namespace}")
        return seen

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        one = self.wanted[seen.address]
        api = self.inside.api(aws)
        self._upgrade(aws, api, one, calling(partial(one_release, api, one.namespace, one.called)))

    def _upgrade(self, aws: Aws, api: Calls, one: WantedRelease, look: Look | None) -> None:
        if look is not None and look.release.status in PENDING:
            self._take_from_the_dead(api, look.release)
        if aws.fence:
            aws.fence()
        aws.count(mutating=True)
        helm = Helm(self.program, api.access)
        if look is not None and look.release.status == UNINSTALLING:
            helm.uninstall(one.called, one.namespace)
        helm.upgrade(one.called, one.namespace, one.chart, one.values, self.labels(), one.create_namespace)

    @staticmethod
    def _take_from_the_dead(api: Calls, release: Release) -> None:
        """Delete the pending revision of a killed Helm, which blocks every later run. The previous revision then counts again.

        Objects that Helm created for it already carry Helm's marks, so the next install takes them over.
        """
        silent = (api.server_now() - release.changed).total_seconds() if release.changed else ABANDONED_SECONDS
        if silent < ABANDONED_SECONDS:
            raise NotYet(
                f"revision {release.revision} has been {release.status} for {silent:.0f} s; another Helm may be running",
                "helm upgrade",
                "ReleasePending",
                dependency=True,
            )
        path = f"/api/v1/namespaces/{release.namespace}/secrets/{release.secret}"
        with contextlib.suppress(NotYet):  # gone already
            calling(partial(api.delete, path, {}))

    def delete(self, aws: Aws, seen: Observed) -> None:
        namespace, name = seen.id.split("/")
        api = self.inside.api(aws)
        if aws.fence:
            aws.fence()
        aws.count(mutating=True)
        Helm(self.program, api.access).uninstall(name, namespace)

    # --- adoption ----------------------------------------------------------------------------------------------------

    def _ours(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.labels().items())

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        """Put our labels on Helm's record; Helm copies them from revision to revision."""
        api = self.inside.api(aws)
        namespace, name = seen.id.split("/")
        for secret in secrets(api, f"/api/v1/namespaces/{namespace}/secrets", f"name={name}"):
            path = f"/api/v1/namespaces/{namespace}/secrets/{secret['metadata']['name']}"
            calling(partial(api.patch, path, {"metadata": {"labels": self.labels()}}))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """Look up by namespace and name, which cannot change."""
        one = self.wanted.get(address)
        if one is None or identifier != f"{one.namespace}/{one.called}":
            right = f"{one.namespace}/{one.called}" if one else "<namespace>/<name>"
            raise EngineError(f"a release keeps its namespace and name, so only {right} can be adopted")
        return self._observe_any_owner(aws, address, one.namespace, one.called)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        where = properties.get("release")
        address, one = next(((a, one) for a, one in self.wanted.items() if f"{one.namespace}/{one.called}" == where), ("", None))
        return self._observe_any_owner(aws, address, one.namespace, one.called) if one else None

    def _observe_any_owner(self, aws: Aws, address: str, namespace: str, name: str) -> Observed | None:
        api = self.inside.reach(aws)
        if api is None:
            return None
        try:
            look = one_release(api, namespace, name)
        except ApiProblem:
            return None
        if look is None:
            return None
        owner = "/".join(look.labels.get(label, "?") for label in (ENVIRONMENT_LABEL, COMPONENT_LABEL))
        mark = address if self._ours(look.labels) else "" if owner == "?/?" else owner
        return replace(self.observe(look, address), marked=mark)
