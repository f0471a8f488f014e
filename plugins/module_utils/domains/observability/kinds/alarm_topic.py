# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""SNS topics that alarms lead to, with their subscriptions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ....aws.canonical import policy
from ....aws.connection import Aws
from ....aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ....reconcile.errors import AlreadyThere, CallFailed, EngineError
from ....reconcile.model import Observed, fixed, given, later
from .hidden import stand_in

ATTRIBUTES: Mapping[str, str] = {"display_name": "DisplayName", "kms_key_id": "KmsMasterKeyId", "policy": "Policy"}
"""Property -> attribute."""

PENDING_ARN = "pendingconfirmation"
"""What stands for the ARN of a subscription that was not confirmed: ListSubscriptionsByTopic writes it as one word."""

HIDDEN = ("http", "https")
"""Protocols whose endpoints are secrets, since whoever knows the URL can raise incidents."""

Subscription = dict[str, Any]


def is_pending(entry: Mapping[str, Any]) -> bool:
    return str(entry.get("SubscriptionArn", "")).lower().replace(" ", "") == PENDING_ARN


def shown(protocol: str, endpoint: str) -> str:
    """An endpoint as plans show it."""
    return stand_in(endpoint) if protocol in HIDDEN else endpoint


def subscriptions(values: Iterable[Mapping[str, Any]]) -> list[Subscription]:
    """Subscriptions in canonical form, [{"protocol", "endpoint", "pending": True if it was not confirmed}]."""
    found = [{name: item for name, item in value.items() if item or name != "pending"} for value in values]
    return sorted(found, key=lambda one: (one["protocol"], one["endpoint"]))


def _same(value: Mapping[str, Any]) -> tuple[str, str]:
    return str(value["protocol"]), str(value["endpoint"])


def effective(desired: Any, observed: Any) -> list[Subscription]:
    """What should read: a pending subscription counts as there, and one that is no longer wanted cannot be removed; it ends by itself."""
    waiting = {_same(one): dict(one) for one in observed or () if one.get("pending")}
    wanted = [waiting.pop(_same(one), dict(one)) for one in desired or ()]
    return [*wanted, *waiting.values()]


class AlarmTopic(NamedKind):
    """Found by the prefix of their names. ``endpoints``: what stands for a secret endpoint -> the endpoint itself, which is no property.

    Subscriptions have no tags, so they are a property of their topic. A missing one is subscribed once in a run; while one is pending, SNS
    would only send the same message again.
    """

    name = "alarm_topic"
    calls = NamedCalls(
        service="sns",
        list="list_topics",
        items="Topics",
        describe="get_topic_attributes",
        item="Attributes",
        create="create_topic",
        delete="delete_topic",
        name="TopicArn",
        id="TopicArn",
        arn="TopicArn",
    )
    tagging = Tagging(tag="tag_resource", untag="untag_resource", key="ResourceArn", read="list_tags_for_resource")
    reads = (Read("list_subscriptions_by_topic"),)
    operations = ("set_topic_attributes", "subscribe", "unsubscribe")
    named = False
    elsewhere = True
    exclusive = True
    called = "topic_name"

    topic_name = fixed()
    display_name = given()
    kms_key_id = given()
    policy = given(canonical=policy, document=True)
    subscriptions = later(canonical=subscriptions, effective=effective)

    def __init__(self, endpoints: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.endpoints = endpoints if endpoints is not None else {}

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        prefix = f"{aws.owner.environment}-{aws.owner.component}-"
        return [one for one in super().listed(aws) if one["TopicArn"].rpartition(":")[2].startswith(prefix)]

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("TopicArn"), "name": str(raw.get("TopicArn") or "").rpartition(":")[2] or None}

    def value(self, raw: Mapping[str, Any], name: str) -> Any:
        if name in ATTRIBUTES:
            found = raw.get(ATTRIBUTES[name])
            return json.loads(found) if name == "policy" and found else found or None
        return super().value(raw, name)

    def get_topic_name(self, raw: Mapping[str, Any]) -> Any:
        return self.attributes(raw)["name"]

    def get_subscriptions(self, raw: Mapping[str, Any]) -> list[Subscription]:
        return [
            {
                "protocol": one["Protocol"],
                "endpoint": shown(one["Protocol"], one["Endpoint"]),
                **({"pending": True} if is_pending(one) else {}),
            }
            for one in raw.get("Subscriptions") or ()
        ]

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        waiting = [one for one in raw.get("Subscriptions") or () if is_pending(one)]
        return "; ".join(unconfirmed(one["Protocol"], one["Endpoint"]) for one in waiting)

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        attributes = {api: _sent(properties[name]) for name, api in ATTRIBUTES.items() if properties.get(name) is not None}
        return {"Name": properties["topic_name"], "Attributes": attributes}

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        """CreateTopic returns a topic of another owner without an error if its attributes happen to be the same."""
        name = str(properties["topic_name"])
        if self.known(aws, name):
            raise AlreadyThere(f"a topic with the name {name} already exists", "sns:CreateTopic")
        return super().create(aws, address, properties, token)

    def update(self, aws: Aws, seen: Observed, properties: Mapping[str, Any]) -> None:
        for name, value in properties.items():
            if name in ATTRIBUTES:
                aws.change(
                    "sns", "set_topic_attributes", TopicArn=seen.id, AttributeName=ATTRIBUTES[name], AttributeValue=_sent(value or "")
                )
        if "subscriptions" in properties:
            self.set_subscriptions(aws, seen, properties["subscriptions"] or ())
        if "tags" in properties:
            self.set_tags(aws, seen, properties["tags"])

    def set_subscriptions(self, aws: Aws, seen: Observed, value: Iterable[Mapping[str, Any]]) -> None:
        there = aws.list_all("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=seen.id)
        have = {(one["Protocol"], shown(one["Protocol"], one["Endpoint"])): one for one in there}
        wanted = {_same(one) for one in value}
        for pair in sorted(wanted - set(have)):
            self._subscribe(aws, seen, *pair)
        for pair in sorted(set(have) - wanted):
            if not is_pending(have[pair]):
                aws.remove("sns", "unsubscribe", SubscriptionArn=have[pair]["SubscriptionArn"])

    def _subscribe(self, aws: Aws, seen: Observed, protocol: str, endpoint: str) -> None:
        real = self.endpoints.get(endpoint) if protocol in HIDDEN else endpoint
        if not real:
            raise EngineError(f"the URL that {endpoint} stands for is not known in this call; make a new plan")
        try:
            aws.change("sns", "subscribe", TopicArn=seen.id, Protocol=protocol, Endpoint=real, ReturnSubscriptionArn=True)
        except CallFailed as error:
            error.message = error.message.replace(real, endpoint)
            raise

    def known(self, aws: Aws, identifier: str) -> str:
        """The ARN of a topic, from its ARN or name; empty if it does not exist."""
        if identifier.startswith("arn:"):
            return identifier
        entries = super().listed(aws)
        return next((str(one["TopicArn"]) for one in entries if one["TopicArn"].rpartition(":")[2] == identifier), "")


def unconfirmed(protocol: str, endpoint: str) -> str:
    """What to do about a pending subscription."""
    if protocol in HIDDEN:
        return f"the subscription of the URL {shown(protocol, endpoint)} is not confirmed: its receiver must open the link that SNS sent it"
    return f"{endpoint} has not confirmed the subscription: open the link in the message from AWS Notifications; it is valid for two days"


def _sent(value: Any) -> str:
    return json.dumps(value) if isinstance(value, Mapping) else str(value)
