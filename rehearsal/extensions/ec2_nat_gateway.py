"""NAT gateways. moto's have no tags, never release their address, and support neither failures nor regional availability."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.ec2_common import attached_internet_gateway, matching, network_interface, random_identity, tags_in
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal

# AWS lists a deleted gateway for about an hour.
LISTED_AFTER_DELETION = 3600.0


class NatGateway:
    """One gateway, kept in moto's own table, where moto's routes look it up."""

    def __init__(self, backend: Any, identity: str, vpc_id: str, call: Call) -> None:
        self.id = identity
        self.ec2_backend = backend
        self.vpc_id = vpc_id
        self.subnet_id: str | None = call.get("SubnetId")
        self.connectivity_type: str = call.get("ConnectivityType") or "public"
        self.availability_mode: str = call.get("AvailabilityMode") or "zonal"
        self.zone_addresses: list[dict[str, Any]] = list(call.get("AvailabilityZoneAddresses") or [])
        self.create_time = datetime.now(UTC)
        self.delete_time: datetime | None = None
        self.failure: dict[str, str] = {}
        self.addresses: list[dict[str, Any]] = []
        self.holds_addresses = True
        self.state = "available"

    def get_tags(self) -> dict[str, str]:
        return dict(self.ec2_backend.tags.get(self.id, {}))

    def get_filter_value(self, name: str) -> Any:
        """Supports moto's own filters."""
        return self.get_tags().get(name.removeprefix("tag:"))

    @property
    def in_use(self) -> bool:
        return self.state not in ("deleted", "failed")

    @property
    def forgotten(self) -> bool:
        """Whether AWS would no longer list it."""
        return self.state == "deleted" and time.monotonic() > transitions.descriptor("nat_gateway").settled_at(self) + LISTED_AFTER_DELETION

    def reply(self) -> dict[str, Any]:
        """The members of botocore's NatGateway."""
        state = self.state
        reply = {
            "NatGatewayId": self.id,
            "VpcId": self.vpc_id,
            "SubnetId": self.subnet_id,
            "ConnectivityType": self.connectivity_type,
            "State": state,
            "CreateTime": self.create_time,
            "DeleteTime": self.delete_time,
            "NatGatewayAddresses": [self._address(address, state) for address in self.addresses],
            "Tags": [{"Key": key, "Value": value} for key, value in self.get_tags().items()],
            "AvailabilityMode": self.availability_mode,
        }
        if self.availability_mode == "regional":
            reply["AutoProvisionZones"] = reply["AutoScalingIps"] = "disabled" if self.zone_addresses else "enabled"
        if state == "failed":
            reply |= self.failure
        return {name: value for name, value in (reply | dict(transitions.extra_fields(self))).items() if value is not None}

    def _address(self, address: dict[str, Any], state: str) -> dict[str, Any]:
        status = {"pending": "associating", "failed": "failed", "available": "succeeded"}.get(state, "disassociating")
        return {**address, "Status": status}


@answers("ec2", "CreateNatGateway")
def create(call: Call) -> Any:
    backend = call.backend
    regional = call.get("AvailabilityMode") == "regional"
    vpc_id = call.get("VpcId") if regional else backend.get_subnet(call.get("SubnetId")).vpc_id
    backend.get_vpc(vpc_id)
    gateway = NatGateway(backend, random_identity("nat"), vpc_id, call)
    if gateway.connectivity_type == "public" and not attached_internet_gateway(backend, vpc_id):
        gateway.failure = {"FailureCode": "Gateway.NotAttached", "FailureMessage": f"Network {vpc_id} has no Internet gateway attached"}
        gateway.state = "failed"
        gateway.holds_addresses = False
        gateway.addresses = [{"AllocationId": allocation, "IsPrimary": index == 0} for index, allocation in enumerate(_allocations(call))]
    elif regional:
        gateway.addresses = list(_regional_addresses(backend, gateway))
    else:
        gateway.addresses = [_zonal_address(backend, gateway, call.get("AllocationId"), call.get("PrivateIpAddress"))]
    backend.nat_gateways[gateway.id] = gateway
    backend.create_tags([gateway.id], tags_in(call, "natgateway"))
    return {"NatGateway": gateway.reply(), "ClientToken": call.get("ClientToken")}


