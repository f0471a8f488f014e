"""The member clusters of replication groups, as DescribeCacheClusters shows them: each is one node."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.elasticache_common import node_of, store
from rehearsal.extensions.elasticache_groups import NODE_ID, NOT_REACHABLE, endpoint, logs, protection
from rehearsal.extensions.elasticache_record import GROUP, Node, ReplicationGroup, phase
from rehearsal.life import life_of
from rehearsal.query_api import contradictory, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SHARED_PENDING = ("AuthTokenStatus", "TransitEncryptionEnabled", "TransitEncryptionMode", "LogDeliveryConfigurations")


def arn_of(group: ReplicationGroup, node: Node) -> str:
    return f"arn:aws:elasticache:{group.region}:{group.account_id}:cluster:{node.id}"


def described(group: ReplicationGroup, node: Node, nodes: bool = False) -> dict[str, Any]:
    status = group.status
    found = {
        "CacheClusterId": node.id,
        "ClientDownloadLandingPage": "https://console.aws.amazon.com/elasticache/home#client-download:",
        "CacheNodeType": group.node_type,
        "Engine": group.engine,
        "EngineVersion": group.version,
        "CacheClusterStatus": status,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": node.zone,
        "CacheClusterCreateTime": None if status in NOT_REACHABLE else node.created,
        "PreferredMaintenanceWindow": group.maintenance_window,
        "PendingModifiedValues": {name: group.pending[name] for name in SHARED_PENDING if name in group.pending} | group.pending_members,
        "CacheSecurityGroups": [],
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.parameter_group,
            "ParameterApplyStatus": group.apply_status,
            "CacheNodeIdsToReboot": [NODE_ID] if group.apply_status == "pending-reboot" else [],
        },
        "CacheSubnetGroupName": group.subnet_group,
        "CacheNodes": [_node(group, node, status)] if nodes else None,
        "SecurityGroups": [{"SecurityGroupId": one, "Status": "active"} for one in group.security_groups],
        "ReplicationGroupId": group.id,
        "SnapshotRetentionLimit": group.retention if node is next(group.nodes) else 0,
        "SnapshotWindow": group.snapshot_window,
        "AtRestEncryptionEnabled": group.encrypted_at_rest,
        "ARN": arn_of(group, node),
        "ReplicationGroupLogDeliveryEnabled": bool(group.logs),
        "LogDeliveryConfigurations": logs(group),
        "AutoMinorVersionUpgrade": group.values.get("AutoMinorVersionUpgrade", True),
        "NetworkType": group.values.get("NetworkType"),
        "IpDiscovery": group.values.get("IpDiscovery"),
        **protection(group),
        **group.member_values,
    }
    return {name: value for name, value in found.items() if value is not None}


def _node(group: ReplicationGroup, node: Node, status: str) -> dict[str, Any]:
    found = {
        "CacheNodeId": NODE_ID,
        "CacheNodeStatus": status,
        "CacheNodeCreateTime": node.created,
        "Endpoint": None if status in NOT_REACHABLE else endpoint(group, node.id),
        "ParameterGroupStatus": group.apply_status,
        "CustomerAvailabilityZone": node.zone,
    }
    return {name: value for name, value in found.items() if value is not None}


@answers("elasticache", "DescribeCacheClusters")
def describe(call: Call) -> Any:
    nodes = bool(call.get("ShowCacheNodeInfo"))
    if call.get("CacheClusterId"):
        group, _shard, node = node_of(call, call.get("CacheClusterId"))
        return {"CacheClusters": [described(group, node, nodes)]}
    if call.get("ShowCacheClustersNotInReplicationGroups"):
        return {"CacheClusters": []}
    pairs = [(group, node) for group in store(call).groups.values() for node in group.nodes]
    return page(call, "CacheClusters", [described(group, node, nodes) for group, node in sorted(pairs, key=lambda one: one[1].id)])


@answers("elasticache", "RebootCacheCluster")
def reboot(call: Call) -> Any:
    """Applies parameters that wait for it. With cluster mode, nodes are not rebooted one by one."""
    group, _shard, node = node_of(call, call.get("CacheClusterId"))
    if group.clustered:
        raise contradictory("Rebooting a node of a replication group with cluster mode enabled is not supported.")
    if group.status != "available":
        raise Refusal("InvalidCacheClusterState", f"Cache cluster {node.id} is not in a valid state to be rebooted; it is {group.status}.")

    def apply() -> None:
        group.apply_status = "in-sync"

    life_of(group).play([phase(GROUP, "modifying", 0.3, end=apply)], "available")
    return {"CacheCluster": {**described(group, node), "CacheClusterStatus": "rebooting cluster nodes"}}


@answers("elasticache", "CreateCacheCluster", "ModifyCacheCluster", "DeleteCacheCluster")
def not_played(call: Call) -> Any:
    """Clusters outside of replication groups, and members added to a group in this way."""
    raise contradictory("The rehearsal cloud has no cache clusters but the members of replication groups.")
