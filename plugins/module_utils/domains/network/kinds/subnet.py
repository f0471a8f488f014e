# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kind subnet: an IPv4 block in one zone and, in networks with IPv6 addresses, a /64."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....reconcile.errors import NotYet
from ....reconcile.model import Observed, State, fixed, given, later
from .ipv6_blocks import associations, block_of_subnet, canonical, state_of


class Subnet(Ec2Kind):
    name = "subnet"
    calls = ec2("subnet")
    operations = ("associate_subnet_cidr_block", "disassociate_subnet_cidr_block", "modify_subnet_attribute")
    id_prefix = "subnet-"
    states = {"pending": "pending"}
    exclusive = True

    vpc_id = fixed()
    availability_zone = fixed()
    cidr_block = fixed()
    ipv6_cidr_block = given(canonical=canonical)
    map_public_ip_on_launch = later()
    assign_ipv6_address_on_creation = later()

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"ipv6_cidr_block": block_of_subnet(raw)}

    def state(self, raw: Mapping[str, Any]) -> tuple[State, str]:
        """A new subnet is ready once it has its IPv6 block: until then AWS refuses to assign addresses of it."""
        waits = any(state_of(one) == "associating" for one in associations(raw))
        state, reason = super().state(raw)
        return ("pending" if waits and state == "ready" else state), reason

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """AWS assigns IPv6 addresses only in a subnet that has a block: the block comes first, and goes last."""
        last = "assign_ipv6_address_on_creation" if properties.get("ipv6_cidr_block", "") is not None else "ipv6_cidr_block"
        super().update(aws, seen, dict(sorted(properties.items(), key=lambda item: item[0] == last)))

    def get_ipv6_cidr_block(self, raw: Mapping[str, Any]) -> str | None:
        return block_of_subnet(raw)

    def set_ipv6_cidr_block(self, aws: Aws, seen: Observed, value: str | None) -> None:
        raws = aws.read("ec2", self.calls.list, SubnetIds=[seen.id])["Subnets"]
        there = {canonical(one["Ipv6CidrBlock"]): one for one in associations(raws[0])}
        if all(state_of(one) == "associated" for one in there.values()):
            if [*there] == ([value] if value else []):
                return
            for block in set(there) - {value}:
                aws.remove("ec2", "disassociate_subnet_cidr_block", AssociationId=there[block]["AssociationId"])
            if value and not there:
                aws.change("ec2", "associate_subnet_cidr_block", SubnetId=seen.id, Ipv6CidrBlock=value)
        raise NotYet(f"the IPv6 block of {seen.id} is being changed", "ec2:DescribeSubnets", dependency=True)

    def set_assign_ipv6_address_on_creation(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("ec2", "modify_subnet_attribute", SubnetId=seen.id, AssignIpv6AddressOnCreation={"Value": value})

    def set_map_public_ip_on_launch(self, aws: Aws, seen: Observed, value: bool) -> None:
        aws.change("ec2", "modify_subnet_attribute", SubnetId=seen.id, MapPublicIpOnLaunch={"Value": value})

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        vpc, block = properties.get("vpc_id"), properties.get("cidr_block")
        if not vpc or not block:
            return None
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=[{"Name": "vpc-id", "Values": [vpc]}])
        wanted = ipaddress.ip_network(block)
        return self.observe_any_owner(aws, [raw for raw in raws if wanted.overlaps(ipaddress.ip_network(raw["CidrBlock"]))])
