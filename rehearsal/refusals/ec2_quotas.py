"""EC2 quotas. Unlimited unless the settings limit them; `services/ec2.py` has their names and AWS's defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("ec2", "AllocateAddress")
def addresses(call: Call) -> None:
    _limit(call, "elastic_ips", "AddressLimitExceeded", "addresses", lambda backend: len(backend.addresses))


@refuses("ec2", "CreateVpc")
def vpcs(call: Call) -> None:
    _limit(call, "vpcs", "VpcLimitExceeded", "VPCs", lambda backend: len(backend.vpcs))


@refuses("ec2", "AssociateVpcCidrBlock")
def blocks(call: Call) -> None:
    if call.get("CidrBlock"):
        _limit(
            call,
            "ipv4_blocks_per_vpc",
            "CidrLimitExceeded",
            "IPv4 blocks of the VPC",
            lambda backend: len(backend.get_vpc(call.get("VpcId")).get_cidr_block_association_set()),
        )


@refuses("ec2", "CreateInternetGateway")
def internet_gateways(call: Call) -> None:
    _limit(call, "internet_gateways", "InternetGatewayLimitExceeded", "internet gateways", lambda backend: len(backend.internet_gateways))


@refuses("ec2", "CreateSecurityGroup")
def security_groups(call: Call) -> None:
    def count(backend: Any) -> int:
        return sum(len(groups) for groups in backend.groups.values())

    _limit(call, "security_groups", "SecurityGroupLimitExceeded", "security groups", count)


@refuses("ec2", "CreateSubnet")
def subnets(call: Call) -> None:
    def count(backend: Any) -> int:
        return sum(subnet.vpc_id == call.get("VpcId") for zone in backend.subnets.values() for subnet in zone.values())

    _limit(call, "subnets_per_vpc", "SubnetLimitExceeded", "subnets", count)


@refuses("ec2", "CreateNatGateway")
def nat_gateways(call: Call) -> None:
    if not call.get("SubnetId"):
        return
    zone = call.backend.get_subnet(call.get("SubnetId")).availability_zone

    def count(backend: Any) -> int:
        used = [gateway for gateway in backend.nat_gateways.values() if gateway.in_use and gateway.subnet_id]
        return sum(backend.get_subnet(gateway.subnet_id).availability_zone == zone for gateway in used)

    _limit(call, "nat_gateways_per_zone", "NatGatewayLimitExceeded", "NAT gateways", count)


@refuses("ec2", "CreateRouteTable")
def route_tables(call: Call) -> None:
    def count(backend: Any) -> int:
        return sum(table.vpc_id == call.get("VpcId") for table in backend.route_tables.values())

    _limit(call, "route_tables_per_vpc", "RouteTableLimitExceeded", "route tables", count)


@refuses("ec2", "CreateNetworkAcl")
def network_acls(call: Call) -> None:
    def count(backend: Any) -> int:
        return sum(acl.vpc_id == call.get("VpcId") for acl in backend.network_acls.values())

    _limit(call, "network_acls_per_vpc", "NetworkAclLimitExceeded", "network ACLs", count)


@refuses("ec2", "CreateVpcEndpoint")
def endpoints(call: Call) -> None:
    gateway = (call.get("VpcEndpointType") or "Gateway") == "Gateway"

    def count(backend: Any) -> int:
        live = [point for point in backend.vpc_end_points.values() if point.state != "deleted"]
        same = [point for point in live if ((point.vpc_endpoint_type or "Gateway") == "Gateway") == gateway]
        return len([point for point in same if gateway or point.vpc_id == call.get("VpcId")])

    name = "gateway_endpoints" if gateway else "interface_endpoints_per_vpc"
    _limit(call, name, "VpcEndpointLimitExceeded", "VPC endpoints", count)


@refuses("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def rules(call: Call) -> None:
    """The quota applies to each address family separately; a rule without an address (a group, a prefix list) counts in both."""
    for family, other in (("IpRanges", "CidrIpv6"), ("Ipv6Ranges", "CidrIp")):

        def count(backend: Any, other: str = other) -> int:
            group = backend.get_security_group_from_id(call.get("GroupId"))
            side = group.egress_rules if call.operation.endswith("Egress") else group.ingress_rules
            return sum(other not in rule.ip_range for rule in side)

        permissions = call.get("IpPermissions") or []
        more = sum(len(one.get(member) or []) for one in permissions for member in (family, "PrefixListIds", "UserIdGroupPairs"))
        _limit(call, "rules_per_security_group", "RulesPerSecurityGroupLimitExceeded", "rules per security group", count, more)


@refuses("ec2", "CreateNetworkAclEntry")
def entries(call: Call) -> None:
    def count(backend: Any) -> int:
        acl = backend.get_network_acl(call.get("NetworkAclId"))
        return sum(bool(entry.egress) == bool(call.get("Egress")) and bool(entry.cidr_block) for entry in acl.network_acl_entries)

    if call.get("CidrBlock"):
        _limit(call, "rules_per_network_acl", "NetworkAclEntryLimitExceeded", "network ACL entries", count)


@refuses("ec2", "CreateRoute")
def routes(call: Call) -> None:
    def count(backend: Any) -> int:
        table = backend.get_route_table(call.get("RouteTableId"))
        return sum(bool(route.destination_cidr_block) and not route.local for route in table._routes.values())

    if call.get("DestinationCidrBlock"):
        _limit(call, "routes_per_route_table", "RouteLimitExceeded", "routes", count)


STANDARD = tuple("acdhimrtz")
NOT_STANDARD = ("dl", "hpc", "inf", "mac", "trn")


@refuses("ec2", "RunInstances")
def vcpus(call: Call) -> None:
    def count(backend: Any) -> int:
        running = [one for one in backend.all_instances() if one.state in ("pending", "running")]
        return sum(_vcpus(one.instance_type) for one in running)

    more = _vcpus(call.get("InstanceType") or "m1.small") * int(call.get("MinCount") or 1)
    limit = call.settings.quotas.get("standard_vcpus")
    if limit is not None and more and count(call.backend) + more > limit:
        text = f"You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket."
        raise Refusal("VcpuLimitExceeded", text)


def _vcpus(instance_type: str) -> int:
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    if not instance_type.startswith(STANDARD) or instance_type.startswith(NOT_STANDARD):
        return 0
    return int(INSTANCE_TYPES[instance_type]["VCpuInfo"]["DefaultVCpus"])


def _limit(call: Call, quota: str, code: str, things: str, count: Callable[[Any], int], more: int = 1) -> None:
    limit = call.settings.quotas.get(quota)
    if limit is not None and more and count(call.backend) + more > limit:
        raise Refusal(code, f"The maximum number of {things} has been reached.")
