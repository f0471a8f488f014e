# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of a network, with their limits and defaults.

``read`` turns the user's mapping into ``Network`` values and collects every problem with it. The defaults describe a production network:
three tiers, a NAT gateway per availability zone, endpoints for S3, DynamoDB, EC2, ECR, STS, and CloudWatch Logs, and flow logs kept for a
year.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...component.described_network import GATEWAY_ENDPOINTS, INTERFACE_ENDPOINTS
from ...inputs.problems import Problems
from ...inputs.reader import Reader
from ...inputs.values import (
    PortRange,
    as_any_block,
    as_block,
    as_block_text,
    as_name,
    as_port,
    as_port_range,
    as_prefix_list,
    as_text,
    as_zone,
    block_remedy,
    one_of,
)
from .address_names import read_nat_addresses
from .further_blocks import read_secondary_cidrs
from .own_routes import read_routes
from .subnets import Block, Plan, plan, tier_blocks
from .tiers import Tier, read_tiers

NAT_MODES = ("none", "single", "per_az", "regional")
TRAFFIC_TYPES = ("ALL", "ACCEPT", "REJECT")
GATEWAY_SERVICES = GATEWAY_ENDPOINTS
WORLD_IPV4: tuple[str, ...] = ("0.0.0.0/0",)
WORLD: tuple[str, ...] = ("0.0.0.0/0", "::/0")
NEVER_OPEN_TO_THE_WORLD = (22, 3389, 5432, 6379)
GROUPS = ("load_balancer", "control_plane", "nodes", "database", "cache", "broker", "endpoints")
"""The security groups of a network, by short name."""

LOAD_BALANCER_RULES = ("elbv2.k8s.aws/", "kubernetes.io/rule/nlb/")
"""Prefixes of the descriptions by which the AWS Load Balancer Controller and the Kubernetes AWS cloud provider recognize the rules that
they add to the nodes' group."""

ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")
OPEN = "open"
SERVICE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True)
class Endpoints:
    """AWS services that the network can reach through private connections.

    ``organization_id``: whose principals may use them; without it, those of the account. ``policies``: by service, None for no limit.
    """

    gateway: tuple[str, ...] = GATEWAY_SERVICES
    interface: tuple[str, ...] = INTERFACE_ENDPOINTS
    organization_id: str = ""
    policies: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """service -> the zones of its interface endpoint, once AWS has said where it offers the service; all zones of the tier otherwise."""
    unnamed: frozenset[str] = frozenset()
    """Services that AWS offers without private names."""


@dataclass(frozen=True)
class FlowLogs:
    """The record of network traffic. The aggregation interval is in seconds."""

    enabled: bool = True
    retention_in_days: int = 365
    traffic_type: str = "ALL"
    max_aggregation_interval: int = 600


AWS_LISTS: Mapping[str, str] = {"cloudfront": "com.amazonaws.global.cloudfront.origin-facing"}
"""Prefix lists of AWS by a name that is the same in all regions. "Available AWS-managed prefix lists" in the Amazon VPC User Guide."""


def as_list(value: Any) -> str | None:
    """The ID of a prefix list, or the name of one of AWS's."""
    return str(value) if isinstance(value, str) and value in AWS_LISTS else as_prefix_list(value)


@dataclass(frozen=True)
class Security:
    """The ports and sources in the chain load balancer -> nodes -> database and cache."""

    load_balancer_ingress_cidrs: tuple[str, ...] = ("0.0.0.0/0",)
    load_balancer_ingress_prefix_lists: tuple[str, ...] = ()
    load_balancer_ports: tuple[int, ...] = (443,)
    application_port: int = 8080
    database_port: int = 5432
    cache_port: int = 6379
    broker_ports: tuple[int, ...] = ()
    """Those of message brokers in the private tier; without any, there is no group for brokers."""
    node_to_node_ports: tuple[PortRange, ...] = ()
    webhook_ports: tuple[int, ...] = (443, 4443, 8443, 9443, 10251)
    node_egress_cidrs: tuple[str, ...] = ("0.0.0.0/0",)
    database_client_tiers: tuple[str, ...] | None = None
    """The tiers that can reach the database tier. None: the private tier, or the public tier of a network without private subnets."""
    unlisted: frozenset[str] = frozenset()
    """The settings of whole worlds, such as node_egress_cidrs, that the user did not give."""
    foreign_rules: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {"nodes": LOAD_BALANCER_RULES})
    """group -> prefixes of the descriptions of rules that other controllers own."""


