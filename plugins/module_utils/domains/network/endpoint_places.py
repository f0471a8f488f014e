# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where interface endpoints can be and whether they get private names, by what AWS offers of each service. Pure functions.

A service is not offered in every zone of a region, and not every service has private names; CreateVpcEndpoint refuses both, after the rest
of the network exists. An endpoint in one zone serves the whole network, so it is created where it can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...aws.place import Place
from ...inputs.problems import Problems
from .services import EndpointService, service_name
from .settings import Network

Offered = Mapping[str, EndpointService]
"""full name -> service"""


def services_to_ask(network: Network) -> list[tuple[str, str]]:
    """(service, type) of a network's endpoints; empty if it has no interface endpoints: gateway endpoints exist in every region."""
    interface = [(service, "Interface") for service in network.endpoints.interface]
    return interface + ([(service, "Gateway") for service in network.endpoints.gateway] if interface else [])


def offered_of(network: Network, place: Place, offered: Offered) -> Iterator[tuple[int, str, EndpointService]]:
    """(position, service, offer) of every interface endpoint whose service AWS describes."""
    for position, service in enumerate(network.endpoints.interface):
        found = offered.get(service_name(service, "Interface", place.region, place.partition))
        if found:
            yield position, service, found


def zones_of(network: Network) -> tuple[str, ...]:
    """The zones of the subnets that interface endpoints use."""
    return network.tiers["private"].availability_zones if "private" in network.tiers else ()


def misplaced_endpoints(networks: Mapping[str, Network], place: Place, offered: Offered) -> list[str]:
    """Endpoints that can be in no zone of the network, or that AWS offers only as another type."""
    problems = Problems()
    for network in networks.values():
        for position, service, offer in offered_of(network, place, offered):
            path = f"{network.path}.endpoints.interface[{position}]"
            if not offer.interface:
                remedy = f"AWS offers it in {place.region} only as a gateway endpoint; name it under gateway, or leave it out"
                problems.add(path, service, remedy)
            elif not offer.zones_among(zones_of(network)):
                where = f"in {', '.join(sorted(offer.zones))}, and the private tier is in {', '.join(zones_of(network))}"
                problems.add(path, service, f"AWS offers it only {where}; add such a zone to the tier, or leave the service out")
    return problems.messages


def with_offered_endpoints(networks: Mapping[str, Network], place: Place, offered: Offered) -> dict[str, Network]:
    """The networks, with each endpoint in the zones and with the private names that AWS offers."""
    found = {}
    for name, network in networks.items():
        offers = {service: offer for _position, service, offer in offered_of(network, place, offered)}
        zones = {service: offer.zones_among(zones_of(network)) for service, offer in offers.items()}
        unnamed = frozenset(service for service, offer in offers.items() if not offer.private_dns)
        found[name] = replace(network, endpoints=replace(network.endpoints, zones=zones, unnamed=unnamed))
    return found


def endpoint_notes(networks: Mapping[str, Network], place: Place, offered: Offered) -> list[str]:
    """What a plan says about endpoints that are not everywhere or have no private names."""
    found = []
    for network in networks.values():
        for _position, service, offer in offered_of(network, place, offered):
            lacking = sorted(set(zones_of(network)) - set(offer.zones_among(zones_of(network))))
            if lacking:
                found.append(f"{network.name}: AWS does not offer {service} in {', '.join(lacking)}, so its endpoint is in the other zones")
            if not offer.private_dns:
                found.append(f"{network.name}: {service} has no private name; clients must be given the name of its endpoint")
    return found
