"""EC2 rejects deletion of resources that are still in use."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_common import interfaces_in
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal


@refuses("ec2", "DeleteVpc")
def vpc_in_use(call: Call) -> None:
    backend, vpc_id = call.backend, call.get("VpcId")
    backend.get_vpc(vpc_id)
    groups = [group for group in backend.groups.get(vpc_id, {}).values() if not group.is_default]
    tables = [table for table in backend.route_tables.values() if table.vpc_id == vpc_id and table.main_association_id is None]
    acls = [acl for acl in backend.network_acls.values() if acl.vpc_id == vpc_id and not acl.default]
    gateways = [gateway for gateway in backend.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id]
    endpoints = [endpoint for endpoint in backend.vpc_end_points.values() if endpoint.vpc_id == vpc_id]
    nats = [gateway for gateway in backend.nat_gateways.values() if gateway.vpc_id == vpc_id and gateway.in_use]
    if groups or tables or acls or gateways or endpoints or nats or _subnets_of(backend, vpc_id):
        raise _violation(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")


@refuses("ec2", "DeleteSubnet")
def subnet_in_use(call: Call) -> None:
    subnet_id = call.get("SubnetId")
    call.backend.get_subnet(subnet_id)
    if interfaces_in(call.backend, [subnet_id]):
        raise _violation(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")


@refuses("ec2", "DeleteSecurityGroup")
def security_group_in_use(call: Call) -> None:
    backend = call.backend
    identity = call.get("GroupId") or call.get("GroupName")
    group = backend.get_security_group_by_name_or_id(identity)
    if group is None:
        raise Refusal("InvalidGroup.NotFound", f"The security group '{identity}' does not exist")
    if group.is_default:
        raise Refusal("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    if any(group.id == member.id for interface in backend.enis.values() for member in interface._group_set):
        raise _violation(f"resource {group.id} has a dependent object")
    others = [other for groups in backend.groups.values() for other in groups.values() if other.id != group.id]
    rules = [rule for other in others for rule in [*other.ingress_rules, *other.egress_rules]]
    if any(rule.source_group.get("GroupId") == group.id for rule in rules):
        raise _violation(f"resource {group.id} has a dependent object")


@refuses("ec2", "DetachInternetGateway")
def public_addresses_in_use(call: Call) -> None:
    """Public addresses mapped into the VPC block detaching its internet gateway."""
    backend, vpc_id = call.backend, call.get("VpcId")
    mapped = [address for address in backend.addresses if address.eni and address.eni.subnet.vpc_id == vpc_id]
    nats = [gateway for gateway in backend.nat_gateways.values() if gateway.vpc_id == vpc_id and gateway.in_use]
    balancers = [each for each in backend.enis.values() if each.subnet.vpc_id == vpc_id and each.__dict__.get("rehearsal_public")]
    if mapped or balancers or any(gateway.connectivity_type == "public" for gateway in nats):
        text = f"Network {vpc_id} has some mapped public address(es). "
        raise _violation(text + "Please unmap those public address(es) before detaching the gateway.")


@refuses("ec2", "DeleteInternetGateway")
def gateway_attached(call: Call) -> None:
    identity = call.get("InternetGatewayId")
    gateway = call.backend.get_internet_gateway(identity)
    if gateway.vpc:
        raise _violation(f"The internetGateway '{identity}' has dependencies and cannot be deleted.")


@refuses("ec2", "DeleteRouteTable")
def route_table_in_use(call: Call) -> None:
    table = call.backend.get_route_table(call.get("RouteTableId"))
    if table.main_association_id or table._associations:
        raise _violation(f"The routeTable '{table.id}' has dependencies and cannot be deleted.")


@refuses("ec2", "DeleteNetworkAcl")
def network_acl_in_use(call: Call) -> None:
    acl = call.backend.get_network_acl(call.get("NetworkAclId"))
    if acl.default:
        raise Refusal("InvalidParameterValue", f"Cannot delete default network ACL {acl.id}")
    if acl._associations:
        raise _violation(f"The networkAcl '{acl.id}' has dependencies and cannot be deleted.")


@refuses("ec2", "ReleaseAddress")
def address_in_use(call: Call) -> None:
    if not call.get("AllocationId"):
        if call.get("PublicIp"):
            raise Refusal("InvalidParameterValue", "You must specify an allocation id when releasing a VPC elastic IP address")
        return
    address = call.backend.address_by_allocation([call.get("AllocationId")])[0]
    if address.association_id is None:
        return
    if _held_by_aws(address):
        raise _no_permission()
    raise Refusal("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


@refuses("ec2", "DisassociateAddress")
def address_of_a_service(call: Call) -> None:
    held = [address for address in call.backend.addresses if address.association_id and _held_by_aws(address)]
    if any(call.get("AssociationId") == address.association_id or call.get("PublicIp") == address.public_ip for address in held):
        raise _no_permission()


def _held_by_aws(address: Any) -> bool:
    """Whether an address belongs to an AWS service, such as a NAT gateway."""
    return address.eni is None or bool(address.eni.requester_managed)


def _no_permission() -> Refusal:
    return Refusal("AuthFailure", "You do not have permission to access the specified resource.")


def _subnets_of(backend: Any, vpc_id: str) -> list[Any]:
    return [subnet for subnets in backend.subnets.values() for subnet in subnets.values() if subnet.vpc_id == vpc_id]


def _violation(text: str) -> Refusal:
    return Refusal("DependencyViolation", text)
