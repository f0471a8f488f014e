"""CloudWatch Logs: the key of an existing log group can be changed, and the tags of a deleted one are gone."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, adjusts, answers
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


@adjusts("logs")
def forget_tags() -> None:
    """moto keeps tags by ARN, and a new log group of the same name would have those of the deleted one."""
    from moto.logs.models import LogsBackend

    original = LogsBackend.delete_log_group

    def delete(self: Any, log_group_name: str) -> None:
        arn = self.groups[log_group_name].arn if log_group_name in self.groups else ""
        original(self, log_group_name)
        self.tagger.delete_all_tags_for_resource(arn)

    LogsBackend.delete_log_group = delete
