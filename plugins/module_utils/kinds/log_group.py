# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..aws.named_kind import NamedCalls, NamedKind, Tagging
from ..reconcile.errors import EngineError
from ..reconcile.model import Observed, fixed, given, later


class LogGroup(NamedKind):
    """Found by its name prefix; the tags, one call per group, identify the owner."""

    name = "log_group"
    calls = NamedCalls(
        service="logs",
        list="describe_log_groups",
        items="logGroups",
        create="create_log_group",
        delete="delete_log_group",
        name="logGroupName",
        id="logGroupName",
    )
    tagging = Tagging(
        tag="tag_resource",
        untag="untag_resource",
        key="resourceArn",
        of="arn",
        tags="tags",
        keys="tagKeys",
        members=None,
        read="list_tags_for_resource",
    )
    operations: tuple[str, ...] = ("associate_kms_key", "delete_retention_policy", "disassociate_kms_key", "put_retention_policy")
    exclusive = True

    log_group_name = fixed("logGroupName")
    kms_key_id = given("kmsKeyId")
    retention_in_days = later("retentionInDays")

    def prefix(self, aws: Aws) -> str:
        """The prefix of the names of all groups of this kind."""
        return aws.owner.path

    def list_params(self, aws: Aws) -> dict[str, Any]:
        return self.by_name(self.prefix(aws))

    def by_name(self, name: str) -> dict[str, Any]:
        return {"logGroupNamePrefix": name}

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        arn = raw.get("logGroupArn") or raw.get("arn")
        return {"arn": arn.removesuffix(":*") if arn else None}

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

    def known(self, aws: Aws, identifier: str) -> str:
        """A group's name cannot change, so only a group with our prefix can become ours."""
        name = identifier.removesuffix(":*").rpartition(":log-group:")[2]
        if not name.startswith(self.prefix(aws)):
            raise EngineError(f"a log group cannot be renamed, and those of this component begin with {self.prefix(aws)}")
        return name
