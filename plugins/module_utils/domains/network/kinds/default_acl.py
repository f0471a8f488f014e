# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS creates with each VPC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import ec2
from ....aws.tags import tag_dict
from ....kinds.vpc_default import VpcDefault
from ....reconcile.errors import CallFailed
from ....reconcile.model import Observed, fixed, later
from .acl_entries import entries as canonical_entries
from .routing import NetworkAcl, owned_acls

ALLOW_ALL = {"rule_number": 100, "protocol": "-1", "action": "allow", "cidr_block": "0.0.0.0/0"}
"""In both directions of a new one."""


class DefaultNetworkAcl(VpcDefault):
    """The network ACL that AWS creates with each VPC.

    Subnets are associated with it until they get another ACL, so it is changed only while all of its subnets are ours.
    """

    name = "default_network_acl"
    calls = ec2("network_acl", create="", delete="")
    operations = ("create_network_acl_entry", "delete_network_acl_entry", "describe_subnets", "replace_network_acl_entry")
    id_prefix = "acl-"
    called = "default ACL"
    selected = {"default": "true"}

    vpc_id = fixed()
    ingress = later(canonical=canonical_entries)
    egress = later(canonical=canonical_entries)

    entries = NetworkAcl()
    """How the entries of any ACL are read and written."""

    def get_ingress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self.entries.get_ingress(raw)

    def get_egress(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self.entries.get_egress(raw)

    def set_ingress(self, aws: Aws, seen: Observed, value: Iterable[Mapping[str, Any]]) -> None:
        self.entries.set_ingress(aws, seen, value)

    def set_egress(self, aws: Aws, seen: Observed, value: Iterable[Mapping[str, Any]]) -> None:
        self.entries.set_egress(aws, seen, value)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if {"ingress", "egress"} & set(properties):
            self.refuse_if_shared(aws, seen)
        super().update(aws, seen, properties)

    def refuse_if_shared(self, aws: Aws, seen: Observed) -> None:
        """Raises CallFailed if this ACL is associated with subnets that are not ours, because their traffic would be affected, too."""
        current = aws.list_all("ec2", self.calls.list, self.calls.items, **self.by_id(seen.id))
        subnets = {one["SubnetId"] for raw in current for one in raw["Associations"]}
        inside = [{"Name": "vpc-id", "Values": [seen.properties["vpc_id"]]}]
        tags = {raw["SubnetId"]: tag_dict(raw.get("Tags")) for raw in aws.list_all("ec2", "describe_subnets", "Subnets", Filters=inside)}
        foreign = sorted(one for one in subnets if not aws.owner.address(tags.get(one, {})))
        if foreign:
            raise CallFailed(
                f"{seen.id} is also the network ACL of {', '.join(foreign)}, which this component does not own, so it stays as it is",
                "ec2:DescribeNetworkAcls",
                "DefaultAclInUse",
                "Give these subnets a network ACL of their own, or describe and adopt them.",
            )

    def fresh(self, _seen: Observed) -> Mapping[str, Any]:
        return {"ingress": [ALLOW_ALL], "egress": [ALLOW_ALL]}

    def find(self, aws: Aws) -> list[Observed]:
        return self.observe_all(aws, [raw for raw in owned_acls(aws) if raw.get("IsDefault")])

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "" if raw.get("IsDefault") else "it is not the default ACL of its VPC"
