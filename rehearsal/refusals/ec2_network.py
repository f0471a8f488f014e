"""Network requests that EC2 rejects: addresses, zones, gateways, routes, network ACLs."""

from __future__ import annotations

import ipaddress
from typing import Any

from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("ec2", "CreateVpc")
def vpc_range(call: Call) -> None:
    network = _network(call.get("CidrBlock"))
    if not 16 <= network.prefixlen <= 28:
        raise Refusal("InvalidVpc.Range", f"The CIDR '{call.get('CidrBlock')}' is invalid.")


@refuses("ec2", "CreateSubnet")
def subnet_range(call: Call) -> None:
    if call.get("CidrBlock") and not 16 <= _network(call.get("CidrBlock")).prefixlen <= 28:
        raise Refusal("InvalidSubnet.Range", f"The CIDR '{call.get('CidrBlock')}' is invalid.")


@refuses("ec2", "CreateSubnet")
def subnet_zone(call: Call) -> None:
    zones = call.backend.describe_availability_zones()
    for member, known in (("AvailabilityZone", [zone.name for zone in zones]), ("AvailabilityZoneId", [zone.zone_id for zone in zones])):
        if call.get(member) and call.get(member) not in known:
            text = f"Value ({call.get(member)}) for parameter availabilityZone is invalid. "
            text += f"Subnets can currently only be created in the following availability zones: {', '.join(known)}."
            raise Refusal("InvalidParameterValue", text)


@refuses("ec2", "AttachInternetGateway")
def one_internet_gateway_per_vpc(call: Call) -> None:
    backend, identity, vpc_id = call.backend, call.get("InternetGatewayId"), call.get("VpcId")
    backend.get_vpc(vpc_id)
    attached_to = backend.get_internet_gateway(identity).vpc
    if attached_to:
        raise Refusal("Resource.AlreadyAssociated", f"resource {identity} is already attached to network {attached_to.id}")
    if any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in backend.internet_gateways.values()):
        raise Refusal("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")


@refuses("ec2", "CreateNatGateway")
def nat_gateway_addresses(call: Call) -> None:
    """One free address per public gateway. A VPC without an internet gateway is not refused here; the gateway's state shows it later."""
    if call.get("AvailabilityMode") == "regional":
        _regional(call)
        allocations = [item for entry in call.get("AvailabilityZoneAddresses") or [] for item in entry.get("AllocationIds") or []]
    else:
        allocations = _zonal(call)
    for allocation_id in allocations:
        address = call.backend.address_by_allocation([allocation_id])[0]
        if address.association_id:
            raise Refusal("Resource.AlreadyAssociated", f"Elastic IP address [{allocation_id}] is already associated")


def _zonal(call: Call) -> list[str]:
    if not call.get("SubnetId"):
        raise _missing("SubnetId")
    call.backend.get_subnet(call.get("SubnetId"))
    private = call.get("ConnectivityType") == "private"
    if private and call.get("AllocationId"):
        raise Refusal("InvalidParameter", "AllocationId cannot be specified for a NAT gateway with private connectivity type")
    if not private and not call.get("AllocationId"):
        raise _missing("AllocationId")
    return [call.get("AllocationId")] if call.get("AllocationId") else []


def _regional(call: Call) -> None:
    if call.get("SubnetId") or call.get("AllocationId"):
        raise Refusal("InvalidParameterCombination", "SubnetId and AllocationId cannot be specified for a regional NAT gateway")
    if not call.get("VpcId"):
        raise _missing("VpcId")
    if call.get("ConnectivityType") == "private":
        raise Refusal("InvalidParameterCombination", "A regional NAT gateway must have public connectivity")
    zones = call.backend.describe_availability_zones()
    known = {zone.name for zone in zones} | {zone.zone_id for zone in zones}
    for entry in call.get("AvailabilityZoneAddresses") or []:
        zone = entry.get("AvailabilityZone") or entry.get("AvailabilityZoneId")
        if zone not in known:
            raise Refusal("InvalidParameterValue", f"Invalid availability zone: [{zone}]")


@refuses("ec2", "AssociateRouteTable")
def subnet_has_route_table(call: Call) -> None:
    backend, subnet_id = call.backend, call.get("SubnetId")
    table = backend.get_route_table(call.get("RouteTableId"))
    if not subnet_id:
        return
    if backend.get_subnet(subnet_id).vpc_id != table.vpc_id:
        raise Refusal("InvalidParameterValue", f"Route table {table.id} and subnet {subnet_id} belong to different networks")
    for other in backend.route_tables.values():
        for association, target in other._associations.items():
            if target == subnet_id and other is not table:
                text = f"the specified association for route table {table.id} conflicts with an existing association {association}"
                raise Refusal("Resource.AlreadyAssociated", text)