@dataclass(frozen=True)
class Network:
    """One VPC and everything in it. ``cidr`` is None if the user's value was unusable; in that case ``blocks`` is empty too."""

    name: str
    path: str
    cidr: ipaddress.IPv4Network | None
    availability_zones: tuple[str, ...]
    tiers: Mapping[str, Tier]
    blocks: Plan
    """The CIDR block of each subnet."""
    secondary_cidrs: tuple[ipaddress.IPv4Network, ...] = ()
    nat: str = "per_az"
    nat_az: str = ""
    nat_addresses: Mapping[str, str] = field(default_factory=dict)
    """zone -> ID or Name tag of the user's own address: see own_addresses.py."""
    nat_allocations: Mapping[str, str] = field(default_factory=dict)
    """zone -> allocation ID, once AWS has said which address has the name."""
    endpoints: Endpoints = Endpoints()
    flow_logs: FlowLogs = FlowLogs()
    security: Security = Security()
    routes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The user's own routes: see own_routes.py."""
    flow_log_group: str = ""
    """The name of the existing log group; if empty, it is derived from the network's name."""
    cluster_names: tuple[str, ...] = ()
    ipv6: bool = False
    ipv6_returns: bool = False
    """Whether this run gives the IPv6 block of the VPC back. With further blocks it does not: their subnets wait for the VPC, and the VPC
    could not wait for them, too."""
    ipv6_fate: str = ""
    """What becomes of IPv6 addresses that exist and are not described: "stays", until a run may remove them; "goes" from the subnets; and
    once the VPC's block is "unused", a run gives it back."""
    ipv6_present: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """tier -> zone -> number of the /64 that a subnet has already: see ipv6.py."""
    karpenter_discovery: str = ""
    """The value of the tag by which Karpenter finds the private subnets and the nodes' group; empty: they do not have the tag."""
    dns_support: bool = True
    dns_hostnames: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def cidrs(self) -> list[ipaddress.IPv4Network]:
        """All blocks of the VPC, the primary one first, and the others in the order of their addresses."""
        return [*((self.cidr,) if self.cidr else ()), *sorted(self.secondary_cidrs)]

    def routed(self, routing: str) -> list[Tier]:
        """The tiers with this routing, sorted by name."""
        return [tier for dummy, tier in sorted(self.tiers.items()) if tier.routing == routing]

    def tier_blocks(self, tier: str) -> list[Block]:
        """The addresses of a tier in as few blocks as possible, for rules that cover the whole tier."""
        return tier_blocks(self.cidr, self.tiers, self.blocks, tier)

    @property
    def dual_stack(self) -> bool:
        """Whether the network has IPv6 addresses after this run."""
        return self.ipv6 or self.ipv6_fate == "stays"

    @property
    def public(self) -> bool:
        return bool(self.routed("public"))

    @property
    def needs_internet_gateway(self) -> bool:
        """Public subnets and NAT gateways need an internet gateway. So does a regional NAT gateway, although it needs no public subnet."""
        return self.public or self.nat != "none"


def read(networks: Any, path: str, problems: Problems) -> dict[str, Network]:
    """Read the networks in a user's mapping (name -> settings). Adds every problem to ``problems``."""
    entries = Reader(networks, path, problems).named("the name of a network", 32)
    return {name: read_network(name, reader) for name, reader in entries}


def read_network(name: str, reader: Reader) -> Network:
    """Read one network. Missing or invalid settings take their defaults, so reading always returns a value."""
    cidr = read_vpc_cidr(reader)
    further = read_secondary_cidrs(reader, cidr)
    zones = read_zones(reader)
    tiers = read_tiers(reader, zones)
    ipv6 = read_ipv6(reader)
    network = Network(
        name=name,
        path=reader.path,
        cidr=cidr,
        availability_zones=zones,
        tiers=tiers,
        blocks=plan(cidr, tiers, reader.at("tiers"), reader.problems, further),
        secondary_cidrs=further,
        nat=reader.choice("nat", NAT_MODES, "per_az"),
        nat_az=reader.text("nat_az", ""),
        nat_addresses=read_nat_addresses(reader),
        nat_allocations={},
        endpoints=read_endpoints(reader.section("endpoints")),
        flow_logs=read_flow_logs(reader.section("flow_logs")),
        security=read_security(reader.section("security"), ipv6),
        routes=read_routes(reader.section("routes")),
        cluster_names=reader.items("cluster_names", (), as_name, "it must be the name of an EKS cluster"),
        ipv6=ipv6,
        ipv6_fate="",
        ipv6_present={},
        karpenter_discovery=read_discovery(reader),
        flow_log_group="",
        **read_dns(reader.section("dns")),
        tags=reader.tags("tags"),
    )
    reader.finish()
    return network


