# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources that make up a component's networks.

``build`` is the table of contents: it calls one function for each part of a network, and each yields a few resources. Addresses have the
form ``<kind>.<network>/<part>``; a network's VPC is ``vpc.<network>``. Resources that all networks of a component share have no network
in their address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...component.described_network import DISCOVERED_TIER, DISCOVERY
from ...kinds.foreign_rules import FOREIGN, OF_CLUSTERS
from ...reconcile.model import Ref, Resource, ref
from .acls import network_acls
from .endpoint_policies import endpoint_policy
from .flow_logs import flow_log_resources, shared_resources
from .ipv6 import numbers
from .kinds.ipv6_blocks import end_of
from .kinds.routes import OTHERS
from .rules import security_groups
from .services import service_name
from .settings import Network
from .tiers import Tier

DEFAULT_ROUTE, DEFAULT_IPV6_ROUTE = "0.0.0.0/0", "::/0"


def build(networks: Mapping[str, Network], place: Place) -> list[Resource]:
    """Every resource of these networks. The networks must have passed validate.validate; errors in them are not checked again."""
    found = [resource for dummy, network in sorted(networks.items()) for resource in one_network(network, place)]
    if any(network.flow_logs.enabled for network in networks.values()):
        found += shared_resources(place)
    return found


def one_network(network: Network, place: Place) -> list[Resource]:
    part = NetworkParts(network, place)
    return [
        *part.vpc(),
        *part.subnets(),
        *part.gateways(),
        *part.route_tables(),
        *part.network_acls(),
        *part.security_groups(),
        *part.endpoints(),
        *flow_log_resources(network, place, part.tags("flow-logs")),
    ]


