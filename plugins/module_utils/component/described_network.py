# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the description of a network says to components that use it: its tiers, and how they reach AWS. Pure functions.

The network's own component checks the description; here, anything unusable counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

ROUTINGS = {"public": "public", "private": "private", "database": "isolated"}
"""The tiers of a network that lists none, with their routing. Other tiers specify their routing."""

GATEWAY_ENDPOINTS = ("s3", "dynamodb")
INTERFACE_ENDPOINTS = ("ec2", "ecr.api", "ecr.dkr", "sts", "logs")
"""The endpoints of a network that lists none."""

DISCOVERY, DISCOVERED_TIER = "karpenter.sh/discovery", "private"
"""The tag by which Karpenter finds the subnets and the security group of its nodes, and the tier that ``karpenter_discovery`` tags."""

WORLD = "0.0.0.0/0"
FULL_NAME = re.compile(r"(?:cn\.)?com\.amazonaws\.[a-z0-9-]+\.(?P<service>.+)")


def routing_of(network: Mapping[str, Any], tier: str) -> str:
    """How a tier is routed: ``public``, ``private``, or ``isolated``, the default of further tiers."""
    settings = _mapping(_mapping(network.get("tiers")).get(tier))
    return ROUTINGS.get(tier) or str(settings.get("routing") or "isolated")


def leads_out(network: Mapping[str, Any], tier: str) -> bool:
    """Whether instances without public addresses in a tier reach anything outside the network."""
    if routing_of(network, tier) != "private":
        return False
    routes = _mapping(_mapping(network.get("routes")).get("private"))
    return network.get("nat", "per_az") != "none" or routes.get(WORLD) not in (None, "none")


def discovery_of(network: Mapping[str, Any], tier: str) -> str:
    """The value by which Karpenter finds the subnets of a tier; empty if they do not have the tag."""
    own = _mapping(_mapping(_mapping(network.get("tiers")).get(tier)).get("tags")).get(DISCOVERY)
    return str(own or (network.get("karpenter_discovery") if tier == DISCOVERED_TIER else "") or "")


def endpoints_of(network: Mapping[str, Any]) -> set[str]:
    """The short names of the services that a network has endpoints of."""
    given = _mapping(network.get("endpoints"))
    lists = [given.get("gateway"), given.get("interface")]
    names = [usual if own is None else own for own, usual in zip(lists, (GATEWAY_ENDPOINTS, INTERFACE_ENDPOINTS), strict=True)]
    return {short_name(str(one)) for some in names if isinstance(some, list | tuple) for one in some}


def short_name(service: str) -> str:
    """``ecr.api`` for com.amazonaws.af-south-1.ecr.api."""
    found = FULL_NAME.fullmatch(service)
    return found["service"] if found else service


def lacking(needed: Mapping[str, str], there: Collection[str]) -> str:
    """The needed services that are not there, each with its purpose, as text; empty if none is lacking."""
    return ", ".join(f"{service} ({purpose})" for service, purpose in needed.items() if service not in there)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
