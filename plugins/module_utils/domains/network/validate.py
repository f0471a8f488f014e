# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""All checks of networks that need no API call, and the one that needs the region's list of zones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...inputs.problems import Problems
from .acls import check_acls
from .resources import private_zones, single_nat_zone
from .rules import check_groups
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
        check_nat(network, problems)
        check_endpoints(network, problems)
        check_groups(network, problems)
        if network.cidr is not None:
            check_acls(network, problems)
    return found, problems.messages


def missing_zones(networks: Mapping[str, Network], region: str, zones: Collection[str]) -> list[str]:
    """Problems that can be found once the zones available to the account in the region are known."""
    problems = Problems()
    zone_problems(networks, region, zones, problems)
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
