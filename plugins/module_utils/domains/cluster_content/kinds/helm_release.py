# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm releases: planned from Helm's records in the cluster, installed by Helm, and awaited by this module."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....cluster_objects.hiding import Hiding
from ....cluster_objects.link import Calls, ClusterLink, calling
from ....cluster_objects.manifest import COMPONENT_LABEL, ENVIRONMENT_LABEL, Marks
from ....kubernetes.problems import ApiProblem
from ....reconcile.errors import AlreadyThere, CallFailed, EngineError, NotYet
from ....reconcile.model import KindDefaults, Observed, State, fixed, given
from ..releases.helm import Helm
from ..releases.observe import Look, all_releases, one_release, secrets
from ..releases.ownership import RELEASE_NAME, RELEASE_NAMESPACE
from ..releases.record import Release
from ..releases.release import DEPLOYED, PENDING, WantedRelease, found_values, shown_values

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
    objects = given()

    settles: tuple[str, ...] = ("update", "delete")
    deleted_after: tuple[str, ...] = ("kubernetes_object",)
    timeout = 900.0

    def __init__(
        self,
        inside: ClusterLink,
        marks: Marks,
        wanted: Iterable[WantedRelease],
        program: str,
        within: str,
        hiding: Hiding,
        named: Collection[str] = (),
    ) -> None:
        """``named``: the addresses named exactly in the caller's consent. Only these may be deleted along with objects that are not their
        own."""
        super().__init__()
        self.named = named
        self.hiding = hiding
        self.unreadable: Sequence[str] = ()
        self.guarded: dict[str, Look] = {}
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
            "values": self.hiding.wanted(f"{self.name}.{one.name}", shown_values(one.values)),
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
        wanted = {(one.namespace, one.called) for one in self.wanted.values()}
        found = all_releases(aws, api, self.marks.selector, wanted)
        self.unreadable = found.unreadable
        addresses = [self._address(look, found.looks) for look in found.looks]
        self.guarded = {address: look for address, look in zip(addresses, found.looks, strict=True) if look.foreign}
        return [self.observe(look, address) for look, address in zip(found.looks, addresses, strict=True)]

    def _address(self, look: Look, looks: Iterable[Look]) -> str:
        """The address of a release that was found by its labels.

        If a release is not wanted in its namespace, its address includes the namespace if it could be mistaken for another: if the name is
        wanted elsewhere or found twice, or if its record names objects that are not its own.
        """
        release = look.release
        short = f"{self.name}.{self.within}/{release.name}"
        one = self.wanted.get(short)
        mistakable = one is not None or look.guard or sum(other.release.name == release.name for other in looks) > 1
        if mistakable and (one is None or one.namespace != release.namespace):
            return f"{self.name}.{self.within}/{release.namespace}/{release.name}"
        return short

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

    def observe(self, look: Look, address: str) -> Observed:
        release = look.release
        one = self.wanted.get(address)
        properties: dict[str, Any] = {
            "release": f"{release.namespace}/{release.name}",
            "chart": release.chart,
            "version": release.version,
            "status": release.status,
        }
        if one is not None:
            values = self.hiding.live(address, found_values(one.values, release.values), shown_values(one.values))
            drift = {what: self._drifted(address, what, value) for what, value in look.drift.items()}
            properties |= {"chart_fingerprint": release.fingerprint, "values": values, "drift": drift}
        else:
            properties["objects"] = list(look.objects)
        wanted = self.desired(one) if one else properties
        unchanged = all(properties[name] == value for name, value in wanted.items())
        # A release that is about to change is not waited for: the change may be what it needs.
        waits = bool(one and one.wait and look.waiting and unchanged)
        where = f"{release.namespace}/{release.name}"
        reported = {"revision": release.revision, "version": release.version, "status": release.status}
        state: State = "pending" if waits else "ready"
        return Observed(self.name, address, where, properties, reported, state, look.waiting, guard=look.guard)

    def _drifted(self, address: str, what: str, value: Any) -> Any:
        """A live value that differs from what the chart produced, as plans show it. ``what``: ``Kind namespace/name path``."""
        path = what.split(" ", 2)[-1]
        return self.hiding.live(address, {path: value, what: value}, {})[path if self.hiding.is_sensitive(address, path) else what]

    # --- changing ----------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """Run Helm once; safe to repeat. Never takes over a release of the same name that is not ours."""
        one = self.wanted[address]
        api = self.inside.api(aws)
        look = calling(partial(one_release, api, one.namespace, one.called))
        if look is not None and not self._ours(look.labels):
            raise AlreadyThere(f"a release {one.called} already exists in {one.namespace}", "helm upgrade", "AlreadyExists")
        self._upgrade(aws, api, one, address)
        seen = self.read(aws, Observed(self.name, address, f"{one.namespace}/{one.called}"))
        if seen is None:
            raise CallFailed(f"Helm has installed {one.called}, but there is no release of that name in {one.namespace}")
        return seen

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        one = self.wanted[seen.address]
        api = self.inside.api(aws)
        self._upgrade(aws, api, one, seen.address)

    def _upgrade(self, aws: Aws, api: Calls, one: WantedRelease, address: str) -> None:
        look = self._checked(api, address, one.namespace, one.called, "helm upgrade")
        if look is not None and look.release.status in PENDING:
            self._take_from_the_dead(api, look.release)
            look = self._checked(api, address, one.namespace, one.called, "helm upgrade")
        if aws.fence:
            aws.fence()
        aws.count(mutating=True)
        helm = Helm(self.program, api.access)
        if look is not None and look.release.status == UNINSTALLING:
            self._checked(api, address, one.namespace, one.called, "helm uninstall")
            helm.uninstall(one.called, one.namespace)
        helm.upgrade(one.called, one.namespace, one.chart, one.values, self.labels(), one.create_namespace)

    def _checked(self, api: Calls, address: str, namespace: str, name: str, operation: str) -> Look | None:
        """The release as Helm is about to see it. Raises CallFailed if Helm would change objects that do not belong to the release."""
        look = calling(partial(one_release, api, namespace, name, history=True))
        if look is not None and look.guard and address not in self.named and (look.foreign or operation == "helm uninstall"):
            raise CallFailed(look.guard, operation, "NotItsObjects", way_out(address, look))
        return look

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
        self._checked(api, seen.address, namespace, name, "helm uninstall")
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


def way_out(address: str, look: Look) -> str:
    """The hint for a release whose record names objects that do not belong to it."""
    release = look.release
    marks = f"{RELEASE_NAME}={release.name} and {RELEASE_NAMESPACE}={release.namespace}"
    return (
        f"If Secret {release.namespace}/{release.secret} was not written by Helm, delete it. If the objects are to belong to the release, "
        f"annotate them with {marks}. If they may be deleted, name {address} exactly in platform_purge (option purge)."
    )
