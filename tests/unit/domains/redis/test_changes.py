"""Which calls a change takes, in which order."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.cache_credentials import (
    kept,
    mark_of,
    marked,
    value_in,
    value_problem,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.cache_user import rules
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.replication_group import in_create
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.replication_group_changes import (
    calls,
    log_configurations,
    login_steps,
)

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:/mainstay/prod/cache/main/token-AbCdEf"
GROUP = "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:prod-main"
PRESENT: dict[str, Any] = {
    "engine": "redis",
    "engine_version": "7.1.0",
    "cache_parameter_group_name": "old",
    "cluster_mode": "disabled",
    "shards": {"0001": 1},
    "multi_az_enabled": True,
    "automatic_failover_enabled": True,
    "transit_encryption": "required",
}
NODES = ("main-002", "main-001")
CLUSTERED = {**PRESENT, "cluster_mode": "enabled", "shards": {"0001": 1, "0002": 1}}


def made(left: dict[str, Any], present: dict[str, Any] | None = None) -> list[tuple[str, dict[str, Any]]]:
    short = {"modify_replication_group": "modify", "modify_replication_group_shard_configuration": "reshard"}
    return [(short.get(one.operation, one.operation), dict(one.params)) for one in calls(left, present or PRESENT, NODES)]


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, dict[str, Any]]]]] = [
    (
        "the last replica goes after failover and Multi-AZ",
        {"shards": {"0001": 0}, "multi_az_enabled": False, "automatic_failover_enabled": False},
        PRESENT,
        [
            ("modify", {"MultiAZEnabled": False, "AutomaticFailoverEnabled": False}),
            ("decrease_replica_count", {"NewReplicaCount": 0}),
        ],
    ),
    (
        "the first replica comes before failover and Multi-AZ",
        {"shards": {"0001": 1}, "multi_az_enabled": True, "automatic_failover_enabled": True},
        {**PRESENT, "shards": {"0001": 0}, "multi_az_enabled": False, "automatic_failover_enabled": False},
        [
            ("increase_replica_count", {"NewReplicaCount": 1}),
            ("modify", {"MultiAZEnabled": True, "AutomaticFailoverEnabled": True}),
        ],
    ),
    (
        "from Redis to Valkey in one call",
        {"engine": "valkey", "engine_version": "8", "cache_parameter_group_name": "new"},
        PRESENT,
        [("modify", {"Engine": "valkey", "EngineVersion": "8.2", "CacheParameterGroupName": "new"})],
    ),
    (
        "a minor version alone",
        {"engine_version": "7.2", "engine": "valkey", "cache_parameter_group_name": "old"},
        {**PRESENT, "engine": "valkey"},
        [("modify", {"EngineVersion": "7.2"})],
    ),
    ("more shards", {"shards": {"0001": 1, "0002": 1, "0003": 1}}, CLUSTERED, [("reshard", {"NodeGroupCount": 3})]),
    (
        "fewer shards, by name",
        {"shards": {"0002": 1}},
        CLUSTERED,
        [("reshard", {"NodeGroupCount": 1, "NodeGroupsToRemove": ["0001"]})],
    ),
    ("replicas of all shards", {"shards": {"0001": 2, "0002": 2}}, CLUSTERED, [("increase_replica_count", {"NewReplicaCount": 2})]),
    (
        "replicas of one shard",
        {"shards": {"0001": 1, "0002": 2}},
        CLUSTERED,
        [("increase_replica_count", {"ReplicaConfiguration": [{"NodeGroupId": "0002", "NewReplicaCount": 2}]})],
    ),
    (
        "settings in one call, node type in another",
        {"snapshot_window": "03:00-04:00", "security_group_ids": ["sg-1"], "cache_node_type": "cache.r7g.large"},
        PRESENT,
        [("modify", {"SecurityGroupIds": ["sg-1"], "SnapshotWindow": "03:00-04:00"}), ("modify", {"CacheNodeType": "cache.r7g.large"})],
    ),
    (
        "snapshots where there are none name the first node",
        {"snapshot_retention_limit": 3},
        {**PRESENT, "snapshot_retention_limit": 0},
        [("modify", {"SnapshotRetentionLimit": 3, "SnapshottingClusterId": "main-001"})],
    ),
    (
        "snapshots that are kept longer name none",
        {"snapshot_retention_limit": 7},
        {**PRESENT, "snapshot_retention_limit": 3},
        [("modify", {"SnapshotRetentionLimit": 7})],
    ),
    (
        "nor do those with cluster mode",
        {"snapshot_retention_limit": 3},
        {**CLUSTERED, "snapshot_retention_limit": 0},
        [("modify", {"SnapshotRetentionLimit": 3})],
    ),
    (
        "logs after the version that delivers them",
        {
            "engine": "valkey",
            "engine_version": "8",
            "cache_parameter_group_name": "new",
            "log_delivery": {},
            "snapshot_window": "03:00-04:00",
        },
        PRESENT,
        [
            ("modify", {"SnapshotWindow": "03:00-04:00"}),
            ("modify", {"Engine": "valkey", "EngineVersion": "8.2", "CacheParameterGroupName": "new"}),
            ("modify", {}),
        ],
    ),
    ("no topic any more", {"notification_topic_arn": None}, PRESENT, [("modify", {"NotificationTopicStatus": "inactive"})]),
    (
        "TLS for those who want it",
        {"transit_encryption": "preferred"},
        {**PRESENT, "transit_encryption": "off"},
        [("modify", {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"})],
    ),
    (
        "TLS for all",
        {"transit_encryption": "required"},
        {**PRESENT, "transit_encryption": "preferred"},
        [("modify", {"TransitEncryptionMode": "required"})],
    ),
    (
        "a mode with its parameter group",
        {"cluster_mode": "compatible", "cache_parameter_group_name": "new"},
        PRESENT,
        [("modify", {"ClusterMode": "compatible", "CacheParameterGroupName": "new"})],
    ),
]


@pytest.mark.parametrize(("name", "left", "present", "expected"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_takes_these_calls(name: str, left: dict[str, Any], present: dict[str, Any], expected: list[Any]) -> None:
    assert made(left, present) == expected, name


ONE = {"secret_arn": SECRET, "version": "1", "previous": "refuse"}
TWO = {"secret_arn": SECRET, "version": "2", "previous": "accept"}
LOGINS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("a first token is rotated in, then set", TWO, {"open": True}, ["ROTATE", "SET"]),
    ("a rotation leaves the token before valid", TWO, ONE, ["ROTATE"]),
    ("a rotation whose token before is refused", {**TWO, "previous": "refuse"}, ONE, ["ROTATE", "SET"]),
    ("the token before is refused later", {**TWO, "previous": "refuse"}, TWO, ["SET"]),
    ("nothing is left", TWO, TWO, []),
    ("a token that nobody knows", TWO, {"token": "unknown"}, ["ROTATE"]),
    ("users replace a token", {"user_group_id": "g"}, ONE, ["DELETE"]),
    ("users where everybody was let in", {"user_group_id": "g"}, {"open": True}, [""]),
    ("a token replaces users", TWO, {"user_group_id": "g"}, ["SET"]),
    ("everybody is let in again", {"open": True}, {"user_group_id": "g"}, [""]),
]


@pytest.mark.parametrize(("name", "wanted", "present", "strategies"), LOGINS, ids=[row[0] for row in LOGINS])
def test_a_login_takes_these_steps(name: str, wanted: dict[str, Any], present: dict[str, Any], strategies: list[str]) -> None:
    steps = login_steps(wanted, present)
    assert [step.params.get("AuthTokenUpdateStrategy", "") for step in steps] == strategies, name
    for step in steps:  # a strategy without a token fails, unless it takes the token away
        assert step.token == (step.params.get("AuthTokenUpdateStrategy") in ("ROTATE", "SET"))


def test_users_that_leave_are_named() -> None:
    (step,) = login_steps({"user_group_id": "new"}, {"user_group_id": "old"})
    assert step.params == {"UserGroupIdsToAdd": ["new"], "UserGroupIdsToRemove": ["old"]}
    (step,) = login_steps({"open": True}, {"user_group_id": "old"})
    assert step.params == {"RemoveUserGroups": True}


def test_a_mark_names_the_secret_and_its_version_but_no_value() -> None:
    assert mark_of(TWO) == "/mainstay/prod/cache/main/token-AbCdEf 2 accept"
    assert marked(GROUP, "elasticache", mark_of(TWO)) == TWO
    assert marked(GROUP, "elasticache", "first") is None
    assert kept(TWO, {**TWO, "previous": "refuse"}) == {**TWO, "previous": "refuse"}
    assert kept({**TWO, "previous": "refuse"}, TWO) == {**TWO, "previous": "refuse"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a" * 16, ""),
        ("A1!&#$^<>-aaaaaaa", ""),
        ("a" * 15, "15 characters"),
        ("a" * 129, "129 characters"),
        ('"' + "a" * 16, "does not take"),
        ("ä" * 16, "does not take"),
    ],
)
def test_a_token_that_aws_refuses_is_found_without_being_shown(value: str, said: str) -> None:
    found = value_problem(value)
    assert (said in found) if said else not found
    assert value not in found


@pytest.mark.parametrize(
    ("text", "value"), [("plain", "plain"), ('{"password": "p"}', "p"), ('{"token": "t"}', "t"), ('{"other": "o"}', ""), ("[1]", "[1]")]
)
def test_a_secret_holds_its_value_as_text_or_as_a_member(text: str, value: str) -> None:
    assert value_in(text) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [("on ~app:* +@all", "on ~app:* &* -@all +@all"), ("off -@all", "off -@all"), ("on  ~*   +@read", "on ~* +@read")],
)
def test_rules_that_aws_spells_out_are_the_same(one: str, other: str) -> None:
    assert rules(one) == rules(other)


def test_deliveries_are_the_difference() -> None:
    one, two = {"destination": "a", "format": "json"}, {"destination": "b", "format": "json"}
    found = log_configurations({"slow-log": two}, {"slow-log": one, "engine-log": one})
    assert [(entry["LogType"], entry["Enabled"]) for entry in found] == [("slow-log", True), ("engine-log", False)]


def test_the_create_call_carries_what_it_can() -> None:
    login = {"user_group_id": "prod-main"}
    base = {
        "replication_group_id": "prod-main",
        "engine": "valkey",
        "engine_version": "8",
        "transit_encryption": "required",
        "login": login,
    }
    one = in_create({**base, "shards": {"0001": 1}, "cluster_mode": "disabled", "log_delivery": {}})
    assert one["NumCacheClusters"] == 2
    assert (one["EngineVersion"], one["TransitEncryptionMode"], one["UserGroupIds"]) == ("8.2", "required", ["prod-main"])
    two = in_create({**base, "shards": {"0001": 1, "0002": 1}, "cluster_mode": "enabled"})
    assert (two["NumNodeGroups"], two["ReplicasPerNodeGroup"]) == (2, 1)
    three = in_create({**base, "shards": {"0001": 1, "0002": 2}, "cluster_mode": "enabled"})
    assert three["NodeGroupConfiguration"] == [
        {"NodeGroupId": "0001", "ReplicaCount": 1},
        {"NodeGroupId": "0002", "ReplicaCount": 2},
    ]
    assert (
        in_create({**base, "transit_encryption": "off", "shards": {"0001": 0}, "login": {"open": True}})["TransitEncryptionEnabled"]
        is False
    )
