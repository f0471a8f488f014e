"""Messages of topics: who may publish, encryption, and delivery to the subscriptions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from rehearsal.accounts import backend_at, place_of
from rehearsal.extensions.kms_access import refusal_of_service
from rehearsal.extensions.sqs_senders import Unsent, check_sender
from rehearsal.receivers.post import Delivery, current
from rehearsal.registry import adjusts, prepare
from rehearsal.resource_policies import Caller, admits
from rehearsal.transitions import moment

KEY_OPERATIONS = ("GenerateDataKey", "Decrypt")
NO_KEY = "null (Service: AWSKMS; Status Code: 400; Error Code: {code}; Request ID: {request}; Proxy: null)"
AGENT = "Amazon Simple Notification Service Agent"


class Unpublished(Exception):
    """A message that a topic did not take, in the words with which AWS says so."""


def publish_for_service(topic_arn: str, service: str, source_arn: str, subject: str, message: str) -> None:
    """Publishes on behalf of a service of AWS, such as cloudwatch.amazonaws.com; `source_arn` is the resource that causes it.

    The topic's policy must admit the service, and so must its key, or the message is lost. Raises Unpublished.
    """
    prepare("sns")
    topic = backend_at("sns", topic_arn).topics.get(topic_arn)
    if topic is None:
        raise Unpublished("Topic does not exist")
    caller = Caller(place_of(source_arn).account_id, source_arn, service=service)
    context = {"aws:sourceowner": caller.account_id}
    if not admits(json.loads(topic.policy), caller, "SNS:Publish", context):
        raise Unpublished(f"Resource: {source_arn} is not authorized to perform: SNS:Publish on resource: {topic_arn}")
    _check_key(topic, caller)
    topic.publish(message, subject=subject)


def _check_key(topic: Any, caller: Caller) -> None:
    named, region = str(topic.kms_master_key_id or ""), place_of(topic.arn).region
    context = {"kms:viaservice": f"sns.{region}.amazonaws.com", "kms:encryptioncontext:aws:sns:topicarn": topic.arn}
    if named and (code := refusal_of_service(named, topic.arn, caller, KEY_OPERATIONS, context)):
        raise Unpublished(NO_KEY.format(code=code, request=uuid.uuid4()))


@adjusts("sns")
def deliver() -> None:
    """moto sends HTTP requests to the world, unsigned and at once, and has no e-mail. Pending subscriptions get nothing."""
    from moto.sns.models import Subscription

    original = Subscription.publish

    def publish(self: Any, message: str, message_id: str, **options: Any) -> None:
        if pending(self):
            return
        if self.protocol in ("http", "https", "email", "email-json"):
            matcher = self._filter_policy_matcher
            if matcher is None or matcher.matches(options.get("message_attributes"), message):
                shown = self._parse_message_structure(message, self.protocol) if options.get("message_structure") == "json" else message
                _notify(self, shown, message_id, options.get("subject"), options.get("message_attributes"))
            return
        if self.protocol == "sqs":
            try:
                check_sender(self.endpoint, "sns.amazonaws.com", self.topic.arn)
            except Unsent:
                return  # lost without an error: the publisher is told of success
        original(self, message, message_id, **options)

    Subscription.publish = publish


def pending(subscription: Any) -> bool:
    return str(subscription.attributes.get("PendingConfirmation")).lower() == "true"


def timestamp() -> str:
    now = moment()
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"


def envelope(topic: Any, kind: str, message: str, message_id: str) -> dict[str, Any]:
    region = place_of(topic.arn).region
    return {
        "Type": kind,
        "MessageId": message_id,
        "TopicArn": topic.arn,
        "Message": message,
        "Timestamp": timestamp(),
        "SignatureVersion": str(getattr(topic, "signature_version", "") or "1"),
        "Signature": "not signed in the rehearsal",
        "SigningCertURL": f"https://sns.{region}.amazonaws.com/SimpleNotificationService-rehearsal.pem",
    }


def headers(topic: Any, kind: str, message_id: str, subscription: str = "") -> dict[str, str]:
    more = {"x-amz-sns-subscription-arn": subscription} if subscription else {}
    return {
        "x-amz-sns-message-type": kind,
        "x-amz-sns-message-id": message_id,
        "x-amz-sns-topic-arn": topic.arn,
        **more,
        "Content-Type": "text/plain; charset=UTF-8",
        "User-Agent": AGENT,
    }


def _notify(subscription: Any, message: str, message_id: str, subject: str | None, attributes: Mapping[str, Any] | None) -> None:
    topic, region = subscription.topic, place_of(subscription.topic.arn).region
    content = {
        **envelope(topic, "Notification", message, message_id),
        "UnsubscribeURL": f"https://sns.{region}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
        **({"Subject": subject} if subject else {}),
        **({"MessageAttributes": dict(attributes)} if attributes else {}),
    }
    if subscription.protocol.startswith("email"):
        body = json.dumps(content) if subscription.protocol == "email-json" else message
        current.mail(subscription.endpoint, subject or "AWS Notification Message", body)
        return
    raw = str(subscription.attributes.get("RawMessageDelivery")).lower() == "true"
    sent = headers(topic, "Notification", message_id, subscription.arn) | ({"x-amz-sns-rawdelivery": "true"} if raw else {})
    body = message if raw else json.dumps(content)
    current.send(Delivery(subscription.endpoint, "POST", sent, body, _counter(subscription)))


def _counter(subscription: Any) -> Any:
    """Counts deliveries in AWS/SNS, as AWS does; a failed delivery is seen nowhere else."""

    def count(status: int) -> None:
        from rehearsal.extensions.cloudwatch_counting import count as counted

        name = "NumberOfNotificationsDelivered" if 200 <= status < 300 else "NumberOfNotificationsFailed"
        place = place_of(subscription.topic.arn)
        counted(place.account_id, place.region, "AWS/SNS", name, {"TopicName": subscription.topic.name})

    return count
