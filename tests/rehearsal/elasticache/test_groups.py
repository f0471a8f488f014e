"""Replication groups as they are created, described, changed, and deleted."""

from __future__ import annotations

from typing import Any

from ..conftest import refused, until
from .cache_account import PASSWORD, TOKEN, CacheAccount


def test_a_group_without_cluster_mode(account: CacheAccount) -> None:
    key = account.key()
    made = account.create(
        AuthToken=TOKEN, AtRestEncryptionEnabled=True, KmsKeyId=key, SnapshotRetentionLimit=7, SnapshotWindow="02:00-03:00",
        PreferredMaintenanceWindow="sun:04:00-sun:05:00", Tags=[{"Key": "a", "Value": "b"}],
    )  # fmt: skip
    assert made["Status"] == "creating"
    assert "ConfigurationEndpoint" not in made
    group = account.group()
    assert (group["Status"], group["ClusterEnabled"], group["AutomaticFailover"], group["MultiAZ"]) == (
        "available",
        False,
        "enabled",
        "enabled",
    )
    assert (group["AuthTokenEnabled"], group["KmsKeyId"], group["TransitEncryptionMode"]) == (True, key, "required")
    assert group["MemberClusters"] == ["main-001", "main-002"]
    (shard,) = group["NodeGroups"]
    assert [one["CurrentRole"] for one in shard["NodeGroupMembers"]] == ["primary", "replica"]
    assert shard["PrimaryEndpoint"]["Port"] == 6379
    assert "Slots" not in shard
    assert shard["PrimaryEndpoint"]["Address"] != shard["ReaderEndpoint"]["Address"]
    first, second = account.members()
    assert (first["EngineVersion"], first["CacheParameterGroup"]["CacheParameterGroupName"]) == ("7.1.0", "default.redis7")
    assert first["SecurityGroups"] == [{"SecurityGroupId": account.security_group, "Status": "active"}]
    assert (first["PreferredMaintenanceWindow"], first["CacheSubnetGroupName"]) == ("sun:04:00-sun:05:00", "main")
    assert first["PreferredAvailabilityZone"] != second["PreferredAvailabilityZone"]
    assert first["ARN"] == f"{account.arns}:cluster:main-001"
    account.cache.delete_replication_group(ReplicationGroupId="main")
    assert refused(account.group) == "ReplicationGroupNotFoundFault"


def test_a_group_with_cluster_mode_and_its_shards(account: CacheAccount) -> None:
    shards = [
        {"NodeGroupId": "0001", "ReplicaCount": 2, "PrimaryAvailabilityZone": f"{account.region}b", "Slots": "0-999",
         "ReplicaAvailabilityZones": [f"{account.region}a", f"{account.region}b"]},
        {"NodeGroupId": "0002", "ReplicaCount": 1, "Slots": "1000-16383"},
    ]  # fmt: skip
    account.cluster(NumNodeGroups=None, ReplicasPerNodeGroup=None, NodeGroupConfiguration=shards, Port=6390)
    group = account.group()
    assert group["ClusterEnabled"] is True
    assert group["ConfigurationEndpoint"]["Port"] == 6390
    assert [(one["NodeGroupId"], one["Slots"], len(one["NodeGroupMembers"])) for one in group["NodeGroups"]] == [
        ("0001", "0-999", 3),
        ("0002", "1000-16383", 2),
    ]
    assert "PrimaryEndpoint" not in group["NodeGroups"][0]
    members = account.members()
    assert [one["CacheClusterId"] for one in members][:3] == ["main-0001-001", "main-0001-002", "main-0001-003"]
    assert members[0]["PreferredAvailabilityZone"] == f"{account.region}b"
    assert members[0]["CacheParameterGroup"]["CacheParameterGroupName"] == "default.redis7.cluster.on"


