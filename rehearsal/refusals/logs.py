"""Requests that CloudWatch Logs rejects: keys that it may not use, invalid names, and unsupported retention periods."""

from __future__ import annotations

import re

from rehearsal.extensions.policies import allows_service
from rehearsal.registry import Call, backend, refuses
from rehearsal.replies import Refusal
from rehearsal.tag_forms import misformed

RETENTION_DAYS = frozenset({1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653})


@refuses("logs", "CreateLogGroup", "AssociateKmsKey")
def key_of_log_group(call: Call) -> None:
    """The key must exist, be enabled, and name the service in its policy."""
    arn = call.get("kmsKeyId")
    if arn is None:
        return
    keys = backend("kms", call.account_id, call.region).keys.values()
    key = next((key for key in keys if key.arn == arn), None)
    services = (f"logs.{call.region}.amazonaws.com", "logs.amazonaws.com")
    if key is None or not key.enabled or not allows_service(key.policy, *services):
        group = f"arn:aws:logs:{call.region}:{call.account_id}:log-group:{call.get('logGroupName')}"
        text = f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group}'"
        raise Refusal("InvalidParameterException", text)


@refuses("logs", "CreateLogGroup")
def name_and_tags(call: Call) -> None:
    name = call.get("logGroupName") or ""
    if not re.fullmatch(r"[.\-_/#A-Za-z0-9]{1,512}", name):
        text = f"1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint"
        raise Refusal("InvalidParameterException", text)
    _check_tags(call.get("tags") or {})


@refuses("logs", "TagResource")
def tags_of_log_group(call: Call) -> None:
    _check_tags(call.get("tags") or {})


@refuses("logs", "PutRetentionPolicy")
def retention(call: Call) -> None:
    days = call.get("retentionInDays")
    if days not in RETENTION_DAYS:
        text = f"Invalid retention value {days}. Valid values are: {sorted(RETENTION_DAYS)}"
        raise Refusal("InvalidParameterException", text)


def _check_tags(tags: dict[str, str]) -> None:
    if (wrong := misformed(tags.items())) is not None:
        text = f"1 validation error detected: Value '{wrong}' at 'tags' failed to satisfy constraint"
        raise Refusal("InvalidParameterException", text)
    if any(key.lower().startswith("aws:") for key in tags):
        raise Refusal("InvalidParameterException", "Tag keys starting with 'aws:' are reserved for internal use")
    if len(tags) > 50:
        raise Refusal("InvalidParameterException", "A resource can have no more than 50 tags")
