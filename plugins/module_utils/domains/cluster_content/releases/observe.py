# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Reads Helm releases: Helm's records, and the current state of the objects that the charts produced."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

from ....aws.connection import Aws
from ....cluster_objects.api import BY_NAME, Types
from ....cluster_objects.compare import found_fields, owned_fields
from ....cluster_objects.link import calling
from ....cluster_objects.manifest import normal
from ....cluster_objects.paths import flatten
from ....cluster_objects.ready import WORKLOADS, Key, given_up, has_ready_endpoint, key_of, services_behind, unavailable
from ....kubernetes.client import Api
from ....kubernetes.problems import Forbidden, NotFound
from ....reconcile.errors import CallFailed
from .ownership import guard, marked_for, place
from .record import Release, Unreadable, decode, identity, newest

HELM_MANAGER = "helm"
"""Helm's name as a field manager."""

NOT_OURS = "not marked as this release's"
"""Replaces the values of an object that a record names but that does not belong to the release."""

SEALED: Mapping[str, Any] = {"kind": "", "metadata": {}}
"""Represents an object that may not be read, so its owner is unknown."""

WHO_WROTE_IT = "Find out who wrote it: kubectl get secret --show-managed-fields."

MOST_UNWANTED = 5000
"""Number of objects of unwanted releases that are looked up. The rest count as not belonging to their release."""

Live: TypeAlias = "Mapping[Key, Mapping[str, Any] | None]"
"""The objects of releases; None for one that does not exist."""


@dataclass(frozen=True)
class Look:
    """The observed state of a release: Helm's record, the differences from what its chart produced, and why it is not ready yet.

    ``objects``: what the record names. ``foreign``: those among them that exist and do not carry Helm's marks of this release. ``guard``:
    why only consent that names the release exactly allows its removal.
    """

    release: Release
    labels: Mapping[str, str]
    drift: Mapping[str, Any] = field(default_factory=dict)
    waiting: str = ""
    failed_reason: str = ""
    objects: Sequence[str] = ()
    foreign: Sequence[str] = ()
    guard: str = ""


@dataclass(frozen=True)
class Found:
    """The releases of a component, and one sentence for each record that is left out because it is not what Helm writes."""

    looks: Sequence[Look] = ()
    unreadable: Sequence[str] = ()


def all_releases(aws: Aws, api: Api, selector: str, wanted: Collection[tuple[str, str]]) -> Found:
    """Every release that the labels select. The objects of all releases are read in parallel.

    ``wanted``: namespace and name of each wanted release. Raises CallFailed if the record of one of them cannot be read.
    """
    current, labels, unreadable = _current(secrets(api, "/api/v1/secrets", selector), wanted)
    types = Types(api)
    keys = {one: calling(partial(_keys, one, types)) for one in current}
    known = [one for one in current if (one.namespace, one.name) in wanted]
    unwanted = [key for one in current if one not in known for key in keys[one]]
    asked = list(dict.fromkeys([*(key for one in known for key in keys[one]), *unwanted[:MOST_UNWANTED]]))
    live: dict[Key, Mapping[str, Any] | None] = dict.fromkeys(unwanted, SEALED)
    live |= dict(zip(asked, aws.map(lambda key: calling(partial(get, api, types, key)), asked), strict=True))
    services = sorted({service for one in known for service in _services_of(one)})
    ready = dict(zip(services, aws.map(lambda service: calling(partial(answers, api, *service)), services), strict=True))
    looks = [
        look_of(one, labels[one.secret], keys[one], live, ready) if one in known else unwanted_look(one, keys[one], live, labels)
        for one in current
    ]
    return Found(looks, unreadable)


def _current(
    records: Sequence[Mapping[str, Any]], wanted: Collection[tuple[str, str]]
) -> tuple[list[Release], dict[str, Mapping[str, str]], list[str]]:
    """The current revision of each release, the labels of its record by the Secret's name, and a sentence for each unreadable record."""
    last: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {}
    unreadable = []
    for secret in records:
        try:
            namespace, name, revision = identity(secret)
        except Unreadable as error:
            unreadable.append(_unreadable(secret, error, wanted))
            continue
        if revision > last.get((namespace, name), (0, {}))[0]:
            last[namespace, name] = revision, secret
    found, labels = [], {}
    for _revision, secret in last.values():
        try:
            found.append(decode(secret))
        except Unreadable as error:
            unreadable.append(_unreadable(secret, error, wanted))
        else:
            labels[found[-1].secret] = secret["metadata"].get("labels") or {}
    return found, labels, unreadable


def _unreadable(secret: Mapping[str, Any], error: Unreadable, wanted: Collection[tuple[str, str]]) -> str:
    """The warning about a record. Raises CallFailed if Helm would read it as a record of a wanted release."""
    metadata = secret["metadata"]
    where = f"Secret {metadata.get('namespace')}/{metadata.get('name')}"
    names = {str((metadata.get("labels") or {}).get("name"))}
    with contextlib.suppress(Unreadable):
        names.add(identity(secret)[1])
    if any((metadata.get("namespace"), name) in wanted for name in names):
        raise CallFailed(
            f"{where} holds no release that can be read: {error}",
            code="RecordUnreadable",
            hint=f"{WHO_WROTE_IT} Once it is deleted, the previous revision counts.",
        )
    return (
        f"{where} carries the labels of this component, but holds no release that can be read: {error}. It is left alone. "
        f"{WHO_WROTE_IT} Then delete it."
    )


def _services_of(release: Release) -> set[tuple[str, str]]:
    try:
        return services_behind(release.objects)
    except (AttributeError, KeyError, TypeError) as error:
        raise _malformed(release) from error


