# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""DB subnet groups: where RDS may place an instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import READ_TAGS, lower
from ....reconcile.model import Observed, fixed, given
from . import limits


class DbSubnetGroup(NamedKind):
    """The list has no tags, so they are read for each group."""

    name = "db_subnet_group"
    calls = NamedCalls(
        service="rds",
        list="describe_db_subnet_groups",
        items="DBSubnetGroups",
        item="DBSubnetGroup",
        create="create_db_subnet_group",
        delete="delete_db_subnet_group",
        name="DBSubnetGroupName",
        id="DBSubnetGroupName",
        arn="DBSubnetGroupArn",
    )
    tagging = READ_TAGS
    operations = ("modify_db_subnet_group",)
    quotas = (limits.SUBNET_GROUPS,)
    exclusive = True
    elsewhere = True

    db_subnet_group_name = fixed("DBSubnetGroupName", canonical=lower)
    db_subnet_group_description = given("DBSubnetGroupDescription")
    subnet_ids = given("SubnetIds", canonical=sorted_strings)

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "vpc_id": raw.get("VpcId")}

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> list[str]:
        return [subnet["SubnetIdentifier"] for subnet in raw.get("Subnets") or []]

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        """RDS takes the subnets with every modification."""
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        merged = {**seen.properties, **properties}
        if {"subnet_ids", "db_subnet_group_description"} & set(properties):
            subnets: Sequence[str] = merged["subnet_ids"]
            described = {"DBSubnetGroupDescription": merged["db_subnet_group_description"]}
            aws.change("rds", "modify_db_subnet_group", DBSubnetGroupName=seen.id, SubnetIds=list(subnets), **described)
