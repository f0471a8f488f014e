# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Single rules between a cluster's own security group and others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.connection import Aws
from ....aws.ec2_kind import Ec2Kind, ec2
from ....aws.tags import tag_list
from ....reconcile.model import Observed, fixed

SIDES = {False: "ingress", True: "egress"}


class SecurityGroupRule(Ec2Kind):
    """A rule in a group that another component or EKS manages, from or to another group. It carries our mark itself; its group does not."""

    name = "security_group_rule"
    calls = ec2("security_group_rule", create="authorize_security_group_ingress", delete="revoke_security_group_ingress", item="")
    operations = ("authorize_security_group_egress", "revoke_security_group_egress")
    id_prefix = "sgr-"
    exclusive = True

    group_id = fixed()
    is_egress = fixed()
    ip_protocol = fixed()
    peer_group_id = fixed()
    description = fixed()

    def get_peer_group_id(self, raw: Mapping[str, Any]) -> str | None:
        return (raw.get("ReferencedGroupInfo") or {}).get("GroupId")

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = tag_list({**properties.get("tags", {}), **aws.owner.tags(address)})
        peer = {"GroupId": properties["peer_group_id"], "Description": properties["description"]}
        reply = aws.change(
            "ec2",
            f"authorize_security_group_{SIDES[properties['is_egress']]}",
            GroupId=properties["group_id"],
            IpPermissions=[{"IpProtocol": properties["ip_protocol"], "UserIdGroupPairs": [peer]}],
            TagSpecifications=[{"ResourceType": self.calls.tag_type, "Tags": tags}],
        )
        return self.made(aws, {**reply["SecurityGroupRules"][0], "Tags": tags}, address)

    def delete(self, aws: Aws, seen: Observed) -> None:
        side = SIDES[bool(seen.properties.get("is_egress"))]
        aws.remove("ec2", f"revoke_security_group_{side}", GroupId=seen.properties["group_id"], SecurityGroupRuleIds=[seen.id])

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """The same rule of another owner: EC2 tells rules apart by everything but their description."""
        group, peer = properties.get("group_id"), properties.get("peer_group_id")
        if not group or not peer:
            return None
        raws = aws.list_all("ec2", self.calls.list, self.calls.items, Filters=[{"Name": "group-id", "Values": [group]}])
        wanted = (bool(properties.get("is_egress")), properties.get("ip_protocol"), peer)
        same = [raw for raw in raws if (raw["IsEgress"], raw["IpProtocol"], self.get_peer_group_id(raw)) == wanted]
        return self.observe_any_owner(aws, same)
