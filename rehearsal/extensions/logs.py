"""CloudWatch Logs: the key of an existing log group can be changed."""

from __future__ import annotations

from typing import Any

from rehearsal.registry import Call, answers
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
