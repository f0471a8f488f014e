# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Splits an object into values by path, as plans show it, with secrets hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ....kubernetes.masking import mask
from ....reconcile.model import SENSITIVE

Path = tuple[str, ...]

ANOTHER = f"{SENSITIVE} another value"
"""How plans show a secret that differs from the wanted one. Properties never contain either secret."""

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

SECRET_NAME = re.compile(r"passw(or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|\bkey$", re.IGNORECASE)
REFERENCES = re.compile(r"(name|ref|refs|path|file|enabled|create|seconds|annotations|labels|class)$", re.IGNORECASE)


def secret_looking(name: str) -> bool:
    """Whether a field of this name probably holds a secret, rather than a secret's name or location."""
    return bool(SECRET_NAME.search(name)) and not REFERENCES.search(name)


def hidden(kind: str, path: Path) -> bool:
    """Whether the value at a path must be hidden: everything in a Secret, and elsewhere any field whose name suggests a secret."""
    if kind == "Secret":
        return path[:1] in (("data",), ("stringData",))
    if path[:1] == ("data",) or path[:2] == ("metadata", "annotations"):
        return secret_looking(path[-1])
    return len(path) > 2 and path[-1] == "value" and path[-3] == "env" and secret_looking(path[-2].strip("[]"))


def shown(kind: str, path: Path, value: Any) -> Any:
    """A value as plans show it."""
    if hidden(kind, path):
        return SENSITIVE
    if isinstance(value, list):
        return [shown(kind, path, item) for item in value]
    return mask(value) if isinstance(value, str) else value


def shown_instead(kind: str, path: Path, value: Any, wanted: Any) -> Any:
    """A value that differs from the wanted one, shown so that the two remain distinguishable even if both are hidden."""
    found = shown(kind, path, value)
    return ANOTHER if found == wanted and isinstance(found, str) else found


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


def flatten(kind: str, value: Any, path: Path = ()) -> dict[str, Any]:
    """Every value by path."""
    if is_leaf(value):
        return {text(path): shown(kind, path, value)}
    found: dict[str, Any] = {}
    if isinstance(value, Mapping):
        for key, item in value.items():
            found |= flatten(kind, item, (*path, str(key)))
        return found
    names = labels(value, path)
    for name, item in zip(names, value, strict=True):
        found |= flatten(kind, item, (*path, name))
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
