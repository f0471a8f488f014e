# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Streams: what they may say, what is refused in one sentence, what is built, and what a plan says about those that exist."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.msk_cluster import next_step
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.msk_topics import change_of, kept_topics
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.preflight import closed_ports, role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.resources_streams import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.settings.stream import Stream, read_streams
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.stream_judge import notes, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.validate_streams import check_streams
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, ref

from .broker_samples import NETWORK, PLACE, SUBNETS

TYPE = "kafka.m7g.large"
PREFIX = "messaging_streams.events"
OFFERED = ("3.9.x", "3.9.x.kraft", "4.0.x.kraft", "4.1.x.kraft")
AUTHORITY = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/01234567-89ab-cdef-0123-456789abcdef"


def read(given: dict[str, Any], environment: str = "prod", network: Network = NETWORK) -> tuple[Stream, list[str]]:
    problems = Problems()
    found = read_streams({"events": given}, "messaging_streams", environment, network, problems)
    check_streams(found, environment, problems)
    return found["events"], problems.messages


def stream(**more: Any) -> Stream:
    found, problems = read({"instance_type": TYPE, **more})
    assert not problems, problems
    return found


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("a number as version", {"version": 4.1}, 'because YAML reads it as a number: "4.1"'),
    (
        "ZooKeeper",
        {"version": "3.9.x"},
        'clusters of this role have KRaft, not ZooKeeper, and it is major and minor alone; set version: "3.9"',
    ),
    ("the API's form", {"version": "3.9.x.kraft"}, f"{PREFIX}.version is '3.9.x.kraft', but it is major and minor alone"),
    ("before KRaft", {"version": "3.6"}, 'it must be a version with KRaft, "3.7" or later, such as "4.1"'),
    ("no instance type", {"instance_type": None}, "is missing: give a type such as kafka.m7g.large, or set serverless: true"),
    ("Express", {"instance_type": "express.m7g.large"}, "Express brokers are not supported; set a Standard one such as kafka.m7g.large"),
    ("a type of EC2", {"instance_type": "m7g.large"}, "the types of Standard brokers are kafka.t3.small; kafka.m5.large|"),
    ("a size that is not there", {"instance_type": "kafka.m7g.24xlarge"}, "the types of Standard brokers are"),
    ("tests in production", {"instance_type": "kafka.t3.small"}, "for tests only, and this is prod"),
    ("unequal zones", {"brokers": 4}, f"{PREFIX}.brokers is 4, but each of its 3 zones has equally many; set 3 or 6"),
    ("too few", {"brokers": 2}, "each of its 3 zones has equally many; set 3"),
    ("one zone", {"subnet_ids": [SUBNETS[0]]}, "MSK needs subnets in at least 2 zones"),
    ("too much room", {"storage_gib": 20000}, "it must be a whole number from 1 to 16384"),
    ("nobody gets in", {"auth": {"iam": False}}, f"{PREFIX}.auth lets nobody in; set iam, tls, or unauthenticated"),
    (
        "a certificate",
        {"auth": {"tls": ["arn:aws:acm:eu-west-1:123456789012:certificate/1"]}},
        "the ARN of a private certificate authority",
    ),
    ("a password of a user", {"auth": {"scram": {"one": {"password": "canary"}}}}, "auth.scram.one.password is set, but it is a password"),
    ("a user", {"auth": {"scram": {"a b": {}}}}, "the name of a user must be 1 to 64 letters, digits, and . _ -"),
    ("a period of its own", {"logs": {"retention_days": 31}}, "CloudWatch Logs supports only these periods"),
    ("plain text with a login", {"in_transit": "tls_plaintext"}, "only clients that do not log in use plain text"),
    ("a key of another kind", {"kms_key_arn": "alias/mine"}, "it must be the ARN of a KMS key"),
    ("an option of two lines", {"configuration": {"num.partitions": "6\nx=1"}}, "it must be a string on one line"),
    ("an option of another kind", {"configuration": {"numPartitions": 6}}, "it must be the name of an option such as num.partitions"),
    ("serverless with brokers", {"serverless": True}, "the stream is serverless, where MSK decides that; remove one of the two"),
    ("another tool's name", {"kafka_version": "4.1"}, "this role calls it version; rename it"),
    ("a password", {"password": "canary"}, f"{PREFIX}.password is set, but it is a password in an inventory"),
    ("a name", {"cluster_name": "a_b"}, "MSK accepts 1 to 64 letters, digits, and hyphens"),
    ("an unknown setting", {"topic": {}}, f"{PREFIX}.topic is not a setting"),
    ("a topic's name", {"topics": {"a b": {}}}, "the name of a topic must be 1 to 249 letters, digits, and . _ -, and not . or .."),
    ("a topic that is a dot", {"topics": {"..": {}}}, "the name of a topic must be"),
    ("a topic of Kafka's", {"topics": {"__consumer_offsets": {}}}, "names that begin with __ are those of Kafka itself"),
    ("two topics in one metric", {"topics": {"a.b": {}, "a_b": {}}}, "is 'a_b', but Kafka takes it for a.b"),
    ("a topic without partitions", {"topics": {"orders": {"partitions": 0}}}, f"{PREFIX}.topics.orders.partitions is 0, but it must be"),
    (
        "more replicas than brokers",
        {"topics": {"orders": {"replication": 4}}},
        "each replica is on another broker, and there are 3; set at most 3",
    ),
    ("too many partitions", {"topics": {"orders": {"partitions": 1501}}}, "topics have 4503 partitions with their replicas, but 3 brokers"),
    ("a broker's option", {"topics": {"orders": {"configuration": {"log.retention.ms": 1}}}}, "no such option; did you mean retention.ms?"),
    ("an option's form", {"topics": {"orders": {"configuration": {"retentionMs": 1}}}}, "the name of an option such as retention.ms"),
    ("nobody can write", {"topics": {"orders": {"configuration": {"min.insync.replicas": 4}}}}, "it must be a whole number from 1 to 3"),
    ("a topic in another tool", {"topics": {"orders": {"replication_factor": 3}}}, "this role calls it replication; rename it"),
    ("a serverless topic", {"instance_type": None, "serverless": True, "topics": {"orders": {}}}, "only a client of Kafka can make topics"),
]


