# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags in the one form in which they are compared. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .owner import TAG_PREFIX

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


def with_foreign(desired: Mapping[str, str] | None, observed: Mapping[str, str] | None) -> dict[str, str]:
    """What the tags should read: the desired ones, plus AWS's own that are present."""
    foreign = {name: text for name, text in (observed or {}).items() if name.startswith(FOREIGN_PREFIXES)}
    return {**foreign, **{name: str(text) for name, text in (desired or {}).items()}}