def test_states_take_the_time_of_the_settings(account: CacheAccount) -> None:
    account.takes(replication_group=0.6)
    account.create()
    assert account.group()["Status"] == "creating"
    assert "PrimaryEndpoint" not in account.group()["NodeGroups"][0]
    assert refused(account.modify, CacheNodeType="cache.t4g.medium") == "InvalidReplicationGroupState"
    until(lambda: account.group()["Status"] == "available", 5)
    assert account.modify(CacheNodeType="cache.t4g.medium")["Status"] == "modifying"
    assert (account.group()["CacheNodeType"], refused(account.cache.delete_replication_group, ReplicationGroupId="main")) == (
        "cache.t4g.small",
        "InvalidReplicationGroupState",
    )
    until(lambda: account.group()["Status"] == "available", 5)
    assert account.group()["CacheNodeType"] == "cache.t4g.medium"
    account.cache.delete_replication_group(ReplicationGroupId="main", FinalSnapshotIdentifier="last")
    assert account.group()["Status"] in ("snapshotting", "deleting")
    until(lambda: not account.cache.describe_replication_groups()["ReplicationGroups"], 5)
    assert account.cache.describe_snapshots(SnapshotName="last")["Snapshots"][0]["SnapshotStatus"] == "available"


def test_a_script_replaces_the_states(account: CacheAccount) -> None:
    account.cloud.admin.script("elasticache_replication_group", {"id": "main"}, [{"state": "create-failed"}])
    account.create()
    assert account.group()["Status"] == "create-failed"


def test_new_groups_and_users_are_missing_from_lists(account: CacheAccount) -> None:
    account.cloud.admin.settings(visibility_seconds=30)
    account.create()
    account.user("app")
    assert account.cache.describe_replication_groups()["ReplicationGroups"] == []
    assert [one["UserId"] for one in account.cache.describe_users()["Users"]] == ["default"]


def test_engine_version_and_parameter_group_in_one_call(account: CacheAccount) -> None:
    account.parameter_group("own", "redis7")
    account.parameter_group("new", "valkey8")
    account.create(CacheParameterGroupName="own")
    assert refused(account.modify, Engine="valkey", EngineVersion="8.2") == "InvalidParameterCombination"
    assert refused(account.modify, Engine="valkey", EngineVersion="8.2", CacheParameterGroupName="own") == "InvalidParameterCombination"
    account.modify(Engine="valkey", EngineVersion="8.2", CacheParameterGroupName="new")
    assert account.group()["Engine"] == "valkey"
    shown = {(one["Engine"], one["EngineVersion"], one["CacheParameterGroup"]["CacheParameterGroupName"]) for one in account.members()}
    assert shown == {("valkey", "8.2.0", "new")}
    assert refused(account.modify, Engine="redis", EngineVersion="7.1", CacheParameterGroupName="own") == "InvalidParameterCombination"
    assert refused(account.modify, EngineVersion="8.0") == "InvalidParameterCombination"
    account.cache.delete_cache_parameter_group(CacheParameterGroupName="own")
    assert refused(account.cache.delete_cache_parameter_group, CacheParameterGroupName="new") == "InvalidCacheParameterGroupState"


def test_what_does_not_apply_at_once_waits_for_the_window(account: CacheAccount) -> None:
    account.create(EngineVersion="7.0")
    assert account.modify(ApplyImmediately=False, EngineVersion="7.1", CacheNodeType="cache.m7g.large")["Status"] == "available"
    assert account.members()[0]["PendingModifiedValues"] == {"EngineVersion": "7.1.0", "CacheNodeType": "cache.m7g.large"}
    assert account.members()[0]["EngineVersion"] == "7.0.7"
    account.cloud.admin.happen("elasticache", "maintenance_window", ReplicationGroupId="main")
    assert (account.members()[0]["EngineVersion"], account.members()[0]["PendingModifiedValues"]) == ("7.1.0", {})


def test_simple_changes_apply_without_a_transition(account: CacheAccount) -> None:
    account.takes(replication_group=0)
    account.create(SnapshotRetentionLimit=1)
    account.takes(replication_group=30)
    changes: dict[str, Any] = {"ReplicationGroupDescription": "new", "SnapshotRetentionLimit": 3, "SnapshotWindow": "01:00-02:00"}
    other = account.ec2.create_security_group(GroupName="other", Description="x", VpcId=account.vpc)["GroupId"]
    account.modify(**changes, PreferredMaintenanceWindow="Mon:03:00-Mon:04:00", SecurityGroupIds=[other], AutoMinorVersionUpgrade=False)
    group = account.group()
    assert (group["Status"], group["Description"], group["SnapshotRetentionLimit"]) == ("available", "new", 3)
    member = account.members()[0]
    assert (member["PreferredMaintenanceWindow"], member["SecurityGroups"][0]["SecurityGroupId"]) == ("mon:03:00-mon:04:00", other)
    assert member["AutoMinorVersionUpgrade"] is False


