# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Helm releases: planned from what Helm has written down in the cluster, installed by Helm, awaited by us."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_api import BY_NAME
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_compare import found_fields, owned_fields
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_helm import Helm
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_link import Calls, Inside, calling
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_manifest import (
    COMPONENT_LABEL,
    ENVIRONMENT_LABEL,
    Marks,
    normal,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_paths import flatten
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_ready import (
    WORKLOADS,
    Key,
    given_up,
    has_ready_endpoint,
    key_of,
    services_behind,
    unavailable,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.objects_release import (
    DEPLOYED,
    PENDING,
    Release,
    WantedRelease,
    decode,
    found_values,
    newest,
    shown_values,
)
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import ApiProblem, NotFound
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, CallFailed, EngineError, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Property, fixed, given, properties_of

ABANDONED_SECONDS = 45.0
"""A Helm that has said nothing for this long while it installs is taken for dead. It works for seconds, since it does not wait for pods."""

HELM_MANAGER = "helm"
UNINSTALLING = "uninstalling"


@dataclass(frozen=True)
class Look:
    """What was seen of a release: what Helm wrote down, what is not as its chart made it, and why it does not work yet."""

    release: Release
    labels: Mapping[str, str]
    drift: Mapping[str, Any] = field(default_factory=dict)
    waiting: str = ""
    hopeless: str = ""


class HelmRelease:
    """One release of a chart. What of it is secret is hidden before the engine sees it; the values themselves stay in here."""

    name = "helm_release"

    release = fixed()
    chart = fixed()
    version = given()
    chart_fingerprint = given()
    values = given()
    status = given()
    drift = given()

    create_first = False
    repeatable = True
    exclusive = False
    ends_with_parent = False
    settles: tuple[str, ...] = ("update", "delete")
    outlives: tuple[str, ...] = ("kubernetes_object",)
    timeout = 900.0
    timeouts: Mapping[str, float] = {}
    changing: Mapping[str, tuple[str, ...]] = {}
    serialised: tuple[str, ...] = ("create", "update", "delete")
    quotas = ()

    def __init__(self, inside: Inside, marks: Marks, wanted: Iterable[WantedRelease], program: str, within: str) -> None:
        self.properties: dict[str, Property] = properties_of(self)
        self.inside = inside
        self.marks = marks
        self.program = program
        self.within = within
        self.wanted = {f"{self.name}.{one.name}": one for one in wanted}

    def desired(self, one: WantedRelease) -> dict[str, Any]:
        """What the engine is told of a wanted release."""
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

    # --- looking -----------------------------------------------------------------------------------------------------

    def find(self, aws: Aws) -> list[Observed]:
        api = self.inside.reach(aws)
        if api is None:
            return []
        secrets = self._secrets(api, "/api/v1/secrets", self.marks.selector)
        looks = [self._read(secret) for secret in secrets]
        current = newest([release for release, labels in looks])
        labels = {release.secret: labels for release, labels in looks}
        keys = {one: [key_of(manifest, one.namespace) for manifest in one.objects] for one in current.values()}
        live = self._objects(aws, api, [key for found in keys.values() for key in found])
        services = {service for one in current.values() for service in services_behind(one.objects)}
        ready = dict(zip(services, aws.map(lambda service: calling(partial(self._answers, api, *service)), services), strict=True))
        return [self.observe(self._look(one, labels[one.secret], live, ready)) for one in current.values()]

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        """One release again, while it is waited for: says in ``failed`` what is hopeless."""
        api = self.inside.api(aws)
        namespace, name = seen.id.split("/")
        look = calling(partial(self._one, api, namespace, name))
        if look is None:
            return None
        found = self.observe(look, seen.address)
        one = self.wanted.get(seen.address)
        if look.hopeless and one is not None and one.wait:
            return replace(found, state="failed", reason=look.hopeless)
        waits = bool(look.waiting) and one is not None and one.wait
        return replace(found, state="pending" if waits else "ready", reason=look.waiting)

    def _one(self, api: Calls, namespace: str, name: str) -> Look | None:
        secrets = self._secrets(api, f"/api/v1/namespaces/{namespace}/secrets", f"name={name}")
        if not secrets:
            return None
        looks = [self._read(secret) for secret in secrets]
        release = newest([release for release, labels in looks])[namespace, name]
        live = {key: self._get(api, key) for key in (key_of(manifest, namespace) for manifest in release.objects)}
        ready = {service: self._answers(api, *service) for service in services_behind(release.objects)}
        labels = next(labels for one, labels in looks if one.secret == release.secret)
        return self._look(release, labels, live, ready)

    @staticmethod
    def _secrets(api: Calls, path: str, selector: str) -> list[dict[str, Any]]:
        """All revisions that count: superseded ones are history."""
        return calling(lambda: api.list(path, labelSelector=f"owner=helm,status!=superseded,{selector}").items)

    @staticmethod
    def _read(secret: Mapping[str, Any]) -> tuple[Release, Mapping[str, str]]:
        try:
            return decode(secret), secret["metadata"].get("labels") or {}
        except ValueError as error:
            raise CallFailed(f"{error} (namespace {secret['metadata'].get('namespace')})") from error

    def _objects(self, aws: Aws, api: Calls, keys: Sequence[Key]) -> dict[Key, Mapping[str, Any] | None]:
        return dict(zip(keys, aws.map(lambda key: calling(partial(self._get, api, key)), keys), strict=True))

    @staticmethod
    def _get(api: Calls, key: Key) -> Mapping[str, Any] | None:
        """An object of a release; None if it is not there, or of a kind that we do not know the place of."""
        api_version, kind, namespace, name = key
        type_ = BY_NAME.get((api_version, kind))
        if type_ is None:
            return UNSEEN
        try:
            return api.get(type_.path(namespace, name))
        except NotFound:
            return None

    @staticmethod
    def _answers(api: Calls, namespace: str, service: str) -> bool:
        path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
        return has_ready_endpoint(api.list(path, labelSelector=f"kubernetes.io/service-name={service}").items)

    @staticmethod
    def _look(
        release: Release, labels: Mapping[str, str], live: Mapping[Key, Mapping[str, Any] | None], ready: Mapping[tuple[str, str], bool]
    ) -> Look:
        drift: dict[str, Any] = {}
        waiting, hopeless = [], []
        for manifest in release.objects:
            key = key_of(manifest, release.namespace)
            there = live[key]
            place = f"{key[1]} {key[2]}/{key[3]}" if key[2] else f"{key[1]} {key[3]}"
            if there is None:
                drift[place] = "missing"
            elif there is not UNSEEN:
                drift |= {f"{place} {name}": value for name, value in drifted(manifest, there).items()}
                if key[1] in WORKLOADS:
                    waiting.append(unavailable(there))
                    hopeless.append(given_up(there))
        silent = [f"nobody answers at the webhook's Service {'/'.join(one)}" for one in services_behind(release.objects) if not ready[one]]
        return Look(release, labels, drift, "; ".join(filter(None, [*waiting, *silent])), "; ".join(filter(None, hopeless)))

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
        # Something that is about to be changed is not waited for: the change may be what it needs.
        waits = bool(one and one.wait and look.waiting and unchanged)
        where = f"{release.namespace}/{release.name}"
        told = {"revision": release.revision, "version": release.version, "status": release.status}
        return Observed(self.name, address, where, properties, told, "pending" if waits else "ready", look.waiting)

    # --- changing ----------------------------------------------------------------------------------------------------

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """One run of Helm, which may be repeated. A release of that name that is not ours is never taken over."""
        one = self.wanted[address]
        api = self.inside.api(aws)
        look = calling(partial(self._one, api, one.namespace, one.called))
        if look is not None and not self._ours(look.labels):
            raise AlreadyThere(f"there is a release {one.called} in {one.namespace} already", "helm upgrade", "AlreadyExists")
        self._upgrade(aws, api, one, look)
        seen = self.read(aws, Observed(self.name, address, f"{one.namespace}/{one.called}"))
        if seen is None:
            raise CallFailed(f"Helm has installed {one.called}, but there is no release of that name in {one.namespace}")
        return seen

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        one = self.wanted[seen.address]
        api = self.inside.api(aws)
        self._upgrade(aws, api, one, calling(partial(self._one, api, one.namespace, one.called)))

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
        """A Helm that was killed leaves a pending revision, on which every other refuses to work. Without it the one before counts again.

        What it has made already carries Helm's marks, so the next install takes that over.
        """
        silent = (api.server_now() - release.changed).total_seconds() if release.changed else ABANDONED_SECONDS
        if silent < ABANDONED_SECONDS:
            raise NotYet(
                f"revision {release.revision} is {release.status} since {silent:.0f} s; another Helm may be at work",
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

    # --- taking over -------------------------------------------------------------------------------------------------

    def _ours(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.labels().items())

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        """Our labels on what Helm has written down; Helm hands them on from revision to revision."""
        api = self.inside.api(aws)
        namespace, name = seen.id.split("/")
        for secret in self._secrets(api, f"/api/v1/namespaces/{namespace}/secrets", f"name={name}"):
            path = f"/api/v1/namespaces/{namespace}/secrets/{secret['metadata']['name']}"
            calling(partial(api.patch, path, {"metadata": {"labels": self.labels()}}))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """By namespace and name, which are final."""
        one = self.wanted.get(address)
        if one is None or identifier != f"{one.namespace}/{one.called}":
            right = f"{one.namespace}/{one.called}" if one else "<namespace>/<name>"
            raise EngineError(f"a release keeps its namespace and name, so only {right} can be adopted")
        return self._strange(aws, address, one.namespace, one.called)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        where = properties.get("release")
        address, one = next(((a, one) for a, one in self.wanted.items() if f"{one.namespace}/{one.called}" == where), ("", None))
        return self._strange(aws, address, one.namespace, one.called) if one else None

    def _strange(self, aws: Aws, address: str, namespace: str, name: str) -> Observed | None:
        api = self.inside.reach(aws)
        if api is None:
            return None
        try:
            look = self._one(api, namespace, name)
        except ApiProblem:
            return None
        if look is None:
            return None
        owner = "/".join(look.labels.get(label, "?") for label in (ENVIRONMENT_LABEL, COMPONENT_LABEL))
        mark = address if self._ours(look.labels) else "" if owner == "?/?" else owner
        return replace(self.observe(look, address), marked=mark)

    # --- what the engine asks of every kind --------------------------------------------------------------------------

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {}

    def serialise_by(self, _properties: Mapping[str, Any]) -> str | None:
        return None


UNSEEN: Mapping[str, Any] = {"kind": "", "metadata": {}}
"""Stands for custom resources in charts, which nobody looks at: where they are kept only the cluster knows."""


def drifted(manifest: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an object that are not as its chart made them, by place."""
    kind, api_version = str(manifest["kind"]), str(manifest["apiVersion"])
    content = {name: value for name, value in normal(manifest).items() if name not in ("apiVersion", "kind", "metadata")}
    wanted = flatten(kind, content)
    found = found_fields(kind, content, live, owned_fields(live, api_version, HELM_MANAGER) or None)
    # A chart may say false where the API says nothing.
    missing = {name: "missing" for name, value in wanted.items() if name not in found and value not in (False, 0, "")}
    return {name: value for name, value in found.items() if wanted.get(name, UNSEEN) != value and name in wanted} | missing
