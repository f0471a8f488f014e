"""Subscriptions and their confirmation, after "Subscribe" and "ConfirmSubscription" in the Amazon SNS API Reference.

A subscription of an HTTP endpoint or a mailbox is pending until its token comes back. Until then its ARN is shown as a word, nothing is
delivered to it, and it can be neither changed nor deleted; after three days it is gone.

| happening | parameters |
|---|---|
| confirm_email | Endpoint: whoever reads this mailbox opens the links of all pending subscriptions |
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from rehearsal.accounts import backend_at, backends, is_arn, place_of
from rehearsal.extensions.sns_publishing import envelope, headers, pending
from rehearsal.receivers.post import Delivery, current
from rehearsal.registry import MOTO, Call, answers, happens, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

PENDING = "PendingConfirmation"
CONFIRMED_BY_OWNER = ("http", "https", "email", "email-json")
PROTOCOLS = (*CONFIRMED_BY_OWNER, "sms", "sqs", "application", "lambda", "firehose")
PENDING_DAYS = 3
PAGE = 100


def invalid(message: str) -> Refusal:
    return Refusal("InvalidParameter", f"Invalid parameter: {message}")


@settles("sns")
def forget_the_unconfirmed(call: Call) -> None:
    for _place, found in backends("sns", call.account_id):
        for arn, one in list(found.subscriptions.items()):
            if pending(one) and moment() - one.rehearsal_asked > timedelta(days=PENDING_DAYS):
                del found.subscriptions[arn]


@answers("sns", "Subscribe")
def subscribe(call: Call) -> Any:
    protocol, endpoint = str(call.get("Protocol")), str(call.get("Endpoint") or "")
    if protocol not in PROTOCOLS:
        raise invalid("Does not support this protocol string: " + protocol)
    _check_endpoint(protocol, endpoint)
    if protocol not in CONFIRMED_BY_OWNER:
        return MOTO
    topic = _topic(call.get("TopicArn"))
    found = backend_at("sns", topic.arn)._find_subscription(topic.arn, endpoint, protocol)
    if found is None:
        found = backend_at("sns", topic.arn).subscribe(topic.arn, endpoint, protocol)
        found.attributes |= {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}
        for name, value in _attributes(call.get("Attributes") or {}):
            backend_at("sns", topic.arn).set_subscription_attributes(found.arn, name, value)
    elif not pending(found) and _differ(found, call.get("Attributes") or {}):
        raise invalid("Attributes Reason: Subscription already exists with different attributes")
    if not pending(found):
        return {"SubscriptionArn": found.arn}
    _ask(found)
    return {"SubscriptionArn": found.arn if call.get("ReturnSubscriptionArn") else "pending confirmation"}


def _check_endpoint(protocol: str, endpoint: str) -> None:
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        raise invalid("Endpoint must match the specified protocol")
    if protocol.startswith("email") and "@" not in endpoint.strip("@"):
        raise invalid("Email address")
    if not endpoint:
        raise invalid("Endpoint")


def _attributes(given: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """The scope of a filter policy first, because its validation depends on it."""
    return sorted(given.items(), key=lambda one: one[0] != "FilterPolicyScope")


def _differ(found: Any, given: Mapping[str, str]) -> bool:
    return any(str(found.attributes.get(name, "")).lower() != str(value).lower() for name, value in given.items())


def _topic(arn: Any) -> Any:
    if not is_arn(arn):
        raise invalid("TopicArn")
    topic = backend_at("sns", str(arn)).topics.get(str(arn))
    if topic is None:
        raise Refusal("NotFound", "Topic does not exist", 404)
    return topic


def _ask(subscription: Any) -> None:
    """Sends the message that asks for confirmation, with a new token."""
    subscription.rehearsal_token, subscription.rehearsal_asked = secrets.token_hex(64), moment()
    topic, token, message_id = subscription.topic, subscription.rehearsal_token, str(uuid.uuid4())
    region = place_of(topic.arn).region
    visit = "To confirm the subscription, visit the SubscribeURL included in this message."
    text = f"You have chosen to subscribe to the topic {topic.arn}.\n{visit}"
    content = {
        **envelope(topic, "SubscriptionConfirmation", text, message_id),
        "Token": token,
        "SubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic.arn}&Token={token}",
    }
    if subscription.protocol.startswith("email"):
        current.mail(subscription.endpoint, "AWS Notification - Subscription Confirmation", f"{text}\n{content['SubscribeURL']}")
        return
    current.send(Delivery(subscription.endpoint, "POST", headers(topic, "SubscriptionConfirmation", message_id), json.dumps(content)))


@answers("sns", "ConfirmSubscription")
def confirm(call: Call) -> Any:
    topic, token = _topic(call.get("TopicArn")), str(call.get("Token"))
    subscriptions = backend_at("sns", topic.arn).subscriptions.values()
    found = next((one for one in subscriptions if getattr(one, "rehearsal_token", "") == token and one.topic is topic), None)
    if found is None:
        raise invalid("Token")
    authenticated = str(call.get("AuthenticateOnUnsubscribe")).lower() == "true"
    found.attributes |= {"PendingConfirmation": False, "ConfirmationWasAuthenticated": authenticated}
    return {"SubscriptionArn": found.arn}


@happens("sns", "confirm_email")
def confirm_email(call: Call) -> Any:
    found = [
        one
        for _place, sns in backends("sns")
        for one in sns.subscriptions.values()
        if one.endpoint == call.get("Endpoint") and one.protocol.startswith("email") and pending(one)
    ]
    for one in found:
        one.attributes["PendingConfirmation"] = False
    return {"confirmed": [one.arn for one in found]}


def _shown(subscription: Any) -> dict[str, str]:
    return {
        "SubscriptionArn": PENDING if pending(subscription) else subscription.arn,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "TopicArn": subscription.topic.arn,
    }


@answers("sns", "ListSubscriptions")
def list_all(call: Call) -> Any:
    return _listed(call, list(call.backend.subscriptions.values()))


@answers("sns", "ListSubscriptionsByTopic")
def list_of_topic(call: Call) -> Any:
    topic = _topic(call.get("TopicArn"))
    return _listed(call, [one for one in backend_at("sns", topic.arn).subscriptions.values() if one.topic is topic])


def _listed(call: Call, subscriptions: list[Any]) -> dict[str, Any]:
    begin = int(call.get("NextToken") or 0)
    shown = [_shown(one) for one in subscriptions[begin : begin + PAGE]]
    return {"Subscriptions": shown, **({"NextToken": str(begin + PAGE)} if len(subscriptions) > begin + PAGE else {})}


@answers("sns", "Unsubscribe")
def unsubscribe(call: Call) -> Any:
    """A subscription that does not exist is no error."""
    arn = str(call.get("SubscriptionArn"))
    if not is_arn(arn):
        raise invalid(f"SubscriptionArn Reason: An ARN must have at least 6 elements, not {len(arn.split(':'))}")
    found = backend_at("sns", arn).subscriptions.get(arn)
    if found is not None and pending(found):
        raise invalid("SubscriptionArn Reason: This subscription is pending confirmation and cannot be deleted")
    backend_at("sns", arn).subscriptions.pop(arn, None)
    return {}


@answers("sns", "SetSubscriptionAttributes")
def set_attributes(call: Call) -> Any:
    found = call.backend.subscriptions.get(call.get("SubscriptionArn"))
    if found is not None and pending(found):
        raise invalid("SubscriptionArn Reason: This subscription is pending confirmation and cannot be changed")
    return MOTO
