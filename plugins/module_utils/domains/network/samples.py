# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The smallest resource of each network kind, for tests that create, change, and delete one of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...aws.operations import Operation
from ...aws.place import Place
from ...aws.samples import Drift, Sample
from ...kinds.samples import (
    NAME,
    ONE,
    TWO,
    VPC,
    VPC_ID,
    default_security_group,
    key,
    log_group,
    role,
    role_resource,
    security_group,
)
from ...reconcile.model import Observed, Resource, ref

GATEWAY = Resource("internet_gateway", NAME, {"vpc_id": VPC_ID, "tags": ONE})
DUAL_STACK = replace(VPC, properties={**VPC.properties, "ipv6": True})
EGRESS_ONLY = Resource("egress_only_internet_gateway", NAME, {"vpc_id": VPC_ID, "tags": ONE})
ADDRESS = Resource("elastic_ip", NAME, {"tags": ONE})
TABLES = tuple(Resource("route_table", f"{NAME}-{part}", {"vpc_id": VPC_ID}) for part in "ab")


def _retagged(one: Observed) -> Mapping[str, Any]:
    return {"Resources": [one.id], "Tags": [{"Key": "team", "Value": "by hand"}]}


TAG_BY_HAND = Drift(Operation("ec2", "create_tags"), _retagged, "tags")


def samples(place: Place) -> tuple[Sample, ...]:
    return (
        key(place),
        role(place),
        log_group(place),
        security_group(),
        default_security_group(),
        vpc(),
        subnet(place),
        Sample(
            GATEWAY,
            needs=(VPC,),
            change={"tags": TWO},
            drift=Drift(
                Operation("ec2", "detach_internet_gateway"),
                lambda one: {"InternetGatewayId": one.id, "VpcId": one.properties["vpc_id"]},
                "vpc_id",
            ),
        ),
        Sample(EGRESS_ONLY, needs=(DUAL_STACK,), change={"tags": TWO}, drift=TAG_BY_HAND),
        Sample(ADDRESS, change={"tags": TWO}, drift=TAG_BY_HAND),
        nat_gateway(place),
        route_table(),
        network_acl(),
        default_network_acl(),
        vpc_endpoint(place),
        flow_log(place),
    )


def vpc() -> Sample:
    return Sample(
        VPC,
        change={"enable_dns_hostnames": False},
        drift=Drift(
            Operation("ec2", "modify_vpc_attribute"),
            lambda one: {"VpcId": one.id, "EnableDnsHostnames": {"Value": False}},
            "enable_dns_hostnames",
        ),
    )


def subnet_resource(place: Place, zone: str = "a", block: str = "10.0.0.0/24") -> Resource:
    properties = {"vpc_id": VPC_ID, "availability_zone": f"{place.region}{zone}", "cidr_block": block, "map_public_ip_on_launch": False}
    return Resource("subnet", f"{NAME}-{zone}", properties)


def subnet(place: Place) -> Sample:
    return Sample(
        subnet_resource(place),
        needs=(VPC,),
        change={"map_public_ip_on_launch": True},
        drift=Drift(
            Operation("ec2", "modify_subnet_attribute"),
            lambda one: {"SubnetId": one.id, "MapPublicIpOnLaunch": {"Value": True}},
            "map_public_ip_on_launch",
        ),
    )


def nat_gateway(place: Place) -> Sample:
    where = subnet_resource(place)
    properties = {"connectivity_type": "public", "subnet_id": ref(where.address), "allocation_id": ref(ADDRESS.address), "tags": ONE}
    resource = Resource("nat_gateway", NAME, properties, after=(GATEWAY.address,))
    return Sample(resource, needs=(VPC, GATEWAY, ADDRESS, where), change={"tags": TWO}, drift=TAG_BY_HAND)


def route_table() -> Sample:
    routes = {"0.0.0.0/0": ref(GATEWAY.address)}
    resource = Resource("route_table", NAME, {"vpc_id": VPC_ID, "routes": routes}, after=(GATEWAY.address,))
    return Sample(
        resource,
        needs=(VPC, GATEWAY),
        change={"routes": {"198.51.100.0/24": ref(GATEWAY.address)}},
        drift=Drift(Operation("ec2", "delete_route"), lambda one: {"RouteTableId": one.id, "DestinationCidrBlock": "0.0.0.0/0"}, "routes"),
    )


def network_acl() -> Sample:
    entry = {"rule_number": 100, "protocol": "tcp", "action": "allow", "cidr_block": "10.0.0.0/16", "from_port": 443, "to_port": 443}
    return Sample(
        Resource("network_acl", NAME, {"vpc_id": VPC_ID, "ingress": [entry], "egress": []}),
        needs=(VPC,),
        change={"ingress": [{**entry, "action": "deny"}]},
        drift=Drift(
            Operation("ec2", "delete_network_acl_entry"),
            lambda one: {"NetworkAclId": one.id, "RuleNumber": 100, "Egress": False},
            "ingress",
        ),
    )


def default_network_acl() -> Sample:
    sample, closed = network_acl(), {"vpc_id": VPC_ID, "ingress": [], "egress": []}
    return Sample(
        Resource("default_network_acl", NAME, closed),
        needs=(VPC,),
        change={"ingress": sample.resource.properties["ingress"]},
        drift=Drift(
            Operation("ec2", "create_network_acl_entry"),
            lambda one: {
                "NetworkAclId": one.id,
                "RuleNumber": 50,
                "Egress": True,
                "Protocol": "-1",
                "RuleAction": "allow",
                "CidrBlock": "10.0.0.0/8",
            },
            "egress",
        ),
    )


def vpc_endpoint(place: Place) -> Sample:
    first, second = (ref(table.address) for table in TABLES)
    service = {"service_name": f"com.amazonaws.{place.region}.s3", "vpc_endpoint_type": "Gateway"}
    return Sample(
        Resource("vpc_endpoint", NAME, {"vpc_id": VPC_ID, **service, "route_table_ids": [first]}),
        needs=(VPC, *TABLES),
        change={"route_table_ids": [second]},
        drift=Drift(
            Operation("ec2", "modify_vpc_endpoint"),
            lambda one: {"VpcEndpointId": one.id, "RemoveRouteTableIds": one.properties["route_table_ids"]},
            "route_table_ids",
        ),
    )


def flow_log(place: Place) -> Sample:
    group, writer = log_group(place).resource, role_resource(place, "vpc-flow-logs.amazonaws.com", "flow-logs")
    properties = {
        "resource_id": VPC_ID,
        "traffic_type": "REJECT",
        "log_destination": ref(group.address, "arn"),
        "deliver_logs_permission_arn": ref(writer.address, "arn"),
        "tags": ONE,
    }
    return Sample(Resource("flow_log", NAME, properties), needs=(VPC, group, writer), change={"tags": TWO}, drift=TAG_BY_HAND)
