# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Chooses the subnets of a network's tier for the filters that turn outputs of the role vpc into inputs of another role (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..reconcile.model import UNKNOWN


class NotThere(Exception):
    """The network, or a part of it, does not exist. The message names the variable and what exists."""


def planned_network(*groups: str) -> dict[str, Any]:
    """A placeholder for a network that a plan will create. ``groups``: the outputs that list security groups."""
    return {"vpc_id": UNKNOWN, "subnet_ids": [UNKNOWN, UNKNOWN], **{name: [UNKNOWN] for name in groups}}


def find_subnets(networks: Mapping[str, Any], name: str, tier: str, role: str, variable: str = "network_tier") -> dict[str, str]:
    """The subnets of a tier, by zone. ``role``: the prefix of the variables that name the network and the tier. Raises NotThere."""
    if name not in networks:
        there = ", ".join(sorted(networks)) or "none"
        raise NotThere(
            f"{role}_network is {name!r}, but there is no such network (existing: {there}); create it first, or name another one"
        )
    subnets: dict[str, str] | None = networks[name]["subnet_ids"].get(tier)
    if not subnets:
        tiers = ", ".join(sorted(networks[name]["subnet_ids"])) or "none"
        raise NotThere(f"{role}_{variable} is {tier!r}, but network {name} has no subnets of it; its tiers are {tiers}")
    return subnets


def missing_subnets(subnets: Mapping[str, str], tier: str) -> list[str]:
    """The subnets that do not exist yet."""
    return [f"the {tier} subnet of {zone}" for zone, one in sorted(subnets.items()) if one == UNKNOWN]


def chosen(network: Mapping[str, Any], subnets: Mapping[str, str]) -> dict[str, Any]:
    """What every role needs of the network."""
    return {"vpc_id": network["vpc_id"], "subnet_ids": [subnets[zone] for zone in sorted(subnets)], "subnet_zones": sorted(subnets)}