def test_snapshots_are_turned_on_with_their_node_unless_the_group_is_clustered(account: CacheAccount) -> None:
    account.takes(replication_group=0)
    account.create()
    assert refused(account.modify, SnapshotRetentionLimit=1) == "InvalidParameterCombination"
    account.modify(SnapshotRetentionLimit=1, SnapshottingClusterId="main-001")
    account.modify(SnapshotRetentionLimit=2)
    account.create(
        "many", NumCacheClusters=None, NumNodeGroups=1, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on"
    )
    with_node = {"SnapshotRetentionLimit": 1, "SnapshottingClusterId": "many-0001-001"}
    assert refused(account.modify, name="many", **with_node) == "InvalidParameterCombination"
    account.modify("many", SnapshotRetentionLimit=1)


def delivery(kind: str, group: str) -> dict[str, Any]:
    details = {"CloudWatchLogsDetails": {"LogGroup": group}}
    return {"LogType": kind, "DestinationType": "cloudwatch-logs", "DestinationDetails": details, "LogFormat": "json"}


def test_logs_of_a_version_wait_for_its_upgrade(account: CacheAccount) -> None:
    account.takes(replication_group=0)
    account.create(EngineVersion="6.0")
    wanted = [delivery("engine-log", "/cache/engine")]
    upgrade = {"EngineVersion": "6.2"}
    assert refused(account.modify, **upgrade, LogDeliveryConfigurations=wanted) == "InvalidParameterCombination"
    account.modify(**upgrade)
    account.modify(LogDeliveryConfigurations=wanted)


