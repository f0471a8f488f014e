# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS creates with each VPC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.owner import whose
from ....aws.tags import tag_dict, tag_list
from ....reconcile.errors import AlreadyThere, CallFailed, NotYet
from ....reconcile.model import Observed, fixed, later
from .acl_entries import entries as canonical_entries
from .routing import NetworkAcl, owned_acls

ALLOW_ALL = {"rule_number": 100, "protocol": "-1", "action": "allow", "cidr_block": "0.0.0.0/0"}
"""In both directions of a new one."""


class DefaultNetworkAcl(Ec2Kind):
    """A default ACL cannot be deleted: it is taken over by tagging it, and goes with its VPC.

    Subnets have it until they get another one, so it is only changed while every subnet that has it is ours.
    """

    name = "default_network_acl"
    calls = ec2("network_acl", create="", delete="")
    operations = ("create_network_acl_entry", "delete_network_acl_entry", "describe_subnets", "replace_network_acl_entry")
    id_prefix = "acl-"
    ends_with_parent = True

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
        """Raises CallFailed if subnets of someone else have this ACL: their traffic would change too."""
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

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        filters = [{"Name": "vpc-id", "Values": [properties["vpc_id"]]}, {"Name": "default", "Values": ["true"]}]
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=filters)
        if not raws:
            raise NotYet(f"the default ACL of {properties['vpc_id']} is not there yet", "ec2:DescribeNetworkAcls")
        present = tag_dict(raws[0].get("Tags"))
        if whose(present) and aws.owner.address(present) != address:
            raise AlreadyThere(f"the default ACL of {properties['vpc_id']} carries a mark", "ec2:DescribeNetworkAcls")
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        aws.change("ec2", "create_tags", Resources=[raws[0]["NetworkAclId"]], Tags=tag_list(tags))
        return self.made(aws, {**raws[0], "Tags": tag_list(tags)}, address)

    def why_not_adoptable(self, _aws: Aws, raw: Mapping[str, Any]) -> str:
        return "" if raw.get("IsDefault") else "it is not the default ACL of its VPC"

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Every VPC has one."""
        return self.first(aws, vpc_id=properties.get("vpc_id"), default="true")

    def delete(self, aws: Aws, seen: Observed) -> None:
        names = [*aws.owner.tags(seen.address), *seen.properties.get("tags", {})]
        aws.remove("ec2", "delete_tags", Resources=[seen.id], Tags=[{"Key": name} for name in names])
