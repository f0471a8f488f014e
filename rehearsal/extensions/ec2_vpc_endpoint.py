"""VPC endpoints: interfaces with real addresses and groups, routes that follow the endpoint, and modification of all of it."""

from __future__ import annotations

import json
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.ec2_common import matching, network_interface, random_identity, tags_in
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal


@answers("ec2", "CreateVpcEndpoint")
def create(call: Call) -> Any:
    from moto.ec2.models.vpcs import VPCEndPoint

    backend = call.backend
    backend.get_vpc(call.get("VpcId"))
    kind = call.get("VpcEndpointType") or "Gateway"
    if kind not in ("Gateway", "Interface"):
        raise Refusal("UnsupportedOperation", f"The rehearsal cloud has no {kind} endpoints")
    endpoint = VPCEndPoint(
        backend,
        random_identity("vpce"),
        call.get("VpcId"),
        call.get("ServiceName"),
        kind,
        call.get("PolicyDocument"),
        route_table_ids=[],
        subnet_ids=[],
        security_group_ids=[],
        tags=tags_in(call, "vpc-endpoint"),
        private_dns_enabled=kind == "Interface" and call.get("PrivateDnsEnabled", True),
        destination_prefix_list_id=_prefix_list(backend, call.get("ServiceName")) if kind == "Gateway" else None,
    )
    endpoint.interfaces = {}  # by subnet
    _add_route_tables(endpoint, call.get("RouteTableIds") or [])
    if kind == "Interface":
        endpoint.security_group_ids = list(call.get("SecurityGroupIds") or []) or [_default_group(backend, endpoint.vpc_id)]
        _add_subnets(endpoint, call.get("SubnetIds") or [])
    backend.vpc_end_points[endpoint.id] = endpoint
    return {"VpcEndpoint": reply(endpoint), "ClientToken": call.get("ClientToken")}


@answers("ec2", "ModifyVpcEndpoint")
def modify(call: Call) -> Any:
    endpoint = existing(call.backend, call.get("VpcEndpointId"))
    if call.get("PolicyDocument") or call.get("ResetPolicy"):
        endpoint.policy_document = call.get("PolicyDocument") or json.dumps(type(endpoint).DEFAULT_POLICY)
    if call.get("PrivateDnsEnabled") is not None:
        endpoint.private_dns_enabled = call.get("PrivateDnsEnabled")
    _remove_route_tables(endpoint, call.get("RemoveRouteTableIds") or [])
    _add_route_tables(endpoint, call.get("AddRouteTableIds") or [])
    _change_groups(endpoint, call.get("AddSecurityGroupIds") or [], call.get("RemoveSecurityGroupIds") or [])
    _remove_subnets(endpoint, call.get("RemoveSubnetIds") or [])
    _add_subnets(endpoint, call.get("AddSubnetIds") or [])
    return {"Return": True}


@answers("ec2", "DeleteVpcEndpoints")
def delete(call: Call) -> Any:
    """Unknown endpoints are reported in the response; the others are still deleted."""
    missing = []
    for identity in call.get("VpcEndpointIds") or []:
        endpoint = call.backend.vpc_end_points.get(identity)
        if endpoint is None:
            text = f"The Vpc Endpoint Id '{identity}' does not exist"
            missing.append({"ResourceId": identity, "Error": {"Code": "InvalidVpcEndpointId.NotFound", "Message": text}})
        elif endpoint.state != "deleting":
            _remove_route_tables(endpoint, list(endpoint.route_table_ids))
            endpoint.state = "deleted"
    forget_deleted(call)
    return {"Unsuccessful": missing}


@answers("ec2", "DescribeVpcEndpoints")
def describe(call: Call) -> Any:
    backend = call.backend
    wanted = call.get("VpcEndpointIds") or list(backend.vpc_end_points)
    values = {
        "vpc-endpoint-id": lambda endpoint: [endpoint.id],
        "vpc-endpoint-type": lambda endpoint: [endpoint.vpc_endpoint_type],
        "vpc-endpoint-state": lambda endpoint: [endpoint.state],
        "vpc-id": lambda endpoint: [endpoint.vpc_id],
        "service-name": lambda endpoint: [endpoint.service_name],
    }
    found = matching([existing(backend, identity) for identity in wanted], call.get("Filters"), values)
    return {"VpcEndpoints": [reply(endpoint) for endpoint in found]}


@settles("ec2")
def forget_deleted(call: Call) -> None:
    """A deleted endpoint is no longer listed, and its interfaces are deleted."""
    endpoints = call.backend.vpc_end_points
    for endpoint in [endpoint for endpoint in endpoints.values() if endpoint.state == "deleted"]:
        _remove_subnets(endpoint, list(endpoint.subnet_ids))
        del endpoints[endpoint.id]
        call.backend.tags.pop(endpoint.id, None)


