"""Snapshots of replication groups: taken, copied, listed, and deleted. DeleteReplicationGroup takes the final one."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import elasticache_servers
from rehearsal.extensions.elasticache_common import arn, available_group, given_tags, key_arn, node_of, store
from rehearsal.extensions.elasticache_record import SNAPSHOT, ReplicationGroup, Snapshot, begun, phase
from rehearsal.extensions.elasticache_snapshot_record import described, new_name, take
from rehearsal.life import end_script, life_of
from rehearsal.query_api import contradictory, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SMALLEST = ("cache.t1.",)
SOURCES = {"user": "manual", "system": "automated"}


def snapshot_of(call: Call, name: Any) -> Snapshot:
    found = store(call).snapshots.get(str(name or "").lower())
    if found is None:
        raise Refusal("SnapshotNotFoundFault", f"Snapshot not found: {name}", 404)
    return found


def available(call: Call, name: Any) -> Snapshot:
    found = snapshot_of(call, name)
    if found.status != "available":
        raise Refusal("InvalidSnapshotState", f"Snapshot {found.id} is in the state {found.status}.")
    return found


def _source(call: Call) -> ReplicationGroup:
    if bool(call.get("ReplicationGroupId")) == bool(call.get("CacheClusterId")):
        raise contradictory("Exactly one of ReplicationGroupId and CacheClusterId must be given.")
    if call.get("ReplicationGroupId"):
        return available_group(call)
    group, _shard, node = node_of(call, call.get("CacheClusterId"))
    if group.clustered:
        raise contradictory("With cluster mode enabled, a snapshot is taken of the replication group and not of one of its clusters.")
    if group.status != "available":
        raise Refusal("InvalidCacheClusterState", f"Cache cluster {node.id} is not available; it is {group.status}.")
    return group


@answers("elasticache", "CreateSnapshot")
def create(call: Call) -> Any:
    group, tags = _source(call), given_tags(call)
    if group.node_type.startswith(SMALLEST):
        raise Refusal("SnapshotFeatureNotSupportedFault", f"Snapshots are not supported for {group.node_type}.")
    key = key_arn(call, call.get("KmsKeyId")) if call.get("KmsKeyId") else group.key
    return {"Snapshot": described(take(call, group, str(call.get("SnapshotName")), key=key, tags=tags), "creating")}


@answers("elasticache", "CopySnapshot")
def copy(call: Call) -> Any:
    source, tags = available(call, call.get("SourceSnapshotName")), given_tags(call)
    if call.get("TargetBucket"):
        raise invalid("The rehearsal cloud does not export snapshots to a bucket.")
    name = new_name(call, call.get("TargetSnapshotName"), "TargetSnapshotName")
    if source.key:
        key_arn(call, source.key)  # which ElastiCache needs to read the source
    key = key_arn(call, call.get("KmsKeyId")) if call.get("KmsKeyId") else source.key
    made = Snapshot(name, arn(call, "snapshot", name), dict(source.content), list(source.nodes), key=key, tags=tags)
    elasticache_servers.save_again(source.arn, made.arn)
    store(call).snapshots[name] = begun(made, [phase(SNAPSHOT, "copying")], "available")
    return {"Snapshot": described(made, "copying")}


@answers("elasticache", "DescribeSnapshots")
def describe(call: Call) -> Any:
    layout = bool(call.get("ShowNodeGroupConfig"))
    if call.get("SnapshotName"):
        return {"Snapshots": [described(snapshot_of(call, call.get("SnapshotName")), layout=layout)]}
    group = call.get("ReplicationGroupId")
    if call.get("CacheClusterId"):
        group = node_of(call, call.get("CacheClusterId"))[0].id
    source = SOURCES.get(str(call.get("SnapshotSource")), call.get("SnapshotSource"))
    found = [
        described(one, layout=layout)
        for one in sorted(store(call).snapshots.values(), key=lambda one: one.id)
        if group in (None, one.content["ReplicationGroupId"]) and source in (None, one.source)
    ]
    return page(call, "Snapshots", found)


@answers("elasticache", "DeleteSnapshot")
def delete(call: Call) -> Any:
    found, known = snapshot_of(call, call.get("SnapshotName")), store(call).snapshots
    if found.status not in ("available", "failed"):
        raise Refusal("InvalidSnapshotState", f"Snapshot {found.id} cannot be deleted in the state {found.status}.")
    end_script(SNAPSHOT, found)

    def remove() -> None:
        known.pop(found.id, None)
        elasticache_servers.forget(found.arn)

    life_of(found).play([phase(SNAPSHOT, "deleting", 0.2, end=remove)], "deleting")
    return {"Snapshot": described(found, "deleting")}
