# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The IPv6 addresses of a network: which /64 of the VPC's /56 each subnet has, and what stays when they are no longer described.

Amazon chooses the /56, so a plan from nothing knows only the number of a subnet's /64 in it, 0 to 255. Each tier has a row of eight
numbers, one for each zone letter: the private tier has row 0, a tier with slot s row s + 1 (public 1, database 2), and a tier without a
slot the row that the user gives. A number thus depends on tier and zone alone: adding a zone or a tier moves nothing. A subnet that has a
/64 of the VPC already, because the network was adopted, keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...inputs.problems import Problems
from ...reconcile.model import Observed
from .kinds.ipv6_blocks import number_of
from .settings import WORLD, Network, Security
from .subnets import ZONE_SLOTS, zone_slot
from .tiers import FREE_ROWS, Tier

NUMBERS = 256
"""The /64 in a /56."""

GATEWAY = "egress_only_internet_gateway.{network}"
"""Consent to delete this address is the consent to remove a network's IPv6 addresses, also where there is no such gateway."""


def planned_number(tier: Tier, zone: str) -> int | None:
    """The number of a subnet's /64 in the VPC's /56; None if the plan does not cover it."""
    row = 0 if tier.name == "private" else tier.ipv6_row
    if row is None and tier.slot is not None:
        row = tier.slot + 1
    return None if row is None or zone_slot(zone) >= ZONE_SLOTS else row * ZONE_SLOTS + zone_slot(zone)


def numbers(network: Network) -> dict[str, dict[str, int]]:
    """tier -> zone -> number of the subnet's /64: the one it has already, or the planned one."""
    found: dict[str, dict[str, int]] = {}
    taken = {number for zones in network.ipv6_present.values() for number in zones.values()}
    for name, tier in sorted(network.tiers.items()):
        for zone in sorted(network.blocks.get(name, {})):
            number = network.ipv6_present.get(name, {}).get(zone)
            if number is None:
                planned = planned_number(tier, zone)
                number = planned if planned not in taken else max(set(range(NUMBERS)) - taken, default=planned)
                if number is None:
                    continue
                taken.add(number)
            found.setdefault(name, {})[zone] = number
    return found


def check_ipv6(network: Network, problems: Problems) -> None:
    """Check that every subnet has a number of its own, and that no tier has a setting that would do nothing."""
    rows: dict[int, str] = {}
    for name, tier in sorted(network.tiers.items()):
        path = f"{network.path}.tiers.{name}"
        if not network.ipv6:
            for key, value in (("ipv6_row", tier.ipv6_row), ("ipv6_on_creation", tier.ipv6_on_creation)):
                if value is not None:
                    problems.add(f"{path}.{key}", value, "the network has no IPv6 addresses; set ipv6: true, or remove it")
            continue
        if tier.ipv6_row is not None and (tier.name == "private" or tier.slot is not None):
            problems.add(f"{path}.ipv6_row", tier.ipv6_row, "the tier has a row already, by its name or slot; remove it")
        elif tier.name != "private" and tier.slot is None and tier.ipv6_row is None:
            problems.missing(f"{path}.ipv6_row", f"give the row of the tier's IPv6 blocks, from {FREE_ROWS[0]} to {FREE_ROWS[-1]}")
        if tier.ipv6_row is not None and rows.setdefault(tier.ipv6_row, name) != name:
            problems.add(f"{path}.ipv6_row", tier.ipv6_row, f"the tier {rows[tier.ipv6_row]} already has it; choose another")
        for zone in tier.availability_zones:
            if zone_slot(zone) >= ZONE_SLOTS:
                problems.add(f"{path}.availability_zones", zone, "IPv6 blocks are planned for the zone letters a to h only")


def with_present_ipv6(
    networks: Mapping[str, Network], observed: Iterable[Observed], may_go: Callable[[str], bool]
) -> tuple[dict[str, Network], list[str]]:
    """The networks to build, and notes: addresses that are no longer described stay until this run may remove them.

    ``may_go``: whether this run may delete an address.
    """
    seen = [one for one in observed if one.state != "deleting"]
    found, notes = {}, []
    for name, network in networks.items():
        vpc = next((one for one in seen if one.address == f"vpc.{name}"), None)
        present = _present(name, vpc, seen)
        gateway = GATEWAY.format(network=name)
        used = any(_uses_ipv6(one, name) for one in seen)
        fate = ""
        if not network.ipv6 and vpc and (used or vpc.properties.get("ipv6")):
            agreed = may_go(gateway)
            fate = ("goes" if agreed else "stays") if used else ("unused" if agreed else "")
            if not agreed:
                block = vpc.attributes.get("ipv6_cidr_block")
                what = f"the VPC and its subnets keep the IPv6 block {block}" if used else f"nothing uses the IPv6 block {block} of the VPC"
                notes.append(f"{name}: {what}; consent to delete {gateway} removes it")
        security = _for_both(network.security) if fate == "stays" else network.security
        # Subnets in further blocks wait for the VPC, so it cannot wait for them, too: the next run gives its block back.
        further = network.secondary_cidrs or (vpc and vpc.properties.get("secondary_cidr_blocks"))
        returns = fate == "unused" or (fate == "goes" and not further)
        found[name] = replace(network, ipv6_present=present, ipv6_fate=fate, ipv6_returns=returns, security=security)
    return found, notes


def _uses_ipv6(seen: Observed, network: str) -> bool:
    """Whether it is a subnet of the network with a block of its own, or the gateway of such subnets."""
    if seen.address.startswith(f"subnet.{network}/"):
        return bool(seen.properties.get("ipv6_cidr_block"))
    return seen.address == GATEWAY.format(network=network)


def _for_both(security: Security) -> Security:
    """The peers that a network with IPv6 addresses has by default."""
    clients = WORLD if "load_balancer_ingress_cidrs" in security.unlisted else security.load_balancer_ingress_cidrs
    egress = WORLD if "node_egress_cidrs" in security.unlisted else security.node_egress_cidrs
    return replace(security, load_balancer_ingress_cidrs=clients, node_egress_cidrs=egress)


def _present(name: str, vpc: Observed | None, observed: Iterable[Observed]) -> dict[str, dict[str, int]]:
    """tier -> zone -> number, of the subnets that have a /64 of the VPC."""
    found: dict[str, dict[str, int]] = {}
    start: Any = vpc.attributes.get("ipv6_start") if vpc else None
    for one in observed:
        if one.address.startswith(f"subnet.{name}/"):
            tier, _dash, zone = one.address.removeprefix(f"subnet.{name}/").partition("-")
            number = number_of(one.properties.get("ipv6_cidr_block"), start)
            if number is not None:
                found.setdefault(tier, {})[zone] = number
    return found
