"""Parameter groups, subnet groups, snapshots, and tags."""

from __future__ import annotations

from typing import Any

from ..conftest import refused, until
from .cache_account import CacheAccount

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


def pair(name: str, value: str = "") -> dict[str, str]:
    return {"ParameterName": name, "ParameterValue": value}


def test_parameters(account: CacheAccount) -> None:
    assert account.parameter_group()["ARN"] == f"{account.arns}:parametergroup:own"
    assert refused(account.parameter_group) == "CacheParameterGroupAlreadyExists"
    assert refused(account.parameter_group, name="x", family="redis99") == VALUE
    change = account.cache.modify_cache_parameter_group
    change(CacheParameterGroupName="own", ParameterNameValues=[pair("maxmemory-policy", "allkeys-lru"), pair("timeout", "300")])

    def own() -> dict[str, str]:
        found = account.cache.describe_cache_parameters(CacheParameterGroupName="own", Source="user")["Parameters"]
        return {one["ParameterName"]: one["ParameterValue"] for one in found}

    assert own() == {"maxmemory-policy": "allkeys-lru", "timeout": "300"}
    account.cache.reset_cache_parameter_group(CacheParameterGroupName="own", ParameterNameValues=[pair("timeout")])
    assert own() == {"maxmemory-policy": "allkeys-lru"}
    account.cache.reset_cache_parameter_group(CacheParameterGroupName="own", ResetAllParameters=True)
    assert own() == {}
    for name, value in (("none", "1"), ("maxmemory-policy", "lru"), ("timeout", "5"), ("appendonly", "yes"), ("timeout", "x")):
        assert refused(change, CacheParameterGroupName="own", ParameterNameValues=[pair(name, value)]) == VALUE
    assert refused(change, CacheParameterGroupName="default.redis7", ParameterNameValues=[pair("timeout", "0")]) == VALUE
    assert refused(change, CacheParameterGroupName="none", ParameterNameValues=[pair("timeout", "0")]) == "CacheParameterGroupNotFound"
    many = [pair("timeout", "0")] * 21
    assert refused(change, CacheParameterGroupName="own", ParameterNameValues=many) == VALUE
    account.cache.delete_cache_parameter_group(CacheParameterGroupName="own")
    assert refused(account.cache.delete_cache_parameter_group, CacheParameterGroupName="own") == "CacheParameterGroupNotFound"
    assert refused(account.cache.delete_cache_parameter_group, CacheParameterGroupName="default.redis7") == VALUE
    names = [one["CacheParameterGroupName"] for one in account.cache.describe_cache_parameter_groups()["CacheParameterGroups"]]
    assert "default.valkey8.cluster.on" in names
    defaults = account.cache.describe_engine_default_parameters(CacheParameterGroupFamily="valkey8")["EngineDefaults"]["Parameters"]
    assert {"maxmemory-policy", "cluster-enabled"} <= {one["ParameterName"] for one in defaults}


def test_a_group_of_ones_own_for_cluster_mode(account: CacheAccount) -> None:
    account.parameter_group()
    enable = {"CacheParameterGroupName": "own", "ParameterNameValues": [pair("cluster-enabled", "yes")]}
    account.cache.modify_cache_parameter_group(**enable)
    account.cluster(CacheParameterGroupName="own")
    assert account.group()["ClusterEnabled"] is True
    assert refused(account.cache.reset_cache_parameter_group, CacheParameterGroupName="own", ResetAllParameters=True) == (
        "InvalidCacheParameterGroupState"
    )


def test_some_parameters_wait_for_a_reboot(account: CacheAccount) -> None:
    account.parameter_group()
    account.create(CacheParameterGroupName="own")
    account.cache.modify_cache_parameter_group(CacheParameterGroupName="own", ParameterNameValues=[pair("databases", "32")])
    assert account.members()[0]["CacheParameterGroup"]["ParameterApplyStatus"] == "pending-reboot"
    account.cache.reboot_cache_cluster(CacheClusterId="main-001", CacheNodeIdsToReboot=["0001"])
    assert account.members()[0]["CacheParameterGroup"]["ParameterApplyStatus"] == "in-sync"


