"""Replicas and shards: IncreaseReplicaCount, DecreaseReplicaCount, ModifyReplicationGroupShardConfiguration, and TestFailover."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import elasticache_checks as checks
from rehearsal.extensions.elasticache_common import available_group, store
from rehearsal.extensions.elasticache_groups import described
from rehearsal.extensions.elasticache_layout import even_slots, least_used, new_node, rebalance, shard_id
from rehearsal.extensions.elasticache_modify import begin
from rehearsal.extensions.elasticache_record import Node, ReplicationGroup, Shard
from rehearsal.life import life_of
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal


def _scalable(call: Call) -> ReplicationGroup:
    group = available_group(call)
    if not call.get("ApplyImmediately"):
        raise invalid("ApplyImmediately must be true: changes of this kind cannot wait for the maintenance window.")
    return group


def _wanted(call: Call, group: ReplicationGroup) -> dict[str, tuple[int, list[str]]]:
    """By shard, the number of replicas that it is to have, and the zones of its nodes, the primary's first, if the call gives them."""
    count, configured = call.get("NewReplicaCount"), call.get("ReplicaConfiguration") or []
    if (count is None) == (not configured):
        raise contradictory("Exactly one of NewReplicaCount and ReplicaConfiguration must be given.")
    if count is not None:
        return {shard.id: (checks.check_replicas(int(count)), []) for shard in group.shards}
    known = {shard.id for shard in group.shards}
    found = {}
    for one in configured:
        identity = str(one["NodeGroupId"])
        if identity not in known:
            raise invalid(f"Node group {identity} does not exist in the replication group {group.id}.")
        found[identity] = (checks.check_replicas(int(one["NewReplicaCount"])), list(one.get("PreferredAvailabilityZones") or []))
    return found


def _zones(call: Call, group: ReplicationGroup) -> list[str]:
    return store(call).subnet_groups[group.subnet_group].zones


def _check_direction(group: ReplicationGroup, wanted: dict[str, tuple[int, list[str]]], up: bool) -> None:
    present = {shard.id: len(shard.nodes) - 1 for shard in group.shards}
    for identity, (count, _preferred) in wanted.items():
        if count == present[identity]:
            continue
        if (count > present[identity]) != up:
            word = "greater" if up else "less"
            raise invalid(f"The new replica count of node group {identity} must be {word} than the present one, {present[identity]}.")
    if all(count == present[identity] for identity, (count, _preferred) in wanted.items()):
        raise Refusal("NoOperationFault", "The replication group has this number of replicas already.")


@answers("elasticache", "IncreaseReplicaCount")
def increase(call: Call) -> Any:
    group = _scalable(call)
    wanted, zones = _wanted(call, group), _zones(call, group)
    _check_direction(group, wanted, up=True)
    added: list[tuple[Shard, Node]] = []
    for shard in group.shards:
        count, preferred = wanted.get(shard.id, (len(shard.nodes) - 1, []))
        if outside := sorted(set(preferred) - set(zones)):
            raise invalid(f"The Availability Zone {outside[0]} is not one of the subnet group {group.subnet_group}.")
        model = Shard(shard.id, list(shard.nodes))
        while len(model.nodes) <= count:
            zone = preferred[len(model.nodes)] if len(model.nodes) < len(preferred) else least_used(model, zones)
            node = new_node(group.id, group.clustered, model, zone)
            model.nodes.append(node)
            added.append((shard, node))
    checks.check_nodes(call, len(added), len(list(group.nodes)) + len(added), len(group.shards))

    def apply() -> None:
        for shard, node in added:
            shard.nodes.append(node)

    begin(group, [apply])
    return {"ReplicationGroup": described(group, "modifying")}


@answers("elasticache", "DecreaseReplicaCount")
def decrease(call: Call) -> Any:
    group = _scalable(call)
    named = [str(name) for name in call.get("ReplicasToRemove") or []]
    removed = _named_replicas(group, named) if named else _last_replicas(group, _counts(call, group))
    left = {shard.id: len(shard.nodes) - 1 - sum(node in removed for node in shard.nodes) for shard in group.shards}
    if group.failover and not group.clustered and min(left.values()) < 1:
        raise invalid("Must have at least 1 replica when cluster mode is disabled with auto failover enabled.")
    if group.multi_az and min(left.values()) < 1:
        raise invalid("Must have at least 1 replica in each node group when Multi-AZ is enabled.")

    def apply() -> None:
        for shard in group.shards:
            shard.nodes = [node for node in shard.nodes if node not in removed]

    begin(group, [apply])
    return {"ReplicationGroup": described(group, "modifying")}


def _counts(call: Call, group: ReplicationGroup) -> dict[str, int]:
    wanted = _wanted(call, group)
    _check_direction(group, wanted, up=False)
    return {identity: count for identity, (count, _preferred) in wanted.items()}


