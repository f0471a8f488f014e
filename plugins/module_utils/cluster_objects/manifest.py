# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The wanted manifests: checked, normalized, and with our marks. Pure functions."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .api import BY_NAME, ApiType, api_group, is_built_in

DOMAIN = "mainstay.aws"
ENVIRONMENT_LABEL = f"{DOMAIN}/environment"
COMPONENT_LABEL = f"{DOMAIN}/component"
ADDRESS = f"{DOMAIN}/address"
AFTER = f"{DOMAIN}/after"
MANAGED_BY = {"app.kubernetes.io/managed-by": "mainstay"}

SERVERS = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink", "deletionTimestamp")
"""Metadata fields that the API sets. A manifest exported from a cluster may still contain them."""

NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.:]*[A-Za-z0-9])?")
LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")


@dataclass(frozen=True)
class Marks:
    """Marks that identify our objects. Labels are for filtering lists; the address is in an annotation, which may hold any text."""

    environment: str
    component: str

    def labels(self) -> dict[str, str]:
        return {**MANAGED_BY, **self.scope()}

    def scope(self) -> dict[str, str]:
        return {ENVIRONMENT_LABEL: self.environment, COMPONENT_LABEL: self.component}

    @property
    def selector(self) -> str:
        return ",".join(f"{name}={value}" for name, value in self.scope().items())

    def address(self, metadata: Mapping[str, Any]) -> str | None:
        """The address in an object's marks if the object is ours; None otherwise."""
        return ((metadata.get("annotations") or {}).get(ADDRESS) or None) if self.owns(metadata) else None

    def owns(self, metadata: Mapping[str, Any]) -> bool:
        """Whether an object carries our labels."""
        found = metadata.get("labels") or {}
        return all(found.get(name) == value for name, value in self.scope().items())


def whose(metadata: Mapping[str, Any]) -> str:
    """The owner in an object's marks, as ``environment/component address``; empty if the object carries no marks."""
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    if ENVIRONMENT_LABEL in labels or COMPONENT_LABEL in labels:
        owner = f"{labels.get(ENVIRONMENT_LABEL, '?')}/{labels.get(COMPONENT_LABEL, '?')}"
        return f"{owner} {annotations.get(ADDRESS, '')}".strip()
    return ""


@dataclass(frozen=True)
class Wanted:
    """One wanted object. ``type`` is None for a kind that only the cluster knows."""

    name: str
    api_version: str
    kind: str
    namespace: str
    called: str
    manifest: Mapping[str, Any] = field(repr=False)
    type: ApiType | None = None
    after: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """Such as ``apps/v1 Deployment web/api``: the properties that are immutable in every object."""
        return f"{self.api_version} {self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.called}"


def without_version(identity: str) -> str:
    """An identity that stays the same when the manifest moves to another API version: ``Deployment.apps web/api``."""
    api_version, _dummy, rest = identity.rpartition(" ")[0].partition(" ")
    kind = f"{rest}.{api_group(api_version)}".removesuffix(".") if rest else api_version
    return f"{kind} {identity.rpartition(' ')[2]}"


def read(objects: Sequence[Any], within: str, where: str = "objects") -> tuple[list[Wanted], list[str]]:
    """The objects, and one sentence for each problem with them. ``within`` is the prefix of resource names."""
    found: list[Wanted] = []
    problems: list[str] = []
    for place, manifest in _each(objects, where):
        one = _read(manifest, within, place, problems)
        if one is not None:
            found.append(one)
    seen: dict[str, str] = {}
    for one in found:
        if one.name in seen:
            problems.append(f"{where} has {one.identity} twice; remove one of them")
        seen[one.name] = one.identity
    return found, problems


def _each(objects: Sequence[Any], where: str) -> Iterator[tuple[str, Any]]:
    for number, manifest in enumerate(objects):
        place = f"{where}[{number}]"
        if isinstance(manifest, Mapping) and manifest.get("kind") == "List" and isinstance(manifest.get("items"), list):
            yield from _each(manifest["items"], f"{place}.items")
        elif manifest is not None:
            yield place, manifest


