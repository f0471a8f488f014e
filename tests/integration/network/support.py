# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component's networks in a rehearsal cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import ignoring_tags
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.component.options import IGNORED_TAGS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS, NetworkDomain
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Kind, Observed, Resource
from tests.integration.site import ACCOUNT, EVERYTHING, Component, Requests, edited, ids, properties, shown, summary, touched

__all__ = [
    "ACCOUNT",
    "EVERYTHING",
    "KINDS",
    "REGION",
    "ZONES",
    "Requests",
    "Site",
    "edited",
    "ids",
    "network",
    "properties",
    "shown",
    "summary",
    "survivors",
    "touched",
]

REGION = "af-south-1"
ZONES = [f"{REGION}a", f"{REGION}b", f"{REGION}c"]


def network(**more: Any) -> dict[str, Any]:
    """The settings of a small network; None removes one."""
    given = {"cidr": "10.0.0.0/16", "availability_zones": ZONES[:2], "endpoints": {"interface": ["sts"]}, **more}
    return {name: value for name, value in given.items() if value is not None}


def survivors(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The addresses that still have their original IDs."""
    return {address for address, identifier in before.items() if after.get(address) == identifier}


@dataclass
class Site(Component):
    """One owner's networks."""

    component: str = "network"
    boundary: str | None = None

    def kinds(self, desired: Sequence[Resource] = ()) -> Mapping[str, Kind]:
        return ignoring_tags(KINDS, IGNORED_TAGS)

    def desired(self, **networks: Any) -> list[Resource]:
        read, problems = validate(networks, "networks", REGION)
        assert not problems, problems
        place = Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags, permissions_boundary=self.boundary)
        return build(read, place)

    def desired_here(self, observed: Sequence[Observed] | None = None, purge: Sequence[str] = (), **networks: Any) -> list[Resource]:
        """The same, as the module builds it: existing resources, and consent, may decide what keeps its place."""
        params = {"networks": networks, "state": "present", "region": REGION, "component": self.component, "purge": list(purge)}
        domain = NetworkDomain(params)
        place = Place(self.environment, self.component, REGION, ACCOUNT, tags=self.tags, permissions_boundary=self.boundary)
        return list(domain.resources(Observation(place, self.observed() if observed is None else observed)))
