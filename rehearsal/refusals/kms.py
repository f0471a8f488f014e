"""Requests that KMS rejects: policies that would lock out all later changes, keys pending deletion, reserved tags."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.callers import caller_of
from rehearsal.extensions.kms import existing
from rehearsal.extensions.kms_access import OTHERS, USES, allows, refuse
from rehearsal.extensions.policies import missing_principals, principals, statements
from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal
from rehearsal.tag_forms import misformed

_STATE_MATTERS = (
    "CreateAlias",
    "CreateGrant",
    "Decrypt",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "PutKeyPolicy",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
)


@refuses("kms", "CreateKey", "PutKeyPolicy")
def key_policy(call: Call) -> None:
    text = call.get("Policy")
    if text is None:
        return
    document = _document(text)
    missing = missing_principals(call, document)
    if missing:
        raise Refusal("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.")
    if not call.get("BypassPolicyLockoutSafetyCheck") and not any(_lets_change(call, item) for item in statements(document)):
        raise Refusal("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")


@refuses("kms", *USES)
def key_admits_the_caller(call: Call) -> None:
    """Within its own account too: the account has only the rights that the key's policy gives it."""
    identity = call.get("KeyId")
    if identity is None:  # Decrypt may omit the key; the ciphertext identifies it, in the caller's account
        return
    key = existing(call, identity)
    if not allows(key, caller_of(call), call.operation):
        raise refuse(call, key)


@refuses("kms", *OTHERS)
def only_its_own_account(call: Call) -> None:
    if call.is_foreign:
        raise refuse(call, existing(call, call.get("KeyId") or call.get("TargetKeyId")))


@refuses("kms", *_STATE_MATTERS)
def key_on_its_way_out(call: Call) -> None:
    identity = call.get("KeyId") or call.get("TargetKeyId")
    if identity is None:  # Decrypt may omit the key; the ciphertext identifies it
        return
    key = existing(call, identity)
    if key.key_state == "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is pending deletion.")


@refuses("kms", "ScheduleKeyDeletion")
def deletion_window(call: Call) -> None:
    days = call.get("PendingWindowInDays")
    if days is not None and not 7 <= days <= 30:
        raise Refusal("ValidationException", f"PendingWindowInDays must be between 7 and 30, not {days}")


@refuses("kms", "CancelKeyDeletion")
def nothing_to_cancel(call: Call) -> None:
    key = existing(call, call.get("KeyId"))
    if key.key_state != "PendingDeletion":
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")


@refuses("kms", "CreateKey", "TagResource")
def reserved_tags(call: Call) -> None:
    if (wrong := misformed((tag["TagKey"], tag.get("TagValue")) for tag in call.get("Tags") or [])) is not None:
        raise Refusal("TagException", f"Tag key or value contains characters that are not valid: '{wrong}'")
    given = [tag["TagKey"] for tag in call.get("Tags") or []]
    if any(key.lower().startswith("aws:") for key in given):
        raise Refusal("TagException", "aws: prefixed tag key names are not allowed for external use.")
    if len(given) != len(set(given)):
        raise Refusal("TagException", "Duplicate tag keys")


def _document(text: str) -> Any:
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or not statements(document):
            raise ValueError
    except ValueError:
        raise Refusal("MalformedPolicyDocumentException", "The provided policy document is not valid.") from None
    return document


def _lets_change(call: Call, statement: dict[str, Any]) -> bool:
    """Whether the statement allows the account, or the caller, to change the policy later."""
    iam = f"arn:aws:iam::{call.account_id}"
    us = {"*", call.account_id, f"{iam}:root", f"{iam}:user/rehearsal-{call.role}"}
    actions = statement.get("Action", [])
    can_put = {"*", "kms:*", "kms:Put*", "kms:PutKeyPolicy"} & set([actions] if isinstance(actions, str) else actions)
    return statement.get("Effect") == "Allow" and bool(can_put) and bool(us & set(principals({"Statement": statement})))