@pytest.mark.parametrize(("settings", "sentence"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_refused_in_one_sentence(settings: dict[str, Any], sentence: str) -> None:
    found = read({"instance_type": TYPE, **settings})[1]
    assert len(found) == 1
    assert sentence in found[0]
    assert "canary" not in found[0]


def test_two_streams_of_one_name_and_places_that_are_missing() -> None:
    problems = Problems()
    given = {"a": {"serverless": True, "cluster_name": "one"}, "b": {"serverless": True, "cluster_name": "one"}}
    check_streams(read_streams(given, "messaging_streams", "prod", Network(), problems), "prod", problems)
    assert sum("already has that name" in one for one in problems.messages) == 1
    assert sum("is missing" in one for one in problems.messages) == 4


def test_brokers_are_not_counted_in_a_network_that_is_not_looked_up_yet() -> None:
    assert read({"instance_type": TYPE, "brokers": 3}, network=Network((UNKNOWN, UNKNOWN), (UNKNOWN,)))[1] == []


def test_the_defaults_are_those_of_production() -> None:
    _key, configuration, logs, cluster = build({"events": stream()}, PLACE)
    assert (logs.properties["log_group_name"], logs.properties["retention_in_days"]) == ("/aws/vendedlogs/msk/prod-events", 30)
    assert configuration.properties == {"configuration_name": "prod-queues-events", "options": {"auto.create.topics.enable": "false"}}
    expected = {
        "cluster_name": "prod-events",
        "kafka_version": "4.1.x.kraft",
        "broker_count": 3,
        "storage_gib": 100,
        "client_broker": "TLS",
    }
    assert expected.items() <= cluster.properties.items()
    assert cluster.properties["authentication"] == {"iam": True, "scram": False, "tls": [], "unauthenticated": False}


def test_serverless_has_a_place_and_nothing_to_choose() -> None:
    one, problems = read({"serverless": True})
    assert problems == []
    (cluster,) = build({"events": one}, PLACE)
    assert set(cluster.properties) == {"cluster_name", "cluster_type", "subnet_ids", "security_groups", "tags"}


def test_users_have_secrets_as_msk_wants_them() -> None:
    one = stream(auth={"iam": False, "scram": {"worker": {"rotation": "2"}}}, logs={"broker": False})
    _key, _configuration, secret, cluster = build({"events": one}, PLACE)
    assert (secret.address, secret.properties["secret_name"]) == ("stream_secret.events/worker", "AmazonMSK_prod/queues/events/worker")
    assert secret.properties["kms_key_id"] == ref("kms_key.streams", "arn")
    assert cluster.properties["scram_secrets"] == [ref(secret.address, "arn")]
    assert (cluster.properties["broker_log_group"], one.ports) == ("", {"scram": 9096})


def seen(**more: Any) -> Observed:
    properties = {"kafka_version": "3.9.x.kraft", "broker_count": 3, "storage_gib": 140, **more}
    return Observed("msk_cluster", "msk_cluster.events", "arn", properties)


OBJECTIONS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("nothing to say", {"version": "3.9", "storage_gib": 140}, {}, []),
    ("an upgrade without consent", {}, {}, ["would be upgraded from Kafka 3.9 to 4.1, broker by broker, and there is no way back"]),
    ("a version that is not offered", {"version": "4.9"}, {}, ["MSK offers these versions with KRaft here: 3.9, 4.0, 4.1"]),
    ("an earlier version stays", {"version": "3.8"}, {}, []),
    ("ZooKeeper", {"version": "3.9"}, {"kafka_version": "3.9.x"}, ["with ZooKeeper, which cannot be changed"]),
    ("fewer brokers", {"version": "3.9"}, {"broker_count": 6}, [f"{PREFIX}.brokers is 3, but it has 6, and this role removes none"]),
    ("a small step", {"version": "3.9", "storage_gib": 145}, {}, ["MSK adds at least 10; set 140, or at least 150"]),
    ("less storage stays", {"version": "3.9", "storage_gib": 100}, {}, []),
    ("a step", {"version": "3.9", "storage_gib": 150}, {}, []),
]


@pytest.mark.parametrize(("settings", "there", "expected"), [case[1:] for case in OBJECTIONS], ids=[case[0] for case in OBJECTIONS])
def test_what_exists_speaks_against_it(settings: dict[str, Any], there: dict[str, Any], expected: list[str]) -> None:
    found = objections({"events": stream(**settings)}, [seen(**there)], OFFERED, lambda name: False)
    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))


