# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Topics and their subscriptions: confirmation, what is pending, delivery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..conftest import refused
from .monitored import PAGERDUTY, Monitored

MAILBOX = "on-call@example.com"


def subscribe(monitored: Monitored, topic: str, endpoint: str = PAGERDUTY, protocol: str = "https", **more: Any) -> str:
    return str(monitored.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, **more)["SubscriptionArn"])


def listed(monitored: Monitored, topic: str) -> list[tuple[str, str]]:
    found = monitored.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [(one["Endpoint"], one["SubscriptionArn"]) for one in found]


def test_pagerduty_confirms_by_opening_the_link(monitored: Monitored) -> None:
    topic = monitored.topic()
    arn = subscribe(monitored, topic, ReturnSubscriptionArn=True)
    (asked,) = monitored.cloud.admin.arrived("pagerduty")
    content = json.loads(asked["body"])
    assert asked["headers"]["x-amz-sns-message-type"] == content["Type"] == "SubscriptionConfirmation"
    assert content["Token"] in content["SubscribeURL"]
    assert listed(monitored, topic) == [(PAGERDUTY, arn)]
    attributes = monitored.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (attributes["PendingConfirmation"], attributes["ConfirmationWasAuthenticated"]) == ("false", "false")
    assert subscribe(monitored, topic) == arn, "subscribing again changes nothing"
    counts = monitored.sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("0", "1")


def test_a_pending_subscription_has_no_arn_and_cannot_be_deleted(monitored: Monitored) -> None:
    topic = monitored.topic()
    assert subscribe(monitored, topic, MAILBOX, "email") == "pending confirmation"
    assert listed(monitored, topic) == [(MAILBOX, "PendingConfirmation")]
    assert refused(monitored.sns.unsubscribe, SubscriptionArn="PendingConfirmation") == "InvalidParameter"
    arn = subscribe(monitored, topic, MAILBOX, "email", ReturnSubscriptionArn=True)
    assert refused(monitored.sns.unsubscribe, SubscriptionArn=arn) == "InvalidParameter"
    monitored.sns.publish(TopicArn=topic, Message="lost")
    subjects = [one["subject"] for one in monitored.cloud.admin.arrived("email")]
    assert subjects == ["AWS Notification - Subscription Confirmation"] * 2
    monitored.cloud.admin.happen("sns", "confirm_email", Endpoint=MAILBOX)
    assert listed(monitored, topic) == [(MAILBOX, arn)]
    monitored.sns.publish(TopicArn=topic, Subject="Hello", Message="heard")
    assert [one["body"] for one in monitored.cloud.admin.arrived(MAILBOX)][2:] == ["heard"]
    monitored.sns.unsubscribe(SubscriptionArn=arn)
    assert listed(monitored, topic) == []


def test_a_pending_subscription_is_gone_after_three_days(monitored: Monitored) -> None:
    topic = monitored.topic()
    subscribe(monitored, topic, MAILBOX, "email")
    monitored.later(2 * 86400)
    assert len(listed(monitored, topic)) == 1
    monitored.later(86401)
    assert listed(monitored, topic) == []


def test_an_endpoint_that_never_confirms(monitored: Monitored) -> None:
    monitored.cloud.admin.settings(receivers={"events.pagerduty.com": "silent"})
    topic = monitored.topic()
    subscribe(monitored, topic)
    token = json.loads(monitored.cloud.admin.arrived()[0]["body"])["Token"]
    assert listed(monitored, topic) == [(PAGERDUTY, "PendingConfirmation")]
    assert refused(monitored.sns.confirm_subscription, TopicArn=topic, Token="guessed") == "InvalidParameter"
    arn = monitored.sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"]
    assert listed(monitored, topic) == [(PAGERDUTY, arn)]


def test_a_host_that_nothing_plays_cannot_be_reached(monitored: Monitored) -> None:
    topic = monitored.topic()
    subscribe(monitored, topic, "https://pager.example.com/hook")
    assert monitored.cloud.admin.arrived() == []
    assert listed(monitored, topic)[0][1] == "PendingConfirmation"


def test_failed_deliveries_are_counted(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.cloud.admin.settings(receivers={"events.pagerduty.com": "failing"})
    monitored.sns.publish(TopicArn=topic, Message="x")
    assert [one["status"] for one in monitored.cloud.admin.arrived()] == [500]
    found = monitored.cloudwatch.list_metrics(Namespace="AWS/SNS")["Metrics"]
    assert [one["MetricName"] for one in found] == ["NumberOfNotificationsFailed"]


WRONG = {
    "another scheme": ("https", "http://events.pagerduty.com/"),
    "no address": ("email", "on-call"),
    "an unknown protocol": ("gopher", "gopher://x"),
}


@pytest.mark.parametrize("why", WRONG)
def test_subscriptions_that_are_refused(monitored: Monitored, why: str) -> None:
    protocol, endpoint = WRONG[why]
    assert refused(monitored.sns.subscribe, TopicArn=monitored.topic(), Protocol=protocol, Endpoint=endpoint) == "InvalidParameter"


def test_a_topic_exists_once(monitored: Monitored) -> None:
    tags = [{"Key": "owner", "Value": "us"}]
    create = monitored.sns.create_topic
    arn = create(Name="t", Attributes={"DisplayName": "a", "SignatureVersion": "2"}, Tags=tags)["TopicArn"]
    assert create(Name="t", Attributes={"DisplayName": "a"}, Tags=tags)["TopicArn"] == arn
    assert refused(create, Name="t", Attributes={"DisplayName": "b"}) == "InvalidParameter"
    assert refused(create, Name="t", Tags=[{"Key": "owner", "Value": "others"}]) == "InvalidParameter"
    assert monitored.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SignatureVersion"] == "2"
    found = monitored.cloud.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["sns"])["ResourceTagMappingList"]
    assert [(one["ResourceARN"], one["Tags"]) for one in found] == [(arn, tags)]
