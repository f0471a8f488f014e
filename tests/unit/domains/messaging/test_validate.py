# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is rejected before the first call, and with which sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from tests.unit.domains.messaging.samples import KEY, TOPIC, complaints, queues

FIFO_TARGET = {"a": {"dead_letter": {"queue": "b"}}, "b": {"fifo": True, "retention_seconds": 1_209_600}}
BAD: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    (
        "a dead-letter queue of another type",
        FIFO_TARGET,
        ("queues.a.dead_letter.queue is 'b'", "b is a FIFO queue and a is a standard queue", "one type"),
    ),
    ("a dead-letter queue that does not exist", {"a": {"dead_letter": {"queue": "x"}}, "b": {}}, ("there is no such queue",)),
    ("its own dead-letter queue", {"a": {"dead_letter": {"queue": "a"}}}, ("cannot be its own dead-letter queue",)),
    (
        "a dead-letter queue with one of its own",
        {"a": {"dead_letter": {"queue": "b"}, "retention_seconds": 60}, "b": {"dead_letter": True}},
        ("b has a dead-letter queue itself",),
    ),
    (
        "a dead-letter queue that forgets first",
        {"a": {"dead_letter": {"queue": "b"}}, "b": {"retention_seconds": 3600}},
        ("b keeps messages for 3600 seconds and a for 345600", "raise retention_seconds of b"),
    ),
    (
        "its own dead-letter queue forgets first",
        {"a": {"dead_letter": {"retention_seconds": 3600}}},
        ("queues.a.dead_letter.retention_seconds is 3600", "345600 seconds"),
    ),
    (
        "retention of another queue",
        {"a": {"dead_letter": {"queue": "b", "retention_seconds": 345_600}}, "b": {}},
        ("b is described by itself; set its retention_seconds there",),
    ),
    ("too many receives", {"a": {"dead_letter": {"max_receive_count": 1001}}}, ("max_receive_count is 1001", "1 to 1000")),
    (
        "a dead-letter queue that is no mapping",
        {"a": {"dead_letter": {"queue": "b"}, "retention_seconds": 60}, "b": "x"},
        ("queues.b is 'x', but it must be a mapping",),
    ),
    ("no mapping", {"a": {"dead_letter": "b"}}, ("queues.a.dead_letter is 'b', but it must be a mapping",)),
    ("a name with a dot", {"a": {"name": "orders.v1"}}, ("queues.a.name is 'orders.v1'", "letters, digits, hyphens")),
    ("a long name", {"a": {"name": "x" * 81, "dead_letter": False}}, ("at most 80",)),
    ("a long dead-letter name", {"a": {"name": "x" * 75}}, ("the name of its dead-letter queue has more than 80 characters",)),
    ("FIFO without the suffix", {"a": {"name": "orders", "fifo": True}}, ("end in .fifo; set orders.fifo",)),
    ("the suffix without FIFO", {"a": {"name": "orders.fifo", "fifo": False}}, ("set orders",)),
    ("one name twice", {"a": {"name": "x"}, "b": {"name": "x"}}, ("queues.a has the same name in AWS",)),
    ("the name of a dead-letter queue", {"a": {}, "b": {"name": "prod-a-dead-letter"}}, ("queues.a has the same name in AWS",)),
    ("an invalid key", {"A": {}}, ("the name of a queue must be at most 50",)),
    ("deduplication of a standard queue", {"a": {"content_based_deduplication": True}}, ("only FIFO queues have it",)),
    ("throughput of a standard queue", {"a": {"high_throughput": True}}, ("only FIFO queues have it",)),
    ("a delay of an hour", {"a": {"delay_seconds": 3600}}, ("delay_seconds is 3600", "0 to 900")),
    ("a large message", {"a": {"max_message_bytes": 2_000_000}}, ("1024 to 1048576",)),
    ("long polling", {"a": {"receive_wait_seconds": 21}}, ("0 to 20",)),
    ("retention of a month", {"a": {"retention_seconds": 2_592_000}}, ("60 to 1209600",)),
    ("hidden for a day", {"a": {"visibility_timeout_seconds": 86_400}}, ("0 to 43200",)),
    ("an unknown encryption", {"a": {"encryption": "aes256"}}, ("encryption is 'aes256'", "one of sqs, kms, none")),
    ("a key without KMS", {"a": {"kms_key": KEY}}, ("queues.a.kms_key is", "encryption is sqs; set encryption: kms")),
    ("reuse without KMS", {"a": {"key_reuse_seconds": 300}}, ("key_reuse_seconds is 300", "set encryption: kms")),
    ("an alias", {"a": {"encryption": "kms", "kms_key": "alias/mine"}}, ("kms_key is 'alias/mine'", "the ARN of a KMS key")),
    (
        "AWS's key and a topic",
        {"a": {"encryption": "kms", "kms_key": "aws", "senders": {"topics": [TOPIC]}}},
        ("queues.a.kms_key is 'aws'", "what SNS would send is lost without an error", "encryption: sqs"),
    ),
    (
        "AWS's key and another account",
        {"a": {"encryption": "kms", "kms_key": "aws", "senders": {"accounts": ["210987654321"]}}},
        ("what other accounts would send is lost",),
    ),
    (
        "AWS's key on the dead-letter queue of a queue with senders",
        {
            "a": {"senders": {"buckets": ["uploads"]}, "dead_letter": {"queue": "b"}},
            "b": {"encryption": "kms", "kms_key": "aws", "retention_seconds": 1_209_600},
        },
        ("b is encrypted with AWS's own key", "what S3 sends to a"),
    ),
    ("a topic by name", {"a": {"senders": {"topics": ["news"]}}}, ("queues.a.senders.topics[0] is 'news'", "the ARN of an SNS topic")),
    ("a bucket by ARN", {"a": {"senders": {"buckets": ["arn:aws:s3:::x"]}}}, ("the name of an S3 bucket",)),
    ("an account as a number", {"a": {"senders": {"accounts": [123456789012]}}}, ("12 digits, in quotes",)),
    ("S3 to FIFO", {"a": {"fifo": True, "senders": {"buckets": ["uploads"]}}}, ("to standard queues only; use EventBridge",)),
    ("a standard topic to FIFO", {"a": {"fifo": True, "senders": {"topics": [TOPIC]}}}, ("cannot send to a FIFO queue",)),
    ("an unknown setting", {"a": {"visibility_timeout": 30}}, ("did you mean visibility_timeout_seconds?",)),
    ("an unknown sender", {"a": {"senders": {"lambdas": []}}}, ("queues.a.senders.lambdas is not a setting",)),
]


