"""VPC endpoint requests that EC2 rejects."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_vpc_endpoint import existing
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal

GATEWAY_SERVICES = ("s3", "dynamodb")


@refuses("ec2", "CreateVpcEndpoint")
def service_and_type(call: Call) -> None:
    name, kind = call.get("ServiceName") or "", call.get("VpcEndpointType") or "Gateway"
    prefix = f"com.amazonaws.{call.region}."
    known = name.startswith(prefix) and name.removeprefix(prefix) in _offered()
    if not known and name not in [entry.service_name for entry in call.backend.configurations.values()]:
        raise Refusal("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    if kind == "Gateway" and name.removeprefix(prefix) not in GATEWAY_SERVICES:
        raise Refusal("InvalidParameter", "Endpoint type (Gateway) does not match available service types ([Interface]).")
    if kind == "Gateway" and (call.get("SubnetIds") or call.get("SecurityGroupIds") or call.get("PrivateDnsEnabled")):
        raise Refusal("InvalidParameter", "Subnets, security groups and private DNS are not supported for endpoints of type Gateway.")
    if kind == "Interface" and call.get("RouteTableIds"):
        raise Refusal("InvalidParameter", "Route tables are not supported for endpoints of type Interface.")


@refuses("ec2", "CreateVpcEndpoint")
def subnets_of_a_new_endpoint(call: Call) -> None:
    vpc_id = call.get("VpcId")
    call.backend.get_vpc(vpc_id)
    _check_subnets(call, vpc_id, [], call.get("SubnetIds") or [])
    _check_groups(call, vpc_id, call.get("SecurityGroupIds") or [])
    _check_route_tables(call, vpc_id, call.get("ServiceName"), call.get("RouteTableIds") or [])
    if call.get("VpcEndpointType") == "Interface" and call.get("PrivateDnsEnabled", True):
        _check_private_dns(call, vpc_id, call.get("ServiceName"), None)


@refuses("ec2", "ModifyVpcEndpoint")
def changes_of_an_endpoint(call: Call) -> None:
    endpoint = existing(call.backend, call.get("VpcEndpointId"))
    kept = [subnet for subnet in endpoint.subnet_ids if subnet not in (call.get("RemoveSubnetIds") or [])]
    _check_subnets(call, endpoint.vpc_id, kept, [subnet for subnet in call.get("AddSubnetIds") or [] if subnet not in kept])
    _check_groups(call, endpoint.vpc_id, call.get("AddSecurityGroupIds") or [])
    added = [table for table in call.get("AddRouteTableIds") or [] if table not in endpoint.route_table_ids]
    _check_route_tables(call, endpoint.vpc_id, endpoint.service_name, added)
    if call.get("PrivateDnsEnabled") and not endpoint.private_dns_enabled:
        _check_private_dns(call, endpoint.vpc_id, endpoint.service_name, endpoint.id)


def _offered() -> set[str]:
    from moto.ec2.models.vpcs import AWS_ENDPOINT_SERVICES, COVERED_ENDPOINT_SERVICES

    return {*AWS_ENDPOINT_SERVICES, *COVERED_ENDPOINT_SERVICES, *GATEWAY_SERVICES}


def _check_subnets(call: Call, vpc_id: str, present: list[str], added: list[str]) -> None:
    """One subnet per zone, all in the VPC."""
    zones = {call.backend.get_subnet(subnet).availability_zone for subnet in present}
    for identity in added:
        subnet = call.backend.get_subnet(identity)
        if subnet.vpc_id != vpc_id:
            raise Refusal("InvalidParameter", f"Subnet {identity} does not belong to VPC {vpc_id}")
        if subnet.availability_zone in zones:
            text = f"Found another VPC endpoint subnet in the availability zone of {identity}. "
            text += "VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service."
            raise Refusal("DuplicateSubnetsInSameZone", text)
        zones.add(subnet.availability_zone)


def _check_groups(call: Call, vpc_id: str, groups: list[str]) -> None:
    for identity in groups:
        group = call.backend.get_security_group_from_id(identity)
        if group is None:
            raise Refusal("InvalidSecurityGroupId.NotFound", f"The security group '{identity}' does not exist")
        if group.vpc_id != vpc_id:
            raise Refusal("InvalidParameter", f"Security group {identity} does not belong to VPC {vpc_id}")


def _check_route_tables(call: Call, vpc_id: str, service_name: str | None, tables: list[str]) -> None:
    for identity in tables:
        if call.backend.get_route_table(identity).vpc_id != vpc_id:
            raise Refusal("InvalidParameter", f"Route table {identity} does not belong to VPC {vpc_id}")
        if any(identity in other.route_table_ids for other in _same_service(call, vpc_id, service_name)):
            raise Refusal("RouteAlreadyExists", f"route table {identity} already has a route to {service_name}")


def _check_private_dns(call: Call, vpc_id: str, service_name: str | None, itself: str | None) -> None:
    vpc = call.backend.get_vpc(vpc_id)
    if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        text = f"Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for {vpc_id}"
        raise Refusal("InvalidParameter", text)
    if any(other.private_dns_enabled and other.id != itself for other in _same_service(call, vpc_id, service_name)):
        domain = f"{str(service_name).rsplit('.', 1)[-1]}.{call.region}.amazonaws.com"
        text = f"private-dns-enabled cannot be set because there is already a conflicting DNS domain for {domain} in the VPC {vpc_id}"
        raise Refusal("InvalidParameter", text)


def _same_service(call: Call, vpc_id: str, service_name: str | None) -> list[Any]:
    endpoints = call.backend.vpc_end_points.values()
    return [endpoint for endpoint in endpoints if endpoint.vpc_id == vpc_id and endpoint.service_name == service_name]
