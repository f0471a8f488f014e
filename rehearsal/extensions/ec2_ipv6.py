"""IPv6 in networks: blocks of VPCs and subnets with their states, and egress-only internet gateways.

moto has them with fewer rules: it associates at once, lists gateways without filters, and refuses nothing.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from typing import Any

from rehearsal import transitions
from rehearsal.registry import Call, adjusts, answers, refuses
from rehearsal.replies import Refusal

ENDS = "rehearsal_ends"
WORLD = "::/0"


def begin(association: dict[str, Any], kind: str) -> None:
    """An association of a VPC or subnet starts now, and takes as long as the kind does at this moment."""
    association[ENDS] = time.monotonic() + transitions.delays.seconds_for(kind)


def is_pending(association: dict[str, Any]) -> bool:
    """Whether an association is still in progress."""
    return time.monotonic() < association.get(ENDS, 0.0)


@adjusts("ec2")
def associate_subnets_over_time() -> None:
    """moto associates at once, and shows the state in a form that no client can read."""
    from moto.ec2.models.subnets import Subnet

    attach = Subnet.attach_ipv6_cidr_block_associations

    def attached(self: Any, block: str) -> Any:
        association = attach(self, str(ipaddress.IPv6Network(block)))
        begin(association, "subnet")
        return {name: value for name, value in association.items() if name != ENDS}

    def shown(self: Any) -> list[dict[str, Any]]:
        return [
            {
                "AssociationId": one["associationId"],
                "Ipv6CidrBlock": one["ipv6CidrBlock"],
                "Ipv6CidrBlockState": {"State": "associating" if is_pending(one) else "associated"},
            }
            for one in associations(self)
        ]

    Subnet.attach_ipv6_cidr_block_associations = attached
    Subnet.ipv6_cidr_block_association_set = property(shown)


def associations(subnet: Any) -> list[dict[str, Any]]:
    return [one for one in subnet.ipv6_cidr_block_associations.values() if one["ipv6CidrBlockState"]["State"] == "associated"]


def blocks_of_vpc(vpc: Any) -> list[ipaddress.IPv6Network]:
    """The associated IPv6 blocks of a VPC."""
    live = [one for one in vpc.get_cidr_block_association_set(ipv6=True) if one["cidr_block_state"]["state"] == "associated"]
    return [ipaddress.IPv6Network(one["cidr_block"]) for one in live]


def blocks_in_use(backend: Any, vpc_id: str) -> Iterator[ipaddress.IPv6Network]:
    """The IPv6 blocks of a VPC's subnets."""
    for zone in backend.subnets.values():
        for subnet in zone.values():
            if subnet.vpc_id == vpc_id:
                yield from (ipaddress.IPv6Network(one["ipv6CidrBlock"]) for one in associations(subnet))


def open_default_acl(backend: Any, vpc_id: str) -> None:
    """A default ACL that nobody has changed gets entries for IPv6 (Amazon VPC User Guide, default network ACL)."""
    for acl in [one for one in backend.network_acls.values() if one.default and one.vpc_id == vpc_id]:
        for egress in (True, False):
            numbers = [entry.rule_number for entry in acl.network_acl_entries if entry.egress is egress]
            if sorted(numbers) == [100, 32767]:
                backend.create_network_acl_entry(acl.id, 101, "-1", "allow", egress, None, None, None, None, None, WORLD)