@pytest.mark.parametrize(("described", "said"), [pytest.param(*rest, id=name) for name, *rest in BAD])
def test_mistakes_are_explained_in_one_sentence(described: dict[str, Any], said: tuple[str, ...]) -> None:
    (message,) = complaints(described)
    for part in said:
        assert part in message


def test_settings_that_are_not_given_are_left_to_aws() -> None:
    one = queues({"a": {}})["a"]
    assert (one.values, one.aws_name, one.encryption.form) == ({}, "prod-a", "sqs")
    assert one.own_dead_letter


def test_a_dead_letter_queue_of_others_has_none_of_its_own() -> None:
    found = queues({"a": {"dead_letter": {"queue": "b"}}, "b": {}, "c": {"dead_letter": False}})
    assert [one.dead_letter is None for one in found.values()] == [False, True, True]


def test_a_name_alone_makes_a_fifo_queue() -> None:
    assert queues({"a": {"name": "orders.fifo"}})["a"].fifo


def test_values_of_other_components_may_be_unknown() -> None:
    senders = {"topics": [UNKNOWN], "buckets": [UNKNOWN], "rules": [UNKNOWN]}
    assert complaints({"a": {"senders": senders, "encryption": "kms", "kms_key": UNKNOWN}}) == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"messaging_queues": {"email": {"fifo": "maybe"}}}, "messaging_queues.email.fifo is 'maybe'"),
        ({"messaging_queues": {"email": {}}, "messaging_allow_message_loss": ["emial"]}, "messaging_allow_message_loss is 'emial'"),
        ({"messaging_queues": {}, "messaging_allow_message_loss": ["email"]}, "nothing is described; remove it"),
    ],
)
def test_the_role_says_which_variable_is_wrong(variables: dict[str, Any], said: str) -> None:
    (message,) = role_errors({"inventory_hostname": "queues", "platform_environment": "prod", **variables})
    assert said in message
