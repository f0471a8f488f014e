# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of queues, what their policies say, and what a run would do to messages."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.key_access import closed_keys, unread_keys
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.message_queue import (
    MessageQueue,
    allow,
    encryption_attributes,
    redrive,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.part_queues import queue_outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.queue_judge import (
    lost,
    notes,
    outlived,
    shortened,
    unreadable,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import CallFailed, NotYet
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Ref
from tests.unit.domains.messaging.samples import KEY, PLACE, TOPIC, arn, properties, queues, seen
from tests.unit.kinds.test_queues_and_rules import Account

SENDERS = {
    "topics": [TOPIC],
    "buckets": ["uploads"],
    "rules": ["arn:aws:events:eu-west-1:123456789012:rule/nightly"],
    "accounts": ["210987654321"],
}


def many(count: int) -> dict[str, Any]:
    """So many queues with one dead-letter queue."""
    return {f"q{number}": {"dead_letter": {"queue": "failed"}} for number in range(count)} | {"failed": {}}


@pytest.mark.parametrize(("count", "permission"), [(1, "byQueue"), (10, "byQueue"), (11, "allowAll")])
def test_an_allow_policy_names_at_most_ten_queues(count: int, permission: str) -> None:
    found = properties(many(count))
    policy = found["message_queue.failed"]["redrive_allow_policy"]
    assert policy["redrivePermission"] == permission
    assert sorted(policy.get("sourceQueueArns", [])) == (sorted(arn(f"prod-q{n}") for n in range(count)) if count <= 10 else [])
    assert all("redrive_allow_policy" not in found[f"message_queue.q{number}"] for number in range(count))


def test_a_dead_letter_queue_is_like_its_queue() -> None:
    found = properties({"a": {"fifo": True, "encryption": "kms", "senders": {"accounts": ["210987654321"]}, "tags": {"team": "web"}}})
    one, dead = found["message_queue.a"], found["message_queue.a/dead-letter"]
    assert (one["queue_name"], dead["queue_name"]) == ("prod-a.fifo", "prod-a-dead-letter.fifo")
    assert one["encryption"] == dead["encryption"] == {"type": "kms", "key": Ref("kms_key.queues", "arn")}
    assert one["redrive_policy"] == {"deadLetterTargetArn": Ref("message_queue.a/dead-letter", "arn"), "maxReceiveCount": 5}
    assert dead["redrive_allow_policy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [arn("prod-a.fifo")]}
    assert [len(each["policy"]["Statement"]) for each in (one, dead)] == [2, 1]
    assert "redrive_policy" not in dead
    assert dead["message_retention_period"] == 1_209_600


def test_the_policy_refuses_plain_text_and_admits_declared_senders_only() -> None:
    statements = {one["Sid"]: one for one in properties({"a": {"senders": SENDERS}})["message_queue.a"]["policy"]["Statement"]}
    assert sorted(statements) == ["Accounts", "Buckets", "OnlyTls", "Rules", "Topics"]
    assert (statements["OnlyTls"]["Effect"], statements["OnlyTls"]["Action"]) == ("Deny", "sqs:*")
    assert {one["Action"] for name, one in statements.items() if name != "OnlyTls"} == {"sqs:SendMessage"}
    assert {one["Resource"] for one in statements.values()} == {arn("prod-a")}
    assert statements["Buckets"]["Condition"] == {
        "ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::uploads"]},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }
    assert statements["Accounts"]["Principal"] == {"AWS": ["arn:aws:iam::210987654321:root"]}


def test_the_components_key_admits_senders_of_its_queues_and_of_the_queues_behind_its_dead_letter_queues() -> None:
    described = {
        "plain": {"senders": {"topics": [TOPIC]}},
        "fed": {"encryption": "kms", "senders": {"accounts": ["210987654321"]}},
        "source": {"senders": {"buckets": ["uploads"]}, "dead_letter": {"queue": "failed"}},
        "failed": {"encryption": "kms", "retention_seconds": 1_209_600},
    }
    statements = {one["Sid"]: one for one in properties(described)["kms_key.queues"]["policy"]["Statement"]}
    assert sorted(statements) == ["AccountDecidesByIam", "Accounts", "Buckets"]
    assert statements["Buckets"]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert statements["Accounts"]["Condition"] == {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}
    assert "kms_key.queues" not in properties({"plain": described["plain"]})


def test_the_key_stays_in_the_run_that_takes_it_from_the_last_queue() -> None:
    key = Observed("kms_key", "kms_key.queues", "1234", {}, {"arn": KEY})
    assert "kms_key.queues" in properties({"a": {}}, key, seen("a", encryption={"type": "kms", "key": KEY}))
    assert "kms_key.queues" not in properties({"a": {}}, key, seen("a"))


@pytest.mark.parametrize(
    ("described", "present", "name"),
    [
        ({}, "legacy", "legacy"),
        ({"name": "mail"}, "legacy", "mail"),
        ({"fifo": True}, "legacy", "prod-a.fifo"),
        ({}, "legacy.fifo", "prod-a"),
    ],
)
def test_a_queue_keeps_its_name_unless_another_is_given_or_its_type_changes(described: dict[str, Any], present: str, name: str) -> None:
    found = properties({"a": described}, seen("a", queue_name=present))
    assert found["message_queue.a"]["queue_name"] == name
    assert found["message_queue.a"]["policy"]["Statement"][0]["Resource"] == arn(name)
    assert found["message_queue.a/dead-letter"]["redrive_allow_policy"]["sourceQueueArns"] == [arn(name)]


@pytest.mark.parametrize(
    ("wanted", "before", "sent"),
    [
        ({"type": "kms", "key": KEY}, {"type": "sqs"}, {"KmsMasterKeyId": KEY}),
        ({"type": "sqs"}, {"type": "kms", "key": KEY}, {"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"}),
        ({"type": "none"}, {"type": "kms", "key": KEY}, {"KmsMasterKeyId": "", "SqsManagedSseEnabled": "false"}),
        ({"type": "none"}, {"type": "sqs"}, {"SqsManagedSseEnabled": "false"}),
        ({"type": "sqs"}, {}, {"SqsManagedSseEnabled": "true"}),
    ],
)
def test_only_the_chosen_encryption_is_set(wanted: dict[str, str], before: dict[str, str], sent: dict[str, str]) -> None:
    assert encryption_attributes(wanted, before) == sent


def test_policies_are_compared_as_sqs_returns_them() -> None:
    assert redrive('{"deadLetterTargetArn": "a", "maxReceiveCount": "5"}') == {"deadLetterTargetArn": "a", "maxReceiveCount": 5}
    assert allow('{"redrivePermission":"byQueue","sourceQueueArns":["b","a"]}')["sourceQueueArns"] == ["a", "b"]
    assert allow('{"redrivePermission":"allowAll","sourceQueueArns":null}') == {"redrivePermission": "allowAll"}
    assert MessageQueue().get_redrive_allow_policy({}) == {"redrivePermission": "allowAll"}


def test_a_redrive_policy_without_its_target_is_removed() -> None:
    """The engine takes the name of a queue that is deleted out of the properties of others."""
    assert MessageQueue().as_attributes({"redrive_policy": {"maxReceiveCount": 5}}, {}) == {"RedrivePolicy": ""}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.", NotYet),
        ("Value x for parameter DelaySeconds is invalid.", CallFailed),
    ],
)
def test_a_dead_letter_queue_that_sqs_does_not_know_yet_is_waited_for(text: str, error: type[Exception]) -> None:
    account: Any = Account(fails={"set_queue_attributes": CallFailed(text, "SetQueueAttributes", "InvalidParameterValue")})
    with pytest.raises(CallFailed) as caught:
        MessageQueue().update(account, seen("a"), {"redrive_policy": {"deadLetterTargetArn": arn("b"), "maxReceiveCount": 5}})
    assert type(caught.value) is error