@refuses("ec2", "CreateSubnet", "AssociateSubnetCidrBlock")
def block_of_a_subnet(call: Call) -> None:
    text = call.get("Ipv6CidrBlock")
    if not text:
        return
    backend = call.backend
    vpc = backend.get_vpc(call.get("VpcId") or backend.get_subnet(call.get("SubnetId")).vpc_id)
    try:
        block = ipaddress.IPv6Network(text)
    except ValueError as error:
        raise Refusal("InvalidParameterValue", f"Value ({text}) for parameter ipv6CidrBlock is invalid.") from error
    # Since 2024, subnets may also be /44 to /60 in steps of four; the collection uses /64 alone.
    if not 44 <= block.prefixlen <= 64 or block.prefixlen % 4 or not any(block.subnet_of(own) for own in blocks_of_vpc(vpc)):
        raise Refusal("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    if any(block.overlaps(other) for other in blocks_in_use(backend, vpc.id)):
        raise Refusal("InvalidSubnet.Conflict", f"The CIDR '{text}' conflicts with another subnet")


@refuses("ec2", "ModifySubnetAttribute")
def addresses_need_a_block(call: Call) -> None:
    if not (call.get("AssignIpv6AddressOnCreation") or {}).get("Value"):
        return
    subnet = call.backend.get_subnet(call.get("SubnetId"))
    if not any(not is_pending(one) for one in associations(subnet)):
        text = "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation to true unless the "
        raise Refusal("InvalidParameterValue", f"{text}subnet ({subnet.id}) has an IPv6 CIDR block associated with it.")


@refuses("ec2", "DisassociateVpcCidrBlock")
def block_with_subnets(call: Call) -> None:
    for vpc in call.backend.vpcs.values():
        association = vpc._cidr_block_association_set.get(call.get("AssociationId"))
        if association is None or ":" not in association["cidr_block"]:
            continue
        block = ipaddress.IPv6Network(association["cidr_block"])
        if any(one.subnet_of(block) for one in blocks_in_use(call.backend, vpc.id)):
            raise Refusal("InvalidCidrBlock.InUse", f"The vpc {vpc.id} currently has a subnet within CIDR block {block}")


@answers("ec2", "CreateEgressOnlyInternetGateway")
def create_gateway(call: Call) -> Any:
    """A client token answers with the gateway that it made before. A VPC has one gateway at most."""
    backend = call.backend
    vpc = backend.get_vpc(call.get("VpcId"))
    for gateway in backend.egress_only_internet_gateways.values():
        if call.get("ClientToken") and gateway.__dict__.get("rehearsal_token") == call.get("ClientToken"):
            return {"EgressOnlyInternetGateway": _shown(gateway)}
        if gateway.vpc_id == vpc.id:
            raise Refusal("Resource.AlreadyAssociated", f"Network {vpc.id} already has an egress-only internet gateway attached")
    tags = {tag["Key"]: tag.get("Value", "") for one in call.get("TagSpecifications") or [] for tag in one.get("Tags") or []}
    gateway = backend.create_egress_only_internet_gateway(vpc.id, tags)
    gateway.rehearsal_token = call.get("ClientToken")
    return {"EgressOnlyInternetGateway": _shown(gateway)}


@answers("ec2", "DescribeEgressOnlyInternetGateways")
def describe_gateways(call: Call) -> Any:
    backend = call.backend
    wanted = call.get("EgressOnlyInternetGatewayIds") or list(backend.egress_only_internet_gateways)
    for identity in wanted:
        if identity not in backend.egress_only_internet_gateways:
            raise Refusal("InvalidGatewayID.NotFound", f"The eigw ID '{identity}' does not exist")
    found = [backend.egress_only_internet_gateways[identity] for identity in wanted]
    filters = {one["Name"]: one.get("Values") or [] for one in call.get("Filters") or []}
    return {"EgressOnlyInternetGateways": [_shown(one) for one in found if _passes(backend.tags.get(one.id, {}), filters)]}


def _passes(tags: dict[str, str], filters: dict[str, list[str]]) -> bool:
    """The filters are tag:<key> and tag-key."""
    for name, values in filters.items():
        key = name.partition(":")[2]
        if not (any(one in tags for one in values) if name == "tag-key" else tags.get(key) in values):
            return False
    return True


def _shown(gateway: Any) -> dict[str, Any]:
    tags = gateway.ec2_backend.tags.get(gateway.id, {})
    return {
        "EgressOnlyInternetGatewayId": gateway.id,
        "Attachments": [{"State": "attached", "VpcId": gateway.vpc_id}],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }


@refuses("ec2", "DeleteVpc")
def vpc_with_a_gateway(call: Call) -> None:
    vpc_id = call.get("VpcId")
    if any(gateway.vpc_id == vpc_id for gateway in call.backend.egress_only_internet_gateways.values()):
        raise Refusal("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
