# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags in the one form in which they are compared. Pure functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, cast

from ..reconcile.model import Kind
from .owner import TAG_PREFIX

Effective = Callable[[Any, Any], dict[str, str]]

FOREIGN_PREFIXES = ("aws:", "kubernetes.io/cluster/")
"""Tags that AWS and EKS write to resources of other owners. They stay, and are not drift, unless the inventory names them itself."""


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Convert a mapping to the list form that most APIs use."""
    return [{key: name, value: str(text)} for name, text in tags.items()]


def tag_dict(tags: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {tag[key]: tag.get(value, "") for tag in tags or ()}


def tag_changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """(tags to set, names of tags to remove). Unchanged tags are not sent again: AWS rejects its own tags even if they do not change."""
    return {name: text for name, text in new.items() if old.get(name) != text}, [name for name in old if name not in new]


def visible(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags without our owner mark, which users never set by hand."""
    return {name: text for name, text in tags.items() if not name.startswith(TAG_PREFIX)}


def with_foreign(desired: Mapping[str, str] | None, observed: Mapping[str, str] | None, ignored: Sequence[str] = ()) -> dict[str, str]:
    """The effective tags: the desired ones, plus existing tags that are AWS's own or match a pattern in ``ignored``."""
    patterns = [pattern.lower() for pattern in ignored]
    foreign = {
        name: text
        for name, text in (observed or {}).items()
        if name.startswith(FOREIGN_PREFIXES) or any(fnmatchcase(name.lower(), pattern) for pattern in patterns)
    }
    return {**foreign, **{name: str(text) for name, text in (desired or {}).items()}}


def ignoring_tags(kinds: Mapping[str, Kind], ignored: Sequence[str]) -> dict[str, Kind]:
    """Copies of these kinds for which tags that match a pattern in ``ignored`` are not drift."""
    effective = partial(with_foreign, ignored=tuple(ignored))
    return {name: _with_effective_tags(kind, effective) for name, kind in kinds.items()}


def _with_effective_tags(kind: Kind, effective: Effective) -> Kind:
    declared = kind.properties.get("tags")
    if declared is None or declared.effective is not with_foreign:
        return kind
    found: Any = copy.copy(kind)
    found.properties = {**kind.properties, "tags": replace(declared, effective=effective)}
    return cast("Kind", found)