@refuses("ec2", "CreateRoute", "ReplaceRoute")
def route_target(call: Call) -> None:
    backend = call.backend
    table = backend.get_route_table(call.get("RouteTableId"))
    if call.operation == "CreateRoute":
        _refuse_second_route(call, table)
    nat = call.get("NatGatewayId")
    if nat and nat not in backend.nat_gateways:
        raise Refusal("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat}' does not exist")
    gateway = call.get("GatewayId") or ""
    if gateway.startswith("igw-"):
        attached = backend.get_internet_gateway(gateway).vpc
        if not attached or attached.id != table.vpc_id:
            raise Refusal("InvalidParameterValue", f"route table {table.id} and network gateway {gateway} belong to different networks")


def _refuse_second_route(call: Call, table: Any) -> None:
    wanted = call.get("DestinationCidrBlock") or call.get("DestinationIpv6CidrBlock") or call.get("DestinationPrefixListId")
    for route in table._routes.values():
        if wanted in (route.destination_cidr_block, route.destination_ipv6_cidr_block, route.destination_prefix_list_id):
            raise Refusal("RouteAlreadyExists", f"The route identified by {wanted} already exists.")


@refuses("ec2", "CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry")
def network_acl_entry(call: Call) -> None:
    number = call.get("RuleNumber") or 0
    if not 1 <= number <= 32766:
        raise Refusal("InvalidParameterValue", f"Value ({number}) for parameter ruleNumber is invalid. Must be between 1 and 32766.")
    acl = call.backend.get_network_acl(call.get("NetworkAclId"))
    exists = any(entry.rule_number == number and entry.egress == call.get("Egress") for entry in acl.network_acl_entries)
    if exists and call.operation == "CreateNetworkAclEntry":
        raise Refusal("NetworkAclEntryAlreadyExists", f"The network acl entry identified by {number} already exists.")
    if not exists and call.operation != "CreateNetworkAclEntry":
        raise Refusal("InvalidNetworkAclEntry.NotFound", f"The network acl entry identified by {number} does not exist.")
    if call.operation != "DeleteNetworkAclEntry":
        _ports_and_range(call)


def _ports_and_range(call: Call) -> None:
    if call.get("CidrBlock"):
        _network(call.get("CidrBlock"))
    if str(call.get("Protocol")) in ("6", "17", "tcp", "udp") and not call.get("PortRange"):
        raise Refusal("MissingParameter", "The request must contain the parameter portRange")
    if str(call.get("Protocol")) in ("1", "icmp") and not call.get("IcmpTypeCode"):
        raise Refusal("MissingParameter", "The request must contain the parameter icmpTypeCode")


@refuses("ec2", "DescribeNetworkAcls")
def unknown_network_acl(call: Call) -> None:
    for identity in call.get("NetworkAclIds") or []:
        call.backend.get_network_acl(identity)


@refuses("ec2", "ReplaceNetworkAclAssociation")
def network_acl_association(call: Call) -> None:
    backend, identity = call.backend, call.get("AssociationId")
    acl = backend.get_network_acl(call.get("NetworkAclId"))
    holder = next((other for other in backend.network_acls.values() if identity in other._associations), None)
    if holder is None:
        raise Refusal("InvalidAssociationID.NotFound", f"The association ID '{identity}' does not exist")
    if holder.vpc_id != acl.vpc_id:
        raise Refusal("InvalidParameterValue", f"Network ACL {acl.id} and association {identity} belong to different networks")


@refuses("ec2", "ModifyVpcAttribute")
def host_names_need_resolution(call: Call) -> None:
    vpc = call.backend.get_vpc(call.get("VpcId"))
    if (call.get("EnableDnsHostnames") or {}).get("Value") and not vpc.enable_dns_support:
        raise Refusal("InvalidParameterValue", f"The DNS hostnames of {vpc.id} cannot be enabled while its DNS support is disabled")
    if sum(call.get(name) is not None for name in ("EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics")) > 1:
        raise Refusal("InvalidParameterCombination", "Only one attribute can be modified at a time")


def _network(text: str | None) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(str(text), strict=False)
    except ValueError:
        message = f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        raise Refusal("InvalidParameterValue", message) from None


def _missing(parameter: str) -> Refusal:
    return Refusal(
        "MissingParameter", f"The request must include the {parameter} parameter. Add the required parameter and retry the request."
    )
