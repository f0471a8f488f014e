"""Addresses that are added to and removed from an existing NAT gateway."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_common import random_identity
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal


@answers("ec2", "AssociateNatGatewayAddress")
def associate(call: Call) -> Any:
    """Adds addresses to a regional gateway in one of its zones."""
    gateway, zone = _gateway(call), call.get("AvailabilityZone")
    if gateway.availability_mode != "regional":
        raise Refusal("UnsupportedOperation", "The rehearsal cloud knows secondary addresses of regional NAT gateways only")
    zones = {known.name: known.zone_id for known in call.backend.describe_availability_zones()}
    if zone not in zones:
        raise Refusal("InvalidParameterValue", f"Invalid availability zone: [{zone}]")
    addresses = [call.backend.address_by_allocation([allocation])[0] for allocation in call.get("AllocationIds") or []]
    for address in addresses:
        if address.association_id:
            raise Refusal("Resource.AlreadyAssociated", f"Elastic IP address [{address.allocation_id}] is already associated")
    for address in addresses:
        address.association_id = random_identity("eipassoc")
        entry = {"AllocationId": address.allocation_id, "PublicIp": address.public_ip, "AssociationId": address.association_id}
        gateway.addresses = [*gateway.addresses, {**entry, "AvailabilityZone": zone, "AvailabilityZoneId": zones[zone]}]
    return _reply(gateway)


@answers("ec2", "DisassociateNatGatewayAddress")
def disassociate(call: Call) -> Any:
    gateway, leaving = _gateway(call), set(call.get("AssociationIds") or [])
    unknown = leaving - {address.get("AssociationId") for address in gateway.addresses}
    if unknown:
        raise Refusal("InvalidAssociationID.NotFound", f"The association ID '{min(unknown)}' does not exist")
    if any(address.get("IsPrimary") and address["AssociationId"] in leaving for address in gateway.addresses):
        raise Refusal("InvalidParameter", "The primary address of a NAT gateway cannot be disassociated")
    gateway.addresses = [address for address in gateway.addresses if address.get("AssociationId") not in leaving]
    for address in call.backend.addresses:
        if address.association_id in leaving:
            address.association_id = None
    return _reply(gateway)


def _gateway(call: Call) -> Any:
    gateway = call.backend.nat_gateways.get(call.get("NatGatewayId"))
    if gateway is None or not gateway.in_use:
        raise Refusal("NatGatewayNotFound", f"The Nat Gateway {call.get('NatGatewayId')} was not found")
    return gateway


def _reply(gateway: Any) -> dict[str, Any]:
    described = gateway.reply()
    return {"NatGatewayId": gateway.id, "NatGatewayAddresses": described["NatGatewayAddresses"]}
