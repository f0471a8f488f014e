"""Topics: what their attributes are, and what AWS refuses and moto accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.asking import arn, ask, pairs
from rehearsal.extensions.sns_publishing import pending
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, answers, authorizes, lists_tags, refuses
from rehearsal.replies import Refusal

ATTRIBUTES = {
    "KmsMasterKeyId": "kms_master_key_id",
    "SignatureVersion": "signature_version",
    "TracingConfig": "tracing_config",
    "FifoTopic": "fifo_topic",
    "ContentBasedDeduplication": "content_based_deduplication",
    "ArchivePolicy": "archive_policy",
    "FifoThroughputScope": "fifo_throughput_scope",
}
"""Attributes that are returned once they are set, and where moto keeps them."""
ALWAYS = {"DisplayName": "display_name", "DeliveryPolicy": "delivery_policy", "EffectiveDeliveryPolicy": "effective_delivery_policy"}


def _topic(call: Call) -> Any:
    found = call.backend.topics.get(str(call.get("TopicArn")))
    if found is None:
        raise Refusal("NotFound", "Topic does not exist", 404)
    return found


@answers("sns", "GetTopicAttributes")
def attributes(call: Call) -> Any:
    topic = _topic(call)
    subscriptions = [one for one in call.backend.subscriptions.values() if one.topic is topic]
    waiting = sum(pending(one) for one in subscriptions)
    found = {
        "TopicArn": topic.arn,
        "Owner": topic.account_id,
        "Policy": topic.policy,
        "SubscriptionsPending": waiting,
        "SubscriptionsConfirmed": len(subscriptions) - waiting,
        "SubscriptionsDeleted": 0,
        **{name: getattr(topic, kept) for name, kept in ALWAYS.items() if getattr(topic, kept)},
        **{name: value for name, kept in ATTRIBUTES.items() if (value := getattr(topic, kept, None))},
    }
    return {"Attributes": {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}}


@refuses("sns", "CreateTopic")
def exists_differently(call: Call) -> None:
    """Creating a topic that exists returns it, unless the call wants it otherwise."""
    topic = call.backend.topics.get(arn(call, "sns", str(call.get("Name"))))
    if topic is None:
        return
    for name, value in (call.get("Attributes") or {}).items():
        kept = {**ATTRIBUTES, **ALWAYS, "Policy": "policy"}.get(name, "")
        if str(getattr(topic, kept, "")).lower() != str(value).lower() and not _same_json(getattr(topic, kept, ""), value):
            raise Refusal("InvalidParameter", "Invalid parameter: Attributes Reason: Topic already exists with different attributes")
    if call.get("Tags") and pairs(call.get("Tags")) != topic._tags:
        raise Refusal("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")


def _same_json(left: Any, right: Any) -> bool:
    try:
        return bool(json.loads(left) == json.loads(right))
    except (TypeError, ValueError):
        return False


@refuses("sns", "SetTopicAttributes", "CreateTopic")
def policy_is_json(call: Call) -> None:
    given = call.get("Attributes") or {call.get("AttributeName"): call.get("AttributeValue")}
    for name in ("Policy", "DeliveryPolicy"):
        try:
            json.loads(given.get(name) or "{}")
        except ValueError:
            raise Refusal("InvalidParameter", f"Invalid parameter: {name} Error: not a JSON document") from None


@authorizes("sns")
def asked(call: Call) -> Iterator[Ask]:
    """Subscriptions are checked on their topic."""
    given = call.get("TopicArn") or call.get("ResourceArn") or call.get("TargetArn") or call.get("SubscriptionArn")
    resource = str(given) if given else arn(call, "sns", str(call.get("Name"))) if call.get("Name") else "*"
    parts = resource.split(":")
    if len(parts) == 7:
        resource = ":".join(parts[:6])
    request, topic = pairs(call.get("Tags") or ()), call.backend.topics.get(resource)
    there = dict(topic._tags) if topic else {}
    yield ask(call, resource, request=request, there=there)
    if call.operation == "CreateTopic" and request:
        yield ask(call, resource, "sns:TagResource", request=request, there=there)


@lists_tags("sns")
def topics(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for topic in backend.topics.values():
        yield topic.arn, topic._tags
