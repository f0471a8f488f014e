"""What AWS refuses about replication groups, one line per rule."""

from __future__ import annotations

from typing import Any

import pytest

from ..conftest import refused
from .cache_account import TOKEN, CacheAccount

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"
ON = "default.redis7.cluster.on"
CLUSTER: dict[str, Any] = {"NumCacheClusters": None, "NumNodeGroups": 2, "ReplicasPerNodeGroup": 1, "CacheParameterGroupName": ON}
ALONE: dict[str, Any] = {"NumCacheClusters": 1, "AutomaticFailoverEnabled": False, "MultiAZEnabled": False}
ENGINE_LOG = {"LogType": "engine-log", "LogFormat": "json"}
CREATE: list[tuple[str, dict[str, Any], str]] = [
    ("identifier begins with a digit", {"name": "1st"}, VALUE),
    ("identifier with two hyphens", {"name": "a--b"}, VALUE),
    ("identifier too long", {"name": "a" * 41}, VALUE),
    ("no description", {"ReplicationGroupDescription": " "}, VALUE),
    ("unknown engine", {"Engine": "memcached"}, VALUE),
    ("unknown version", {"EngineVersion": "15.9"}, COMBINATION),
    ("version of the other engine", {"Engine": "valkey", "EngineVersion": "7.1"}, COMBINATION),
    ("unknown node type", {"CacheNodeType": "cache.t99.micro"}, VALUE),
    ("no node type", {"CacheNodeType": None}, VALUE),
    ("data tiering of another type", {"DataTieringEnabled": True}, COMBINATION),
    ("unknown parameter group", {"CacheParameterGroupName": "none"}, "CacheParameterGroupNotFound"),
    ("parameter group of another family", {"CacheParameterGroupName": "default.redis6.x"}, COMBINATION),
    ("shards without cluster mode", {**CLUSTER, "CacheParameterGroupName": "default.redis7"}, COMBINATION),
    ("cluster mode without its parameters", {"ClusterMode": "enabled", "CacheParameterGroupName": "default.redis7"}, COMBINATION),
    ("unknown cluster mode", {"ClusterMode": "on"}, VALUE),
    ("failover without a replica", {"NumCacheClusters": 1, "MultiAZEnabled": False}, COMBINATION),
    ("Multi-AZ without failover", {"AutomaticFailoverEnabled": False}, COMBINATION),
    ("cluster without failover", {**CLUSTER, "AutomaticFailoverEnabled": False, "MultiAZEnabled": False}, COMBINATION),
    ("cluster of Multi-AZ without replicas", {**CLUSTER, "ReplicasPerNodeGroup": 0}, COMBINATION),
    ("too many replicas", {**CLUSTER, "ReplicasPerNodeGroup": 6}, VALUE),
    ("too many clusters", {"NumCacheClusters": 7}, VALUE),
    ("clusters and replicas", {"ReplicasPerNodeGroup": 1}, COMBINATION),
    ("slots with a gap", {**CLUSTER, "NodeGroupConfiguration": [{"Slots": "0-99"}, {"Slots": "200-16383"}]}, COMBINATION),
    ("other number of shards", {**CLUSTER, "NodeGroupConfiguration": [{"ReplicaCount": 1}]}, COMBINATION),
    ("zone outside of the subnet group", {"PreferredCacheClusterAZs": ["af-south-1a", "af-south-1c"]}, VALUE),
    ("one zone with Multi-AZ", {"PreferredCacheClusterAZs": ["af-south-1a", "af-south-1a"]}, COMBINATION),
    ("unknown subnet group", {"CacheSubnetGroupName": "none"}, "CacheSubnetGroupNotFoundFault"),
    ("unknown security group", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}, VALUE),
    ("port", {"Port": 80}, VALUE),
    ("retention", {"SnapshotRetentionLimit": 36}, VALUE),
    ("short snapshot window", {"SnapshotWindow": "01:00-01:30"}, VALUE),
    ("maintenance window", {"PreferredMaintenanceWindow": "01:00-02:00"}, VALUE),
    ("windows that overlap", {"SnapshotWindow": "01:00-02:00", "PreferredMaintenanceWindow": "sun:01:30-sun:03:00"}, VALUE),
    ("token without TLS", {"AuthToken": TOKEN, "TransitEncryptionEnabled": False}, COMBINATION),
    ("short token", {"AuthToken": "short"}, VALUE),
    ("long token", {"AuthToken": "x" * 129}, VALUE),
    ("token with a forbidden sign", {"AuthToken": "first-token-0123456789@"}, VALUE),
    ("key without encryption at rest", {"KmsKeyId": "alias/x"}, COMBINATION),
    ("unknown key", {"AtRestEncryptionEnabled": True, "KmsKeyId": "alias/x"}, "InvalidKMSKeyFault"),
    ("mode without TLS", {"TransitEncryptionEnabled": False, "TransitEncryptionMode": "preferred"}, COMBINATION),
    ("preferred before 7.0.5", {"EngineVersion": "6.2", "TransitEncryptionMode": "preferred"}, COMBINATION),
    ("unknown user group", {"UserGroupIds": ["none"]}, "UserGroupNotFound"),
    ("unknown snapshot", {"SnapshotName": "none"}, "SnapshotNotFoundFault"),
    ("engine log before 6.2", {"EngineVersion": "6.0", "LogDeliveryConfigurations": [ENGINE_LOG]}, COMBINATION),
    ("unknown log", {"LogDeliveryConfigurations": [{"LogType": "audit-log"}]}, VALUE),
    ("reserved tag", {"Tags": [{"Key": "aws:x", "Value": "y"}]}, VALUE),
]  # fmt: skip


