"""CloudWatch Logs: the key of an existing log group can be changed, and a deleted group takes its tags with it."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import MOTO, Call, answers
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
def drop_tags(call: Call) -> Any:
    """moto keeps the tags of a deleted group, and gives them to the next one of that name."""
    call.backend.tagger.delete_all_tags_for_resource(existing(call).arn)
    return MOTO
