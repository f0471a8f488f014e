# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Queues through their life: planned from nothing, created, unchanged, changed by us and by hand, replaced, and removed."""

from __future__ import annotations

import json

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.domain import Observation
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Settings, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from tests.integration.messaging.support import ACCOUNT, PURGE, REGION, Site
from tests.integration.site import summary, touched

PLACE = Place("prod", "queues", REGION, ACCOUNT)
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


def test_a_queue_of_another_type_takes_its_place_with_consent(site: Site) -> None:
    site.bring({"email": {}})
    site.send("prod-email")
    desired = site.desired({"email": {"fifo": True}})
    assert summary(site.plan(desired, allow_replace=("*",)))["message_queue.email"] == "replace (no consent)"
    site.apply(desired, allow_replace=("message_queue.*",))
    assert site.queue("prod-email.fifo")["FifoQueue"] == "true"
    assert site.bring({"email": {"fifo": True}}) == []


def test_the_name_of_a_deleted_queue_is_waited_for_and_said(site: Site) -> None:
    """A queue goes and another one gets its name, as after a mistake: SQS refuses the name for a minute, here for a second."""
    site.bring({"email": {"dead_letter": False}})
    site.cloud.admin.settings(transition_seconds={"deleted_queue": 1.0})
    sqs = site.cloud.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="prod-email")["QueueUrl"])
    said: list[str] = []
    aws = site.aws()
    try:
        desired = site.domain_of({"email": {"dead_letter": False}}).resources(Observation(PLACE))
        settings = Settings(Consent(), site.patience, progress=lambda address, text, _waited: said.append(f"{address}: {text}"))
        result = reconcile(desired, [], site.kinds(), aws, settings)
    finally:
        aws.close()
        site.cloud.admin.settings(transition_seconds={"default": 0.0})
    assert not result.failures
    assert "message_queue.email: not possible yet, retrying: SQS creates no queue named prod-email until 60 seconds after" in said[0]


def test_a_queue_moves_from_its_own_to_a_shared_dead_letter_queue_and_to_none(site: Site) -> None:
    """The allow policy of the shared one may follow in the same run, in either order."""
    site.bring({"a": {}, "b": {"dead_letter": {"queue": "failed"}}, "failed": {}})
    both = {"a": {"dead_letter": {"queue": "failed"}}, "b": {"dead_letter": {"queue": "failed"}}, "failed": {}}
    site.bring(both, purge=PURGE)
    allowed = json.loads(site.queue("prod-failed")["RedriveAllowPolicy"])["sourceQueueArns"]
    assert allowed == [site.queue("prod-a")["QueueArn"], site.queue("prod-b")["QueueArn"]]
    assert site.bring(both) == []
    none = {name: {"dead_letter": False} for name in ("a", "b")}
    site.bring(none, purge=PURGE)
    assert "RedrivePolicy" not in site.queue("prod-a")
    assert site.bring(none) == []


def test_shorter_retention_is_carried_out_with_consent_only(site: Site) -> None:
    site.bring({"email": {"retention_seconds": 86_400}})
    shorter = {"email": {"retention_seconds": 3600}}
    assert "Name email in messaging_allow_message_loss" in site.problems(shorter)[0]
    assert site.bring(shorter, allow_message_loss=["email"]) == ["sqs:SetQueueAttributes"]


def test_a_key_of_others_that_keeps_a_sender_out_is_refused(site: Site) -> None:
    kms = site.cloud.client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    queues = {"email": {"encryption": "kms", "kms_key": arn, "senders": {"topics": [TOPIC]}}}
    assert "does not let in the topics" in site.problems(queues)[0]
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "kms:*", "Resource": "*"}
    policy = json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])
    policy["Statement"] = [*policy["Statement"], statement]
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(policy))
    site.bring(queues)
    assert (site.queue("prod-email")["KmsMasterKeyId"], site.bring(queues)) == (arn, [])


def test_declared_senders_reach_the_queue_and_nobody_else_does(site: Site) -> None:
    """With the component's key, and through a topic that the queue's settings name; another topic's messages are lost."""
    sns = site.cloud.client("sns")
    site.bring({"email": {"encryption": "kms", "senders": {"topics": [TOPIC]}}})
    for name in ("notifications", "others"):
        topic = sns.create_topic(Name=name)["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=site.queue("prod-email")["QueueArn"])
        sns.publish(TopicArn=topic, Message=name)
    assert site.queue("prod-email")["ApproximateNumberOfMessages"] == "1"
