"""Networks: cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network import samples as smallest
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.samples import ADDRESS, GATEWAY, subnet_resource
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import VPC, VPC_ID
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.contract.account import listed
from tests.contract.further.shared import FEW, MANY


def vpc(_place: Place) -> Sample:
    """Tags, and DNS support disabled by hand."""
    properties = {"cidr_block": "10.0.0.0/16", "enable_dns_support": True, "enable_dns_hostnames": False, "tags": MANY}
    return Sample(
        Resource("vpc", "tagged", properties),
        change={"tags": FEW},
        drift=Drift(
            Operation("ec2", "modify_vpc_attribute"),
            lambda one: {"VpcId": one.id, "EnableDnsSupport": {"Value": False}},
            "enable_dns_support",
        ),
    )


def vpc_with_blocks(_place: Place) -> Sample:
    """A secondary block, another one in its place, and one added by hand."""
    return Sample(
        Resource("vpc", "blocks", {"cidr_block": "10.0.0.0/16", "secondary_cidr_blocks": ["100.64.0.0/16"]}),
        change={"secondary_cidr_blocks": ["100.65.0.0/16"]},
        drift=Drift(
            Operation("ec2", "associate_vpc_cidr_block"),
            lambda one: {"VpcId": one.id, "CidrBlock": "100.66.0.0/16"},
            "secondary_cidr_blocks",
        ),
    )


def vpc_with_ipv6(_place: Place) -> Sample:
    """A block of IPv6 addresses: removed, and added by hand."""
    return Sample(
        Resource("vpc", "ipv6", {"cidr_block": "10.0.0.0/16", "ipv6": None}),
        change={"ipv6": True},
        drift=Drift(
            Operation("ec2", "associate_vpc_cidr_block"), lambda one: {"VpcId": one.id, "AmazonProvidedIpv6CidrBlock": True}, "ipv6"
        ),
    )


def subnet_with_ipv6(place: Place) -> Sample:
    """Another /64 of the VPC's block, and addresses that a machine no longer gets."""
    home = Resource("vpc", "home", {"cidr_block": "10.0.0.0/16", "ipv6": True})
    first, second = (ref(home.address, "ipv6_start", suffix=f"0{number}::/64") for number in (1, 2))
    properties = {"vpc_id": ref(home.address), "availability_zone": f"{place.region}a", "cidr_block": "10.0.0.0/24"}
    return Sample(
        Resource("subnet", "ipv6", {**properties, "ipv6_cidr_block": first, "assign_ipv6_address_on_creation": True}),
        needs=(home,),
        change={"ipv6_cidr_block": second},
        drift=Drift(
            Operation("ec2", "modify_subnet_attribute"),
            lambda one: {"SubnetId": one.id, "AssignIpv6AddressOnCreation": {"Value": False}},
            "assign_ipv6_address_on_creation",
        ),
    )


def moved_subnet(place: Place) -> Sample:
    """The same CIDR block in another zone: the old subnet must be deleted first."""
    return replace(smallest.subnet(place), change={"availability_zone": f"{place.region}b"})


def moved_nat_gateway(place: Place) -> Sample:
    """The same address in another subnet: the old gateway must be deleted first."""
    sample, other = smallest.nat_gateway(place), subnet_resource(place, "b", "10.0.1.0/24")
    return replace(sample, needs=(*sample.needs, other), change={"subnet_id": ref(other.address)})


def regional_nat_gateway(place: Place) -> Sample:
    """Addresses by zone: one added by the change, one removed by its reversal, one removed by hand."""
    addresses = tuple(Resource("elastic_ip", name, {}) for name in ("one", "two"))
    one, two = (
        [{"availability_zone": f"{place.region}{zone}", "allocation_ids": [ref(a.address)]}]
        for zone, a in zip("ab", addresses, strict=True)
    )
    properties = {"connectivity_type": "public", "availability_mode": "regional", "vpc_id": VPC_ID, "availability_zone_addresses": one}
    return Sample(
        Resource("nat_gateway", "regional", properties, after=(GATEWAY.address,)),
        needs=(VPC, GATEWAY, *addresses),
        change={"availability_zone_addresses": [*one, *two]},
        drift=Drift(
            Operation("ec2", "associate_nat_gateway_address"),
            lambda seen: {"NatGatewayId": seen.id, "AllocationIds": [ref(addresses[1].address)], "AvailabilityZone": f"{place.region}b"},
            "availability_zone_addresses",
        ),
    )


