# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads Helm releases: Helm's records, and the current state of the objects that the charts produced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ....aws.connection import Aws
from ....kubernetes.problems import NotFound
from ....reconcile.errors import CallFailed
from ..objects.api import BY_NAME
from ..objects.compare import found_fields, owned_fields
from ..objects.link import Calls, calling
from ..objects.manifest import normal
from ..objects.paths import flatten
from ..objects.ready import WORKLOADS, Key, given_up, has_ready_endpoint, key_of, services_behind, unavailable
from .release import Release, decode, newest

HELM_MANAGER = "helm"
"""Helm's name as a field manager."""

UNSEEN: Mapping[str, Any] = {"kind": "", "metadata": {}}
"""Placeholder for custom resources in charts, which are not read: only the cluster knows where its API serves them."""


@dataclass(frozen=True)
class Look:
    """The observed state of a release: Helm's record, the differences from what its chart produced, and why it is not ready yet."""

    release: Release
    labels: Mapping[str, str]
    drift: Mapping[str, Any] = field(default_factory=dict)
    waiting: str = ""
    failed_reason: str = ""


def all_releases(aws: Aws, api: Calls, selector: str) -> list[Look]:
    """Every release that the labels select. The objects of all releases are read in parallel."""
    looks = [read(secret) for secret in secrets(api, "/api/v1/secrets", selector)]
    current = newest([release for release, labels in looks])
    labels = {release.secret: labels for release, labels in looks}
    keys = [key_of(manifest, one.namespace) for one in current.values() for manifest in one.objects]
    live = dict(zip(keys, aws.map(lambda key: calling(partial(get, api, key)), keys), strict=True))
    services = sorted({service for one in current.values() for service in services_behind(one.objects)})
    ready = dict(zip(services, aws.map(lambda service: calling(partial(answers, api, *service)), services), strict=True))
    return [look_of(one, labels[one.secret], live, ready) for one in current.values()]


def one_release(api: Calls, namespace: str, name: str) -> Look | None:
    """One release, regardless of owner; None if no release has that name."""
    found = secrets(api, f"/api/v1/namespaces/{namespace}/secrets", f"name={name}")
    if not found:
        return None
    looks = [read(secret) for secret in found]
    release = newest([release for release, labels in looks])[namespace, name]
    labels = next(labels for one, labels in looks if one.secret == release.secret)
    live = {key: get(api, key) for key in (key_of(manifest, namespace) for manifest in release.objects)}
    ready = {service: answers(api, *service) for service in services_behind(release.objects)}
    return look_of(release, labels, live, ready)


def secrets(api: Calls, path: str, selector: str) -> list[dict[str, Any]]:
    """The Secrets in which Helm keeps its records: all current revisions; superseded ones are history."""
    return list(calling(lambda: api.list(path, labelSelector=f"owner=helm,status!=superseded,{selector}").items))


def read(secret: Mapping[str, Any]) -> tuple[Release, Mapping[str, str]]:
    """A revision and its labels."""
    try:
        return decode(secret), secret["metadata"].get("labels") or {}
    except ValueError as error:
        raise CallFailed(f"{error} (namespace {secret['metadata'].get('namespace')})") from error


def get(api: Calls, key: Key) -> Mapping[str, Any] | None:
    """An object of a release; None if it does not exist, UNSEEN for a custom resource."""
    api_version, kind, namespace, name = key
    type_ = BY_NAME.get((api_version, kind))
    if type_ is None:
        return UNSEEN
    try:
        return api.get(type_.path(namespace, name))
    except NotFound:
        return None


def answers(api: Calls, namespace: str, service: str) -> bool:
    """Whether a Service has a ready endpoint."""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    return has_ready_endpoint(api.list(path, labelSelector=f"kubernetes.io/service-name={service}").items)


def look_of(
    release: Release, labels: Mapping[str, str], live: Mapping[Key, Mapping[str, Any] | None], ready: Mapping[tuple[str, str], bool]
) -> Look:
    """The state of a release, derived from its objects and the Services of its webhooks."""
    drift: dict[str, Any] = {}
    waiting, failed_reason = [], []
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
                failed_reason.append(given_up(there))
    silent = [
        f"no endpoint is ready behind the webhook's Service {'/'.join(one)}" for one in services_behind(release.objects) if not ready[one]
    ]
    return Look(release, labels, drift, "; ".join(filter(None, [*waiting, *silent])), "; ".join(filter(None, failed_reason)))


def drifted(manifest: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an object that differ from what its chart produced, by path."""
    kind, api_version = str(manifest["kind"]), str(manifest["apiVersion"])
    content = {name: value for name, value in normal(manifest).items() if name not in ("apiVersion", "kind", "metadata")}
    wanted = flatten(kind, content)
    found = found_fields(kind, content, live, owned_fields(live, api_version, HELM_MANAGER) or None)
    # A chart may set false where the API omits the field.
    missing = {name: "missing" for name, value in wanted.items() if name not in found and value not in (False, 0, "")}
    return {name: value for name, value in found.items() if wanted.get(name, UNSEEN) != value and name in wanted} | missing