def test_with_consent_it_is_upgraded() -> None:
    assert objections({"events": stream(storage_gib=140)}, [seen()], OFFERED, lambda name: True) == []


def test_a_plan_says_what_is_left_alone() -> None:
    said = notes({"events": stream(version="3.8", auth={"unauthenticated": True})}, [seen()])
    assert [one.split(":")[0] for one in said] == ["events"] * 3
    assert "auth.unauthenticated is true" in said[0]
    assert "later than messaging_streams.events.version" in said[1]
    assert "it has 140 GiB for each broker" in said[2]


STEPS: list[tuple[str, dict[str, Any], str]] = [
    ("room first", {"storage_gib": 200, "kafka_version": "4.1.x.kraft"}, "update_broker_storage"),
    ("a type before more of them", {"instance_type": TYPE, "broker_count": 6}, "update_broker_type"),
    (
        "a version with its configuration",
        {"kafka_version": "4.1.x.kraft", "configuration": {"arn": "a", "revision": 2}},
        "update_cluster_kafka_version",
    ),
    ("a configuration", {"configuration": {"arn": "a", "revision": 2}, "monitoring": "DEFAULT"}, "update_cluster_configuration"),
    ("logins with encryption", {"authentication": {"tls": [AUTHORITY]}, "client_broker": "TLS"}, "update_security"),
    ("what is watched last", {"monitoring": "DEFAULT"}, "update_monitoring"),
]


