# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cache subnet groups: where ElastiCache may place nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.canonical import sorted_strings
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind
from ....kinds.arn_tags import READ_TAGS, lower
from ....reconcile.model import Observed, fixed, given


class CacheSubnetGroup(NamedKind):
    """The list has no tags, so they are read for each group."""

    name = "cache_subnet_group"
    calls = NamedCalls(
        service="elasticache",
        list="describe_cache_subnet_groups",
        items="CacheSubnetGroups",
        item="CacheSubnetGroup",
        create="create_cache_subnet_group",
        delete="delete_cache_subnet_group",
        name="CacheSubnetGroupName",
        id="CacheSubnetGroupName",
        arn="ARN",
    )
    tagging = READ_TAGS
    operations = ("modify_cache_subnet_group",)
    exclusive = True

    cache_subnet_group_name = fixed("CacheSubnetGroupName", canonical=lower)
    cache_subnet_group_description = given("CacheSubnetGroupDescription")
    subnet_ids = given("SubnetIds", canonical=sorted_strings)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        """Without those of accounts from before VPCs, which have no ARN."""
        return [one for one in super().listed(aws) if one.get("ARN")]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {**super().attributes(raw), "vpc_id": raw.get("VpcId")}

    def get_subnet_ids(self, raw: Mapping[str, Any]) -> list[str]:
        return [subnet["SubnetIdentifier"] for subnet in raw.get("Subnets") or []]

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])
        changed = {self.api_name(name): properties[name] for name in ("subnet_ids", "cache_subnet_group_description") if name in properties}
        if changed:
            aws.change("elasticache", "modify_cache_subnet_group", CacheSubnetGroupName=seen.id, **changed)