def _read(manifest: Any, within: str, place: str, problems: list[str]) -> Wanted | None:
    if not isinstance(manifest, Mapping):
        problems.append(f"{place} is {manifest!r}; it must be a manifest, a mapping with apiVersion, kind and metadata")
        return None
    metadata = manifest.get("metadata")
    if not isinstance(metadata, Mapping):
        problems.append(f"{place} has no metadata; it must have at least metadata.name")
        return None
    api_version, kind, name = (str(value or "") for value in (manifest.get("apiVersion"), manifest.get("kind"), metadata.get("name")))
    for value, what, example in ((api_version, "apiVersion", "apps/v1"), (kind, "kind", "Deployment"), (name, "metadata.name", "web")):
        if not value:
            problems.append(f"{place} has no {what}; it must be a string such as {example}{_generated(metadata, what)}")
            return None
    called = f"{place} ({kind} {name})"
    if not NAME.fullmatch(name):
        problems.append(
            f"{called}: metadata.name {name!r} is not a valid name: use letters, digits, '-' and '.', with a letter or digit at both ends"
        )
        return None
    type_ = BY_NAME.get((api_version, kind))
    namespace = str(metadata.get("namespace") or "")
    if problem := _misplaced(type_, api_version, kind, namespace):
        problems.append(f"{called}: {problem}")
        return None
    bad = [*_bad_texts(metadata, "labels"), *_bad_texts(metadata, "annotations"), *_bad_data(kind, manifest)]
    problems += [f"{called}: {one}" for one in bad]
    after = tuple(part.strip() for part in str((metadata.get("annotations") or {}).get(AFTER, "")).split(",") if part.strip())
    group = api_group(api_version)
    shown = kind if type_ or is_built_in(group) else f"{kind}.{group}"
    address = "/".join(part for part in (within, shown, namespace, name) if part)
    return Wanted(address, api_version, kind, namespace, name, {} if bad else normal(manifest), type_, after)


def _generated(metadata: Mapping[str, Any], what: str) -> str:
    return ". generateName would create another object in each run" if what == "metadata.name" and metadata.get("generateName") else ""


def _misplaced(type_: ApiType | None, api_version: str, kind: str, namespace: str) -> str:
    if type_ is None:
        served = sorted(version for version, known in BY_NAME if known == kind)
        group = api_group(api_version)
        return f"there is no {kind} in {api_version}; it must be {served[0]}" if served and is_built_in(group) else ""
    if type_.namespaced and not namespace:
        return "it has no metadata.namespace, and a default is not assumed: name the namespace"
    if namespace and not type_.namespaced:
        return f"metadata.namespace is {namespace!r}, but a {kind} is not namespaced; leave it out"
    return ""


def _bad_texts(metadata: Mapping[str, Any], part: str) -> list[str]:
    values = metadata.get(part) or {}
    if not isinstance(values, Mapping):
        return [f"metadata.{part} must be a mapping of names to strings"]
    bad = [
        f"metadata.{part} {name} is {value!r}, which is not a string; quote it"
        for name, value in values.items()
        if not isinstance(value, str)
    ]
    if part == "labels" and not bad:
        bad = [
            f"metadata.labels {name} is {value!r}; it must be at most 63 letters, digits, '-', '_' and '.', with a letter or digit at "
            "both ends"
            for name, value in values.items()
            if len(value) > 63 or not LABEL_VALUE.fullmatch(value)
        ]
    return bad


def _bad_data(kind: str, manifest: Mapping[str, Any]) -> list[str]:
    """Problems with ``data``. Messages never contain values, because these may be secrets."""
    if kind not in ("ConfigMap", "Secret"):
        return []
    return [
        f"{part} {name} is not a string ({type(value).__name__}); quote it"
        for part in ("data", "stringData")
        for name, value in (manifest.get(part) or {}).items()
        if not isinstance(value, str)
    ]


def normal(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as sent, except for our marks: without API-set fields and nulls, and with the texts of Secrets encoded."""
    found: dict[str, Any] = _without_nulls({key: value for key, value in manifest.items() if key != "status"})
    metadata = {key: value for key, value in found["metadata"].items() if key not in (*SERVERS, "generateName")}
    if annotations := {key: value for key, value in metadata.pop("annotations", {}).items() if key != AFTER}:
        metadata["annotations"] = annotations
    found["metadata"] = metadata
    if found["kind"] == "Secret" and (texts := found.pop("stringData", None)):
        found["data"] = {**(found.get("data") or {}), **{name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}}
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value]
    if isinstance(value, str | bool | int | float):
        return value
    return str(value)


def marked(manifest: Mapping[str, Any], marks: Marks, address: str) -> dict[str, Any]:
    """The manifest with our labels and annotation, which replace any of the same name."""
    found = copy.deepcopy(dict(manifest))
    metadata = found["metadata"]
    metadata["labels"] = {**(metadata.get("labels") or {}), **marks.labels()}
    metadata["annotations"] = {**(metadata.get("annotations") or {}), ADDRESS: address}
    return found