def read_discovery(reader: Reader) -> str:
    value = reader.take("karpenter_discovery")
    text = "" if value is None else as_name(value)
    if text is None:
        reader.problems.add(reader.at("karpenter_discovery"), value, "it must be a text that the clusters look for, such as prod-main")
    return text or ""


def read_vpc_cidr(reader: Reader) -> ipaddress.IPv4Network | None:
    """The network's CIDR block. AWS accepts /16 to /28."""
    value = reader.take("cidr")
    if value is None:
        reader.problems.missing(reader.at("cidr"), "give the block of the network, for example 10.0.0.0/16")
        return None
    block = as_block(value)
    if block is None:
        reader.problems.add(reader.at("cidr"), value, block_remedy(value))
    elif not 16 <= block.prefixlen <= 28:
        reader.problems.add(reader.at("cidr"), value, "AWS accepts only blocks from /16 to /28")
    else:
        return block
    return None


def read_zones(reader: Reader) -> tuple[str, ...]:
    """The availability zones, sorted: their order in the input has no meaning."""
    if reader.given.get("availability_zones") is None:
        reader.take("availability_zones")
        reader.problems.missing(reader.at("availability_zones"), "list the zones by name, for example [af-south-1a, af-south-1b]")
        return ()
    remedy = "it must be the name of an ordinary availability zone such as af-south-1a (local and wavelength zones are not supported)"
    zones = reader.items("availability_zones", (), as_zone, remedy)
    if not reader.given["availability_zones"]:
        reader.problems.add(reader.at("availability_zones"), [], "at least one zone is needed")
    return tuple(sorted(zones))


def read_endpoints(reader: Reader) -> Endpoints:
    defaults = Endpoints()

    def interface(value: Any) -> str | None:
        fits = isinstance(value, str) and SERVICE_NAME.fullmatch(value) and value not in GATEWAY_SERVICES
        return str(value) if fits else None

    endpoints = Endpoints(
        gateway=reader.items(
            "gateway", defaults.gateway, one_of(GATEWAY_SERVICES), f"gateway endpoints exist for {' and '.join(GATEWAY_SERVICES)} only"
        ),
        interface=reader.items(
            "interface", defaults.interface, interface, "it must be a service such as ecr.api or kms; s3 and dynamodb belong under gateway"
        ),
        organization_id=read_organization(reader),
        policies=read_endpoint_policies(reader.section("policies")),
    )
    for service in sorted(set(endpoints.policies) - {*endpoints.gateway, *endpoints.interface}):
        reader.problems.add(reader.at("policies"), service, "there is no endpoint of this service; name it under gateway or interface")
    reader.finish()
    return endpoints


def read_organization(reader: Reader) -> str:
    value = reader.text("organization_id", "")
    if value and not ORGANIZATION.fullmatch(value):
        reader.problems.add(reader.at("organization_id"), value, "it must be the id of an AWS organization, such as o-a1b2c3d4e5")
    return value


def read_endpoint_policies(reader: Reader) -> dict[str, Mapping[str, Any] | None]:
    """Policies by service. ``open`` is AWS's own default: everyone may use the endpoint for everything."""
    found: dict[str, Mapping[str, Any] | None] = {}
    for service in [str(name) for name in reader.given]:
        if reader.given[service] == OPEN:
            reader.take(service)
            found[service] = None
        elif document := reader.policy_document(service):
            found[service] = document
            if lacking := [one for one in document["Statement"] if "Principal" not in one and "NotPrincipal" not in one]:
                reader.problems.add(reader.at(service), lacking[0], "a statement of an endpoint policy has a Principal")
    reader.finish()
    return found


def read_flow_logs(reader: Reader) -> FlowLogs:
    defaults = FlowLogs()
    retention = reader.retention_days("retention_in_days", defaults.retention_in_days)
    interval = reader.integer("max_aggregation_interval", defaults.max_aggregation_interval, 1, 600)
    if interval not in (60, 600):
        reader.problems.add(reader.at("max_aggregation_interval"), interval, "it must be 60 or 600 (seconds)")
    logs = FlowLogs(
        enabled=reader.boolean("enabled", defaults.enabled),
        retention_in_days=retention,
        traffic_type=reader.choice("traffic_type", TRAFFIC_TYPES, defaults.traffic_type),
        max_aggregation_interval=interval,
    )
    reader.finish()
    return logs