def test_what_a_creation_refuses(account: CacheAccount) -> None:
    wrong = []
    for name, options, code in CREATE:
        found = refused(account.create, **options)
        if found != code:
            wrong.append(f"{name}: {found}")
    assert wrong == []
    assert account.cache.describe_replication_groups()["ReplicationGroups"] == []


def test_a_shard_without_a_replica_is_legal_without_multi_az(account: CacheAccount) -> None:
    account.create(**{**CLUSTER, "NumNodeGroups": 1, "ReplicasPerNodeGroup": 0, "MultiAZEnabled": False})
    assert [len(one["NodeGroupMembers"]) for one in account.group()["NodeGroups"]] == [1]
    assert refused(account.modify, MultiAZEnabled=True) == COMBINATION
    assert refused(account.cluster) == "ReplicationGroupAlreadyExists"


MODIFY: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, COMBINATION),
    ("unknown node type", {"CacheNodeType": "cache.x.huge"}, VALUE),
    ("data tiering", {"CacheNodeType": "cache.r6gd.xlarge"}, COMBINATION),
    ("unknown version", {"EngineVersion": "9.9"}, COMBINATION),
    ("older version", {"EngineVersion": "7.0"}, COMBINATION),
    ("unknown engine", {"Engine": "memcached"}, VALUE),
    ("parameter group for clusters", {"CacheParameterGroupName": ON}, COMBINATION),
    ("failover without a replica", {"AutomaticFailoverEnabled": True}, COMBINATION),
    ("Multi-AZ without failover", {"MultiAZEnabled": True}, COMBINATION),
    ("unknown strategy", {"AuthToken": TOKEN, "AuthTokenUpdateStrategy": "RESET"}, VALUE),
    ("token with a space", {"AuthToken": "first token 0123456789"}, VALUE),
    ("unknown user group", {"UserGroupIdsToAdd": ["none"]}, "UserGroupNotFound"),
    ("user group that it does not have", {"UserGroupIdsToRemove": ["none"]}, VALUE),
    ("security group", {"SecurityGroupIds": ["sg-0123456789abcdef0"]}, VALUE),
    ("windows that overlap", {"SnapshotWindow": "04:30-05:30"}, VALUE),
    ("retention", {"SnapshotRetentionLimit": 40}, VALUE),
    ("unknown primary", {"PrimaryClusterId": "main-009"}, "CacheClusterNotFound"),
    ("blank description", {"ReplicationGroupDescription": " "}, VALUE),
]


