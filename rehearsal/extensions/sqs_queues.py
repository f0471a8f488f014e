"""Queues as SQS has them, where moto differs: attributes that stay, one encryption, dead-letter queues, and names of deleted queues.

moto drops the policy with every change of another attribute, accepts any value and any dead-letter queue, keeps no allow policy, and lets a
name be used again at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.registry import MOTO, Call, adjusts, answers, backend, refuses, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

ANSWERS, RECENT = "deleting_queue", "deleted_queue"
"""In `transition_seconds`: how long a deleted queue still answers, and how long its name is not free. On AWS, up to 60 seconds each."""

RANGES: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
OF_FIFO = ("ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit")
KNOWN = {*RANGES, *CHOICES, "FifoQueue", "KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy"}
MOST_SOURCES = 10
MOST_RECEIVES = 1000
PERMISSIONS = ("allowAll", "byQueue", "denyAll")


@adjusts("sqs")
def attributes_stay() -> None:
    """A change leaves what it does not name: moto takes a missing policy for an empty one."""
    from moto.sqs.models import Queue

    set_attributes = Queue._set_attributes

    def changed(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        kept = {} if now else {"Policy": self.policy}
        given = {**kept, **one_encryption(attributes)}
        self.redrive_allow_policy = given.pop("RedriveAllowPolicy", getattr(self, "redrive_allow_policy", None)) or None
        set_attributes(self, given, now)

    Queue._set_attributes = changed
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]


def one_encryption(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Setting a KMS key switches SQS's own encryption off, and removing the key switches it on."""
    found = dict(attributes)
    if found.get("KmsMasterKeyId"):
        found["SqsManagedSseEnabled"] = "false"
    elif found.get("KmsMasterKeyId") == "":
        found["KmsMasterKeyId"] = None
        found.setdefault("SqsManagedSseEnabled", "true")
    if str(found.get("SqsManagedSseEnabled")).lower() == "true":
        found["KmsMasterKeyId"] = None
    return found


