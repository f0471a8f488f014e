# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The kind egress_only_internet_gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....reconcile.model import Observed, fixed
from .ipv6_blocks import associations
from .vpc import owned_vpcs


class EgressOnlyInternetGateway(Ec2Kind):
    """The way out for IPv6 addresses of private subnets: the internet cannot open connections to them through it.

    A VPC has one at most, and their quota is that of VPCs.
    """

    name = "egress_only_internet_gateway"
    calls = ec2("egress_only_internet_gateway", token=True)
    operations = ("describe_vpcs",)
    id_prefix = "eigw-"
    twins = True

    vpc_id = fixed()

    def find(self, aws: Aws) -> list[Observed]:
        """Networks without IPv6 addresses have none, and cost no call. One that lost its block by hand is found as ``holder``."""
        return super().find(aws) if any(associations(raw) for raw in owned_vpcs(aws)) else []

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The gateway that the VPC has already. The list call cannot filter by VPC."""
        vpc = properties.get("vpc_id")
        raws = aws.list_all("ec2", self.calls.list, self.calls.items) if vpc else []
        return self.observe_any_owner(aws, [raw for raw in raws if self.get_vpc_id(raw) == vpc])

    def get_vpc_id(self, raw: Mapping[str, Any]) -> str | None:
        return next((attachment["VpcId"] for attachment in raw.get("Attachments") or []), None)