def _malformed(release: Release) -> CallFailed:
    return CallFailed(
        f"Secret {release.namespace}/{release.secret} names objects that the API cannot have accepted",
        code="RecordUnreadable",
        hint=f"{WHO_WROTE_IT} Once it is deleted, the previous revision counts.",
    )


def one_release(api: Api, namespace: str, name: str, *, history: bool = False) -> Look | None:
    """One release, regardless of owner; None if no release has that name. Raises CallFailed if a record of it cannot be read.

    ``history``: read every record that Helm itself would read, regardless of its labels, because Helm is about to act on the newest one.
    """
    found = secrets(api, f"/api/v1/namespaces/{namespace}/secrets", f"name={name}", superseded=history)
    if not found:
        return None
    records = [read(secret) for secret in found]
    release = newest([release for release, _labels in records])[namespace, name]
    labels = next(labels for one, labels in records if one.secret == release.secret)
    types = Types(api)
    keys = _keys(release, types)
    live = {key: get(api, types, key) for key in keys}
    ready = {service: answers(api, *service) for service in _services_of(release)}
    return look_of(release, labels, keys, live, ready)


def secrets(api: Api, path: str, selector: str, *, superseded: bool = False) -> list[dict[str, Any]]:
    """The Secrets in which Helm keeps its records: all current revisions; superseded ones are history."""
    current = "" if superseded else "status!=superseded,"
    return list(calling(lambda: api.list(path, labelSelector=f"owner=helm,{current}{selector}").items))


def read(secret: Mapping[str, Any]) -> tuple[Release, Mapping[str, str]]:
    """A revision and its labels. Raises CallFailed."""
    try:
        return decode(secret), secret["metadata"].get("labels") or {}
    except Unreadable as error:
        labels = secret["metadata"].get("labels") or {}
        _unreadable(secret, error, {(str(secret["metadata"].get("namespace")), str(labels.get("name")))})
        raise


def _keys(release: Release, types: Types) -> list[Key]:
    """The key of each object of a release."""
    return [key_of(manifest, release.namespace, types.of(manifest["apiVersion"], manifest["kind"])) for manifest in release.objects]


def get(api: Api, types: Types, key: Key) -> Mapping[str, Any] | None:
    """An object of a release; None if it does not exist, SEALED for a custom resource that may not be read."""
    api_version, kind, namespace, name = key
    try:
        type_ = types.of(api_version, kind)
        return None if type_ is None else api.get(type_.path(namespace, name))
    except NotFound:
        return None
    except Forbidden:
        if (api_version, kind) in BY_NAME:
            raise
        return SEALED


def answers(api: Api, namespace: str, service: str) -> bool:
    """Whether a Service has a ready endpoint."""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    return has_ready_endpoint(api.list(path, labelSelector=f"kubernetes.io/service-name={service}").items)


def foreign_in(release: Release, keys: Sequence[Key], live: Live) -> list[str]:
    """The objects of a record that exist and do not carry Helm's marks of the release."""
    found = {place(key) for key in keys if (there := live[key]) is not None and not marked_for(there, release)}
    return sorted(found)


def unwanted_look(release: Release, keys: Sequence[Key], live: Live, labels: Mapping[str, Mapping[str, str]]) -> Look:
    """A release that is no longer wanted: the objects it names, without their values, because nothing will be compared."""
    foreign = foreign_in(release, keys, live)
    hooks = [place(key_of(hook, release.namespace, None)) for hook in release.hooks]
    objects = sorted({place(key) for key in keys})
    return Look(release, labels[release.secret], objects=objects, foreign=foreign, guard=guard(foreign, hooks))


def look_of(release: Release, labels: Mapping[str, str], keys: Sequence[Key], live: Live, ready: Mapping[tuple[str, str], bool]) -> Look:
    """The state of a release, derived from its objects and the Services of its webhooks."""
    foreign = foreign_in(release, keys, {key: None if live[key] is SEALED else live[key] for key in keys})
    hooks = [place(key_of(hook, release.namespace, None)) for hook in release.hooks]
    drift: dict[str, Any] = dict.fromkeys(foreign, NOT_OURS)
    waiting, failed_reason = [], []
    try:
        for key, manifest in zip(keys, release.objects, strict=True):
            there = live[key]
            if place(key) in foreign or key[:2] not in BY_NAME:  # custom resources are not compared
                continue
            if there is None:
                drift[place(key)] = "missing"
            else:
                drift |= {f"{place(key)} {name}": value for name, value in drifted(manifest, there).items()}
                if key[1] in WORKLOADS:
                    waiting.append(unavailable(there))
                    failed_reason.append(given_up(there))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(release) from error
    silent = [
        f"no endpoint is ready behind the webhook's Service {'/'.join(one)}" for one in services_behind(release.objects) if not ready[one]
    ]
    return Look(
        release,
        labels,
        drift,
        "; ".join(filter(None, [*waiting, *silent])),
        "; ".join(filter(None, failed_reason)),
        sorted({place(key) for key in keys}),
        foreign,
        guard(foreign, hooks),
    )


def drifted(manifest: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an object that differ from what its chart produced, by path."""
    kind, api_version = str(manifest["kind"]), str(manifest["apiVersion"])
    content = {name: value for name, value in normal(manifest).items() if name not in ("apiVersion", "kind", "metadata")}
    wanted = flatten(kind, content)
    found = found_fields(kind, content, live, owned_fields(live, api_version, HELM_MANAGER) or None)
    # A chart may set false where the API omits the field.
    missing = {name: "missing" for name, value in wanted.items() if name not in found and value not in (False, 0, "")}
    return {name: value for name, value in found.items() if wanted.get(name, SEALED) != value and name in wanted} | missing
