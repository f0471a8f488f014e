# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The quotas that networks consume, and how to count current usage. Codes and defaults are those of AWS Service Quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....aws.connection import Aws
from ....aws.quotas import PAGES, REGION, Count, Size, filtered

INTERFACES = ("Interface", "GatewayLoadBalancer")
"""The endpoint types that share one quota."""


def _addresses(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    """Count elastic IPs. Addresses from the account's own pools (BYOIP) do not count."""
    found = aws.list_all("ec2", "describe_addresses", "Addresses")
    return {REGION: sum(raw.get("PublicIpv4Pool", "amazon") == "amazon" for raw in found)}


def _vpcs(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(aws.list_all("ec2", "describe_vpcs", "Vpcs", PaginationConfig=PAGES))}


def _nat_gateways(aws: Aws, _zones: Sequence[str]) -> Mapping[str, int]:
    """Count zonal NAT gateways in the states that count, by zone. The reply holds subnet ids only; a second call finds their zones."""
    states = filtered("state", ["pending", "available", "deleting"])
    subnets = [raw["SubnetId"] for raw in aws.list_all("ec2", "describe_nat_gateways", "NatGateways", Filter=states) if raw.get("SubnetId")]
    if not subnets:
        return {}
    found = aws.list_all("ec2", "describe_subnets", "Subnets", Filters=filtered("subnet-id", sorted(set(subnets))))
    zones = {raw["SubnetId"]: raw["AvailabilityZone"] for raw in found}
    return Counter(zones[subnet] for subnet in subnets if subnet in zones)


def _endpoints(aws: Aws, filters: list[dict[str, Any]], types: Sequence[str]) -> list[dict[str, Any]]:
    raws = aws.list_all("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=filters, PaginationConfig=PAGES)
    return [raw for raw in raws if raw["VpcEndpointType"] in types and str(raw.get("State", "")).lower() not in ("deleted", "failed")]


def _gateway_endpoints(aws: Aws, _scopes: Sequence[str]) -> Mapping[str, int]:
    return {REGION: len(_endpoints(aws, filtered("vpc-endpoint-type", ["Gateway"]), ["Gateway"]))}


def _interface_endpoints(aws: Aws, vpcs: Sequence[str]) -> Mapping[str, int]:
    return Counter(str(raw["VpcId"]) for raw in _endpoints(aws, filtered("vpc-id", vpcs), INTERFACES))


def _of_type(*types: str) -> Callable[[Mapping[str, Any]], int]:
    return lambda properties: int(properties.get("vpc_endpoint_type") in types)


def _zonal(properties: Mapping[str, Any]) -> int:
    """1 for a zonal NAT gateway. A regional one has no subnet and is not counted, because AWS does not publish how it counts."""
    return int(properties.get("subnet_id") is not None)


ELASTIC_IPS = Count("ec2", "L-0263D0A3", "elastic IPs", 5, _addresses)
VPCS = Count("vpc", "L-F678F1CE", "VPCs", 5, _vpcs)
NAT_GATEWAYS = Count("vpc", "L-FE5A380F", "NAT gateways of a zone", 5, _nat_gateways, takes=_zonal, per=("subnet_id", "availability_zone"))
GATEWAY_ENDPOINTS = Count("vpc", "L-1B52E74A", "gateway endpoints", 20, _gateway_endpoints, takes=_of_type("Gateway"))
INTERFACE_ENDPOINTS = Count(
    "vpc", "L-29B6F2EB", "interface endpoints of a VPC", 50, _interface_endpoints, takes=_of_type(*INTERFACES), per=("vpc_id",)
)


def blocks_of_vpc(old: Any, new: Any) -> int:
    """The primary block and the secondary ones. Those that go are disassociated before others are associated."""
    return 1 + len(new or ())


VPC_BLOCKS = Size("vpc", "L-83CA0A9D", "IPv4 CIDR blocks of a VPC", 5, "secondary_cidr_blocks", blocks_of_vpc)