@pytest.mark.parametrize(("left", "method"), [case[1:] for case in STEPS], ids=[case[0] for case in STEPS])
def test_one_change_at_a_time(left: dict[str, Any], method: str) -> None:
    step = next_step(left)
    assert step is not None
    assert step.method == method
    assert ("ConfigurationInfo" in step.params) == ("configuration" in left)


ORDERS = {"partitions": 6, "replication": 3, "configuration": {"retention.ms": "1", "cleanup.policy": "compact"}}


def test_topics_are_built_as_described() -> None:
    one = stream(topics={"orders": {"partitions": 6, "configuration": {"retention.ms": 1}}, "mail": {"replication": 2}})
    (cluster,) = [made for made in build({"events": one}, PLACE) if made.kind == "msk_cluster"]
    assert cluster.properties["topics"] == {
        "mail": {"partitions": 1, "replication": 2, "configuration": {}},
        "orders": {"partitions": 6, "replication": 3, "configuration": {"retention.ms": "1"}},
    }


TOPICS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("as it is", {"partitions": 6}, []),
    ("more of them", {"partitions": 9}, []),
    (
        "fewer",
        {"partitions": 3},
        [f"{PREFIX}.topics.orders.partitions is 3, but the topic has 6, and Kafka removes none; set 6, or describe"],
    ),
    ("other replicas", {"partitions": 6, "replication": 2}, ["but the topic has 3, and MSK's API cannot change that; set 3, or move"]),
]


@pytest.mark.parametrize(("topic", "expected"), [case[1:] for case in TOPICS], ids=[case[0] for case in TOPICS])
def test_topics_that_exist_speak_against_it(topic: dict[str, Any], expected: list[str]) -> None:
    there = seen(topics={"orders": ORDERS})
    found = objections({"events": stream(version="3.9", storage_gib=140, topics={"orders": topic})}, [there], OFFERED, lambda name: False)
    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))


def test_a_plan_says_which_topics_it_takes_over() -> None:
    given = {"orders": {"partitions": 9, "configuration": {"retention.ms": 2, "segment.ms": 5}}, "mail": {}}
    (said,) = notes({"events": stream(version="3.9", storage_gib=140, topics=given)}, [seen(topics={"orders": ORDERS})])
    assert said == (
        "events: the topic orders exists and is taken over as it is described: 6 -> 9 partitions, retention.ms 1 -> 2, "
        "segment.ms not set -> 5; its other options stay"
    )
    (said,) = notes({"events": stream(version="3.9", storage_gib=140, topics=given)}, [seen()])
    assert "its topics cannot be read while MSK changes it" in said


def test_a_topic_keeps_what_is_not_described() -> None:
    wanted = kept_topics({"orders": {"partitions": 3, "replication": 2, "configuration": {"retention.ms": "2"}}}, {"orders": ORDERS})
    assert wanted == {"orders": {**ORDERS, "configuration": {"retention.ms": "2", "cleanup.policy": "compact"}}}
    change = change_of(wanted["orders"], ORDERS)
    assert change is not None
    assert (change.what, list(change.params)) == ("configuration", ["Configs"])
    assert change_of(ORDERS, ORDERS) is None


def role(ports: list[int], **more: Any) -> dict[str, Any]:
    network = {"main": {"security": {"broker_ports": ports}}}
    return {
        "inventory_hostname": "queues",
        "platform_environment": "prod",
        "messaging_network": "main",
        "messaging_security_group": "broker",
        "messaging_brokers": {},
        "messaging_streams": {"events": {"instance_type": TYPE, **more}},
        "__platform_inventory": {"hosts": ["queues"], "networks": network},
    }


def test_ports_that_the_network_does_not_open() -> None:
    assert closed_ports(role([9098]), "prod") == []
    assert closed_ports(role([], security_group_ids=["sg-0123456789abcdef0"]), "prod") == []
    (sentence,) = role_errors(role([443], auth={"iam": True}))
    assert sentence == (
        "messaging_streams.events takes clients with iam on port 9098, but vpc_networks.main.security.broker_ports lacks it; add 9098"
    )