def route_table(place: Place) -> Sample:
    """Subnets added and removed, a route with a new target, and a subnet taken over by another table."""
    first, second = subnet_resource(place), subnet_resource(place, "b", "10.0.1.0/24")
    nat = {"connectivity_type": "public", "subnet_id": ref(second.address), "allocation_id": ref(ADDRESS.address)}
    gateway = Resource("nat_gateway", "zonal", nat, after=(GATEWAY.address,))
    rival = Resource("route_table", "rival", {"vpc_id": VPC_ID})

    def stolen(one: Any) -> dict[str, Any]:
        return {"AssociationId": next(iter(one.attributes["associations"].values())), "RouteTableId": ref(rival.address)}

    properties = {"vpc_id": VPC_ID, "routes": {"0.0.0.0/0": ref(GATEWAY.address)}, "subnet_ids": [ref(first.address)]}
    return Sample(
        Resource("route_table", "busy", properties),
        needs=(VPC, GATEWAY, ADDRESS, first, second, gateway, rival),
        change={"routes": {"0.0.0.0/0": ref(gateway.address)}, "subnet_ids": [ref(second.address)]},
        drift=Drift(Operation("ec2", "replace_route_table_association"), stolen, "subnet_ids"),
    )


def network_acl(place: Place) -> Sample:
    """Subnets and entries added and removed."""
    first, second = subnet_resource(place), subnet_resource(place, "b", "10.0.1.0/24")

    def entry(number: int) -> dict[str, Any]:
        return {"rule_number": number, "protocol": "-1", "action": "allow", "cidr_block": "10.0.0.0/16"}

    def added(one: Any) -> dict[str, Any]:
        rule = {"Egress": False, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "192.0.2.0/24", "RuleNumber": 999}
        return {"NetworkAclId": one.id, **rule}

    properties = {"vpc_id": VPC_ID, "ingress": [entry(100)], "egress": [entry(100)], "subnet_ids": [ref(first.address)]}
    return Sample(
        Resource("network_acl", "busy", properties),
        needs=(VPC, first, second),
        change={"egress": [entry(110)], "subnet_ids": [ref(second.address)]},
        drift=Drift(Operation("ec2", "create_network_acl_entry"), added, "ingress"),
    )


def default_network_acl(_place: Place) -> Sample:
    """An entry that keeps its number and says something else: the list of an account's default ACL is taken as it is written."""
    entry = {"rule_number": 100, "protocol": "-1", "action": "allow", "cidr_block": "10.0.0.0/16"}
    drift = {"Egress": False, "RuleNumber": 100}
    return Sample(
        Resource("default_network_acl", "open", {"vpc_id": VPC_ID, "ingress": [entry], "egress": []}),
        needs=(VPC,),
        change={"ingress": [{**entry, "cidr_block": "10.1.0.0/16"}]},
        drift=Drift(Operation("ec2", "delete_network_acl_entry"), lambda one: {"NetworkAclId": one.id, **drift}, "ingress"),
    )


def not_deleted(item: Any) -> bool:
    return str(item["State"]).lower() not in ("deleted", "deleting", "failed")


COUNTS = {
    "vpc": listed("ec2", "describe_vpcs", "Vpcs"),
    "subnet": listed("ec2", "describe_subnets", "Subnets"),
    "internet_gateway": listed("ec2", "describe_internet_gateways", "InternetGateways"),
    "egress_only_internet_gateway": listed("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"),
    "elastic_ip": listed("ec2", "describe_addresses", "Addresses"),
    "nat_gateway": listed("ec2", "describe_nat_gateways", "NatGateways", not_deleted),
    "route_table": listed("ec2", "describe_route_tables", "RouteTables"),
    **dict.fromkeys(("default_network_acl", "network_acl"), listed("ec2", "describe_network_acls", "NetworkAcls")),
    "vpc_endpoint": listed("ec2", "describe_vpc_endpoints", "VpcEndpoints", not_deleted),
    "flow_log": listed("ec2", "describe_flow_logs", "FlowLogs"),
}
FURTHER = {
    "vpc": {
        "tagged": vpc,
        "blocks": vpc_with_blocks,
        "ipv6": vpc_with_ipv6,
        "subnet with ipv6": subnet_with_ipv6,
        "moved subnet": moved_subnet,
        "moved gateway": moved_nat_gateway,
        "regional": regional_nat_gateway,
        "busy table": route_table,
        "busy list": network_acl,
        "default list": default_network_acl,
    },
}
