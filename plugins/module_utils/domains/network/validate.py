# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All checks of networks that need no API call, and the one that needs the region's list of zones."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from ...aws.place import Place
from ...inputs.problems import Problems
from ...inputs.values import as_block
from .acls import check_acls, check_clients
from .ipv6 import check_ipv6
from .kinds.routes import NO_ROUTE, is_world
from .resources import private_zones, single_nat_zone
from .rules import check_groups
from .services import service_name
from .settings import Network, read


def validate(networks: Any, path: str = "networks", region: str = "") -> tuple[dict[str, Network], list[str]]:
    """The networks that a user's mapping describes, and every problem with it.

    ``path`` is the variable that messages start with; ``region``, if known, is the region that zones must belong to. Use the networks only
    if there are no problems.
    """
    problems = Problems()
    found = read(networks, path, problems)
    zone_problems(found, region, None, problems)
    for network in found.values():
        check_tiers(network, problems)
        check_ipv6(network, problems)
        check_nat(network, problems)
        check_nat_addresses(network, problems)
        check_endpoints(network, problems)
        check_routes(network, problems)
        check_clients(network, problems)
        check_groups(network, problems)
        if network.cidr is not None:
            check_acls(network, problems)
    return found, problems.messages


def missing_zones(networks: Mapping[str, Network], region: str, zones: Collection[str]) -> list[str]:
    """Problems that can be found once the zones available to the account in the region are known."""
    problems = Problems()
    zone_problems(networks, region, zones, problems)
    return problems.messages


def missing_services(networks: Mapping[str, Network], place: Place, services: Collection[str]) -> list[str]:
    """Problems that can be found once the endpoint services of the region are known. ``services``: their full names."""
    problems = Problems()
    start = service_name("", "Gateway", place.region, place.partition)
    known = [name.partition(start)[2] for name in services if start in name]
    for network in networks.values():
        for position, service in enumerate(network.endpoints.interface):
            if service_name(service, "Interface", place.region, place.partition) not in services:
                remedy = f"AWS has no such endpoint service in {place.region}"
                near = difflib.get_close_matches(service, known, 1)
                more = f"; did you mean {near[0]}?" if near else "; aws ec2 describe-vpc-endpoint-services lists them"
                problems.add(f"{network.path}.endpoints.interface[{position}]", service, remedy + more)
    return problems.messages


def zone_problems(networks: Mapping[str, Network], region: str, zones: Collection[str] | None, problems: Problems) -> None:
    """Check that every zone belongs to the region and, if the region's zones are known, that it is one of them."""
    for network in networks.values():
        path = f"{network.path}.availability_zones"
        home = region or next((zone[:-1] for zone in network.availability_zones), "")
        for zone in network.availability_zones:
            if zone[:-1] != home:
                problems.add(path, zone, f"the region is {home}; its zones are called {home}a, {home}b and so on")
            elif zones is not None and zone not in zones:
                problems.add(path, zone, f"the zones that this account can use in {home} are {', '.join(sorted(zones))}; choose from these")


def check_tiers(network: Network, problems: Problems) -> None:
    for name, tier in network.tiers.items():
        if not tier.availability_zones and network.availability_zones:
            problems.add(
                f"{network.path}.tiers.{name}.availability_zones", [], "a tier needs at least one zone; leave the tier out instead"
            )


def check_nat(network: Network, problems: Problems) -> None:
    """Check that NAT gateways have private subnets to serve and, unless regional, a public subnet to be placed in."""
    path = f"{network.path}.nat"
    public = network.tiers.get("public")
    if network.nat_az and network.nat != "single":
        problems.add(f"{network.path}.nat_az", network.nat_az, f"it applies only to nat: single, and nat is {network.nat}")
    if network.nat == "none":
        return
    if not network.routed("private"):
        problems.add(path, network.nat, "no tier is routed through a NAT gateway; set nat: none")
    elif network.nat != "regional" and public is None:
        problems.add(path, network.nat, "there is no public tier for the gateway; set nat: regional or none, or add the tier")
    elif network.nat == "single" and public and single_nat_zone(network) not in public.availability_zones:
        remedy = f"the public tier is in {', '.join(public.availability_zones) or 'no zones'} only; choose from these"
        problems.add(f"{network.path}.nat_az", network.nat_az, remedy)
    elif network.nat == "per_az" and public:
        lacking = [zone for zone in private_zones(network) if zone not in public.availability_zones]
        if lacking:
            problems.add(
                path, network.nat, f"the public tier has no subnet in {', '.join(lacking)} for the gateway; add the zone to the tier"
            )


