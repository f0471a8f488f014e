# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who owns a resource: the tags that say so, and the paths and prefixes that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TAG_PREFIX = "mainstay:"


def whose(tags: Mapping[str, str]) -> str:
    """Whose mark these tags are: ``environment/component address``; empty where there is none."""
    environment, component, address = (tags.get(f"{TAG_PREFIX}{name}", "") for name in ("environment", "component", "address"))
    return f"{environment or '?'}/{component or '?'} {address}".strip() if environment or component or address else ""


@dataclass(frozen=True)
class Owner:
    """Whose resources these are. The three tags go into every create call; the first two are what look-ups filter by.

    An owner without a component is the environment: all of its components.
    """

    environment: str
    component: str

    @property
    def path(self) -> str:
        """IAM path, and prefix of names where a service has no tags to filter by."""
        return f"/mainstay/{self.environment}/" + (f"{self.component}/" if self.component else "")

    def scope(self) -> dict[str, str]:
        component = {f"{TAG_PREFIX}component": self.component} if self.component else {}
        return {f"{TAG_PREFIX}environment": self.environment, **component}

    def tags(self, address: str) -> dict[str, str]:
        return {**self.scope(), f"{TAG_PREFIX}address": address}

    def filters(self) -> list[dict[str, Any]]:
        return [{"Name": f"tag:{key}", "Values": [value]} for key, value in self.scope().items()]

    def address(self, tags: Mapping[str, str]) -> str | None:
        """The address that these tags claim for us; None when the thing is somebody else's."""
        ours = all(tags.get(key) == value for key, value in self.scope().items())
        return tags.get(f"{TAG_PREFIX}address") if ours else None