@refuses("sqs", "CreateQueue")
def wrong_when_created(call: Call) -> None:
    name, attributes = str(call.get("QueueName")), call.get("Attributes") or {}
    if "FifoQueue" in attributes and str(attributes["FifoQueue"]).lower() != "true":
        raise Refusal("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    _check(call, attributes, fifo="FifoQueue" in attributes, arn=_arn(call, name))
    if name in _deleted(call):
        text = "You must wait 60 seconds after deleting a queue before you can create another with the same name."
        raise Refusal("QueueDeletedRecently", text)


@refuses("sqs", "SetQueueAttributes")
def wrong_when_changed(call: Call) -> None:
    name, attributes = str(call.get("QueueUrl") or "").rpartition("/")[2], call.get("Attributes") or {}
    queue = call.backend.queues.get(name)
    if queue is None:
        return  # moto says so
    if "FifoQueue" in attributes:
        raise Refusal("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    _check(call, attributes, fifo=bool(queue.fifo_queue), arn=queue.queue_arn, queue=queue)


@answers("sqs", "DeleteQueue")
def delete(call: Call) -> Any:
    name = str(call.get("QueueUrl") or "").rpartition("/")[2]
    if name in call.backend.queues:
        _deleted(call).setdefault(name, moment().timestamp())
    return {} if name in _deleted(call) and call.settings.seconds_for(ANSWERS) else MOTO


@settles("sqs")
@settles("resourcegroupstaggingapi")
def end_deletions(call: Call) -> None:
    """Also before the tagging API lists queues."""
    deleted = _deleted(call)
    for name, when in list(deleted.items()):
        passed = moment().timestamp() - when
        if passed >= call.settings.seconds_for(ANSWERS):
            queues(call).pop(name, None)
        if passed >= max(call.settings.seconds_for(ANSWERS), call.settings.seconds_for(RECENT)):
            del deleted[name]


def queues(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = backend("sqs", call.account_id, call.region).queues
    return found


def _deleted(call: Call) -> dict[str, float]:
    """When queues of a region were deleted, by name, as long as that matters."""
    found: dict[str, float] = backend("sqs", call.account_id, call.region).__dict__.setdefault("deleted_recently", {})
    return found


def _arn(call: Call, name: str) -> str:
    from moto.utilities.utils import get_partition

    return f"arn:{get_partition(call.region)}:sqs:{call.region}:{call.account_id}:{name}"


def _check(call: Call, attributes: Mapping[str, Any], *, fifo: bool, arn: str, queue: Any = None) -> None:
    for name, value in attributes.items():
        if name not in KNOWN or (name in OF_FIFO and not fifo):
            raise Refusal("InvalidAttributeName", f"Unknown Attribute {name}.")
        if not _valid(name, str(value)):
            raise Refusal("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if attributes.get("KmsMasterKeyId") and str(attributes.get("SqsManagedSseEnabled")).lower() == "true":
        text = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
        raise Refusal("InvalidAttributeValue", text)
    _check_throughput(attributes, queue)
    if attributes.get("RedriveAllowPolicy"):
        _check_allow_policy(str(attributes["RedriveAllowPolicy"]))
    if attributes.get("RedrivePolicy"):
        _check_redrive(call, str(attributes["RedrivePolicy"]), fifo, arn)


def _valid(name: str, value: str) -> bool:
    if name in RANGES:
        least, most = RANGES[name]
        return value.isdecimal() and least <= int(value) <= most
    return name not in CHOICES or (value.lower() if value.lower() in ("true", "false") else value) in CHOICES[name]


def _check_throughput(attributes: Mapping[str, Any], queue: Any) -> None:
    scope = attributes.get("DeduplicationScope") or getattr(queue, "deduplication_scope", "queue")
    limit = attributes.get("FifoThroughputLimit") or getattr(queue, "fifo_throughput_limit", "perQueue")
    if limit == "perMessageGroupId" and scope != "messageGroup":
        raise Refusal("InvalidAttributeValue", "The perMessageGroupId value is allowed only when DeduplicationScope is messageGroup.")


def _check_allow_policy(text: str) -> None:
    policy = _parsed("RedriveAllowPolicy", text)
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    listed = isinstance(sources, list) and 1 <= len(sources) <= MOST_SOURCES
    if permission not in PERMISSIONS or (permission == "byQueue") != (sources is not None) or (sources is not None and not listed):
        raise _invalid("RedriveAllowPolicy", text, "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.")


def _check_redrive(call: Call, text: str, fifo: bool, arn: str) -> None:
    policy = _parsed("RedrivePolicy", text)
    if not policy:
        return
    if set(policy) != {"deadLetterTargetArn", "maxReceiveCount"}:
        raise _invalid("RedrivePolicy", text, "Redrive policy does not contain mandatory attributes: deadLetterTargetArn, maxReceiveCount.")
    count = str(policy["maxReceiveCount"])
    if not count.isdecimal() or not 1 <= int(count) <= MOST_RECEIVES:
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to {MOST_RECEIVES} both inclusive."
        raise _invalid("RedrivePolicy", text, reason)
    wanted = str(policy["deadLetterTargetArn"])
    target = next((one for one in call.backend.queues.values() if one.queue_arn == wanted), None)
    if target is None:
        raise _invalid("RedrivePolicy", text, "Dead letter target does not exist.")
    if bool(target.fifo_queue) != fifo:
        raise _invalid("RedrivePolicy", text, "Dead-letter queue must be same type of queue as the source.")
    allowed = json.loads(target.redrive_allow_policy or '{"redrivePermission": "allowAll"}')
    if allowed["redrivePermission"] == "denyAll" or arn not in allowed.get("sourceQueueArns", [arn]):
        raise _invalid("RedrivePolicy", text, "The redrive allow policy of the dead-letter queue does not permit this source queue.")


def _parsed(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _invalid(name, text, f"{name} is not valid JSON.")
    return found


def _invalid(name: str, value: str, reason: str) -> Refusal:
    return Refusal("InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}")