@dataclass(frozen=True)
class NetworkParts:
    """The resources of one network, part by part."""

    network: Network
    place: Place

    def tags(self, part: str = "", more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The user's tags and a Name tag; the more specific tag wins."""
        return {**self.place.tags, **self.network.tags, "Name": self.aws_name(part), **(more or {})}

    def aws_name(self, part: str) -> str:
        """A name that is unique in the account: two components may each have a network of the same name."""
        return "-".join(word for word in (self.place.environment, self.place.component, self.network.name, part) if word)

    def name(self, part: str) -> str:
        return f"{self.network.name}/{part}"

    @property
    def vpc_id(self) -> Ref:
        return ref(f"vpc.{self.network.name}")

    def subnet_id(self, tier: str, zone: str) -> Ref:
        return ref(f"subnet.{self.name(f'{tier}-{zone}')}")

    def subnet_ids(self, tier: str, zones: Collection[str] | None = None) -> list[Ref]:
        """The subnets of a tier, in some of its zones or in all."""
        return [self.subnet_id(tier, zone) for zone in sorted(self.network.blocks[tier]) if zones is None or zone in zones]

    def vpc(self) -> Iterator[Resource]:
        network = self.network
        properties = {
            "cidr_block": str(network.cidr),
            "secondary_cidr_blocks": [str(block) for block in sorted(network.secondary_cidrs)],
            "instance_tenancy": "default",
            **({"ipv6": True} if network.dual_stack else {"ipv6": None} if network.ipv6_returns else {}),
            "enable_dns_support": network.dns_support,
            "enable_dns_hostnames": network.dns_hostnames,
            "tags": self.tags(),
        }
        yield Resource("vpc", network.name, properties)
        closed = {"vpc_id": self.vpc_id, "ingress": [], "egress": [], "tags": self.tags("default-unused")}
        yield Resource("default_security_group", self.name("default"), closed, self.with_ipv6())

    def with_ipv6(self) -> tuple[str, ...]:
        """What the defaults of a VPC wait for: AWS opens them for IPv6 when it associates the block, and only then they can be closed."""
        return (f"vpc.{self.network.name}",) if self.network.dual_stack else ()

    def subnets(self) -> Iterator[Resource]:
        """The subnets. None assigns public IPv4 addresses: load balancers and NAT gateways bring their own."""
        blocks = numbers(self.network)
        for name, zones in sorted(self.network.blocks.items()):
            for zone, block in sorted(zones.items()):
                properties = {
                    "vpc_id": self.vpc_id,
                    "availability_zone": zone,
                    "cidr_block": str(block),
                    "map_public_ip_on_launch": False,
                    **self.subnet_ipv6(self.network.tiers[name], blocks.get(name, {}).get(zone)),
                    "tags": self.tags(f"{name}-{zone}", self.subnet_tags(self.network.tiers[name])),
                }
                # AWS rejects a subnet in a secondary block until that is associated
                waits = () if self.network.cidr and block.subnet_of(self.network.cidr) else (f"vpc.{self.network.name}",)
                yield Resource("subnet", self.name(f"{name}-{zone}"), properties, waits)

    def subnet_ipv6(self, tier: Tier, number: int | None) -> dict[str, Any]:
        """The /64 of a subnet, and whether what starts in it gets an address of it."""
        if self.network.dual_stack and number is not None:
            block = ref(f"vpc.{self.network.name}", "ipv6_start", suffix=end_of(number))
            return {"ipv6_cidr_block": block, "assign_ipv6_address_on_creation": tier.assigns_ipv6}
        if self.network.ipv6_fate == "goes":
            return {"ipv6_cidr_block": None, "assign_ipv6_address_on_creation": False}
        return {}

    def subnet_tags(self, tier: Tier) -> dict[str, str]:
        """The tags by which the load balancer controller and Karpenter find their subnets, and those of the clusters that share them."""
        roles = {"public": {"kubernetes.io/role/elb": "1"}, "private": {"kubernetes.io/role/internal-elb": "1"}}
        tags = dict(roles.get(tier.name, {}))
        if tier.name in roles:
            tags |= {f"kubernetes.io/cluster/{name}": "shared" for name in self.network.cluster_names}
        if tier.name == DISCOVERED_TIER:
            tags |= self.discovery()
        return {**tags, **tier.tags}

    def discovery(self) -> dict[str, str]:
        value = self.network.karpenter_discovery
        return {DISCOVERY: value} if value else {}

    def gateways(self) -> Iterator[Resource]:
        network = self.network
        if network.needs_internet_gateway:
            yield Resource("internet_gateway", network.name, {"vpc_id": self.vpc_id, "tags": self.tags()})
        if network.ipv6 and network.routed("private"):
            yield Resource("egress_only_internet_gateway", network.name, {"vpc_id": self.vpc_id, "tags": self.tags()})
        if network.nat in ("single", "per_az"):
            for zone in self.nat_zones():
                yield from self.zonal_nat(zone)
        elif network.nat == "regional":
            yield from self.regional_nat()

    def nat_zones(self) -> list[str]:
        """The zones with a NAT gateway or, for a regional gateway, the zones with one of its addresses."""
        if self.network.nat == "single":
            return [single_nat_zone(self.network)]
        return private_zones(self.network)

    def elastic_ip(self, part: str) -> Resource:
        return Resource("elastic_ip", self.name(part), {"tags": self.tags(part)})

    def zonal_nat(self, zone: str) -> Iterator[Resource]:
        own = self.network.nat_allocations.get(zone)
        address = self.elastic_ip(f"nat-{zone}")
        if not own:
            yield address
        properties = {
            "connectivity_type": "public",
            "subnet_id": self.subnet_id("public", zone),
            "allocation_id": own or ref(address.address),
            "tags": self.tags(f"nat-{zone}"),
        }
        yield Resource("nat_gateway", self.name(zone), properties, after=(f"internet_gateway.{self.network.name}",))

    def regional_nat(self) -> Iterator[Resource]:
        """One NAT gateway for the VPC, with one of our addresses in each zone, so that the public addresses are known and do not change.

        It does not reuse the addresses of zonal gateways: both types can exist side by side while a network changes from one to the other.
        """
        own = self.network.nat_allocations
        addresses = {zone: self.elastic_ip(f"regional-nat-{zone}") for zone in self.nat_zones() if zone not in own}
        yield from addresses.values()
        allocated = {**{zone: ref(address.address) for zone, address in addresses.items()}, **own}
        properties = {
            "connectivity_type": "public",
            "availability_mode": "regional",
            "vpc_id": self.vpc_id,
            "availability_zone_addresses": [{"availability_zone": zone, "allocation_ids": [allocated[zone]]} for zone in self.nat_zones()],
            "tags": self.tags("nat-regional"),
        }
        yield Resource("nat_gateway", self.name("regional"), properties, after=(f"internet_gateway.{self.network.name}",))

    def route_tables(self) -> Iterator[Resource]:
        """One table for all public subnets, one per zone for all private subnets, and one for each isolated tier."""
        public = [subnet for tier in self.network.routed("public") for subnet in self.subnet_ids(tier.name)]
        if public:
            gateway = ref(f"internet_gateway.{self.network.name}")
            yield self.route_table("public", public, gateway, "public", gateway if self.network.dual_stack else None)
        egress = ref(f"egress_only_internet_gateway.{self.network.name}") if self.network.ipv6 else None
        for zone in private_zones(self.network):
            subnets = [self.subnet_id(tier.name, zone) for tier in self.network.routed("private") if zone in tier.availability_zones]
            yield self.route_table(f"private-{zone}", subnets, self.nat_gateway(zone) or OTHERS, "private", egress)
        for tier in self.network.routed("isolated"):
            yield self.route_table(tier.name, self.subnet_ids(tier.name), None, tier.name)

    def route_table(self, part: str, subnet_ids: list[Ref], default: Ref | str | None, routed_as: str, ipv6: Ref | None = None) -> Resource:
        """One table. ``default`` and ``ipv6``: the targets of its default routes; ``routed_as``: where the user's own routes are listed."""
        own = self.network.routes.get(routed_as, {})
        properties = {
            "vpc_id": self.vpc_id,
            "routes": {**({DEFAULT_ROUTE: default} if default else {}), **({DEFAULT_IPV6_ROUTE: ipv6} if ipv6 else {}), **own},
            "subnet_ids": subnet_ids,
            "tags": self.tags(part),
        }
        # AWS rejects a route to an internet gateway until the gateway is attached
        attached = (default.address,) if isinstance(default, Ref) and default.address.startswith("internet_gateway.") else ()
        return Resource("route_table", self.name(part), properties, after=attached)

    def nat_gateway(self, zone: str) -> Ref | None:
        """The NAT gateway that the private subnets of a zone use."""
        mode = self.network.nat
        where = {"none": "", "single": single_nat_zone(self.network), "per_az": zone, "regional": "regional"}[mode]
        return ref(f"nat_gateway.{self.name(where)}") if where else None

    def network_acls(self) -> Iterator[Resource]:
        for tier, acl in network_acls(self.network).items():
            yield Resource(
                "network_acl", self.name(tier), {"vpc_id": self.vpc_id, **acl, "subnet_ids": self.subnet_ids(tier), "tags": self.tags(tier)}
            )
        # Closed once none of our subnets is associated with it.
        closed = {"vpc_id": self.vpc_id, "ingress": [], "egress": [], "tags": self.tags("default-unused")}
        after = (*(f"network_acl.{self.name(tier)}" for tier in sorted(self.network.tiers)), *self.with_ipv6())
        yield Resource("default_network_acl", self.name("default"), closed, after)

    def security_groups(self) -> Iterator[Resource]:
        for name, group in security_groups(self.network).items():
            part = name.replace("_", "-")
            clusters = (OF_CLUSTERS,) if name == "nodes" else ()
            foreign = [{FOREIGN: beginning} for beginning in (*self.network.security.foreign_rules.get(name, ()), *clusters)]
            properties = {
                "group_name": self.aws_name(part),
                "description": group["description"],
                "vpc_id": self.vpc_id,
                "ingress": [*(self.rule(rule) for rule in group["ingress"]), *foreign],
                "egress": [*(self.rule(rule) for rule in group["egress"]), *foreign],
                "tags": self.tags(part, self.discovery() if name == "nodes" else {}),
            }
            yield Resource("security_group", self.name(name), properties)

    def rule(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """A rule whose group name is replaced by a reference."""
        found = {key: value for key, value in rule.items() if key != "group"}
        if "group" in rule:
            found["group_id"] = ref(f"security_group.{self.name(rule['group'])}")
        return found

    def endpoints(self) -> Iterator[Resource]:
        """The VPC endpoints.

        Interface endpoints wait for the complete VPC: AWS rejects private DNS until both of the VPC's DNS settings are on.
        Gateway endpoints must not wait: they release the route tables of a zone, which are deleted before its subnets,
        and only then can the VPC release the block of the subnets.
        """
        for service in self.network.endpoints.gateway:
            properties = {**self.endpoint(service, "Gateway"), "route_table_ids": self.endpoint_route_tables()}
            yield Resource("vpc_endpoint", self.name(service), properties)
        for service in self.network.endpoints.interface:
            properties = {
                **self.endpoint(service, "Interface"),
                "subnet_ids": self.subnet_ids("private", self.network.endpoints.zones.get(service)),
                "security_group_ids": [ref(f"security_group.{self.name('endpoints')}")],
                "private_dns_enabled": service not in self.network.endpoints.unnamed,
            }
            yield Resource("vpc_endpoint", self.name(service), properties, (f"vpc.{self.network.name}",))

    def endpoint(self, service: str, sort: str) -> dict[str, Any]:
        endpoints = self.network.endpoints
        document = endpoint_policy(service, self.place, endpoints.organization_id, endpoints.policies)
        return {
            "vpc_id": self.vpc_id,
            "service_name": service_name(service, sort, self.place.region, self.place.partition),
            "vpc_endpoint_type": sort,
            **({"policy_document": document} if document else {}),
            "tags": self.tags(service),
        }

    def endpoint_route_tables(self) -> list[Ref]:
        """The route tables that gateway endpoints serve: those of subnets without public addresses."""
        names = [f"private-{zone}" for zone in private_zones(self.network)] + [tier.name for tier in self.network.routed("isolated")]
        return [ref(f"route_table.{self.name(name)}") for name in names]


def private_zones(network: Network) -> list[str]:
    """The zones that have a subnet in a private tier."""
    return sorted({zone for tier in network.routed("private") for zone in tier.availability_zones})


def single_nat_zone(network: Network) -> str:
    """The zone of a network's only NAT gateway: the configured one, or the first zone of the public tier by name."""
    public = network.tiers.get("public")
    return network.nat_az or (public.availability_zones[0] if public and public.availability_zones else "")
