# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Splits an object into values by path, as plans show it, with secrets hidden."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from ..kubernetes.masking import MASK, mask
from ..reconcile.model import SENSITIVE
from ..sensitive.names import after_flags, hideable, is_paired, is_secret
from ..sensitive.texts import ANOTHER
from .api import BY_NAME

Path = tuple[str, ...]

ELEMENT_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("containers", "initContainers", "ephemeralContainers", "volumes", "env"), (("name",),)),
    **dict.fromkeys(("imagePullSecrets", "webhooks", "secrets", "resourceClaims"), (("name",),)),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumeMounts": (("mountPath",),),
    "volumeDevices": (("devicePath",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
}
"""The keys that identify the elements of a list: the ``x-kubernetes-list-map-keys`` in Kubernetes' OpenAPI description."""

KEY_DEFAULTS: Mapping[str, str] = {"protocol": "TCP"}
ORDER = "(order)"
ORDERED = frozenset({"initContainers"})
"""Lists that are merged by a key although their order is significant."""

ENTRIES = frozenset(("data", "binaryData", "stringData", "annotations", "parameters", "volumeAttributes", "options"))
"""Mappings in Kubernetes' own kinds with user-chosen keys. Elsewhere, a key such as ``secretRef`` is a Kubernetes field name."""

OWN_KINDS = frozenset(kind for _api_version, kind in BY_NAME)


class Veiled(str):
    """A step of a path at which, and below which, everything is secret."""

    __slots__ = ()


def step(kind: str, path: Path, key: str, *beside: Mapping[str, Any]) -> str:
    """The next step of a path. ``beside``: the mappings that have the key: the wanted one, the live one, or both."""
    named = path[-1][1:-1] if path and path[-1].startswith("[") else ""
    if _veils_content(kind, path, key) or any(is_paired(key, {"name": named, **one}) for one in beside):
        return Veiled(key)
    free = kind not in OWN_KINDS and path[:1] != ("metadata",)
    if (free or any(part in ENTRIES for part in path)) and any(is_secret(key, one) for one in beside):
        return Veiled(key)
    return key


def _veils_content(kind: str, path: Path, key: str) -> bool:
    return not path and (kind, key) in (("Secret", "data"), ("Secret", "stringData"), ("ConfigMap", "binaryData"))


def hidden(path: Path) -> bool:
    """Whether the value at a path is secret."""
    return any(isinstance(part, Veiled) for part in path)


def shown(path: Path, value: Any) -> Any:
    """A value as plans show it."""
    if hidden(path):
        return SENSITIVE if hideable(value) else value
    if isinstance(value, list):
        return [SENSITIVE if flag else shown(path, item) for flag, item in zip(after_flags(value), value, strict=True)]
    return mask(value) if isinstance(value, str) else value


def is_hidden(value: Any) -> bool:
    """Whether something is hidden in a value as plans show it."""
    if isinstance(value, list):
        return any(map(is_hidden, value))
    return isinstance(value, str) and (SENSITIVE in value or MASK in value)


def shown_instead(path: Path, value: Any, wanted: Any) -> Any:
    """A value that differs from the wanted one, shown so that the two remain distinguishable even if both are hidden."""
    found = shown(path, value)
    return ANOTHER if found == wanted and isinstance(found, str | list) else found


def text(path: Path) -> str:
    """Such as ``spec.template.spec.containers[web].image``."""
    found = ""
    for part in path:
        if part.startswith("["):
            found += part
        elif "." in part or "/" in part:
            found += f"[{part}]"
        else:
            found += f".{part}" if found else part
    return found


def is_leaf(value: Any) -> bool:
    """Scalars, empty values, and lists of scalars are shown as one value."""
    if isinstance(value, Mapping):
        return not value
    return not isinstance(value, list) or not any(isinstance(item, Mapping | list) for item in value)


Show: TypeAlias = Callable[[Path, Any], Any]


def flatten(kind: str, value: Any, path: Path = (), show: Show = shown) -> dict[str, Any]:
    """Every value by path. ``show``: how a value is shown; by default, with secrets hidden."""
    if is_leaf(value):
        return {text(path): show(path, value)}
    found: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for key, item in value.items():
            found |= flatten(kind, item, (*path, step(kind, path, str(key), value)), show)
        return found
    names = labels(value, path)
    for name, item in zip(names, value, strict=True):
        found |= flatten(kind, item, (*path, name), show)
    if is_ordered(value, path):
        found[text((*path, ORDER))] = [item["name"] for item in value]
    return found


def is_ordered(value: Sequence[Any], path: Path) -> bool:
    return bool(path) and path[-1] in ORDERED and len(value) > 1 and element_keys(value, path) is not None


def labels(items: Sequence[Any], path: Path) -> list[str]:
    """Labels for the elements of a list: their keys if they have any, otherwise their index."""
    keys = element_keys(items, path)
    if keys is None:
        return [f"[{number}]" for number in range(len(items))]
    return [f"[{_called(item, keys)}]" for item in items]


def _called(item: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return "/".join(str(item[key]) for key in keys if item.get(key) not in (None, KEY_DEFAULTS.get(key)))


def element_keys(items: Sequence[Any], path: Path) -> tuple[str, ...] | None:
    """The keys that identify these elements; None if only their position does."""
    for keys in ELEMENT_KEYS.get(path[-1], ()) if path else ():
        found = [identity(item, keys) for item in items]
        if None not in found and len(set(found)) == len(found):
            return keys
    return None


def identity(item: Any, keys: Sequence[str]) -> tuple[Any, ...] | None:
    """The values of an element's keys, including defaults; None if it lacks one."""
    if not isinstance(item, Mapping):
        return None
    found = tuple(item.get(key, KEY_DEFAULTS.get(key)) for key in keys)
    return None if None in found else found