# -- what a run does to messages ----------------------------------------------------------------------------------------------------------


def test_shorter_retention_needs_consent_and_says_how_many_messages_there_are() -> None:
    described, observed = queues({"a": {"retention_seconds": 3600}}), [seen("a", 12)]
    (text,) = shortened(described, observed, lambda _name: False)
    for part in ("queues.a.retention_seconds is 3600", "for 4 days now", "older than 1 hour", "prod-a holds about 12 messages"):
        assert part in text
    assert "messaging_allow_message_loss" in text
    assert list(shortened(described, observed, lambda name: name == "a")) == []
    assert list(shortened(queues({"a": {"retention_seconds": 345_600}}), observed, lambda _name: False)) == []
    assert list(shortened(queues({"a": {}}), observed, lambda _name: False)) == []


def test_shorter_retention_of_a_dead_letter_queue_needs_consent_too() -> None:
    observed = [seen("a/dead-letter", 1, message_retention_period="1209600")]
    (text,) = shortened(queues({"a": {"dead_letter": {"retention_seconds": 345_600}}}), observed, lambda _name: False)
    assert "queues.a.dead_letter.retention_seconds is 345600" in text
    assert "about 1 message." in text


def test_a_queue_that_keeps_messages_longer_than_its_dead_letter_queue_is_refused() -> None:
    observed = [seen("a", message_retention_period="864000")]
    (text,) = outlived(queues({"a": {"dead_letter": {"retention_seconds": 345_600}}}), observed)
    assert "keeps messages for 864000 seconds in AWS, and its dead-letter queue for 345600" in text
    assert list(outlived(queues({"a": {}}), observed)) == []