def test_what_a_change_refuses(account: CacheAccount) -> None:
    account.create(**ALONE, PreferredMaintenanceWindow="sun:04:00-sun:05:00")
    before = account.group()
    wrong = []
    for name, options, code in MODIFY:
        found = refused(account.modify, **options)
        if found != code:
            wrong.append(f"{name}: {found}")
    assert wrong == []
    assert account.group() == before
    assert refused(account.modify, name="none", CacheNodeType="cache.t4g.medium") == "ReplicationGroupNotFoundFault"


def test_what_scaling_refuses(account: CacheAccount) -> None:
    account.cluster()
    given: dict[str, Any] = {"ReplicationGroupId": "main"}
    up, down = account.cache.increase_replica_count, account.cache.decrease_replica_count
    shards = account.cache.modify_replication_group_shard_configuration
    at_once = {**given, "ApplyImmediately": True}
    for call, options, code in (
        (up, {**given, "ApplyImmediately": False, "NewReplicaCount": 2}, VALUE),
        (up, at_once, COMBINATION),
        (up, {**at_once, "NewReplicaCount": 1}, "NoOperationFault"),
        (up, {**at_once, "NewReplicaCount": 0}, VALUE),
        (up, {**at_once, "NewReplicaCount": 6}, VALUE),
        (up, {**at_once, "ReplicaConfiguration": [{"NodeGroupId": "0009", "NewReplicaCount": 2}]}, VALUE),
        (down, {**at_once, "NewReplicaCount": 2}, VALUE),
        (down, {**at_once, "ReplicasToRemove": ["main-0001-001"]}, VALUE),
        (shards, {**at_once, "NodeGroupCount": 0}, VALUE),
        (shards, {**at_once, "NodeGroupCount": 1, "NodeGroupsToRemove": ["0001"]}, COMBINATION),
        (shards, {**at_once, "NodeGroupCount": 2, "NodeGroupsToRemove": ["0009"]}, VALUE),
        (shards, {**at_once, "NodeGroupCount": 4, "NodeGroupsToRemove": ["0001"]}, COMBINATION),
        (shards, {**at_once, "NodeGroupCount": 501}, "NodeGroupsPerReplicationGroupQuotaExceeded"),
        (account.cache.test_failover, {**given, "NodeGroupId": "0009"}, "NodeGroupNotFoundFault"),
    ):
        assert refused(call, **options) == code, options
    account.create("plain")
    assert refused(shards, ReplicationGroupId="plain", ApplyImmediately=True, NodeGroupCount=2) == COMBINATION


@pytest.mark.parametrize(
    ("quota", "limit", "code"),
    [("elasticache_nodes", 5, "NodeQuotaForCustomerExceeded"), ("elasticache_nodes_per_cluster", 4, "NodeQuotaForClusterExceeded")],
)
def test_quotas_of_nodes(account: CacheAccount, quota: str, limit: int, code: str) -> None:
    account.cloud.admin.settings(quotas={quota: limit})
    assert refused(account.cluster) == code
    account.cluster(NumNodeGroups=2)
    assert refused(account.cache.increase_replica_count, ReplicationGroupId="main", NewReplicaCount=2, ApplyImmediately=True) == code


def test_quotas_of_the_rest(account: CacheAccount) -> None:
    names = ("parameter_groups", "subnet_groups", "users", "user_groups")
    account.cloud.admin.settings(quotas={f"elasticache_{name}": 1 for name in names})
    account.parameter_group("one")
    assert refused(account.parameter_group, name="two") == "CacheParameterGroupQuotaExceeded"
    given = {"CacheSubnetGroupName": "two", "CacheSubnetGroupDescription": "x", "SubnetIds": account.subnets}
    assert refused(account.cache.create_cache_subnet_group, **given) == "CacheSubnetGroupQuotaExceeded"
    account.user_group("one")
    assert refused(account.user_group, identity="two") == "UserGroupQuotaExceeded"
    assert refused(account.user, identity="app") == "UserQuotaExceeded"


def test_clusters_of_their_own_are_not_played(account: CacheAccount) -> None:
    assert refused(account.cache.create_cache_cluster, CacheClusterId="alone", Engine="redis") == COMBINATION