def read_ipv6(reader: Reader) -> bool:
    """Whether the network has IPv6 addresses. They come from Amazon's pool."""
    value = reader.given.get("ipv6")
    if value is not None and not isinstance(value, bool):
        reader.take("ipv6")
        remedy = "it must be true, for a block that Amazon provides, or false; blocks of your own and of IPAM are not supported"
        reader.problems.add(reader.at("ipv6"), value, remedy)
        return False
    return reader.boolean("ipv6", False)


def read_security(reader: Reader, ipv6: bool = False) -> Security:
    """The ports and peers. In a network with IPv6 addresses, blocks may be of either family, and the defaults have both."""
    defaults = Security()
    port = "it must be a port number from 1 to 65535"
    block = "it must be an IPv4 block without host bits, such as 203.0.113.0/24"
    lists = reader.items(
        "load_balancer_ingress_prefix_lists", (), as_list, "it must be cloudfront, or the id of a list such as pl-0123abcd"
    )
    as_peer, world = as_block_text, WORLD_IPV4
    unlisted = frozenset(name for name in ("load_balancer_ingress_cidrs", "node_egress_cidrs") if reader.given.get(name) is None)
    if ipv6:
        block = "it must be a block without host bits, such as 203.0.113.0/24 or 2001:db8::/32"
        as_peer, world = as_any_block, WORLD
    clients: tuple[str, ...] = world
    if any(one in AWS_LISTS for one in lists):  # whoever names them wants nobody else
        clients, unlisted = (), unlisted - {"load_balancer_ingress_cidrs"}
    security = Security(
        load_balancer_ingress_cidrs=reader.items("load_balancer_ingress_cidrs", clients, as_peer, block),
        load_balancer_ingress_prefix_lists=lists,
        load_balancer_ports=reader.items("load_balancer_ports", defaults.load_balancer_ports, as_port, port),
        application_port=reader.integer("application_port", defaults.application_port, 1, 65535),
        # RDS accepts 1150 to 65535. The cache's cluster bus port is its port plus 10000; both must lie in the range of return ports.
        database_port=reader.integer("database_port", defaults.database_port, 1150, 65535),
        cache_port=reader.integer("cache_port", defaults.cache_port, 1024, 55535),
        broker_ports=reader.items("broker_ports", (), as_port, port),
        node_to_node_ports=reader.items(
            "node_to_node_ports", (), as_port_range, "it must be a port such as 8080 or a range such as 8000-8100"
        ),
        webhook_ports=reader.items("webhook_ports", defaults.webhook_ports, as_port, port),
        node_egress_cidrs=reader.items("node_egress_cidrs", world, as_peer, block),
        database_client_tiers=read_client_tiers(reader),
        unlisted=unlisted,
        foreign_rules=read_foreign_rules(reader.section("foreign_rules")),
    )
    reader.finish()
    return security


def read_client_tiers(reader: Reader) -> tuple[str, ...] | None:
    """The tiers that reach the database tier, if the user lists them; that they exist is checked in acls.py."""
    if reader.given.get("database_client_tiers") is None:
        reader.take("database_client_tiers")
        return None
    return reader.items("database_client_tiers", (), as_text, "it must be the name of a tier of this network")


def read_foreign_rules(reader: Reader) -> dict[str, tuple[str, ...]]:
    """The rules of other controllers, by group. The load balancer controllers' rules on the nodes are kept unless the user lists others."""
    defaults = Security().foreign_rules
    remedy = "it must be the beginning of the description of rules, such as elbv2.k8s.aws/, at least 3 characters long"
    found = {name: reader.items(name, defaults.get(name, ()), as_beginning, remedy) for name in GROUPS}
    reader.finish()
    return {name: beginnings for name, beginnings in found.items() if beginnings}


def as_beginning(value: Any) -> str | None:
    """A prefix that is long enough to distinguish the rules of one controller from all others."""
    return value if isinstance(value, str) and len(value.strip()) >= 3 else None


def read_dns(reader: Reader) -> dict[str, bool]:
    found = {"dns_support": reader.boolean("support", True), "dns_hostnames": reader.boolean("hostnames", True)}
    reader.finish()
    return found
