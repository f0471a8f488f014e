# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who owns a resource: the tags that record it, and the paths and prefixes derived from the owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG_PREFIX = "mainstay:"
MARK = "mainstay"
"""The first word of a text that says whose something without tags is."""


def whose(tags: Mapping[str, str]) -> str:
    """The mark in these tags: ``environment/component address``; empty if there is none."""
    environment, component, address = (tags.get(f"{TAG_PREFIX}{name}", "") for name in ("environment", "component", "address"))
    return f"{environment or '?'}/{component or '?'} {address}".strip() if environment or component or address else ""


@dataclass(frozen=True)
class Owner:
    """The owner of resources. All three tags go into every create call; lookups filter by the first two.

    An owner without a component is the environment: all of its components.
    """

    environment: str
    component: str

    @property
    def path(self) -> str:
        """The IAM path, and the name prefix for services without tags to filter by."""
        return f"/mainstay/{self.environment}/" + (f"{self.component}/" if self.component else "")

    def scope(self) -> dict[str, str]:
        component = {f"{TAG_PREFIX}component": self.component} if self.component else {}
        return {f"{TAG_PREFIX}environment": self.environment, **component}

    def tags(self, address: str) -> dict[str, str]:
        return {**self.scope(), f"{TAG_PREFIX}address": address}

    def filters(self) -> list[dict[str, Any]]:
        return [{"Name": f"tag:{key}", "Values": [value]} for key, value in self.scope().items()]

    def address(self, tags: Mapping[str, str]) -> str | None:
        """The address that these tags claim for us; None if the resource is not ours."""
        ours = all(tags.get(key) == value for key, value in self.scope().items())
        return tags.get(f"{TAG_PREFIX}address") if ours else None


def mark_of(owner: Owner, address: str) -> str:
    """The comment or description that says whose something without tags is."""
    return f"{MARK} {owner.environment}/{owner.component} {address}"


def marks_in(text: str) -> dict[str, str]:
    """The owner tags that such a text stands for; empty if it is not ours."""
    word, _space, rest = text.partition(" ")
    whose_it_is, _space, address = rest.partition(" ")
    environment, slash, component = whose_it_is.partition("/")
    return Owner(environment, component).tags(address) if word == MARK and slash and address else {}
