# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of caches: created, left alone, changed, upgraded, removed; and who gets in meanwhile."""

from __future__ import annotations

from typing import Any

from tests.integration.site import summary, touched

from .support import PURGE, Site

MAIN: dict[str, Any] = {"node_type": "cache.t4g.small", "snapshots": {"retention_days": 7}, "logs": {"retention_days": 7}}


def caches(**more: Any) -> dict[str, Any]:
    return {"main": {**MAIN, **more}}


def test_a_cache_is_planned_created_and_left_alone(site: Site) -> None:
    desired = site.desired(caches())
    planned = summary(site.plan(desired))
    assert set(planned.values()) == {"create"}
    site.apply(desired)
    assert set(site.ids()) == set(planned)
    assert site.bring(caches()) == 0
    group = site.group()
    assert (group["TransitEncryptionMode"], group["AtRestEncryptionEnabled"], group["MultiAZ"]) == ("required", True, "enabled")
    assert (len(group["MemberClusters"]), group["Engine"], group["SnapshotRetentionLimit"]) == (2, "valkey", 7)
    token = site.secret("token")
    assert [site.answer(), site.answer(token), site.answer("wrong" * 5)] == ["NOAUTH", "PONG", "WRONGPASS"]


def test_a_token_is_rotated_in_steps_and_the_one_before_the_last_is_refused(site: Site) -> None:
    site.bring(caches())
    first = site.secret("token")
    site.bring(caches(token={"rotation": "1"}))
    second = site.secret("token")
    assert [site.answer(first), site.answer(second)] == ["PONG", "PONG"]
    site.bring(caches(token={"rotation": "2"}))
    third = site.secret("token")
    assert [site.answer(), *map(site.answer, (first, second, third))] == ["NOAUTH", "WRONGPASS", "PONG", "PONG"]
    site.bring(caches(token={"rotation": "2", "previous": "refuse"}))
    assert [*map(site.answer, (second, third))] == ["WRONGPASS", "PONG"]
    assert site.bring(caches(token={"rotation": "2", "previous": "refuse"})) == 0


def test_a_first_token_ends_with_everybody_else_refused_and_users_replace_it(site: Site) -> None:
    site.environment = "dev"
    site.bring(caches(auth="none"))
    assert site.answer(identifier="dev-main") == "PONG"
    since = site.changes()
    site.bring(caches())
    assert site.calls(since).count("ModifyReplicationGroup") == 2
    token = site.secret("token")
    assert [site.answer(identifier="dev-main"), site.answer(token, identifier="dev-main")] == ["NOAUTH", "PONG"]
    users = {"app": {"access": "on ~app:* +@all"}}
    site.bring(caches(users=users), purge=("secret.main/token",))
    password = site.secret("user-app")
    assert [site.answer(identifier="dev-main"), site.answer(token, identifier="dev-main")] == ["NOAUTH", "WRONGPASS"]
    assert site.answer("dev-main-app", password, identifier="dev-main") == "PONG"
    assert site.bring(caches(users=users)) == 0


def test_users_come_go_and_change_their_passwords(site: Site) -> None:
    users: dict[str, Any] = {"app": {"access": "on ~app:* +@all"}, "old": {"access": "on ~* +@read", "login": "iam"}}
    site.bring(caches(users=users))
    old = site.secret("user-app")
    assert site.answer("prod-main-app", old) == "PONG"
    assert [site.answer(), site.answer("default", old)] == ["NOAUTH", "WRONGPASS"]
    users = {"app": {"access": "on ~app:* +@all", "rotation": "1"}}
    site.bring(caches(users=users), purge=("cache_user.main/old",))
    assert [site.answer("prod-main-app", one) for one in (old, site.secret("user-app"))] == ["PONG", "PONG"]
    users["app"]["previous"] = "refuse"
    site.bring(caches(users=users))
    assert [site.answer("prod-main-app", one) for one in (old, site.secret("user-app"))] == ["WRONGPASS", "PONG"]
    assert site.bring(caches(users=users)) == 0
    site.domain_of(None, state="absent")
    site.apply([], purge=PURGE)
    left = {one["UserId"] for one in site.cloud.client("elasticache").describe_users()["Users"]}
    assert left <= {"default"}


def test_replicas_shards_and_types_change_in_place(site: Site) -> None:
    many = {"cluster_mode": "enabled", "shards": 2}
    site.bring(caches(**many))
    site.bring(caches(**many | {"shards": 3, "node_type": "cache.r7g.large"}))
    group = site.group()
    assert (len(group["NodeGroups"]), group["CacheNodeType"], len(group["MemberClusters"])) == (3, "cache.r7g.large", 6)
    assert group["ConfigurationEndpoint"]
    larger = many | {"node_type": "cache.r7g.large"}
    site.bring(caches(**larger, replicas=2))
    group = site.group()
    assert [(len(one["NodeGroupMembers"])) for one in group["NodeGroups"]] == [3, 3]
    site.bring(caches(**larger, replicas=0, multi_az=False))
    assert (site.group()["MultiAZ"], len(site.group()["MemberClusters"])) == ("disabled", 2)
    assert site.bring(caches(**larger, replicas=0, multi_az=False)) == 0


