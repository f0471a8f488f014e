"""What the settings become, what is refused because of what exists, and what others get of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.present_names import with_present_names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis import login
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.judge import objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.cache_key import needed_keys
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.replication_group import ReplicationGroup
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.kinds.replication_group_base import GROUP_OWNED, progress
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.names import names, secret_names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.notes import notes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.resources import NAMES, Known, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from tests.unit.domains.redis.samples import PLACE, cache, seen, settings

USERS = {"app": {"access": "on ~app:* +@all"}, "reports": {"access": "on ~* +@read", "login": "iam"}}


def built(known: Known | None = None, environment: str = "prod", **more: Any) -> dict[str, Resource]:
    found = build({"main": cache(environment, **more)}, PLACE, known or Known())
    return {one.address: one for one in found}


def group(**more: Any) -> dict[str, Any]:
    return dict(built(**more)["replication_group.main"].properties)


def test_a_cache_with_users() -> None:
    found = built(users=USERS)
    assert set(found) == {
        "cache_key.data",
        "cache_subnet_group.main",
        "cache_parameter_group.main/valkey8",
        "cache_log_group.main/slow-log",
        "cache_log_group.main/engine-log",
        "secret.main/user-app",
        "cache_user.main/default",
        "cache_user.main/app",
        "cache_user.main/reports",
        "cache_user_group.main",
        "replication_group.main",
    }
    default, reports = found["cache_user.main/default"].properties, found["cache_user.main/reports"].properties
    assert (default["user_id"], default["user_name"], default["access_string"]) == ("prod-main-default", "default", "off -@all")
    assert default["login"] == {"disabled": True}
    assert reports["user_id"] == reports["user_name"] == "prod-main-reports"  # ElastiCache requires it of users with IAM
    assert len(found["cache_user_group.main"].properties["user_ids"]) == 3
    main = found["replication_group.main"].properties
    assert main["login"] == {"user_group_id": ref("cache_user_group.main")}
    # equal names would count as mentioning each other when everything is deleted
    assert found["cache_user_group.main"].properties["user_group_id"] == "users-prod-main" != main["replication_group_id"]
    assert (main["transit_encryption"], main["at_rest_encryption_enabled"], main["kms_key_id"]) == (
        "required",
        True,
        ref("cache_key.data", "arn"),
    )


def test_multi_az_and_failover_go_together_with_replicas() -> None:
    both = ("multi_az_enabled", "automatic_failover_enabled")
    assert [group()[name] for name in both] == [True, True]
    assert [group(replicas=0, multi_az=False)[name] for name in both] == [False, False]
    assert [group(replicas=1, multi_az=False)[name] for name in both] == [False, True]
    # with cluster mode, failover cannot be switched off
    assert [group(cluster_mode=True, replicas=0, multi_az=False)[name] for name in both] == [False, True]


def test_each_family_and_protocol_has_a_parameter_group_of_its_own() -> None:
    found = built(cluster_mode=True, engine="redis", version="6.2", parameters={"timeout": 60})
    own = found["cache_parameter_group.main/redis6.x-cluster"].properties
    assert own["cache_parameter_group_name"] == "prod-main-redis6-x-cluster"
    assert own["cache_parameter_group_family"] == "redis6.x"
    assert own["parameters"] == {"timeout": "60", "cluster-enabled": "yes"}


def test_a_value_that_is_the_engines_default_is_not_set() -> None:
    known = Known(defaults={"valkey8": {"maxmemory-policy": "volatile-lru", "timeout": "0"}})
    found = built(known, parameters={"maxmemory-policy": "volatile-lru", "timeout": 60})
    assert found["cache_parameter_group.main/valkey8"].properties["parameters"] == {"timeout": "60"}


def test_users_keep_the_engine_of_a_group_that_exists() -> None:
    """A group of Redis users serves Valkey and takes no Valkey users."""
    there = Observed("cache_user_group", "cache_user_group.main", "prod-main", {"engine": "redis"})
    found = built(Known({there.address: there}), users=USERS)
    assert {found[f"cache_user.main/{name}"].properties["engine"] for name in ("default", "app")} == {"redis"}
    assert found["cache_user_group.main"].properties["engine"] == "redis"


def test_shards_that_exist_stay() -> None:
    there = seen(shards={"0001": 1, "0004": 1})
    found = built(Known({there.address: there}), cluster_mode=True, shards=1)
    assert found["replication_group.main"].properties["shards"] == {"0001": 1}


def test_a_secret_that_others_keep_gives_the_token() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:theirs-AbCdEf"
    found = built(Known(tokens={"main": "v1"}), token={"secret_arn": secret})
    assert not any(address.startswith("secret.") for address in found)
    assert found["replication_group.main"].properties["login"] == {"secret_arn": secret, "version": "v1", "previous": "accept"}


def test_an_adopted_name_stays() -> None:
    there = Observed("cache_subnet_group", "cache_subnet_group.main", "legacy", {"cache_subnet_group_name": "legacy"})
    found = {one.address: one for one in with_present_names(list(built().values()), [there], NAMES)}
    assert found["cache_subnet_group.main"].properties["cache_subnet_group_name"] == "legacy"


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("back to Redis", {"engine": "redis"}, {}, "no way back to Redis"),
    ("a lower major version", {"version": "7"}, {}, 'cannot lower it; set version: "8"'),
    ("a major version without consent", {"version": "9"}, {}, "would be upgraded from valkey 8.2.0 to valkey 9, which cannot be undone"),
    ("TLS at once", {}, {"transit_encryption": "off"}, "set tls: preferred first"),
    ("no TLS at once", {"environment": "dev", "auth": "none", "tls": False}, {}, "set tls: preferred and auth: none first"),
    ("cluster mode at once", {"cluster_mode": True}, {}, "set cluster_mode: compatible first"),
    ("no cluster mode any more", {}, {"cluster_mode": "enabled"}, "no way back from cluster mode"),
    ("no token any more", {"environment": "dev", "auth": "none"}, {"login": {"secret_arn": "arn:x"}}, "set auth: users"),
]


@pytest.mark.parametrize(("name", "given", "present", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_exists_refuses(name: str, given: dict[str, Any], present: dict[str, Any], said: str) -> None:
    found = objections({"main": cache(**given)}, [seen(**present)], {}, lambda _name: False)
    assert len(found) == 1, (name, found)
    assert said in found[0]


ALLOWED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("the same", {}, {}),
    ("a minor version", {"version": "8.2"}, {"engine_version": "8.0.1"}),
    ("a minor version that AWS went beyond", {"version": "8.0"}, {}),
    ("TLS for those who want it", {"tls": "preferred", "auth": "none"}, {"transit_encryption": "off"}),
    ("TLS for all", {}, {"transit_encryption": "preferred"}),
    ("both protocols", {"cluster_mode": "compatible"}, {}),
    ("a member of a global group", {"version": "7.2"}, {"engine_version": GROUP_OWNED, "engine": GROUP_OWNED}),
]


@pytest.mark.parametrize(("name", "given", "present"), ALLOWED, ids=[row[0] for row in ALLOWED])
def test_what_exists_allows(name: str, given: dict[str, Any], present: dict[str, Any]) -> None:
    assert objections({"main": cache(**given)}, [seen(**present)], {}, lambda _name: False) == [], name


def test_consent_allows_an_upgrade() -> None:
    assert objections({"main": cache(version="9")}, [seen()], {}, lambda name: name == "main") == []


def test_a_snapshot_must_exist_for_a_cache_that_does_not() -> None:
    one = {"main": cache(restore_from="latest_final")}
    assert "no final snapshot of prod-main exists" in objections(one, [], {"snapshots": {"main": None}}, bool)[0]
    assert objections(one, [seen()], {"snapshots": {"main": None}}, bool) == []


def test_the_end_of_support_is_said_with_its_price() -> None:
    (text,) = notes({"main": cache(engine="redis", version="6.2")}, [])
    assert "standard support of redis 6 ends on 2027-01-31" in text
    assert "80 %" in text


def test_what_others_control_is_said() -> None:
    (text,) = notes({"main": cache(version="8.0")}, [seen()])
    assert text == "main: it runs valkey 8.2.0, later than redis_caches.main.version; AWS's own upgrades are left alone"
    member = replace(seen(), attributes={"global_group": "ldgnf-world"})
    assert "member of the Global Datastore ldgnf-world" in notes({"main": cache()}, [member])[0]
    later = seen(login={"secret_arn": "a", "version": "2", "previous": "accept"})
    assert "token before the present one is still accepted" in notes({"main": cache()}, [later])[0]


RAW: dict[str, Any] = {
    "ReplicationGroupId": "prod-main",
    "ARN": "arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:prod-main",
    "Status": "available",
    "ClusterMode": "disabled",
    "AutomaticFailover": "enabled",
    "MultiAZ": "enabled",
    "TransitEncryptionEnabled": True,
    "NodeGroups": [{"NodeGroupId": "0001", "NodeGroupMembers": [{}, {}], "PrimaryEndpoint": {"Address": "h", "Port": 6380}}],
    "Members": [
        {"Engine": "valkey", "EngineVersion": "8.2.0", "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}]},
        {"Engine": "valkey", "EngineVersion": "8.0.1", "SecurityGroups": []},
    ],
}


def test_a_property_is_right_only_if_it_is_right_on_every_node() -> None:
    kind = ReplicationGroup()
    assert kind.value(RAW, "engine") == "valkey"
    assert kind.value(RAW, "engine_version") == "8.0.1, 8.2.0"
    assert kind.value(RAW, "security_group_ids") == ["sg-1 (on some nodes)"]
    assert kind.value(RAW, "shards") == {"0001": 1}
    assert kind.value(RAW, "port") == 6380


def test_what_a_global_group_decides_is_left_to_it() -> None:
    kind = ReplicationGroup()
    raw = {**RAW, "GlobalReplicationGroupInfo": {"GlobalReplicationGroupId": "ldgnf-world"}}
    for name in ("engine", "engine_version", "cache_node_type", "shards", "automatic_failover_enabled", "cache_parameter_group_name"):
        assert kind.value(raw, name) == GROUP_OWNED
        declared = kind.properties[name]
        assert declared.target("wanted", declared.normal(GROUP_OWNED)) == GROUP_OWNED


def test_changes_in_progress_read_as_they_will_be() -> None:
    kind = ReplicationGroup()
    waiting = {"AutomaticFailoverStatus": "disabled", "TransitEncryptionMode": "preferred", "ClusterMode": "compatible"}
    raw = {**RAW, "PendingModifiedValues": {**waiting, "UserGroups": {"UserGroupIdsToAdd": ["g"]}}}
    assert kind.value(raw, "automatic_failover_enabled") is False
    assert kind.value(raw, "transit_encryption") == "preferred"
    assert kind.value(raw, "cluster_mode") == "compatible"
    assert kind.value(raw, "login") == {"user_group_id": "g"}
    assert progress({"PendingModifiedValues": {"Resharding": {"SlotMigration": {"ProgressPercentage": 40.0}}}}) == (
        "40 % of the slots have moved"
    )


def test_a_key_is_needed_by_snapshots_and_by_groups_that_stay() -> None:
    snapshots = [
        {"SnapshotName": "final", "SnapshotSource": "manual", "SnapshotStatus": "available", "KmsKeyId": "k", "ReplicationGroupId": "main"},
        {
            "SnapshotName": "auto",
            "SnapshotSource": "automated",
            "SnapshotStatus": "available",
            "KmsKeyId": "k",
            "ReplicationGroupId": "main",
        },
    ]
    groups = [{"ReplicationGroupId": "main", "KmsKeyId": "k"}, {"ReplicationGroupId": "other", "KmsKeyId": "k"}]
    assert needed_keys(snapshots, groups, ["main"]) == {"k": ["snapshot final", "replication group other"]}


def test_outputs_have_one_shape_and_no_secret_value() -> None:
    attributes = {
        "replication_group.main": {
            "id": "prod-main",
            "configuration_endpoint": "c",
            "primary_endpoint": "p",
            "reader_endpoint": "r",
            "port": 6379,
            "clustered": False,
        },
        "cache_user.main/app": {"id": "prod-main-app"},
        "cache_user.main/default": {"id": "prod-main-default"},
        "secret.main/user-app": {"arn": "arn:secret"},
    }
    found = outputs(attributes, {"main": False})["caches"]["main"]
    assert (found["host"], found["reader_host"], found["configuration_endpoint"]) == ("p", "r", None)
    assert (found["user_names"], found["user_secret_arns"]) == ({"app": "prod-main-app"}, {"app": "arn:secret"})
    clustered = outputs(attributes, {"main": True})["caches"]["main"]
    assert (clustered["host"], clustered["primary_endpoint"], clustered["reader_host"]) == ("c", None, None)
    assert set(found) == set(clustered) == set(outputs({"replication_group.main": {}}, {})["caches"]["main"])


def test_names_for_policies_and_of_secrets() -> None:
    assert names(settings(subnet_ids=["subnet-0123456789abcdef0"]), "prod", "cache").subnets == ("subnet-0123456789abcdef0",)
    assert secret_names({"main": cache(users=USERS)}, "prod", "cache") == ["/mainstay/prod/cache/main/user-app"]
    assert secret_names({"main": cache()}, "prod", "cache") == ["/mainstay/prod/cache/main/token"]


def test_the_variables_of_the_role() -> None:
    variables = {"redis_caches": settings(), "platform_environment": "prod", "redis_network": "main", "redis_allow_upgrade": ["mian"]}
    assert role_errors(variables) == ["redis_allow_upgrade is 'mian', but there is no such cache; did you mean main?"]


def opened(now: str) -> list[str]:
    """What the guard says of a cache that got its first token, and answers a client without one like this."""
    there = replace(seen(login={"open": True}), attributes={"primary_endpoint": "h", "port": 6379})
    wanted = Resource("replication_group", "main", {**there.properties, "login": {"user_group_id": "g"}})
    plan = make_plan([wanted], [there], KINDS, Consent())
    asked: list[tuple[str, int]] = []

    def look(host: str, port: int) -> Any:
        asked.append((host, port))
        return now

    class Result:
        final = [there]

    failures = login.guard(plan, look)(Result())  # type: ignore[arg-type]
    assert asked == [("h", 6379)]
    assert "everybody who reaches it can use it" in login.warnings(plan)[0]
    return [one.code for one in failures]


@pytest.mark.parametrize(("now", "said"), [("admitted", ["OpenToAll"]), ("refused", []), ("unreachable", [])])
def test_a_cache_that_still_lets_everybody_in_fails_the_run(now: str, said: list[str]) -> None:
    assert opened(now) == said