def check_nat_addresses(network: Network, problems: Problems) -> None:
    """Check that each of the user's addresses is for a zone that has a gateway, or an address of a regional one."""
    path, given = f"{network.path}.nat_addresses", network.nat_addresses
    zones = [*private_zones(network)] if network.nat in ("per_az", "regional") else []
    if given and network.nat == "none":
        problems.add(path, dict(given), "nat is none, so there is no gateway; remove it, or choose another nat")
    elif network.nat == "single" and len(given) > 1:
        problems.add(path, dict(given), "nat is single, so there is one gateway; keep the address of its zone")
    elif network.nat == "single" and given and network.nat_az not in given:
        problems.add(
            f"{network.path}.nat_az", network.nat_az or None, f"nat_addresses has the address of {next(iter(given))}; set nat_az to it"
        )
    for zone in given if zones else ():
        if zone not in zones:
            problems.add(f"{path}.{zone}", given[zone], f"the zones with a NAT gateway are {', '.join(zones)}; choose from these")
    for zone, text in given.items():
        if twin := next((other for other in given if other < zone and given[other] == text), None):
            problems.add(f"{path}.{zone}", text, f"{twin} has the same address, and each needs one of its own")


def check_endpoints(network: Network, problems: Problems) -> None:
    path = f"{network.path}.endpoints"
    if network.endpoints.interface and "private" not in network.tiers:
        remedy = "interface endpoints need a private tier and there is none; set interface: [] or add the tier"
        problems.add(f"{path}.interface", list(network.endpoints.interface), remedy)
    if network.endpoints.gateway and not (network.routed("private") or network.routed("isolated")):
        remedy = "gateway endpoints serve private and isolated tiers and there is none; set gateway: []"
        problems.add(f"{path}.gateway", list(network.endpoints.gateway), remedy)
    if network.endpoints.interface and not (network.dns_support and network.dns_hostnames):
        problems.add(f"{path}.interface", list(network.endpoints.interface), "their private names need dns.support and dns.hostnames: true")
    if network.dns_hostnames and not network.dns_support:
        problems.add(f"{network.path}.dns.hostnames", True, "AWS allows it only with dns.support: true")


def tables_of(network: Network) -> list[str]:
    """The names of a network's route tables to which routes can be added."""
    shared = [routing for routing in ("public", "private") if network.routed(routing)]
    return shared + [tier.name for tier in network.routed("isolated")]


def check_routes(network: Network, problems: Problems) -> None:
    """Check that each table exists, that no route replaces one of ours, and that isolated tiers stay isolated."""
    path, tables = f"{network.path}.routes", tables_of(network)
    for table, routes in network.routes.items():
        if table not in tables:
            problems.add(path, table, f"it must be a table of the network: {', '.join(tables) or 'it has none'}")
            continue
        for destination, target in routes.items():
            if remedy := _refused(network, table, destination, target):
                problems.add(f"{path}.{table}", destination, remedy)


def _refused(network: Network, table: str, destination: str, target: Any) -> str:
    """Why a table of this network cannot hold a route; empty if it can."""
    block = as_block(destination)
    if block is None:
        return ""
    for own in network.cidrs:
        if block.subnet_of(own):
            return f"it lies inside the network ({own}), which routes that by itself"
    if not is_world(destination) or target == NO_ROUTE:
        return ""
    if table not in ("public", "private"):
        return "an isolated tier has no way out of the network; name the blocks on the other side"
    if table == "public":
        return "public subnets reach the world through the internet gateway; name the blocks on the other side"
    if network.nat != "none":
        return "private subnets reach the world through a NAT gateway; set nat: none to send them elsewhere"
    return ""
