"""What a snapshot of a replication group holds, and how one is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions import elasticache_servers
from rehearsal.extensions.elasticache_common import arn, identifier, store
from rehearsal.extensions.elasticache_record import GROUP, SNAPSHOT, ReplicationGroup, Snapshot, Tags, begun, phase
from rehearsal.life import life_of
from rehearsal.registry import Call
from rehearsal.replies import Refusal
from rehearsal.transitions import extra_fields

LONGEST = 255
NODE_ID = "0001"


def new_name(call: Call, name: Any, parameter: str) -> str:
    text = identifier(name, parameter, LONGEST)
    if text in store(call).snapshots:
        raise Refusal("SnapshotAlreadyExistsFault", f"Snapshot with specified name already exists: {text}.")
    return text


def take(call: Call, group: ReplicationGroup, name: str, *, key: str | None, tags: Tags) -> Snapshot:
    """Begins a snapshot, for whose time the group is `snapshotting`."""
    text = new_name(call, name, "FinalSnapshotIdentifier" if call.operation == "DeleteReplicationGroup" else "SnapshotName")
    known = store(call).snapshots
    made = Snapshot(text, arn(call, "snapshot", text), _content(call, group), _nodes(group), key=key, tags=tags)
    known[text] = begun(made, [phase(SNAPSHOT, "creating", ready=elasticache_servers.save(group, made.arn))], "available")
    life_of(group).play([phase(GROUP, "snapshotting", 0.0, ready=lambda: made.status != "creating")], "available")
    return made


def _content(call: Call, group: ReplicationGroup) -> dict[str, Any]:
    subnets = store(call).subnet_groups.get(group.subnet_group)
    return {
        "ReplicationGroupId": group.id,
        "ReplicationGroupDescription": group.description,
        "CacheNodeType": group.node_type,
        "Engine": group.engine,
        "EngineVersion": group.version,
        "PreferredMaintenanceWindow": group.maintenance_window,
        "Port": group.port,
        "CacheParameterGroupName": group.parameter_group,
        "CacheSubnetGroupName": group.subnet_group,
        "VpcId": subnets.vpc_id if subnets else None,
        "AutoMinorVersionUpgrade": group.values.get("AutoMinorVersionUpgrade", True),
        "SnapshotRetentionLimit": group.retention,
        "SnapshotWindow": group.snapshot_window,
        "NumNodeGroups": len(group.shards),
        "AutomaticFailover": "enabled" if group.failover else "disabled",
        "DataTiering": group.values.get("DataTiering", "disabled"),
    }


def _nodes(group: ReplicationGroup) -> list[dict[str, Any]]:
    """One snapshot for each shard, of its last node: a replica, where there is one."""
    moment = datetime.now(UTC)
    found = []
    for shard in group.shards:
        node = shard.nodes[-1]
        entry: dict[str, Any] = {"CacheClusterId": node.id, "CacheNodeId": NODE_ID, "CacheSize": "2 MB"}
        entry |= {"CacheNodeCreateTime": node.created, "SnapshotCreateTime": moment}
        if shard.slots:
            entry["NodeGroupId"] = shard.id
            entry["NodeGroupConfiguration"] = {
                "NodeGroupId": shard.id,
                "Slots": f"{shard.slots[0]}-{shard.slots[1]}",
                "ReplicaCount": len(shard.nodes) - 1,
                "PrimaryAvailabilityZone": shard.nodes[0].zone,
                "ReplicaAvailabilityZones": [one.zone for one in shard.nodes[1:]],
            }
        found.append(entry)
    return found


def described(snapshot: Snapshot, status: str | None = None, layout: bool = False) -> dict[str, Any]:
    """The members of a Snapshot; `layout` adds the configuration of its node groups."""
    nodes = snapshot.nodes
    if not layout:
        nodes = [{name: value for name, value in one.items() if name != "NodeGroupConfiguration"} for one in nodes]
    found = {
        "SnapshotName": snapshot.id,
        "SnapshotStatus": status or snapshot.status,
        "SnapshotSource": snapshot.source,
        "NodeSnapshots": nodes,
        "KmsKeyId": snapshot.key,
        "ARN": snapshot.arn,
        **snapshot.content,
    }
    return {name: value for name, value in found.items() if value is not None} | dict(extra_fields(snapshot))
