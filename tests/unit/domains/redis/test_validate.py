"""What is rejected before the first call, and with which sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.settings.topology import Topology, paired, surplus
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.settings.versions import family_of, kept, requested
from tests.unit.domains.redis.samples import cache, complaints

BAD: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
    ("a number as version", {"version": 8.0}, ("redis_caches.main.version is 8.0", 'quoted, because YAML reads it as a number: "8.0"')),
    ("a patch version", {"version": "8.0.1"}, ("version is '8.0.1'", "a major and a minor one")),
    ("an old Redis", {"engine": "redis", "version": "5"}, ("version is '5'", "takes redis from 6.0 on")),
    ("a Redis that does not exist", {"engine": "redis", "version": "7.4"}, ("up to 7.1 only", "engine: valkey")),
    ("no node type", {"node_type": None}, ("redis_caches.main.node_type is missing", "cache.t4g.small")),
    ("Multi-AZ without replicas", {"replicas": 0}, ("multi_az is true (the default in prod)", "no replica", "replicas: 1")),
    (
        "one shard without a replica",
        {"cluster_mode": "enabled", "shards": {"0001": {"replicas": 1}, "0002": {"replicas": 0}}},
        ("multi_az is true", "a shard has no replica"),
    ),
    (
        "the AZ mode of another call",
        {"az_mode": "cross-az"},
        ("az_mode is 'cross-az'", "CreateCacheCluster", "Memcached", "multi_az: true"),
    ),
    ("a number of nodes", {"num_cache_nodes": 1}, ("num_cache_nodes is 1", "shards and replicas")),
    ("serverless", {"serverless": True}, ("serverless caches are not supported",)),
    ("no TLS in prod", {"tls": False, "auth": "none"}, ("tls is 'off'", "plain text", "tls: required")),
    ("no login in prod", {"auth": "none"}, ("auth is 'none'", "set auth")),
    ("a login without TLS", {"tls": "preferred", "auth": "token"}, ("tls is 'preferred'", "auth: token needs tls: required")),
    ("no snapshots in prod", {"snapshots": {}}, ("snapshots.retention_days is missing", "1 to 35")),
    ("too many days", {"snapshots": {"retention_days": 36}}, ("retention_days is 36", "0 to 35")),
    (
        "a short window",
        {"snapshots": {"retention_days": 1, "window": "03:00-03:30"}},
        ("snapshots.window is '03:00-03:30'", "at least 60 minutes"),
    ),
    (
        "windows that overlap",
        {"snapshots": {"retention_days": 1, "window": "03:00-04:00"}, "maintenance": {"window": "sun:03:30-sun:04:30"}},
        ("overlaps with maintenance.window",),
    ),
    ("shards without cluster mode", {"shards": 2}, ("shards is 2", "cluster_mode: enabled")),
    ("the ID of a shard", {"cluster_mode": True, "shards": {"one": {}}}, ("'one'", "four digits")),
    ("too many replicas", {"replicas": 6}, ("replicas is 6", "0 to 5")),
    ("a user named default", {"users": {"default": {"access": "on ~* +@all"}}}, ("disabled user of this name",)),
    ("a user without rights", {"users": {"app": {}}}, ("users.app.access is missing", "+@all")),
    ("a password in the rules", {"users": {"app": {"access": "on >secret ~* +@all"}}}, ("no passwords", "set login")),
    ("a user who needs none", {"users": {"app": {"access": "on nopass ~* +@all"}}}, ("no nopass",)),
    ("users without any", {"auth": "users"}, ("users is missing",)),
    ("users and a token", {"auth": "token", "users": {"app": {"access": "on ~* +@all"}}}, ("need auth: users",)),
    (
        "IAM with an old Redis",
        {"engine": "redis", "version": "6.2", "users": {"app": {"access": "on ~* +@all", "login": "iam"}}},
        ("Redis supports it from 7.0",),
    ),
    ("a long user", {"users": {"a" * 20: {"access": "on ~* +@all"}}, "identifier": "b" * 30}, ("40 characters",)),
    ("the parameter of cluster mode", {"parameters": {"cluster-enabled": "yes"}}, ("cluster_mode decides it",)),
    ("an unknown setting", {"replica": 1}, ("redis_caches.main.replica is not a setting; did you mean replicas?",)),
    ("an unknown log", {"logs": {"types": {"audit": "json"}}}, ("slow-log and engine-log",)),
    ("an identifier", {"identifier": "Main"}, ("identifier is 'Main'", "lower-case")),
    ("a snapshot", {"restore_from": "a/b"}, ("restore_from is 'a/b'", "latest_final")),
]


@pytest.mark.parametrize(("name", "given", "said"), BAD, ids=[row[0] for row in BAD])
def test_a_mistake_gets_one_sentence(name: str, given: dict[str, Any], said: tuple[str, ...]) -> None:
    found = complaints(**given)
    assert any(all(part in message for part in said) for message in found), (name, found)


def test_one_node_is_legal_as_long_as_nothing_asks_for_more() -> None:
    """With cluster mode, too: AWS takes one shard without a replica, and only Multi-AZ needs one."""
    found = cache(environment="dev", cluster_mode=True)
    assert (found.topology.shards, found.topology.fewest, found.multi_az) == (1, 0, False)
    assert cache(multi_az=False, replicas=0).topology.fewest == 0


def test_a_cache_in_plain_text_may_be_on_its_way_in_production() -> None:
    assert cache(tls="preferred", auth="none").tls == "preferred"


def test_multi_az_needs_two_zones() -> None:
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.validate import validate
    from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
    from tests.unit.domains.redis.samples import settings

    network = Network(("subnet-0123456789abcdef0",), ("sg-0123456789abcdef0",), ("eu-west-1a",))
    assert any("all in eu-west-1a" in one for one in validate(settings(), "c", "prod", network)[1])


def test_without_a_network_subnets_are_required() -> None:
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.validate import validate
    from tests.unit.domains.redis.samples import settings

    found = validate(settings(), "c", "prod")[1]
    assert [one.partition(" ")[0] for one in found] == ["c.main.subnet_ids", "c.main.security_group_ids"]


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        ("8", "8.2.0", "8.2.0"),
        ("8.0", "8.2.0", "8.2.0"),  # AWS's own upgrade is left alone, and nothing is lowered
        ("8.2", "8.0.1", "8.2"),
        ("9", "8.2.0", "9"),
        ("7.2", "7.1.0", "7.2"),  # from Redis to Valkey
        ("6.2", "6.2.6", "6.2.6"),
        ("8.2", "8.0.1, 8.2.0", "8.2"),  # not every node has it
        ("8", None, "8"),
    ],
)
def test_versions_compare_as_far_as_they_were_given(wanted: str, present: str | None, expected: str) -> None:
    assert kept(wanted, present) == expected


@pytest.mark.parametrize(
    ("engine", "version", "family", "sent"),
    [
        ("valkey", "8", "valkey8", "8.2"),
        ("valkey", "7.2", "valkey7", "7.2"),
        ("redis", "6", "redis6.x", "6.2"),
        ("redis", "7.1", "redis7", "7.1"),
        ("valkey", "10", "valkey10", "10"),
    ],
)
def test_a_version_has_a_family_and_a_form_in_calls(engine: str, version: str, family: str, sent: str) -> None:
    assert (family_of(engine, version), requested(engine, version)) == (family, sent)


@pytest.mark.parametrize(
    ("topology", "present", "expected"),
    [
        (Topology(shards=2, replicas=1), (), {"0001": 1, "0002": 1}),
        (Topology(shards=2, replicas=1), ("0001", "0003", "0004"), {"0001": 1, "0003": 1}),
        (Topology(shards=3, replicas=0), ("0001", "0003"), {"0001": 0, "0003": 0, "0002": 0}),
        (Topology(each={"0002": 2, "0001": 1}), ("0009",), {"0001": 1, "0002": 2}),
    ],
)
def test_a_number_of_shards_keeps_those_that_exist(topology: Topology, present: tuple[str, ...], expected: dict[str, int]) -> None:
    assert topology.wanted(present) == expected


def test_shards_are_paired_in_their_order_since_aws_names_new_ones() -> None:
    assert paired({"0001": 1, "0002": 2}, {"0001": 1, "0007": 1}) == {"0001": 1, "0007": 2}
    assert paired({"0001": 1}, {"0001": 1, "0007": 1}) == {"0001": 1}
    assert surplus({"0001": 1, "0003": 1}, {"0001": 1, "0002": 1, "0003": 1}) == ["0002"]
    assert surplus({"0001": 1}, {"0001": 1, "0002": 1, "0003": 1}) == ["0002", "0003"]
