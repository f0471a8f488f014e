# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Settings of Bottlerocket nodes, from TOML or a mapping, and in the part of TOML that EKS understands. Pure functions.

EKS merges them with its own settings and lets them win. It reads neither escaped quotes, nor quotes in keys, nor arrays of mixed types, nor
headers with quoted keys (docs.aws.amazon.com/eks/latest/userguide/launch-templates.html), so settings are written as dotted keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from ....inputs.problems import Problems

BARE = re.compile(r"[A-Za-z0-9_-]+")
UNWRITABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
FORMAT = "it must be Bottlerocket's settings, as TOML or as a mapping: {settings: {kernel: {sysctl: {...}}}}"
SET_BY_EKS = "EKS sets it; remove it"
OWN_SETTINGS = {
    "api-server": SET_BY_EKS,
    "cluster-certificate": SET_BY_EKS,
    "cluster-name": SET_BY_EKS,
    "max-pods": "set max_pods of the group instead",
    "node-labels": "set labels of the group instead",
    "node-taints": "set taints of the group instead",
}
"""Setting below settings.kubernetes -> why it is refused."""


def read_settings(value: Any, path: str, problems: Problems) -> Mapping[str, Any]:
    """The user's settings, with ``settings`` as the only key; empty if they are unusable."""
    given: Any = value
    if isinstance(value, str):
        try:
            given = tomllib.loads(value)
        except tomllib.TOMLDecodeError as error:
            problems.add(path, value, f"it is not valid TOML: {error}")
            return {}
    if not isinstance(given, Mapping) or set(given) != {"settings"} or not isinstance(given["settings"], Mapping):
        problems.add(path, value, FORMAT)
        return {}
    before = len(problems.messages)
    kubernetes = given["settings"].get("kubernetes")
    for key, remedy in OWN_SETTINGS.items():
        if isinstance(kubernetes, Mapping) and key in kubernetes:
            problems.add(f"{path}.settings.kubernetes.{key}", kubernetes[key], remedy)
    for keys, one in _leaves(given):
        if remedy := _unwritable(keys, one):
            problems.add(f"{path}.{'.'.join(keys)}", one, remedy)
    return {} if len(problems.messages) > before else given


def with_max_pods(settings: Mapping[str, Any], max_pods: int | None) -> dict[str, Any]:
    if not max_pods:
        return dict(settings)
    own = settings.get("settings", {})
    return {"settings": {**own, "kubernetes": {**own.get("kubernetes", {}), "max-pods": max_pods}}}


def written(settings: Mapping[str, Any]) -> str:
    """One line for each setting, in a fixed order."""
    lines = [f"{'.'.join(_key(key) for key in keys)} = {_text(value)}\n" for keys, value in _leaves(settings)]
    return "".join(sorted(lines))


def _leaves(settings: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, str(key)))
        else:
            yield (*above, str(key)), value


def _unwritable(keys: tuple[str, ...], value: Any) -> str:
    """Why EKS cannot read a setting, as the end of a sentence; empty if it can."""
    if any(sign in key for key in keys for sign in "'\"\n"):
        return "EKS reads no quotes in names of settings; choose another name"
    if isinstance(value, list | tuple):
        if len({type(item) for item in value}) > 1:
            return "EKS reads no lists of mixed types; use one type"
        return next((remedy for item in value if (remedy := _unwritable((), item))), "")
    if not isinstance(value, str | bool | int | float):
        return "it must be a string, a number, true, false, or a list of these"
    if isinstance(value, str) and (UNWRITABLE.search(value) or ('"' in value and "'" in value)):
        return "EKS reads no escaped characters; use one sort of quotes, and no line breaks"
    return ""


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else f"'{key}'"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(item) for item in value)}]"
    if not isinstance(value, str):
        return str(value)
    if '"' in value or "\\" in value:
        return f"'{value}'" if "'" not in value else '"' + value.replace("\\", "\\\\") + '"'
    return f'"{value}"'