def test_subnet_groups(account: CacheAccount) -> None:
    create, change = account.cache.create_cache_subnet_group, account.cache.modify_cache_subnet_group
    given: dict[str, Any] = {"CacheSubnetGroupName": "new", "CacheSubnetGroupDescription": "x"}
    third = account.subnet(2, "c")
    other = account.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    foreign = account.subnet(3, "a", other)
    assert refused(create, **given, SubnetIds=["subnet-0123456789abcdef0"]) == "InvalidSubnet"
    assert refused(create, **given, SubnetIds=[third, foreign]) == "InvalidSubnet"
    assert refused(create, **{**given, "CacheSubnetGroupName": "main"}, SubnetIds=[third]) == "CacheSubnetGroupAlreadyExists"
    assert refused(create, **{**given, "CacheSubnetGroupName": "my group"}, SubnetIds=[third]) == VALUE
    made = create(**given, SubnetIds=[third], Tags=[{"Key": "a", "Value": "b"}])["CacheSubnetGroup"]
    assert (made["VpcId"], made["Subnets"][0]["SubnetAvailabilityZone"]["Name"]) == (account.vpc, f"{account.region}c")
    account.create()
    assert refused(change, CacheSubnetGroupName="main", SubnetIds=[third]) == "SubnetInUse"
    assert refused(change, CacheSubnetGroupName="main", SubnetIds=[foreign]) == "InvalidSubnet"
    change(CacheSubnetGroupName="main", SubnetIds=[*account.subnets, third], CacheSubnetGroupDescription="wider")
    shown = account.cache.describe_cache_subnet_groups(CacheSubnetGroupName="main")["CacheSubnetGroups"][0]
    assert (len(shown["Subnets"]), shown["CacheSubnetGroupDescription"]) == (3, "wider")
    assert refused(account.cache.delete_cache_subnet_group, CacheSubnetGroupName="main") == "CacheSubnetGroupInUse"
    account.cache.delete_cache_subnet_group(CacheSubnetGroupName="new")
    assert refused(account.cache.describe_cache_subnet_groups, CacheSubnetGroupName="new") == "CacheSubnetGroupNotFoundFault"


def test_snapshots_and_what_is_restored_from_them(account: CacheAccount) -> None:
    key = account.key()
    account.cluster(AtRestEncryptionEnabled=True, KmsKeyId=key)
    account.takes(snapshot=0.4)
    create = account.cache.create_snapshot
    made = create(SnapshotName="first", ReplicationGroupId="main", Tags=[{"Key": "a", "Value": "b"}])["Snapshot"]
    assert (made["SnapshotStatus"], made["KmsKeyId"], made["NumNodeGroups"]) == ("creating", key, 3)
    assert account.group()["Status"] == "snapshotting"
    assert refused(create, SnapshotName="second", ReplicationGroupId="main") == "InvalidReplicationGroupState"
    assert refused(account.cache.delete_snapshot, SnapshotName="first") == "InvalidSnapshotState"
    assert refused(account.cluster, name="copy", SnapshotName="first") == "InvalidSnapshotState"
    until(lambda: account.group()["Status"] == "available", 5)
    account.takes(snapshot=0)
    assert refused(create, SnapshotName="first", ReplicationGroupId="main") == "SnapshotAlreadyExistsFault"
    assert refused(create, SnapshotName="x", CacheClusterId="main-0001-001") == COMBINATION
    assert refused(create, SnapshotName="x") == COMBINATION
    account.cache.copy_snapshot(SourceSnapshotName="first", TargetSnapshotName="second")
    account.create("restored", SnapshotName="first", EngineVersion=None, Engine=None, CacheNodeType=None, NumCacheClusters=None)
    restored = account.group("restored")
    assert [one["Slots"] for one in restored["NodeGroups"]] == [one["Slots"] for one in account.group()["NodeGroups"]]
    assert len(restored["MemberClusters"]) == 6
    assert refused(account.create, name="older", SnapshotName="first", EngineVersion="7.0") == COMBINATION
    account.cloud.client("kms").disable_key(KeyId=key)
    assert refused(account.cluster, name="keyless", SnapshotName="first") == "InvalidKMSKeyFault"
    assert refused(account.cache.copy_snapshot, SourceSnapshotName="first", TargetSnapshotName="x") == "InvalidKMSKeyFault"
    assert refused(account.cache.delete_replication_group, ReplicationGroupId="main", FinalSnapshotIdentifier="first") == (
        "SnapshotAlreadyExistsFault"
    )
    account.cloud.admin.happen("elasticache", "automatic_snapshot", ReplicationGroupId="main")
    assert len(account.cache.describe_snapshots(SnapshotSource="user")["Snapshots"]) == 2
    assert len(account.cache.describe_snapshots(SnapshotSource="system")["Snapshots"]) == 1
    account.cache.delete_replication_group(ReplicationGroupId="main")
    shown = account.cache.describe_snapshots(ReplicationGroupId="main", ShowNodeGroupConfig=True)["Snapshots"]
    assert shown[0]["NodeSnapshots"][0]["NodeGroupConfiguration"]
    account.cache.delete_snapshot(SnapshotName="first")
    assert refused(account.cache.describe_snapshots, SnapshotName="first") == "SnapshotNotFoundFault"


