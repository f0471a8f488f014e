# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The order in which objects and releases are created, including implicit dependencies. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...cluster_objects.manifest import Wanted
from .releases.release import WantedRelease

NEEDED = ("ServiceAccount", "Secret", "ConfigMap", "ResourceQuota", "LimitRange", "PersistentVolumeClaim")
"""Objects that pods of the same namespace need, or are limited by, when they start."""

NEEDING = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")


def address_of(one: Wanted) -> str:
    return f"{'kubernetes_namespace' if one.kind == 'Namespace' else 'kubernetes_object'}.{one.name}"


def orders(objects: Sequence[Wanted], releases: Sequence[WantedRelease], within: str) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The addresses that each address comes after, and one sentence for each name that does not exist.

    Everything comes after its namespace, pods after the objects they need, custom resources after their definition, and each resource after
    those that ``after`` names: a release by its name, an object by Kind/namespace/name.
    """
    problems: list[str] = []
    known = {one.called: f"helm_release.{one.name}" for one in releases}
    known |= {one.name.removeprefix(f"{within}/"): address_of(one) for one in objects}
    namespaces = {one.called: address_of(one) for one in objects if one.kind == "Namespace"}
    definitions = {_defined(one): address_of(one) for one in objects if one.kind == "CustomResourceDefinition"}
    needed: dict[str, list[str]] = {}
    for one in objects:
        if one.kind in NEEDED and not one.after:
            needed.setdefault(one.namespace, []).append(address_of(one))
    found: dict[str, tuple[str, ...]] = {}
    for one in objects:
        after = [namespaces[one.namespace]] if one.namespace in namespaces else []
        after += needed.get(one.namespace, []) if one.kind in NEEDING else []
        after += [definitions[key] for key in [(one.api_version.rpartition("/")[0], one.kind)] if key in definitions]
        found[address_of(one)] = (*after, *_named(one.after, known, one.identity, problems))
    for release in releases:
        after = [namespaces[release.namespace]] if release.namespace in namespaces else []
        after += needed.get(release.namespace, [])
        found[f"helm_release.{release.name}"] = (*after, *_named(release.after, known, f"releases.{release.called}", problems))
    return {address: tuple(dict.fromkeys(after)) for address, after in found.items()}, problems


def _defined(definition: Wanted) -> tuple[str, str]:
    spec = definition.manifest.get("spec") or {}
    return str(spec.get("group")), str((spec.get("names") or {}).get("kind"))


def _named(after: Iterable[str], known: Mapping[str, str], where: str, problems: list[str]) -> list[str]:
    problems += [
        f"{where} must come after {one!r}, which is neither a release nor an object of this call; valid names are "
        f"{', '.join(sorted(known))}"
        for one in after
        if one not in known
    ]
    return [known[one] for one in after if one in known]
