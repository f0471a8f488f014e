# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Compares a manifest with the live object without an API dry run, which would require permission to make changes.

The comparison predicts the effect of server-side apply. The live object must contain the manifest; values that the API filled in or that
others added are not differences. The live object's ``metadata.managedFields`` show which lists are merged by which keys and which are
atomic, for everything that we applied, including custom resources. They also show what we applied earlier and no longer want. A wanted
field missing from them has been overwritten by another manager
(Kubernetes documentation, "Server-Side Apply": a change by others takes the ownership of a field).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..kubernetes.values import Obj
from ..sensitive.texts import ANOTHER
from .equal import equal, same_bytes
from .paths import (
    ORDER,
    Path,
    element_keys,
    flatten,
    identity,
    is_hidden,
    is_leaf,
    is_ordered,
    labels,
    shown,
    shown_instead,
    step,
    text,
)

MANAGER = "mainstay"
"""Our name as a field manager."""

Owned: TypeAlias = "Mapping[str, Any] | None"
"""A part of ``fieldsV1``: {} for a field that is owned as a whole; None for one that we do not own."""

WHOLE = frozenset({"selector", "podSelector", "namespaceSelector", "labelSelector", "objectSelector", "nodeSelector", "roleRef"})
"""Mappings that are atomic even before we own them: an additional key in a selector selects different objects."""

FILLED_IN: Mapping[str, tuple[Any, ...]] = {
    "protocol": ("TCP",),
    "apiGroup": ("", "rbac.authorization.k8s.io"),
    "apiVersion": ("v1",),
    "scheme": ("HTTP",),
    "expirationSeconds": (3600,),
    "optional": (False,),
}
"""Values that the API fills in inside atomic values."""


def owned_fields(live: Obj, api_version: str, manager: str = MANAGER) -> Owned:
    """The fields that a manager has applied to a live object; None if it has applied none."""
    found: Owned = None
    for entry in (live.get("metadata") or {}).get("managedFields") or ():
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            if entry.get("apiVersion") == api_version:
                return dict(entry.get("fieldsV1") or {})
            found = found or dict(entry.get("fieldsV1") or {})
    return found


def found_fields(kind: str, wanted: Obj, live: Obj, owned: Owned) -> dict[str, Any]:
    """The live object in the form in which ``flatten`` shows the wanted one: equal where nothing must change, else with live values.

    Besides the wanted fields, it has the fields that we own and no longer want; fields that others own are left out.
    """
    return _Comparison(kind).mapping(wanted, live, owned, ())