def test_tags_of_everything(account: CacheAccount) -> None:
    account.create()
    account.parameter_group()
    account.user_group()
    account.cache.create_snapshot(SnapshotName="one", ReplicationGroupId="main")
    names = ("replicationgroup:main", "parametergroup:own", "subnetgroup:main", "snapshot:one", "user:nobody", "usergroup:team")
    for arn in (f"{account.arns}:{name}" for name in names):
        account.cache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
        account.cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["c"])
        assert account.cache.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "a", "Value": "b"}]
        assert refused(account.cache.remove_tags_from_resource, ResourceName=arn, TagKeys=["c"]) == "TagNotFound"
        assert refused(account.cache.add_tags_to_resource, ResourceName=arn, Tags=[{"Key": "aws:x", "Value": "y"}]) == VALUE
    for name, code in (("user:none", "UserNotFound"), ("subnetgroup:none", "CacheSubnetGroupNotFoundFault"), ("x:y", "InvalidARN")):
        assert refused(account.cache.list_tags_for_resource, ResourceName=f"{account.arns}:{name}") == code
    tagging = account.cloud.client("resourcegroupstaggingapi")
    found = tagging.get_resources(TagFilters=[{"Key": "a", "Values": ["b"]}], ResourceTypeFilters=["elasticache"])
    shown = {one["ResourceARN"].split(":", 5)[5] for one in found["ResourceTagMappingList"]}
    assert shown == {*names, "cluster:main-001", "cluster:main-002"}  # members have the tags of their group
    account.takes(replication_group=60)
    account.cache.add_tags_to_resource(ResourceName=f"{account.arns}:cluster:main-001", Tags=[{"Key": "g", "Value": "h"}])
    assert account.group()["Status"] == "modifying"
    assert refused(account.modify, CacheNodeType="cache.t4g.medium") == "InvalidReplicationGroupState"
    tagging.tag_resources(ResourceARNList=[f"{account.arns}:replicationgroup:main"], Tags={"e": "f"})
    assert len(account.cache.list_tags_for_resource(ResourceName=f"{account.arns}:cluster:main-001")["TagList"]) == 3


def allow(*statements: dict[str, object]) -> list[dict[str, object]]:
    return [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"} | one for one in statements]}]


def test_policies_by_tags_and_names(account: CacheAccount) -> None:
    account.create()
    own = {"Key": "owner", "Value": "shop"}
    with_tag: dict[str, object] = {"Condition": {"StringEquals": {"aws:RequestTag/owner": "shop"}}}
    groups = f"{account.arns}:replicationgroup:*"
    account.cloud.admin.policies(
        apply=allow(
            {"Action": ["elasticache:Describe*", "iam:CreateServiceLinkedRole", "kms:*"]},
            {"Action": "elasticache:CreateReplicationGroup", "Resource": [f"{account.arns}:subnetgroup:main"]},
            {"Action": ["elasticache:CreateReplicationGroup", "elasticache:AddTagsToResource"], "Resource": groups, **with_tag},
            {"Action": "elasticache:ModifyReplicationGroup", "Condition": {"StringEquals": {"aws:ResourceTag/owner": "shop"}}},
        )
    )
    assert refused(account.create, name="other") == "AccessDenied"
    account.create("own", Tags=[own])
    account.modify("own", SnapshotWindow="03:00-04:00")
    assert refused(account.modify, SnapshotWindow="03:00-04:00") == "AccessDenied"
    delivery = {"LogType": "slow-log", "DestinationType": "cloudwatch-logs", "LogFormat": "json",
                "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/x"}}}  # fmt: skip
    assert refused(account.modify, name="own", LogDeliveryConfigurations=[delivery]) == "AccessDenied"
    assert refused(account.cache.delete_replication_group, ReplicationGroupId="own") == "AccessDenied"
