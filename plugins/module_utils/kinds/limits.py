# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that kinds of EC2 use up, with how to count what is in use. Codes and defaults are those of AWS's Service Quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..aws.connection import Aws
from ..aws.quotas import REGION, Count, Size

PAGES = {"PageSize": 1000}
"""Large pages, and pages at all: AWS counts unpaginated lists against a smaller allowance."""

ALLOW_ALL = {"protocol": "-1", "cidr_ipv4": "0.0.0.0/0"}
"""The egress rule that a new security group has."""

INTERFACES = ("Interface", "GatewayLoadBalancer")
"""The types of endpoints that share a quota."""


def _filter(name: str, values: Sequence[str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": list(values)}]


def _by_vpc(raws: Iterable[Mapping[str, Any]]) -> Mapping[str, int]:
    return Counter(str(raw["VpcId"]) for raw in raws)


def _addresses(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    """Addresses that the account brought along do not count."""
    found = aws.list_all("ec2", "describe_addresses", "Addresses")
    return {REGION: sum(raw.get("PublicIpv4Pool", "amazon") == "amazon" for raw in found)}


def _vpcs(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("ec2", "describe_vpcs", "Vpcs", PaginationConfig=PAGES))}


def _internet_gateways(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("ec2", "describe_internet_gateways", "InternetGateways", PaginationConfig=PAGES))}


def _security_groups(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("ec2", "describe_security_groups", "SecurityGroups", PaginationConfig=PAGES))}


def _subnets(aws: Aws, vpcs: Sequence[str]) -> Mapping[str, int]:
    return _by_vpc(aws.list_all("ec2", "describe_subnets", "Subnets", Filters=_filter("vpc-id", vpcs)))


def _route_tables(aws: Aws, vpcs: Sequence[str]) -> Mapping[str, int]:
    return _by_vpc(aws.list_all("ec2", "describe_route_tables", "RouteTables", Filters=_filter("vpc-id", vpcs)))


def _network_acls(aws: Aws, vpcs: Sequence[str]) -> Mapping[str, int]:
    return _by_vpc(aws.list_all("ec2", "describe_network_acls", "NetworkAcls", Filters=_filter("vpc-id", vpcs)))


def _nat_gateways(aws: Aws, _zones: Sequence[str]) -> Mapping[str, int]:
    """Zonal ones in the states that count. The reply names subnets; their zones take a second look."""
    states = _filter("state", ["pending", "available", "deleting"])
    subnets = [raw["SubnetId"] for raw in aws.list_all("ec2", "describe_nat_gateways", "NatGateways", Filter=states) if raw.get("SubnetId")]
    if not subnets:
        return {}
    found = aws.list_all("ec2", "describe_subnets", "Subnets", Filters=_filter("subnet-id", sorted(set(subnets))))
    zones = {raw["SubnetId"]: raw["AvailabilityZone"] for raw in found}
    return Counter(zones[subnet] for subnet in subnets if subnet in zones)


