# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS creates with each VPC and deletes with it: its default security group and its default network ACL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..aws.ec2_kind import Ec2Kind
from ..aws.kind import camel
from ..aws.owner import whose
from ..aws.tags import tag_dict, tag_list
from ..reconcile.errors import AlreadyThere, NotYet
from ..reconcile.model import Observed


class VpcDefault(Ec2Kind):
    """A default resource cannot be deleted separately: it is taken over by tagging it, and released by removing the tags.

    ``called``: its name in messages. ``selected``: the list filters that select it in its VPC, with underscores in their names.
    """

    ends_with_parent = True
    called = ""
    selected: Mapping[str, str] = {}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        raws = self.matching(aws, vpc_id=properties["vpc_id"], **self.selected)
        what, operation = f"the {self.called} of {properties['vpc_id']}", f"ec2:{camel(self.calls.list)}"
        if not raws:
            raise NotYet(f"{what} does not exist yet", operation)
        present = tag_dict(raws[0].get("Tags"))
        if whose(present) and aws.owner.address(present) != address:
            raise AlreadyThere(f"{what} already has an owner mark", operation)
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        aws.change("ec2", "create_tags", Resources=[raws[0][self.calls.id]], Tags=tag_list(tags))
        return self.made(aws, {**raws[0], "Tags": tag_list(tags)}, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Every VPC has one."""
        return self.first(aws, vpc_id=properties.get("vpc_id"), **self.selected)

    def delete(self, aws: Aws, seen: Observed) -> None:
        names = [*aws.owner.tags(seen.address), *seen.properties.get("tags", {})]
        aws.remove("ec2", "delete_tags", Resources=[seen.id], Tags=[{"Key": name} for name in names])