def test_the_last_replica_goes_after_failover_and_comes_before_it(site: Site) -> None:
    site.bring(caches())
    since = site.changes()
    site.bring(caches(replicas=0, multi_az=False))
    assert site.calls(since) == ["ModifyReplicationGroup", "DecreaseReplicaCount"]
    since = site.changes()
    site.bring(caches())
    assert site.calls(since) == ["IncreaseReplicaCount", "ModifyReplicationGroup"]


def test_a_parameter_returns_to_the_engines_default(site: Site) -> None:
    site.bring(caches(parameters={"maxmemory-policy": "allkeys-lru", "timeout": 60}))
    site.bring(caches(parameters={"maxmemory-policy": "volatile-lru", "timeout": 60}))
    group = "prod-main-valkey8"
    own = site.cloud.client("elasticache").describe_cache_parameters(CacheParameterGroupName=group, Source="user")["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in own} == {"timeout": "60"}
    assert site.bring(caches(parameters={"maxmemory-policy": "volatile-lru", "timeout": 60})) == 0


def test_redis_becomes_valkey_in_one_call_with_consent_and_never_goes_back(site: Site) -> None:
    """Its new version also delivers a log that the old one does not have."""
    old = {"engine": "redis", "version": "6.0", "parameters": {"maxmemory-policy": "allkeys-lru"}, "logs": {"types": {"slow-log": "json"}}}
    new = {"parameters": {"maxmemory-policy": "allkeys-lru"}}
    site.bring(caches(**old))
    assert "cannot be undone; name main in redis_allow_upgrade" in site.problems(caches(**new))[0]
    since = site.changes()
    site.bring(caches(**new), purge=("cache_parameter_group.*",), allow_upgrade=["main"])
    calls = site.calls(since)
    assert calls.count("ModifyReplicationGroup") == 2
    assert calls.index("CreateCacheParameterGroup") < calls.index("ModifyReplicationGroup") < calls.index("DeleteCacheParameterGroup")
    group = site.group()
    assert (group["Engine"], {one["LogType"] for one in group["LogDeliveryConfigurations"]}) == ("valkey", {"slow-log", "engine-log"})
    assert "no way back to Redis" in site.problems(caches(**old))[0]


def test_what_was_changed_by_hand_is_put_right(site: Site) -> None:
    site.bring(caches())
    cache = site.cloud.client("elasticache")
    cache.modify_replication_group(
        ReplicationGroupId="prod-main", PreferredMaintenanceWindow="mon:01:00-mon:02:00", SnapshotRetentionLimit=0, ApplyImmediately=True
    )
    cache.modify_cache_parameter_group(
        CacheParameterGroupName="prod-main-valkey8", ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "60"}]
    )
    found = touched(site.plan(site.desired(caches())))
    assert found == {"replication_group.main": {"snapshot_retention_limit"}, "cache_parameter_group.main/valkey8": {"parameters"}}
    site.bring(caches())
    assert site.bring(caches()) == 0


def test_a_secret_whose_value_aws_refuses_stops_the_run_before_its_first_change(site: Site) -> None:
    site.bring(caches())
    name = "/mainstay/prod/cache/main/token"
    site.cloud.client("secretsmanager").put_secret_value(SecretId=name, SecretString='{"password": "short-and-bad"}')
    (text,) = site.problems(caches())
    assert f"the value of the secret {name} cannot be used to log in: it has 13 characters" in text
    assert "short-and-bad" not in text


def test_nothing_is_left_but_a_snapshot_and_its_key_and_a_new_cache_comes_from_it(site: Site) -> None:
    site.bring(caches())
    site.domain_of(None, state="absent")
    plan = site.plan([], purge=PURGE)
    said = "\n".join(site.checked(plan).warnings)
    assert "a final snapshot of prod-main is kept" in said
    assert "stays" in said
    site.apply([], purge=PURGE)
    assert site.ids() == {}
    (snapshot,) = site.cloud.client("elasticache").describe_snapshots()["Snapshots"]
    key = site.cloud.client("kms").describe_key(KeyId=snapshot["KmsKeyId"])["KeyMetadata"]
    assert key["KeyState"] == "Enabled"
    assert "no final snapshot of prod-other exists" in site.problems({"other": {**MAIN, "restore_from": "latest_final"}})[0]
    group = next(one for one in site.desired(caches(restore_from="latest_final")) if one.kind == "replication_group")
    assert group.properties["snapshot_name"] == snapshot["SnapshotName"]


def test_tls_comes_in_two_runs(site: Site) -> None:
    site.environment = "dev"
    site.bring(caches(auth="none", tls=False))
    assert "set tls: preferred first" in site.problems(caches())[0]
    site.bring(caches(auth="none", tls="preferred"))
    site.bring(caches())
    assert site.answer(site.secret("token"), identifier="dev-main") == "PONG"
