# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Log groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..aws.connection import Aws
from ..aws.kind import AwsKind
from ..aws.tags import tag_changes, visible
from ..reconcile.errors import EngineError
from ..reconcile.model import Observed, fixed, given, later


class LogGroup(AwsKind):
    """Found by the prefix of its name; the tags, one call each, say whose it is."""

    name = "log_group"
    exclusive = True

    log_group_name = fixed("logGroupName")
    kms_key_id = given("kmsKeyId")
    retention_in_days = later("retentionInDays")

    def prefix(self, aws: Aws) -> str:
        """What the names of all groups of this kind begin with."""
        return aws.owner.path

    def find(self, aws: Aws) -> list[Observed]:
        return self._observe_named(aws, aws.list_all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=self.prefix(aws)))

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        raws = aws.list_all("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=seen.id)
        return next((one for one in self._observe_named(aws, [raw for raw in raws if raw["logGroupName"] == seen.id])), None)

    def _observe_named(self, aws: Aws, raws: list[dict[str, Any]]) -> list[Observed]:
        replies = aws.map(lambda raw: aws.find("logs", "list_tags_for_resource", resourceArn=self.arn(raw)), raws)
        found = []
        for raw, reply in zip(raws, replies, strict=True):
            tags = reply.get("tags", {}) if reply else {}
            address = aws.owner.address(tags)
            if address is not None:
                found.append(self._observed(raw, tags, address))
        return found

    def _observed(self, raw: Mapping[str, Any], tags: Mapping[str, str], address: str) -> Observed:
        values = {name: raw.get(self.api_name(name)) for name in self.properties if name != "tags"}
        values["tags"] = visible(tags)
        kept = {name: value for name, value in values.items() if value is not None}
        return Observed(self.name, address, raw["logGroupName"], kept, {"arn": self.arn(raw)})

    @staticmethod
    def arn(raw: Mapping[str, Any]) -> str:
        return str(raw.get("logGroupArn") or raw["arn"]).removesuffix(":*")

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        sent = {self.api_name(name): value for name, value in properties.items() if name != "tags" and value is not None}
        aws.change("logs", "create_log_group", **sent, tags=tags)
        # the reply is empty: the ARN is read when the group shows, which is what pending means here
        return Observed(self.name, address, properties["log_group_name"], {**properties, "tags": visible(tags)}, state="pending")

    def set_kms_key_id(self, aws: Aws, seen: Observed, value: str | None) -> None:
        if value:
            aws.change("logs", "associate_kms_key", logGroupName=seen.id, kmsKeyId=value)
        else:
            aws.change("logs", "disassociate_kms_key", logGroupName=seen.id)

    def set_retention_in_days(self, aws: Aws, seen: Observed, value: int | None) -> None:
        if value:
            aws.change("logs", "put_retention_policy", logGroupName=seen.id, retentionInDays=value)
        else:
            aws.remove("logs", "delete_retention_policy", logGroupName=seen.id)

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("logs", "tag_resource", resourceArn=seen.attributes["arn"], tags=changed)
        if dropped:
            aws.change("logs", "untag_resource", resourceArn=seen.attributes["arn"], tagKeys=dropped)

    def delete(self, aws: Aws, seen: Observed) -> None:
        aws.remove("logs", "delete_log_group", logGroupName=seen.id)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("logs", "tag_resource", resourceArn=seen.attributes["arn"], tags=aws.owner.tags(address))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """By name or ARN. A group keeps its name for life, so only one with a name of ours can ever be ours."""
        name = identifier.removesuffix(":*").rpartition(":log-group:")[2]
        if not name.startswith(self.prefix(aws)):
            raise EngineError(f"a log group cannot be renamed, and those of this component begin with {self.prefix(aws)}")
        return self._strange(aws, name, address)

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        return self._strange(aws, properties.get("log_group_name", ""), "")

    def _strange(self, aws: Aws, name: str, address: str) -> Observed | None:
        other, marks = aws.taking_for(address)
        seen = self.read(other, Observed(self.name, address, name)) if name else None
        return replace(seen, marked=marks[0]) if seen else None