def _endpoints(aws: Aws, filters: list[dict[str, Any]], types: Sequence[str]) -> list[dict[str, Any]]:
    raws = aws.list_all("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters, PaginationConfig=PAGES)
    return [raw for raw in raws if raw["VpcEndpointType"] in types and str(raw.get("State", "")).lower() not in ("deleted", "failed")]


def _gateway_endpoints(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(_endpoints(aws, _filter("vpc-endpoint-type", ["Gateway"]), ["Gateway"]))}


def _interface_endpoints(aws: Aws, vpcs: Sequence[str]) -> Mapping[str, int]:
    return _by_vpc(_endpoints(aws, _filter("vpc-id", vpcs), INTERFACES))


def _of_type(*types: str) -> Callable[[Mapping[str, Any]], int]:
    return lambda properties: int(properties.get("vpc_endpoint_type") in types)


def _zonal(properties: Mapping[str, Any]) -> int:
    """A regional NAT gateway is in no subnet; AWS does not publish how it counts, so it is left out."""
    return int(properties.get("subnet_id") is not None)


Entries = Iterable[Mapping[str, Any]]


def rules_of_group(before: Entries | None, after: Entries) -> int:
    """The rules of one side, of the address family that has more: each has the whole quota. What names no address counts in both.

    New rules are added before old ones are taken away, so that nothing is cut off in between.
    """
    listed = [*after, *(rule for rule in before or () if rule not in after)]
    ipv4 = sum("cidr_ipv6" not in rule for rule in listed)
    return max(ipv4, sum("cidr_ipv4" not in rule for rule in listed))


def egress_of_group(before: Entries | None, after: Entries) -> int:
    """A new group allows everything until its own rules are there."""
    return rules_of_group([ALLOW_ALL] if before is None else before, after)


def entries_of_acl(before: Entries | None, after: Entries) -> int:
    """As for groups. An entry of the same number is replaced; the rule that denies everything else counts as well."""
    numbers = {entry["rule_number"] for entry in after}
    listed = [*after, *(entry for entry in before or () if entry["rule_number"] not in numbers)]
    ipv6 = sum("ipv6_cidr_block" in entry for entry in listed)
    return max(len(listed) - ipv6, ipv6) + 1


def routes_of_table(_before: Any, routes: Mapping[str, Any]) -> int:
    """Routes that somebody wrote, by family; a prefix list counts in both, as one, since its length is not known here.

    What goes is taken out before what comes is put in.
    """
    ipv6 = sum(":" in destination for destination in routes)
    lists = sum(destination.startswith("pl-") for destination in routes)
    return max(len(routes) - ipv6, ipv6 + lists)


ELASTIC_IPS = Count("ec2", "L-0263D0A3", "elastic IPs", 5, _addresses)
VPCS = Count("vpc", "L-F678F1CE", "VPCs", 5, _vpcs)
INTERNET_GATEWAYS = Count("vpc", "L-A4707A72", "internet gateways", 5, _internet_gateways)
SECURITY_GROUPS = Count("vpc", "L-E79EC296", "security groups", 2500, _security_groups)
NAT_GATEWAYS = Count("vpc", "L-FE5A380F", "NAT gateways of a zone", 5, _nat_gateways, takes=_zonal, per=("subnet_id", "availability_zone"))
SUBNETS = Count("vpc", "L-407747CB", "subnets of a VPC", 200, _subnets, per=("vpc_id",))
ROUTE_TABLES = Count("vpc", "L-589F43AA", "route tables of a VPC", 200, _route_tables, per=("vpc_id",), born=1)
NETWORK_ACLS = Count("vpc", "L-B4A6D682", "network ACLs of a VPC", 200, _network_acls, per=("vpc_id",), born=1)
GATEWAY_ENDPOINTS = Count("vpc", "L-1B52E74A", "gateway endpoints", 20, _gateway_endpoints, takes=_of_type("Gateway"))
INTERFACE_ENDPOINTS = Count(
    "vpc", "L-29B6F2EB", "interface endpoints of a VPC", 50, _interface_endpoints, takes=_of_type(*INTERFACES), per=("vpc_id",)
)
INGRESS_RULES = Size("vpc", "L-0EA8095F", "rules of a security group", 60, "ingress", rules_of_group)
EGRESS_RULES = Size("vpc", "L-0EA8095F", "rules of a security group", 60, "egress", egress_of_group)
INGRESS_ENTRIES = Size("vpc", "L-2AEEBF1A", "rules of a network ACL", 20, "ingress", entries_of_acl)
EGRESS_ENTRIES = Size("vpc", "L-2AEEBF1A", "rules of a network ACL", 20, "egress", entries_of_acl)
ROUTES = Size("vpc", "L-93826ACB", "routes of a route table", 50, "routes", routes_of_table)

STANDARD_FAMILIES = tuple("acdhimrtz")
OTHER_FAMILIES = ("dl", "hpc", "inf", "mac", "trn")
"""Families that begin with the same letters and have quotas of their own."""


def is_standard(instance_type: str) -> bool:
    """Whether an instance type counts towards the vCPUs of standard instances (A, C, D, H, I, M, R, T, Z)."""
    return instance_type.startswith(STANDARD_FAMILIES) and not instance_type.startswith(OTHER_FAMILIES)


def _standard_vcpus(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    """vCPUs of running on-demand instances; spot instances and those on dedicated hosts count elsewhere."""
    states = _filter("instance-state-name", ["pending", "running"])
    reservations = aws.list_all("ec2", "describe_instances", "Reservations", Filters=states, PaginationConfig=PAGES)
    counted = [
        str(instance["InstanceType"])
        for reservation in reservations
        for instance in reservation["Instances"]
        if is_standard(instance["InstanceType"])
        and instance.get("InstanceLifecycle") != "spot"
        and instance.get("Placement", {}).get("Tenancy") != "host"
    ]
    sizes = vcpus_of(aws, sorted(set(counted)))
    return {REGION: sum(sizes[name] for name in counted)}


def vcpus_of(aws: Aws, instance_types: Sequence[str]) -> dict[str, int]:
    """How many vCPUs each of these instance types has."""
    if not instance_types:
        return {}
    found = aws.list_all("ec2", "describe_instance_types", "InstanceTypes", Filters=_filter("instance-type", instance_types))
    return {entry["InstanceType"]: int(entry["VCpuInfo"]["DefaultVCpus"]) for entry in found}


def standard_vcpus(takes: Callable[[Mapping[str, Any]], int]) -> Count:
    """The quota of kinds that start instances; ``takes`` says how many vCPUs one such resource starts at most."""
    return Count("ec2", "L-1216C47A", "vCPUs of on-demand standard instances", 5, _standard_vcpus, takes=takes)
