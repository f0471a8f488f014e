"""Quotas of EC2. Unlimited unless the settings say otherwise; AWS's own defaults are in `AWS_DEFAULTS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal

AWS_DEFAULTS = {
    "elastic_ips": 5,
    "internet_gateways": 5,
    "nat_gateways_per_zone": 5,
    "security_groups": 2500,
    "subnets_per_vpc": 200,
    "vpcs": 5,
}


@refuses("ec2", "AllocateAddress")
def addresses(call: Call) -> None:
    _limit(call, "elastic_ips", "AddressLimitExceeded", "addresses", lambda backend: len(backend.addresses))


@refuses("ec2", "CreateVpc")
def vpcs(call: Call) -> None:
    _limit(call, "vpcs", "VpcLimitExceeded", "VPCs", lambda backend: len(backend.vpcs))


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


def _limit(call: Call, quota: str, code: str, things: str, count: Callable[[Any], int]) -> None:
    limit = call.settings.quotas.get(quota)
    if limit is not None and count(call.backend) >= limit:
        raise Refusal(code, f"The maximum number of {things} has been reached.")
