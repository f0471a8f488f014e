# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queues through their life: planned from nothing, created, unchanged, changed by us and by hand, replaced, and removed."""

from __future__ import annotations

import json

from tests.integration.messaging.support import PURGE, Site
from tests.integration.site import summary, touched

TOPIC = "arn:aws:sns:eu-west-1:210987654321:notifications"
QUEUES = {
    "email": {"visibility_timeout_seconds": 120, "senders": {"topics": [TOPIC]}},
    "orders": {"fifo": True, "encryption": "kms", "dead_letter": {"max_receive_count": 3}, "high_throughput": True},
}


def test_the_plan_is_what_is_created_and_a_second_run_changes_nothing(site: Site) -> None:
    desired = site.desired(QUEUES)
    planned = summary(site.plan(desired))
    assert set(planned.values()) == {"create"}
    assert sorted(planned) == [
        "kms_key.queues",
        "message_queue.email",
        "message_queue.email/dead-letter",
        "message_queue.orders",
        "message_queue.orders/dead-letter",
    ]
    site.apply(desired)
    assert set(site.ids()) == set(planned)
    assert site.bring(QUEUES) == []
    dead, orders = site.queue("prod-orders-dead-letter.fifo"), site.queue("prod-orders.fifo")
    assert json.loads(orders["RedrivePolicy"]) == {"deadLetterTargetArn": dead["QueueArn"], "maxReceiveCount": 3}
    assert json.loads(dead["RedriveAllowPolicy"]) == {"redrivePermission": "byQueue", "sourceQueueArns": [orders["QueueArn"]]}
    assert (dead["KmsMasterKeyId"], dead["MessageRetentionPeriod"]) == (orders["KmsMasterKeyId"], "1209600")
    assert (orders["FifoThroughputLimit"], site.queue("prod-email")["SqsManagedSseEnabled"]) == ("perMessageGroupId", "true")


def test_what_was_changed_by_hand_is_put_right_and_what_is_not_described_is_left_alone(site: Site) -> None:
    site.bring(QUEUES)
    sqs = site.cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="prod-email")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5", "MaximumMessageSize": "262144", "Policy": ""})
    assert touched(site.plan(site.desired(QUEUES))) == {"message_queue.email": {"visibility_timeout", "policy"}}
    assert site.bring(QUEUES) == ["sqs:SetQueueAttributes"]
    found = site.queue("prod-email")
    assert (found["VisibilityTimeout"], found["MaximumMessageSize"]) == ("120", "262144")


def test_encryption_goes_from_one_form_to_the_next_without_a_diff_afterwards(site: Site) -> None:
    for form in ("sqs", "kms", "none", "kms", "sqs"):
        queues = {"email": {"encryption": form}}
        site.bring(queues, purge=PURGE)
        found = site.queue("prod-email")
        assert (bool(found.get("KmsMasterKeyId")), found["SqsManagedSseEnabled"] == "true") == (form == "kms", form == "sqs")
        site.bring(queues, purge=PURGE)  # the key goes once no queue has it
        assert site.bring(queues) == []


def test_destroying_leaves_nothing_and_says_how_many_messages_go(site: Site) -> None:
    site.bring(QUEUES)
    site.send("prod-email", 3)
    site.domain_of(None, state="absent")
    warnings = site.checked(site.plan([], purge=PURGE)).warnings
    assert warnings == ["message_queue.email: prod-email holds about 3 messages, deleted with it"]
    site.apply([], purge=PURGE)
    assert site.ids() == {}
