# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing choices to keep although the description would now choose differently. Pure functions."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ...reconcile.model import Observed
from .settings import Network
from .subnets import Block

PLACES = ("nat_gateway.{network}/", "elastic_ip.{network}/nat-")
"""Prefixes of the addresses that end in the zone of a NAT gateway: the gateway or, if it is gone, its elastic IP."""


def with_present_places(networks: Mapping[str, Network], observed: Iterable[Observed]) -> dict[str, Network]:
    """The networks to build.

    A single NAT gateway stays in its zone unless the user names another: partners' firewalls may list its public address, so adding a zone
    that sorts before its own must not move it. The log group of a renamed network keeps its name, which cannot change, and thus its
    records.
    """
    live = {seen.address: seen.id for seen in observed if seen.state in ("ready", "pending")}
    return {
        name: replace(_with_nat_zone(network, live), flow_log_group=live.get(f"log_group.{name}/flow-logs", ""))
        for name, network in networks.items()
    }


def _with_nat_zone(network: Network, live: Iterable[str]) -> Network:
    public = network.tiers.get("public")
    if network.nat != "single" or network.nat_az or public is None:
        return network
    for place in PLACES:
        start = place.format(network=network.name)
        zones = {address.removeprefix(start) for address in live if address.startswith(start)} & set(public.availability_zones)
        if zones:
            return replace(network, nat_az=min(zones))
    return network


def with_blocks_in_use(
    networks: Mapping[str, Network], observed: Iterable[Observed], may_go: Callable[[str], bool]
) -> tuple[dict[str, Network], list[str]]:
    """The networks to build, and notes: a block that is no longer described stays while a subnet in it stays.

    ``may_go``: whether this run may delete or replace an address.
    """
    seen = [one for one in observed if one.state != "deleting"]
    found, notes = {}, []
    for name, network in networks.items():
        kept = {}
        for block in _no_longer_described(network, seen):
            users = [one.address for one in _subnets_in(block, name, seen) if not may_go(one.address)]
            if users:
                kept[block] = users
                notes.append(f"{name}: the VPC keeps its block {block}, because {', '.join(sorted(users))} stays in it")
        found[name] = replace(network, secondary_cidrs=(*network.secondary_cidrs, *kept))
    return found, notes


def _no_longer_described(network: Network, observed: Iterable[Observed]) -> list[Block]:
    there = [one for one in observed if one.address == f"vpc.{network.name}"]
    blocks = [ipaddress.IPv4Network(text) for one in there for text in one.properties.get("secondary_cidr_blocks") or ()]
    return [block for block in blocks if block not in network.secondary_cidrs]


def _subnets_in(block: Block, network: str, observed: Iterable[Observed]) -> Iterator[Observed]:
    for one in observed:
        inside = one.kind == "subnet" and one.address.startswith(f"subnet.{network}/")
        if inside and ipaddress.IPv4Network(one.properties["cidr_block"]).subnet_of(block):
            yield one
