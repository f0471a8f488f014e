# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing choices to keep although the description would now choose differently. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ...reconcile.model import Observed
from .settings import Network

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
