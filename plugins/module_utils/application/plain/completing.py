# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Plain manifests, completed: in the application's namespace, with its labels, and with images by digest. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...cluster_objects.api import BY_NAME
from ...cluster_objects.manifest import Wanted, read
from ...cluster_objects.pods import pod_spec
from ...inputs.problems import Problems, suggestion
from ...kubernetes.objects import containers_of
from ..objects.common import Manifest, owner_labels
from ..settings.facts import Facts
from ..settings.files import File, Limits
from ..settings.images import completed, pinned, problem, repository_of


@dataclass(frozen=True)
class Plain:
    """One object. ``place``: file, number of the document, kind, and name, as messages begin."""

    place: str
    wanted: Wanted

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.wanted.manifest

    @property
    def key(self) -> tuple[str, str, str]:
        return self.wanted.kind, self.wanted.namespace, self.wanted.called


def objects_of(files: Iterable[File], facts: Facts, limits: Limits, problems: Problems) -> list[Plain]:
    """The valid objects of all files, each in a namespace."""
    found: list[Plain] = []
    seen: dict[tuple[str, str, str, str], str] = {}
    for file in files:
        wanted, wrong = read([_placed(one, facts) for one in _flat(file.documents)], "", file.name)
        problems.messages += wrong
        for one in wanted:
            plain = Plain(f"{file.name} ({one.kind} {one.called})", one)
            identity = (one.api_version.rpartition("/")[0], *plain.key)
            if identity in seen and file.name != seen[identity]:
                problems.messages.append(f"{plain.place}: {seen[identity]} has it as well; keep one of the two")
            seen.setdefault(identity, file.name)
            if wrong_place := _misplaced(one, facts, limits):
                problems.messages.append(f"{plain.place}: {wrong_place}")
            found.append(plain)
    return found


def _flat(documents: Iterable[Any]) -> list[Any]:
    """The documents, with the items of lists in their place."""
    found: list[Any] = []
    for one in documents:
        items = one.get("items") if isinstance(one, Mapping) and one.get("kind") == "List" else None
        found += _flat(items) if isinstance(items, list) else [one]
    return found


def _placed(manifest: Any, facts: Facts) -> Any:
    """The manifest with the application's namespace, if it names none and its kind lives in one.

    Kinds that only the cluster knows count as namespaced, unless their name begins with Cluster.
    """
    if not isinstance(manifest, Mapping) or not isinstance(manifest.get("metadata"), Mapping) or manifest["metadata"].get("namespace"):
        return manifest
    kind = str(manifest.get("kind") or "")
    type_ = BY_NAME.get((str(manifest.get("apiVersion") or ""), kind))
    if (type_ and not type_.namespaced) or (type_ is None and kind.startswith("Cluster")):
        return manifest
    return {**manifest, "metadata": {**manifest["metadata"], "namespace": facts.namespace}}


def _misplaced(one: Wanted, facts: Facts, limits: Limits) -> str:
    if one.kind == "Namespace" and one.called == facts.namespace:
        return ""
    if one.namespace and one.namespace != facts.namespace and one.namespace not in limits.other_namespaces:
        return (
            f"metadata.namespace is {one.namespace!r}, but the application's is {facts.namespace}; correct it, leave it out, or list it in "
            "other_namespaces"
        )
    if not one.namespace and not limits.cluster_scoped:
        return f"a {one.kind} belongs to the whole cluster; manage it in eks_content, or set cluster_scoped"
    return ""


def with_images(objects: Iterable[Plain], images: Mapping[str, str], path: str, problems: Problems) -> list[Plain]:
    """The objects with other images, by repository, which may be given with or without its registry.

    Manifests may then name images without a tag: that of the release is in the settings.
    """
    used: set[str] = set()

    def change(container: dict[str, Any]) -> None:
        registry, repository = repository_of(str(container["image"]))
        for name in (f"{registry}/{repository}", repository):
            if name in images:
                container["image"] = images[name]
                used.add(name)
                return

    found = []
    for one in objects:
        manifest: Manifest = copy.deepcopy(dict(one.manifest))
        _each_container(manifest, change)
        found.append(replace(one, wanted=replace(one.wanted, manifest=manifest)))
    problems.messages += [
        f"{path}.{name} is no repository of an image in the manifests; {suggestion(name, _repositories(found))}"
        for name in images
        if name not in used
    ]
    return found


def _repositories(objects: Iterable[Plain]) -> list[str]:
    images = [str(container.get("image")) for one in objects for container in containers_of(pod_spec(one.manifest) or {})]
    return sorted({repository_of(image)[1] for image in images}) or ["none"]


def check_images(objects: Iterable[Plain], problems: Problems) -> None:
    for one in objects:
        for container in containers_of(pod_spec(one.manifest) or {}):
            if wrong := problem(container.get("image")):
                problems.messages.append(f"{one.place}, container {container.get('name')}: {wrong}")


def images_of(objects: Iterable[Plain], facts: Facts) -> list[str]:
    """The references as given, with their registry."""
    found = [completed(str(c["image"]), facts.registry) for one in objects for c in containers_of(pod_spec(one.manifest) or {})]
    return list(dict.fromkeys(found))


def finished(one: Plain, facts: Facts) -> Plain:
    """The object with owner labels and images by digest. Labels of pods and selectors stay as they are: selectors are immutable."""
    manifest: Manifest = copy.deepcopy(dict(one.manifest))
    metadata = manifest["metadata"]
    metadata["labels"] = {**owner_labels(facts), **(metadata.get("labels") or {}), **_scope(facts)}
    _each_container(manifest, lambda container: container.update(image=pinned(str(container["image"]), facts.registry, facts.images)))
    return replace(one, wanted=replace(one.wanted, manifest=manifest))


def _scope(facts: Facts) -> dict[str, str]:
    return {name: value for name, value in owner_labels(facts).items() if name.startswith("mainstay.aws/")}


def _each_container(value: Any, change: Callable[[dict[str, Any]], None]) -> None:
    spec = pod_spec(value)
    for container in containers_of(spec or {}):
        if isinstance(container, dict) and "image" in container:
            change(container)