def test_deletions_say_what_they_delete() -> None:
    assert list(lost([seen("a", 3), seen("b")])) == ["message_queue.a: prod-a holds about 3 messages, deleted with it"]


def test_deleting_the_key_under_queues_that_stay_is_said() -> None:
    key = Observed("kms_key", "kms_key.queues", "1234")
    (text,) = unreadable([key], [seen("a")])
    assert text.startswith("kms_key.queues: messages that were sent while queues used the key cannot be read without it")
    assert list(unreadable([key, seen("a")], [])) == list(unreadable([seen("a")], [seen("b")])) == []


def test_messages_in_plain_text_are_noted() -> None:
    (text,) = notes(queues({"a": {"encryption": "none"}, "b": {}}))
    assert text.startswith("a: its messages are not encrypted at rest")


# -- keys that others keep ----------------------------------------------------------------------------------------------------------------


def statement(principal: Any, actions: Any, condition: Any = None) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": actions,
        "Resource": "*",
        **({"Condition": condition} if condition else {}),
    }


SNS = {"Service": "sns.amazonaws.com"}
BOTH = ["kms:Decrypt", "kms:GenerateDataKey*"]


@pytest.mark.parametrize(
    ("statements", "open_to_it"),
    [
        ([statement(SNS, BOTH)], True),
        ([statement(SNS, "kms:*")], True),
        ([statement(SNS, "kms:Decrypt"), statement(SNS, "kms:GenerateDataKey")], True),
        ([statement("*", BOTH)], True),
        ([statement(SNS, BOTH, {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:*"}})], True),
        ([statement(SNS, BOTH, {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:123456789012:other"}})], False),
        ([statement(SNS, "kms:Decrypt")], False),
        ([statement({"Service": ["s3.amazonaws.com"]}, BOTH)], False),
        ([{**statement(SNS, BOTH), "Effect": "Deny"}], False),
        ([statement({"AWS": "arn:aws:iam::123456789012:root"}, "kms:*")], False),
    ],
)
def test_a_key_of_others_must_let_the_senders_in(statements: list[dict[str, Any]], open_to_it: bool) -> None:
    described = queues({"a": {"encryption": "kms", "kms_key": KEY, "senders": {"topics": [TOPIC]}}})
    found = list(closed_keys(described, {KEY: {"Statement": statements}}, PLACE))
    assert (found == []) is open_to_it
    assert open_to_it or "its policy does not let in the topics that send to its queues" in found[0]


def test_a_policy_that_cannot_be_read_is_said() -> None:
    described = queues({"a": {"encryption": "kms", "kms_key": KEY, "senders": {"topics": [TOPIC]}}})
    assert list(closed_keys(described, {KEY: None}, PLACE)) == []
    assert list(unread_keys(described, {KEY: None})) == [f"the policy of {KEY} could not be read; it must let in SNS"]


# -- outputs ------------------------------------------------------------------------------------------------------------------------------


def test_names_are_known_before_the_queues_exist() -> None:
    unknown = dict.fromkeys(("id", "arn", "name"), UNKNOWN)
    attributes = {"message_queue.a": unknown, "message_queue.a/dead-letter": unknown}
    known = {"message_queue.a": "prod-a.fifo", "message_queue.a/dead-letter": "prod-a-dead-letter.fifo"}
    assert queue_outputs("a", attributes, known) == {
        "name": "prod-a.fifo",
        "url": UNKNOWN,
        "arn": UNKNOWN,
        "dead_letter_name": "prod-a-dead-letter.fifo",
        "fifo": True,
    }


def test_a_shared_dead_letter_queue_is_named() -> None:
    attributes = {"message_queue.a": {"id": "url", "arn": arn("prod-a"), "name": "prod-a", "dead_letter_name": "prod-failed"}}
    assert queue_outputs("a", attributes, {})["dead_letter_name"] == "prod-failed"
