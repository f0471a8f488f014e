"""Replication groups as DescribeReplicationGroups shows them, and their deletion."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import elasticache_servers, elasticache_snapshot_record
from rehearsal.extensions.elasticache_common import group_of, store
from rehearsal.extensions.elasticache_endpoints import CONFIGURATION, PRIMARY, READER, host_name
from rehearsal.extensions.elasticache_record import GROUP, ReplicationGroup, Shard, phase
from rehearsal.life import end_script, life_of
from rehearsal.query_api import contradictory, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import extra_fields

NODE_ID = "0001"
NOT_REACHABLE = ("creating", "create-failed")
"""States in which a new group has no endpoints yet."""
DELETABLE = ("available", "create-failed")


def endpoint(group: ReplicationGroup, of: str) -> dict[str, Any]:
    """An endpoint by its name, or a node's by its ID: where its server listens; without servers, a name like AWS's."""
    address, port = elasticache_servers.address(group, of) or (host_name(group, of), group.port)
    return {"Address": address, "Port": port}


def flag(value: bool) -> str:
    return "enabled" if value else "disabled"


def described(group: ReplicationGroup, status: str | None = None) -> dict[str, Any]:
    """The members of a ReplicationGroup; with a `status`, as of that state, in which a call leaves it."""
    status = status or group.status
    reachable = status not in NOT_REACHABLE
    found = {
        "ReplicationGroupId": group.id,
        "Description": group.description,
        "GlobalReplicationGroupInfo": {},
        "Status": status,
        "PendingModifiedValues": dict(group.pending),
        "MemberClusters": [node.id for node in group.nodes],
        "NodeGroups": [_shard(group, shard, status, reachable) for shard in group.shards],
        "AutomaticFailover": flag(group.failover),
        "MultiAZ": flag(group.multi_az),
        "ConfigurationEndpoint": endpoint(group, CONFIGURATION) if group.clustered and reachable else None,
        "SnapshotRetentionLimit": group.retention,
        "SnapshotWindow": group.snapshot_window,
        "ClusterEnabled": group.clustered,
        "CacheNodeType": group.node_type,
        "AtRestEncryptionEnabled": group.encrypted_at_rest,
        "MemberClustersOutpostArns": [],
        "KmsKeyId": group.key,
        "StorageEncryptionType": "sse-kms" if group.key else "sse-elasticache" if group.encrypted_at_rest else "none",
        "ARN": group.arn,
        "UserGroupIds": [group.user_group] if group.user_group else [],
        "LogDeliveryConfigurations": logs(group),
        "ReplicationGroupCreateTime": group.created,
        "ClusterMode": group.mode,
        "Engine": group.engine,
        **protection(group),
        **group.values,
    }
    return {name: value for name, value in found.items() if value is not None} | dict(extra_fields(group))


def protection(group: ReplicationGroup) -> dict[str, Any]:
    """The members that groups and their clusters share: tokens, and encryption in transit."""
    return {
        "AuthTokenEnabled": bool(group.tokens.valid),
        "AuthTokenLastModifiedDate": group.tokens.changed,
        "TransitEncryptionEnabled": group.encryption is not None,
        "TransitEncryptionMode": group.encryption,
    }


def logs(group: ReplicationGroup) -> list[dict[str, Any]]:
    return [dict(group.logs[kind]) for kind in sorted(group.logs)]


def _shard(group: ReplicationGroup, shard: Shard, status: str, reachable: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"NodeGroupId": shard.id, "Status": status if status in ("creating", "deleting") else "available"}
    if shard.slots:
        found["Slots"] = f"{shard.slots[0]}-{shard.slots[1]}"
    if reachable and group.mode != "enabled":
        found |= {"PrimaryEndpoint": endpoint(group, PRIMARY), "ReaderEndpoint": endpoint(group, READER)}
    members = []
    for number, node in enumerate(shard.nodes):
        member: dict[str, Any] = {"CacheClusterId": node.id, "CacheNodeId": NODE_ID, "PreferredAvailabilityZone": node.zone}
        if group.mode != "enabled":
            member["CurrentRole"] = "replica" if number else "primary"
            member |= {"ReadEndpoint": endpoint(group, node.id)} if reachable else {}
        members.append(member)
    return found | {"NodeGroupMembers": members}


@answers("elasticache", "DescribeReplicationGroups")
def describe(call: Call) -> Any:
    if call.get("ReplicationGroupId"):
        return {"ReplicationGroups": [described(group_of(call))]}
    groups = sorted(store(call).groups.values(), key=lambda one: one.id)
    return page(call, "ReplicationGroups", [described(one) for one in groups])


@answers("elasticache", "DeleteReplicationGroup")
def delete(call: Call) -> Any:
    """With a final snapshot if one is named, which is complete before the group is gone."""
    group, known = group_of(call), store(call)
    status = group.status
    if status not in DELETABLE:
        text = f"Replication group {group.id} is not in a valid state for deletion; it is {status}."
        raise Refusal("InvalidReplicationGroupState", text)
    if call.get("RetainPrimaryCluster"):
        raise contradictory("The rehearsal cloud has no cache clusters outside of replication groups, so no primary can be retained.")
    if "GlobalReplicationGroupId" in (group.values.get("GlobalReplicationGroupInfo") or {}):
        text = f"Replication group {group.id} is a member of a global replication group; it has to be removed from it first."
        raise Refusal("InvalidReplicationGroupState", text)
    if name := call.get("FinalSnapshotIdentifier"):
        elasticache_snapshot_record.take(call, group, str(name), key=group.key, tags={})
    end_script(GROUP, group)

    def remove() -> None:
        known.groups.pop(group.id, None)
        elasticache_servers.delete(group)

    life_of(group).play([phase(GROUP, "deleting", 0.5, end=remove)], "deleting")
    return {"ReplicationGroup": described(group, "deleting")}
