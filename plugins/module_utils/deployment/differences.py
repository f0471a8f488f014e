# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an apply changes in an object, as plans show it. Pure functions.

The dry run of an apply returns the object as it would be, with everything that the API fills in. The live object has been filled in as
well, so whatever differs between the two is a change; a default that the API adds is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..cluster_objects.compare import MANAGER, drop, found_fields, owned_fields
from ..cluster_objects.equal import same_bytes
from ..cluster_objects.final import split
from ..cluster_objects.hiding import Hiding
from ..cluster_objects.manifest import COMPONENT_LABEL, ENVIRONMENT_LABEL, Wanted
from ..cluster_objects.paths import Path, flatten
from ..kubernetes.objects import metadata
from ..kubernetes.values import Obj
from ..reconcile.model import SENSITIVE
from ..reconcile.planner import Change
from ..sensitive.texts import ANOTHER
from .generated import missing
from .managers import Fields

SHOWN_METADATA = ("labels", "annotations", "finalizers")
LAST_APPLIED = "metadata.annotations[kubectl.kubernetes.io/last-applied-configuration]"
"""Repeats the whole object, with the data of a Secret, and goes when the object is taken over."""

MARKS = (
    *("apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.labels[app.kubernetes.io/managed-by]", LAST_APPLIED),
    *(f"metadata.labels[{label}]" for label in (ENVIRONMENT_LABEL, COMPONENT_LABEL)),
)
"""Not shown: the address says it, or it is the same for every object."""


def created(address: str, one: Wanted, hiding: Hiding) -> tuple[Change, ...]:
    """The fields of a new object: those of its manifest, without what the API fills in."""
    fields = hiding.wanted(address, drop(flatten(one.kind, one.manifest), MARKS))
    return merged((Change(path, None, value) for path, value in fields.items()), generated(one, None))


def updated(address: str, kind: str, live: Obj, result: Obj, hiding: Hiding) -> tuple[Change, ...]:
    """The fields in which the result of a dry run differs from the live object."""
    before, after = _seen(live), _seen(result)
    raw_before, raw_after = flatten(kind, before, show=_plain), flatten(kind, after, show=_plain)
    differing = [path for path in {**raw_before, **raw_after} if not _same(kind, path, raw_before.get(path), raw_after.get(path))]
    wanted, found = flatten(kind, after), flatten(kind, before)
    shown_after = hiding.wanted(address, wanted)
    shown_before = hiding.live(address, found, wanted)
    changes = []
    for path in sorted(differing):
        one, other = shown_before.get(path), shown_after.get(path)
        changes.append(Change(path, ANOTHER if one == other else one, other))
    return tuple(change for change in changes if drop({change.property: None}, MARKS))


def _plain(_path: Path, value: Any) -> Any:
    return value


def _seen(thing: Obj) -> dict[str, Any]:
    kept = {key: value for key, value in metadata(thing).items() if key in SHOWN_METADATA}
    return {**{key: value for key, value in thing.items() if key not in ("status", "metadata")}, **({"metadata": kept} if kept else {})}


def _same(kind: str, path: str, one: Any, other: Any) -> bool:
    if kind == "Secret" and path.startswith("data") and one is not None and other is not None:
        return same_bytes(one, other)
    return bool(one == other)


def no_longer(address: str, one: Wanted, live: Obj, fields: Fields, hiding: Hiding) -> tuple[Change, ...]:
    """The fields that a taken over object loses: another tool applied them, and the manifest does not have them."""
    wanted = flatten(one.kind, one.manifest)
    found = drop(found_fields(one.kind, one.manifest, live, fields), MARKS)
    gone = {path: value for path, value in hiding.live(address, found, wanted).items() if path not in wanted}
    return tuple(Change(path, value, None) for path, value in gone.items())


def replaced(address: str, one: Wanted, live: Obj, hiding: Hiding) -> tuple[Change, ...]:
    """The fields that differ from the live object where an apply cannot be tried, those that force the replacement marked."""
    wanted = drop(flatten(one.kind, one.manifest), MARKS)
    found = drop(found_fields(one.kind, one.manifest, live, owned_fields(live, one.api_version)), MARKS)
    shown_after, shown_before = hiding.wanted(address, wanted), hiding.live(address, found, wanted)
    differing = [path for path in {**shown_before, **shown_after} if shown_before.get(path) != shown_after.get(path)]
    final, _rest = split(one.kind, one.manifest, dict.fromkeys(differing))
    return tuple(Change(path, shown_before.get(path), shown_after.get(path), path in final) for path in sorted(differing))


def generated(one: Wanted, live: Obj | None) -> tuple[Change, ...]:
    """The values of a Secret that are generated because they do not exist yet."""
    return tuple(Change(f"data.{key}", None, SENSITIVE, sensitive=True) for key in missing(one.manifest, live))


def ownership(live: Obj, result: Obj, api_version: str) -> bool:
    """Whether an apply changes which fields are ours, although no value changes."""
    return owned_fields(live, api_version, MANAGER) != owned_fields(result, api_version, MANAGER)


def merged(*groups: Iterable[Change]) -> tuple[Change, ...]:
    """The changes of all groups, each property once: the first mention counts."""
    found: dict[str, Change] = {}
    for group in groups:
        for change in group:
            found.setdefault(change.property, change)
    return tuple(found[name] for name in sorted(found))