def existing(backend: Any, identity: str) -> Any:
    endpoint = backend.vpc_end_points.get(identity)
    if endpoint is None:
        raise Refusal("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{identity}' does not exist")
    return endpoint


def reply(endpoint: Any) -> dict[str, Any]:
    """The members of botocore's VpcEndpoint."""
    is_interface = endpoint.vpc_endpoint_type == "Interface"
    names = {group.id: group.name for groups in endpoint.ec2_backend.groups.values() for group in groups.values()}
    members = {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.vpc_endpoint_type,
        "VpcId": endpoint.vpc_id,
        "ServiceName": endpoint.service_name,
        "State": endpoint.state,
        "PolicyDocument": endpoint.policy_document,
        "RouteTableIds": endpoint.route_table_ids,
        "SubnetIds": endpoint.subnet_ids,
        "Groups": [{"GroupId": identity, "GroupName": names.get(identity, "")} for identity in endpoint.security_group_ids],
        "IpAddressType": "ipv4" if is_interface else None,
        "DnsOptions": {"DnsRecordIpType": "ipv4" if is_interface else "service-defined"},
        "PrivateDnsEnabled": bool(endpoint.private_dns_enabled),
        "RequesterManaged": False,
        "NetworkInterfaceIds": [interface.id for interface in endpoint.interfaces.values()],
        "DnsEntries": _dns_entries(endpoint) if is_interface else [],
        "CreationTimestamp": endpoint.creation_timestamp,
        "Tags": [{"Key": key, "Value": value} for key, value in transitions.tags_of(endpoint).items()],
        "OwnerId": endpoint.owner_id,
    }
    members |= dict(transitions.extra_fields(endpoint))
    return {name: value for name, value in members.items() if value is not None}


def _dns_entries(endpoint: Any) -> list[dict[str, str]]:
    service = endpoint.service_name.removeprefix("com.amazonaws.").split(".", 1)[-1]
    region = endpoint.ec2_backend.region_name
    entries = [{"DnsName": f"{endpoint.id}.{service}.{region}.vpce.amazonaws.com", "HostedZoneId": "Z0REHEARSAL1"}]
    if endpoint.private_dns_enabled:
        entries.append({"DnsName": f"{service}.{region}.amazonaws.com", "HostedZoneId": "Z0REHEARSAL2"})
    return entries


def _prefix_list(backend: Any, service_name: str) -> str | None:
    return next((entry.id for entry in backend.managed_prefix_lists.values() if entry.prefix_list_name == service_name), None)


def _default_group(backend: Any, vpc_id: str) -> str:
    return str(backend.get_security_group_from_name("default", vpc_id).id)


def _add_route_tables(endpoint: Any, route_tables: list[str]) -> None:
    for table in route_tables:
        if table not in endpoint.route_table_ids:
            # moto looks the endpoint up to create its route, so it must be registered by then
            endpoint.ec2_backend.vpc_end_points[endpoint.id] = endpoint
            endpoint.ec2_backend.create_route(
                table, None, gateway_id=endpoint.id, destination_prefix_list_id=endpoint.destination_prefix_list_id
            )
            endpoint.route_table_ids = [*endpoint.route_table_ids, table]


def _remove_route_tables(endpoint: Any, route_tables: list[str]) -> None:
    backend = endpoint.ec2_backend
    for table in route_tables:
        if table in backend.route_tables:
            backend.delete_route(table, None, destination_prefix_list_id=endpoint.destination_prefix_list_id)
        endpoint.route_table_ids = [kept for kept in endpoint.route_table_ids if kept != table]


def _add_subnets(endpoint: Any, subnets: list[str]) -> None:
    for subnet in subnets:
        if subnet not in endpoint.interfaces:
            text = f"VPC Endpoint Interface {endpoint.id}"
            endpoint.interfaces[subnet] = network_interface(endpoint.ec2_backend, subnet, text, groups=endpoint.security_group_ids)
            endpoint.subnet_ids = list(endpoint.interfaces)


def _remove_subnets(endpoint: Any, subnets: list[str]) -> None:
    for subnet in subnets:
        interface = endpoint.interfaces.pop(subnet, None)
        if interface is not None:
            endpoint.ec2_backend.enis.pop(interface.id, None)
    endpoint.subnet_ids = list(endpoint.interfaces)


def _change_groups(endpoint: Any, added: list[str], removed: list[str]) -> None:
    kept = [group for group in endpoint.security_group_ids if group not in removed]
    endpoint.security_group_ids = kept + [group for group in added if group not in kept]
    for interface in endpoint.interfaces.values():
        interface._group_set = [endpoint.ec2_backend.get_security_group_from_id(group) for group in endpoint.security_group_ids]