def _last_replicas(group: ReplicationGroup, counts: dict[str, int]) -> list[Node]:
    return [node for shard in group.shards for node in shard.nodes[counts.get(shard.id, len(shard.nodes) - 1) + 1 :]]


def _named_replicas(group: ReplicationGroup, names: list[str]) -> list[Node]:
    found = [node for shard in group.shards for node in shard.nodes[1:] if node.id in names]
    if missing := sorted(set(names) - {node.id for node in found}):
        raise invalid(f"{missing[0]} is not a replica of the replication group {group.id}.")
    return found


@answers("elasticache", "ModifyReplicationGroupShardConfiguration")
def reshard(call: Call) -> Any:
    """Shards that go are named; those that come get the next numbers. Slots move meanwhile: PendingModifiedValues shows the progress."""
    group = _scalable(call)
    if not group.clustered:
        raise contradictory("The number of node groups can be changed only in a replication group with cluster mode enabled.")
    count = int(call.get("NodeGroupCount"))
    if count < 1:
        raise invalid(f"NodeGroupCount must be at least 1, not {count}.")
    removed, retained = list(call.get("NodeGroupsToRemove") or []), list(call.get("NodeGroupsToRetain") or [])
    if count >= len(group.shards) and (removed or retained):
        raise contradictory("NodeGroupsToRemove and NodeGroupsToRetain are for a smaller number of node groups.")
    after = _fewer(group, count, removed, retained) if count < len(group.shards) else _more(call, group, count)

    def apply() -> None:
        group.shards = after
        rebalance(group)

    group.pending["Resharding"] = {"SlotMigration": {"ProgressPercentage": 0.0}}
    begin(group, [apply])
    return {"ReplicationGroup": described(group, "modifying")}


def _fewer(group: ReplicationGroup, count: int, removed: list[str], retained: list[str]) -> list[Shard]:
    if bool(removed) == bool(retained):
        raise contradictory("For fewer node groups, exactly one of NodeGroupsToRemove and NodeGroupsToRetain must be given.")
    known = {shard.id for shard in group.shards}
    if unknown := sorted({*removed, *retained} - known):
        raise invalid(f"Node group {unknown[0]} does not exist in the replication group {group.id}.")
    kept = [shard for shard in group.shards if (shard.id not in removed if removed else shard.id in retained)]
    if len(kept) != count:
        raise contradictory(f"NodeGroupCount is {count}, but {len(kept)} node groups would remain.")
    return kept


def _more(call: Call, group: ReplicationGroup, count: int) -> list[Shard]:
    """With as many replicas as the first shard has."""
    configured = list(call.get("ReshardingConfiguration") or [])
    zones, more = _zones(call, group), count - len(group.shards)
    if configured and len(configured) != more:
        raise contradictory(f"ReshardingConfiguration has {len(configured)} node groups for {more} new ones.")
    size, last = len(group.shards[0].nodes), max(int(shard.id) for shard in group.shards)
    checks.check_nodes(call, more * size, len(list(group.nodes)) + more * size, count)
    made = []
    for number in range(more):
        preferred = list(configured[number].get("PreferredAvailabilityZones") or []) if configured else []
        if outside := sorted(set(preferred) - set(zones)):
            raise invalid(f"The Availability Zone {outside[0]} is not one of the subnet group {group.subnet_group}.")
        shard = Shard(shard_id(last + number + 1), [], even_slots(count)[-1])
        while len(shard.nodes) < size:
            zone = preferred[len(shard.nodes)] if len(shard.nodes) < len(preferred) else least_used(shard, zones)
            shard.nodes.append(new_node(group.id, True, shard, zone))
        made.append(shard)
    return [*group.shards, *made]


@settles("elasticache")
def show_progress(call: Call) -> None:
    """How far the migration of slots is, as the share of the time that it takes."""
    for group in store(call).groups.values():
        if "Resharding" in group.pending:
            share = life_of(group).share
            group.pending["Resharding"] = {"SlotMigration": {"ProgressPercentage": round(100 * share, 2)}}


@answers("elasticache", "TestFailover")
def test_failover(call: Call) -> Any:
    group = available_group(call)
    shard = next((one for one in group.shards if one.id == call.get("NodeGroupId")), None)
    if shard is None:
        raise Refusal("NodeGroupNotFoundFault", f"Node group {call.get('NodeGroupId')} not found.", 404)
    if not group.failover or len(shard.nodes) < 2:
        raise contradictory("Failover can be tested only with automatic failover and a replica.")
    begin(group, [lambda: shard.nodes.append(shard.nodes.pop(0))], share=0.3)
    return {"ReplicationGroup": described(group, "modifying")}