class _Comparison:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def value(self, want: Any, live: Any, own: Owned, path: Path) -> dict[str, Any]:
        if live is None:
            return flatten(self.kind, want, path) if _left_out(want, own) else {}
        if isinstance(want, Mapping) and isinstance(live, Mapping):
            return self.mapping(want, live, own, path)
        if isinstance(want, list) and isinstance(live, list):
            return self.items(want, live, own, path)
        return self.scalar(want, live, path)

    def scalar(self, want: Any, live: Any, path: Path) -> dict[str, Any]:
        if not isinstance(want, Mapping | list) and not isinstance(live, Mapping | list) and self.same(want, live, path):
            return flatten(self.kind, want, path)
        return self.instead(want, live, path)

    def same(self, want: Any, live: Any, path: Path) -> bool:
        if self.kind == "Secret" and path[:1] == ("data",):
            return same_bytes(want, live)
        return equal(want, live, path)

    def instead(self, want: Any, live: Any, path: Path) -> dict[str, Any]:
        if is_leaf(live):
            return {text(path): shown_instead(path, live, shown(path, want) if is_leaf(want) else None)}
        return flatten(self.kind, live, path)

    def mapping(self, want: Mapping[str, Any], live: Mapping[str, Any], own: Owned, path: Path) -> dict[str, Any]:
        whole = own == {} or (own is None and bool(path) and path[-1] in WHOLE)
        if whole and (want or own is None):
            return self.whole(want, live, own, path)
        if not want and path:
            return flatten(self.kind, want, path) | self.no_longer(want, live, own, path)
        found: dict[str, Any] = {}
        for key, item in want.items():
            found |= self.value(item, live.get(key), _below(own, f"f:{key}"), (*path, step(self.kind, path, str(key), want, live)))
        return found | self.no_longer(want, live, own, path)

    def no_longer(self, want: Mapping[str, Any], live: Mapping[str, Any], own: Owned, path: Path) -> dict[str, Any]:
        """The fields of a mapping that we own and no longer want."""
        found: dict[str, Any] = {}
        for field in own or ():
            key = field.removeprefix("f:")
            if field.startswith("f:") and key not in want and live.get(key) is not None:
                found |= flatten(self.kind, _only(live[key], _below(own, field)), (*path, step(self.kind, path, key, live, want)))
        return found

    def items(self, want: list[Any], live: list[Any], own: Owned, path: Path) -> dict[str, Any]:
        keys = _keys(own) if own else element_keys(want, path) if own is None else None
        if keys and want and element_keys(want, path) is not None:
            return self.keyed(want, live, own, keys, path)
        if own and any(field.startswith("v:") for field in own):
            complete = all(item in live for item in want) and not any(_set_value(field) not in want for field in own if field[:2] == "v:")
            return flatten(self.kind, want, path) if complete else self.instead(want, live, path)
        if keys and want:
            return self.by_number(want, live, own, keys, path)
        return self.whole(want, live, own, path)

    def keyed(self, want: list[Any], live: list[Any], own: Owned, keys: tuple[str, ...], path: Path) -> dict[str, Any]:
        found = self.by_number(want, live, own, keys, path)
        if is_ordered(want, path):
            names = [item["name"] for item in want]
            found[text((*path, ORDER))] = [item["name"] for item in live if item.get("name") in names]
        return found

    def by_number(self, want: list[Any], live: list[Any], own: Owned, keys: tuple[str, ...], path: Path) -> dict[str, Any]:
        """List elements that are identified by keys, labeled as ``flatten`` labels the wanted ones."""
        there = {identity(item, keys): item for item in live}
        owned = {identity(json.loads(field[2:]), keys): field for field in own or () if field.startswith("k:")}
        found: dict[str, Any] = {}
        for name, item in zip(labels(want, path), want, strict=True):
            key = identity(item, keys)
            found |= self.value(item, there.get(key), _below(own, owned.pop(key, "")), (*path, name))
        for key, field in owned.items():
            if key in there:
                name = f"[{'/'.join(str(part) for part in key or ())}]"
                found |= flatten(self.kind, _only(there[key], _below(own, field)), (*path, name))
        return found

    def whole(self, want: Any, live: Any, own: Owned, path: Path) -> dict[str, Any]:
        """One atomic value of any size. If we still own it, it has not changed since, so the API filled in anything extra."""
        if self.contained(want, live, path, strict=own is None):
            return flatten(self.kind, want, path)
        if is_leaf(want) or is_leaf(live):
            return self.instead(want, live, path)
        wanted, there = flatten(self.kind, want, path), flatten(self.kind, live, path)
        if wanted == there:  # they differ only in hidden values
            there = {place: ANOTHER if is_hidden(value) else value for place, value in there.items()}
        return there if wanted != there else dict.fromkeys(there, ANOTHER)

    def contained(self, want: Any, live: Any, path: Path, strict: bool) -> bool:
        if isinstance(want, Mapping):
            if not isinstance(live, Mapping):
                return False
            extra = strict and any(key not in want and live[key] not in FILLED_IN.get(key, ()) for key in live)
            return not extra and all(self._inside(want[key], live.get(key), (*path, str(key)), strict) for key in want)
        if isinstance(want, list):
            if not isinstance(live, list) or len(live) != len(want):
                return False
            return all(self._inside(one, other, path, strict) for one, other in zip(want, live, strict=True))
        return self.same(want, live, path)

    def _inside(self, want: Any, live: Any, path: Path, strict: bool) -> bool:
        return _left_out(want, None if strict else {}) if live is None else self.contained(want, live, path, strict)


def _left_out(value: Any, own: Owned) -> bool:
    """Whether the API may have omitted a value because it is empty. For false, 0, and "" this holds only if we own the field."""
    if isinstance(value, Mapping | list) or value is None:
        return not value
    return own is not None and value in (False, 0, "")


def _below(own: Owned, field: str) -> Owned:
    if own is None:
        return None
    found = own.get(field)
    return dict(found) if isinstance(found, Mapping) else None


def _keys(own: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The keys by which a list that we own is merged; None for a list that is not merged by keys."""
    for field in own:
        if field.startswith("k:"):
            return tuple(json.loads(field[2:]))
    return None


def _set_value(field: str) -> Any:
    return json.loads(field[2:])


def _only(value: Any, own: Owned) -> Any:
    """The part of a value that we own."""
    if not own or not isinstance(value, Mapping):
        return value
    return {key: _only(item, _below(own, f"f:{key}")) for key, item in value.items() if f"f:{key}" in own}


def drop(fields: Mapping[str, Any], places: Sequence[str]) -> dict[str, Any]:
    """The fields, without those at or below the given places."""
    return {place: value for place, value in fields.items() if not any(_at(place, one) for one in places)}


def _at(place: str, other: str) -> bool:
    return place == other or place.startswith((f"{other}.", f"{other}["))


__all__ = ["MANAGER", "drop", "found_fields", "owned_fields"]