@answers("ec2", "DescribeNatGateways")
def describe(call: Call) -> Any:
    gateways = {gateway.id: gateway for gateway in call.backend.nat_gateways.values() if not gateway.forgotten}
    for identity in call.get("NatGatewayIds") or []:
        if identity not in gateways:
            raise _not_found(identity)
    wanted = call.get("NatGatewayIds") or list(gateways)
    values = {
        "nat-gateway-id": lambda gateway: [gateway.id],
        "vpc-id": lambda gateway: [gateway.vpc_id],
        "subnet-id": lambda gateway: [gateway.subnet_id],
        "state": lambda gateway: [gateway.state],
    }
    found = matching([gateways[identity] for identity in wanted], call.get("Filter") or call.get("Filters"), values)
    return {"NatGateways": [gateway.reply() for gateway in found]}


@answers("ec2", "DeleteNatGateway")
def delete(call: Call) -> Any:
    """Routes through the gateway remain as black holes, as on AWS."""
    gateway = call.backend.nat_gateways.get(call.get("NatGatewayId"))
    if gateway is None or gateway.state == "deleted":
        raise _not_found(call.get("NatGatewayId"))
    if gateway.state != "deleting":
        gateway.delete_time = datetime.now(UTC)
        gateway.state = "deleted"
        release_addresses(call)
    return {"NatGatewayId": gateway.id}


@settles("ec2")
def release_addresses(call: Call) -> None:
    """Releases the addresses and the interface of a deleted gateway; a gateway that is still deleting keeps them."""
    backend = call.backend
    for gateway in backend.nat_gateways.values():
        if gateway.holds_addresses and not gateway.in_use:
            gateway.holds_addresses = False
            for address in gateway.addresses:
                if address.get("AssociationId"):
                    backend.disassociate_address(association_id=address["AssociationId"])
                if address.get("NetworkInterfaceId"):
                    backend.enis.pop(address["NetworkInterfaceId"], None)


def _zonal_address(backend: Any, gateway: NatGateway, allocation_id: str | None, private_ip: str | None) -> dict[str, Any]:
    interface = network_interface(backend, gateway.subnet_id, f"Interface for NAT Gateway {gateway.id}", private_ip=private_ip)
    address = {"NetworkInterfaceId": interface.id, "PrivateIp": interface.private_ip_address, "IsPrimary": True}
    if allocation_id:
        elastic_ip = backend.associate_address(eni=interface, allocation_id=allocation_id)
        address |= {"AllocationId": allocation_id, "PublicIp": elastic_ip.public_ip, "AssociationId": elastic_ip.association_id}
    return address


def _regional_addresses(backend: Any, gateway: NatGateway) -> Iterator[dict[str, Any]]:
    """A regional gateway has no interface in the customer's subnets; its addresses belong to zones."""
    zones = {zone.name: zone.zone_id for zone in backend.describe_availability_zones()}
    names = {zone_id: name for name, zone_id in zones.items()}
    for entry in gateway.zone_addresses:
        zone = entry.get("AvailabilityZone") or names[entry["AvailabilityZoneId"]]
        for allocation_id in entry.get("AllocationIds") or []:
            elastic_ip = backend.address_by_allocation([allocation_id])[0]
            elastic_ip.association_id = random_identity("eipassoc")
            yield {
                "AllocationId": allocation_id,
                "PublicIp": elastic_ip.public_ip,
                "AssociationId": elastic_ip.association_id,
                "AvailabilityZone": zone,
                "AvailabilityZoneId": zones[zone],
            }


def _allocations(call: Call) -> list[str]:
    given = [call.get("AllocationId")] if call.get("AllocationId") else []
    return given + [allocation for entry in call.get("AvailabilityZoneAddresses") or [] for allocation in entry.get("AllocationIds") or []]


def _not_found(identity: str) -> Refusal:
    return Refusal("NatGatewayNotFound", f"The Nat Gateway {identity} was not found")
