"""CloudWatch Logs: the key of an existing log group can be changed, and a deleted group takes its tags with it."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import MOTO, Call, adjusts, answers
from rehearsal.replies import Refusal


def existing(call: Call) -> Any:
    """The log group that a call names."""
    identity = call.get("resourceIdentifier") or ""
    name = call.get("logGroupName") or identity.partition(":log-group:")[2].removesuffix(":*")
    if name not in call.backend.groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return call.backend.groups[name]


@answers("logs", "AssociateKmsKey")
def associate_key(call: Call) -> Any:
    existing(call).kms_key_id = call.get("kmsKeyId")
    return {}


@answers("logs", "DisassociateKmsKey")
def disassociate_key(call: Call) -> Any:
    existing(call).kms_key_id = None
    return {}


@answers("logs", "DeleteLogGroup")
def delete(call: Call) -> Any:
    """moto keeps the tags and metric filters of a deleted group, and gives them to the next one of that name."""
    group = existing(call)
    if getattr(group, "rehearsal_protected", False):
        raise Refusal("ValidationException", f"The log group {group.name} has deletion protection, which must be disabled first.")
    call.backend.tagger.delete_all_tags_for_resource(group.arn)
    filters = call.backend.filters.metric_filters
    filters[:] = [one for one in filters if one["logGroupName"] != group.name]
    return MOTO


@answers("logs", "PutLogGroupDeletionProtection")
def protect(call: Call) -> Any:
    """The identifier is a name or an ARN."""
    name = str(call.get("logGroupIdentifier") or "").rpartition(":log-group:")[2].removesuffix(":*")
    if name not in call.backend.groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    call.backend.groups[name].rehearsal_protected = bool(call.get("deletionProtectionEnabled"))
    return {}


@adjusts("logs")
def describe_in_full() -> None:
    """moto shows neither class, protection, nor the number of filters of a group, and forgets the first two when it creates one."""
    from moto.logs.models import LogGroup, logs_backends

    original = LogGroup.to_describe_dict

    def to_describe_dict(self: Any) -> dict[str, Any]:
        filters = logs_backends[self.account_id][self.region].filters.metric_filters
        return {
            **original(self),
            "logGroupClass": getattr(self, "rehearsal_class", "STANDARD"),
            "deletionProtectionEnabled": getattr(self, "rehearsal_protected", False),
            "metricFilterCount": len([one for one in filters if one["logGroupName"] == self.name]),
        }

    LogGroup.to_describe_dict = to_describe_dict


@answers("logs", "CreateLogGroup")
def create(call: Call) -> Any:
    if call.get("logGroupName") in call.backend.groups:
        raise Refusal("ResourceAlreadyExistsException", "The specified log group already exists")
    group = call.backend.create_log_group(call.get("logGroupName"), call.get("tags"), kmsKeyId=call.get("kmsKeyId"))
    group.rehearsal_class = call.get("logGroupClass") or "STANDARD"
    group.rehearsal_protected = bool(call.get("deletionProtectionEnabled"))
    return {}
