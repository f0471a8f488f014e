"""What services that place resources in a VPC look up and check there."""

from __future__ import annotations

from typing import Any

from rehearsal.query_api import invalid
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal


def subnets_by_id(call: Call) -> dict[str, Any]:
    zones = backend("ec2", call.account_id, call.region).subnets.values()
    return {identity: subnet for zone in zones for identity, subnet in zone.items()}


def check_security_groups(call: Call, groups: Any, vpc: str, resource: str) -> None:
    """They exist, in the VPC of the resource, which a message calls, for example, "DB instance"."""
    known = backend("ec2", call.account_id, call.region).groups
    for group in groups or []:
        found = next((of_vpc[group] for of_vpc in known.values() if group in of_vpc), None)
        if found is None:
            raise invalid(f"Invalid security group , groupId= {group}, groupName=.")
        if found.vpc_id != vpc:
            text = f"The {resource} and EC2 security group are in different VPCs. The {resource} is in {vpc} and the EC2 security group"
            raise Refusal("InvalidVPCNetworkStateFault", f"{text} is in {found.vpc_id}")