def test_encryption_in_transit_is_turned_on_in_two_steps(account: CacheAccount) -> None:
    account.create(TransitEncryptionEnabled=None)
    before = account.group()["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    assert refused(account.modify, TransitEncryptionEnabled=True, TransitEncryptionMode="required") == "InvalidParameterCombination"
    both: dict[str, Any] = {"TransitEncryptionEnabled": True, "TransitEncryptionMode": "preferred"}
    account.user_group()
    assert refused(account.modify, **both, UserGroupIdsToAdd=["team"]) == "InvalidParameterCombination"
    assert refused(account.modify, **both, AuthToken=TOKEN) == "InvalidParameterCombination"
    account.modify(**both)
    assert account.group()["TransitEncryptionMode"] == "preferred"
    account.modify(TransitEncryptionMode="required")
    assert account.group()["TransitEncryptionMode"] == "required"
    assert account.group()["NodeGroups"][0]["PrimaryEndpoint"]["Address"] != before
    assert refused(account.modify, TransitEncryptionEnabled=False) == "InvalidParameterCombination"
    account.modify(TransitEncryptionMode="preferred")
    account.modify(TransitEncryptionEnabled=False)
    assert account.group()["TransitEncryptionEnabled"] is False


def test_a_token_is_rotated_and_then_set(account: CacheAccount) -> None:
    account.create()
    account.takes(replication_group=0.4)
    second = "second-token-0123456789"
    assert refused(account.modify, AuthToken=TOKEN, AuthTokenUpdateStrategy="SET") == "InvalidParameterCombination"
    made = account.modify(AuthToken=TOKEN, AuthTokenUpdateStrategy="ROTATE")
    assert made["PendingModifiedValues"]["AuthTokenStatus"] == "ROTATING"
    until(lambda: account.group()["Status"] == "available", 5)
    assert refused(account.modify, AuthToken=second, AuthTokenUpdateStrategy="SET") == "InvalidParameterValue"
    assert account.modify(AuthToken=TOKEN, AuthTokenUpdateStrategy="SET")["PendingModifiedValues"]["AuthTokenStatus"] == "SETTING"
    until(lambda: account.group()["Status"] == "available", 5)
    group = account.group()
    assert group["AuthTokenEnabled"]
    assert group["AuthTokenLastModifiedDate"] > group["ReplicationGroupCreateTime"]
    assert refused(account.modify, AuthTokenUpdateStrategy="ROTATE") == "InvalidParameterCombination"
    assert refused(account.modify, AuthTokenUpdateStrategy="DELETE") == "InvalidParameterCombination"


def test_from_a_token_to_users_and_back(account: CacheAccount) -> None:
    account.create(AuthToken=TOKEN)
    account.user_group()
    assert refused(account.modify, UserGroupIdsToAdd=["team"]) == "InvalidParameterCombination"
    account.modify(UserGroupIdsToAdd=["team"], AuthTokenUpdateStrategy="DELETE")
    group = account.group()
    assert (group["UserGroupIds"], group["AuthTokenEnabled"]) == (["team"], False)
    assert account.cache.describe_user_groups(UserGroupId="team")["UserGroups"][0]["ReplicationGroups"] == ["main"]
    assert refused(account.cache.delete_user_group, UserGroupId="team") == "InvalidUserGroupState"
    assert refused(account.modify, AuthToken=PASSWORD, AuthTokenUpdateStrategy="ROTATE") == "InvalidParameterCombination"
    account.modify(RemoveUserGroups=True, AuthToken=TOKEN, AuthTokenUpdateStrategy="SET")
    assert (account.group()["UserGroupIds"], account.group()["AuthTokenEnabled"]) == ([], True)


def test_failover_and_multi_az(account: CacheAccount) -> None:
    account.create()
    assert refused(account.cache.decrease_replica_count, ReplicationGroupId="main", NewReplicaCount=0, ApplyImmediately=True) == (
        "InvalidParameterValue"
    )
    assert refused(account.modify, AutomaticFailoverEnabled=False) == "InvalidParameterCombination"
    account.modify(AutomaticFailoverEnabled=False, MultiAZEnabled=False)
    account.cache.decrease_replica_count(ReplicationGroupId="main", NewReplicaCount=0, ApplyImmediately=True)
    assert account.group()["MemberClusters"] == ["main-001"]
    assert refused(account.modify, AutomaticFailoverEnabled=True) == "InvalidParameterCombination"
    account.cache.increase_replica_count(ReplicationGroupId="main", NewReplicaCount=2, ApplyImmediately=True)
    account.modify(AutomaticFailoverEnabled=True, MultiAZEnabled=True)
    assert (account.group()["AutomaticFailover"], len(account.group()["MemberClusters"])) == ("enabled", 3)
    account.cache.test_failover(ReplicationGroupId="main", NodeGroupId="0001")
    assert [one["CurrentRole"] for one in account.group()["NodeGroups"][0]["NodeGroupMembers"]] == ["primary", "replica", "replica"]
    assert account.group()["NodeGroups"][0]["NodeGroupMembers"][0]["CacheClusterId"] == "main-002"


def test_replicas_and_shards_of_a_cluster(account: CacheAccount) -> None:
    account.cluster()
    assert refused(account.modify, AutomaticFailoverEnabled=False, MultiAZEnabled=False) == "InvalidParameterCombination"
    scale = account.cache.modify_replication_group_shard_configuration
    given: dict[str, Any] = {"ReplicationGroupId": "main", "ApplyImmediately": True}
    assert refused(scale, NodeGroupCount=2, **given) == "InvalidParameterCombination"
    scale(NodeGroupCount=2, NodeGroupsToRemove=["0002"], **given)
    assert [(one["NodeGroupId"], one["Slots"]) for one in account.group()["NodeGroups"]] == [("0001", "0-8191"), ("0003", "8192-16383")]
    account.takes(replication_group=0.5)
    assert scale(NodeGroupCount=3, **given)["ReplicationGroup"]["PendingModifiedValues"]["Resharding"]
    progress = account.group()["PendingModifiedValues"]["Resharding"]["SlotMigration"]["ProgressPercentage"]
    assert 0 <= progress < 100
    until(lambda: account.group()["Status"] == "available", 5)
    assert [one["NodeGroupId"] for one in account.group()["NodeGroups"]] == ["0001", "0003", "0004"]
    assert len(account.members()) == 6
    account.takes(replication_group=0)
    replicas = [{"NodeGroupId": "0003", "NewReplicaCount": 2}]
    account.cache.increase_replica_count(ReplicaConfiguration=replicas, **given)
    assert [len(one["NodeGroupMembers"]) for one in account.group()["NodeGroups"]] == [2, 3, 2]
    assert refused(account.cache.decrease_replica_count, NewReplicaCount=0, **given) == "InvalidParameterValue"
    account.modify(MultiAZEnabled=False)
    account.cache.decrease_replica_count(NewReplicaCount=0, **given)  # legal without Multi-AZ
    assert len(account.members()) == 3


def test_the_cluster_mode_changes_through_compatible(account: CacheAccount) -> None:
    account.create()
    assert (
        refused(account.modify, ClusterMode="enabled", CacheParameterGroupName="default.redis7.cluster.on") == "InvalidParameterCombination"
    )
    account.modify(ClusterMode="compatible", CacheParameterGroupName="default.redis7.cluster.on")
    account.modify(ClusterMode="enabled")
    assert (account.group()["ClusterMode"], account.group()["NodeGroups"][0]["Slots"]) == ("enabled", "0-16383")


def test_log_delivery_is_set_up_afterwards(account: CacheAccount) -> None:
    account.cloud.client("logs").create_log_group(logGroupName="/cache/slow")
    account.create()
    account.takes(replication_group=0.4)
    made = account.modify(LogDeliveryConfigurations=[delivery("slow-log", "/cache/slow"), delivery("engine-log", "/cache/none")])
    assert [one["LogType"] for one in made["PendingModifiedValues"]["LogDeliveryConfigurations"]] == ["slow-log", "engine-log"]
    assert {one["Status"] for one in made["LogDeliveryConfigurations"]} == {"enabling"}
    until(lambda: account.group()["Status"] == "available", 5)
    assert {one["LogType"]: one["Status"] for one in account.group()["LogDeliveryConfigurations"]} == {
        "slow-log": "active",
        "engine-log": "error",
    }
    account.takes(replication_group=0)
    account.modify(LogDeliveryConfigurations=[{"LogType": "engine-log", "Enabled": False}])
    assert [one["LogType"] for one in account.group()["LogDeliveryConfigurations"]] == ["slow-log"]


def test_members_of_a_global_datastore_are_changed_by_it(account: CacheAccount) -> None:
    account.create()
    account.cloud.admin.happen("elasticache", "global_datastore", ReplicationGroupId="main", GlobalReplicationGroupId="sgaui-shop")
    assert account.group()["GlobalReplicationGroupInfo"]["GlobalReplicationGroupId"] == "sgaui-shop"
    assert refused(account.modify, CacheNodeType="cache.m7g.large") == "InvalidParameterCombination"
    assert refused(account.cache.delete_replication_group, ReplicationGroupId="main") == "InvalidReplicationGroupState"
    account.modify(ReplicationGroupDescription="still ours")


def test_durability_is_an_option_of_valkey_9(account: CacheAccount) -> None:
    valkey: dict[str, Any] = {"Engine": "valkey", "EngineVersion": "9.0"}
    assert refused(account.create, Durability="sync") == "InvalidParameterCombination"
    assert refused(account.create, **valkey, Durability="always") == "InvalidParameterValue"
    account.create(**valkey)
    assert (account.group()["Durability"], account.group()["EffectiveDurability"]) == ("default", "disabled")
    account.modify(Durability="async")
    assert account.group()["EffectiveDurability"] == "async"


def test_engine_versions_and_node_types(account: CacheAccount) -> None:
    account.create()
    newest = account.cache.describe_cache_engine_versions(Engine="valkey")["CacheEngineVersions"][-1]
    assert (newest["CacheParameterGroupFamily"], newest["EngineVersion"]) == ("valkey9", "9.0")
    assert len(account.cache.describe_cache_engine_versions(DefaultOnly=True)["CacheEngineVersions"]) == 2
    allowed = account.cache.list_allowed_node_type_modifications(ReplicationGroupId="main")
    assert "cache.t4g.medium" in allowed["ScaleUpModifications"]
    assert allowed["ScaleDownModifications"] == ["cache.t4g.micro"]
