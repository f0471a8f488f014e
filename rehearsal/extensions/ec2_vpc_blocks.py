"""Further CIDR blocks of VPCs: which ones EC2 adds, how long that takes, and that a block with a subnet in it stays."""

from __future__ import annotations

import ipaddress
from typing import Any

from rehearsal.extensions.ec2_ipv6 import begin, is_pending, open_default_acl
from rehearsal.registry import Call, adjusts, refuses
from rehearsal.replies import Refusal

RANGES = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.19.0.0/16")]
# From the EC2 documentation's table: the range of the VPC -> what cannot be added, besides the other ranges above.
CLOSED = {"172.16.0.0/12": "172.31.0.0/16"}
NEVER = ipaddress.IPv4Network("169.254.0.0/16")
LOW, LOWEST = ipaddress.IPv4Network("10.0.0.0/15"), ipaddress.IPv4Network("10.0.0.0/16")


def _present(vpc: Any) -> list[dict[str, Any]]:
    return [one for one in vpc._cidr_block_association_set.values() if one["cidr_block_state"]["state"] != "disassociated"]


@adjusts("ec2")
def associate_over_time() -> None:
    """moto associates a block at once, five at most, and keeps showing those that are no longer associated."""
    from moto.ec2.models.vpcs import VPC
    from moto.ec2.utils import random_vpc_cidr_association_id

    associate, listed = VPC.associate_vpc_cidr_block, VPC.get_cidr_block_association_set

    def associated(self: Any, cidr_block: str, amazon_provided_ipv6_cidr_block: bool = False, *more: Any, **options: Any) -> Any:
        if amazon_provided_ipv6_cidr_block:
            made = associate(self, cidr_block, amazon_provided_ipv6_cidr_block, *more, **options)
            begin(made, "vpc")
            open_default_acl(self.ec2_backend, self.id)
            return made
        if cidr_block == self.cidr_block:
            return associate(self, cidr_block, amazon_provided_ipv6_cidr_block, *more, **options)
        identity, state = random_vpc_cidr_association_id(), {"state": "associated", "StatusMessage": None}
        made = {"association_id": identity, "cidr_block_state": state, "cidr_block": cidr_block}
        begin(made, "vpc")
        self._cidr_block_association_set[identity] = made
        return made

    def current(self: Any, ipv6: bool = False) -> list[dict[str, Any]]:
        found = [one for one in listed(self, ipv6) if one["cidr_block_state"]["state"] != "disassociated"]
        for one in found:
            one["cidr_block_state"]["state"] = "associating" if is_pending(one) else "associated"
        return found

    VPC.associate_vpc_cidr_block = associated
    VPC.get_cidr_block_association_set = current


@refuses("ec2", "AssociateVpcCidrBlock")
def block_to_add(call: Call) -> None:
    text = call.get("CidrBlock")
    if not text:
        return
    vpc = call.backend.get_vpc(call.get("VpcId"))
    try:
        block = ipaddress.IPv4Network(text)
    except ValueError as error:
        raise Refusal(
            "InvalidParameterValue", f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        ) from error
    blocks = [ipaddress.IPv4Network(one["cidr_block"]) for one in _present(vpc) if ":" not in one["cidr_block"]]
    if not 16 <= block.prefixlen <= 28:
        raise Refusal("InvalidVpc.Range", f"The CIDR '{text}' is invalid.")
    if any(block.overlaps(other) for other in blocks):
        raise Refusal("CidrConflict", f"The CIDR {text} conflicts with one or more existing CIDR blocks of {vpc.id}")
    if _restricted(block, ipaddress.IPv4Network(vpc.cidr_block), blocks):
        text = f"The CIDR '{text}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a "
        raise Refusal("InvalidVpc.Range", f"{text}publicly-routable CIDR.")


def _restricted(block: Any, primary: Any, blocks: list[Any]) -> bool:
    own = next((one for one in RANGES if primary.subnet_of(one)), None)
    others = [one for one in RANGES if one != own]
    further = [ipaddress.IPv4Network(CLOSED[str(own)])] if str(own) in CLOSED else []
    low = any(one.overlaps(LOW) for one in blocks) and block.overlaps(LOWEST)
    return low or any(block.overlaps(one) for one in (NEVER, *others, *further))


@refuses("ec2", "DisassociateVpcCidrBlock")
def block_in_use(call: Call) -> None:
    for vpc in call.backend.vpcs.values():
        association = vpc._cidr_block_association_set.get(call.get("AssociationId"))
        if association is None or ":" in association["cidr_block"]:
            continue
        block = ipaddress.IPv4Network(association["cidr_block"])
        subnets = [subnet for zone in call.backend.subnets.values() for subnet in zone.values() if subnet.vpc_id == vpc.id]
        if any(subnet.cidr.subnet_of(block) for subnet in subnets):
            raise Refusal("InvalidCidrBlock.InUse", f"The vpc {vpc.id} currently has a subnet within CIDR block {block}")


@refuses("ec2", "CreateSubnet")
def subnet_in_an_associated_block(call: Call) -> None:
    """A block that is still being associated has no subnets yet."""
    if not call.get("CidrBlock"):
        return
    vpc, wanted = call.backend.get_vpc(call.get("VpcId")), ipaddress.IPv4Network(call.get("CidrBlock"), strict=False)
    for one in vpc.get_cidr_block_association_set():
        if one["cidr_block_state"]["state"] == "associating" and wanted.subnet_of(ipaddress.IPv4Network(one["cidr_block"])):
            raise Refusal("InvalidSubnet.Range", f"The CIDR '{call.get('CidrBlock')}' is invalid.")
