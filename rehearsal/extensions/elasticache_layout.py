"""The shards and nodes of replication groups: their IDs, zones, and slots. Pure, but for the time at which a node is created."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, pairwise
from typing import Any

from rehearsal.extensions.elasticache_record import Node, ReplicationGroup, Shard
from rehearsal.query_api import contradictory, invalid

SLOTS = 16384
SHARD_ID_DIGITS = 4


@dataclass(frozen=True)
class Plan:
    """A shard that is to be made. `zones`: those that the caller prefers, the primary's first; fewer than nodes if it has no preference."""

    id: str
    replicas: int
    zones: tuple[str, ...] = ()
    slots: tuple[int, int] | None = None


def even_slots(shards: int) -> list[tuple[int, int]]:
    """The ranges of slots, as ElastiCache divides them."""
    bounds = [(number * SLOTS + shards - 1) // shards for number in range(shards + 1)]
    return [(low, high - 1) for low, high in pairwise(bounds)]


def shard_id(number: int) -> str:
    return f"{number:0{SHARD_ID_DIGITS}}"


def plans(given: Mapping[str, Any], clustered: bool) -> list[Plan]:
    """The shards that CreateReplicationGroup asks for. Raises AWS's error for parameters that contradict each other."""
    configured = list(given.get("NodeGroupConfiguration") or [])
    clusters, shards, replicas = (given.get(name) for name in ("NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"))
    if clusters is not None and (replicas is not None or (shards or 1) > 1 or configured):
        raise contradictory("NumCacheClusters cannot be combined with NumNodeGroups, ReplicasPerNodeGroup, or NodeGroupConfiguration.")
    if shards is not None and configured and shards != len(configured):
        raise contradictory(f"NumNodeGroups is {shards}, but NodeGroupConfiguration has {len(configured)} node groups.")
    if clusters is not None and not 1 <= clusters <= 6:
        raise invalid(f"NumCacheClusters must be between 1 and 6, not {clusters}.")
    if shards is not None and shards < 1:
        raise invalid(f"NumNodeGroups must be at least 1, not {shards}.")
    number = len(configured) or int(shards or 1)
    if number > 1 and not clustered:
        raise contradictory("A replication group with more than one node group requires a parameter group with cluster mode enabled.")
    default = clusters - 1 if clusters is not None else int(replicas or 0)
    if not configured:
        zones = tuple(given.get("PreferredCacheClusterAZs") or ())
        if zones and len(zones) != (default + 1) * number:
            raise contradictory(f"PreferredCacheClusterAZs has {len(zones)} zones for {(default + 1) * number} nodes.")
        configured = [{"Zones": zones[one * (default + 1) : (one + 1) * (default + 1)]} for one in range(number)]
    slots = _slots(configured, number) if clustered else [None] * number
    return [_plan(one, entry, default, of_shard) for one, (entry, of_shard) in enumerate(zip(configured, slots, strict=True), start=1)]


def _plan(number: int, entry: Mapping[str, Any], default: int, slots: tuple[int, int] | None) -> Plan:
    identity = str(entry.get("NodeGroupId") or shard_id(number))
    if not identity.isdecimal() or len(identity) > SHARD_ID_DIGITS:
        raise invalid(f"Invalid NodeGroupId: {identity}. It must have one to four digits.")
    replicas = int(default if entry.get("ReplicaCount") is None else entry["ReplicaCount"])
    of_replicas = tuple(entry.get("ReplicaAvailabilityZones") or ())
    if of_replicas and len(of_replicas) != replicas:
        raise contradictory(f"Node group {identity} has {replicas} replicas, but {len(of_replicas)} ReplicaAvailabilityZones.")
    primary = entry.get("PrimaryAvailabilityZone")
    zones = tuple(entry.get("Zones") or ((primary, *of_replicas) if primary else ()))
    return Plan(identity.zfill(SHARD_ID_DIGITS), replicas, zones, slots)


def _slots(configured: Sequence[Mapping[str, Any]], number: int) -> list[tuple[int, int] | None]:
    texts = [str(entry["Slots"]) for entry in configured if entry.get("Slots")]
    if not texts:
        return list(even_slots(number))
    if len(texts) < number:
        raise contradictory("Slots must be given for all node groups or for none.")
    try:
        found = [(int(low), int(high)) for low, _hyphen, high in (text.partition("-") for text in texts)]
    except ValueError:
        raise invalid(f"Invalid slots: {', '.join(texts)}. Each must be in the format first-last.") from None
    expected = 0
    for low, high in sorted(found):
        if low != expected or high < low:
            raise contradictory("The slots of the node groups must cover 0-16383 without gaps and overlaps.")
        expected = high + 1
    if expected != SLOTS:
        raise contradictory("The slots of the node groups must cover 0-16383 without gaps and overlaps.")
    return list(found)


def build(group_id: str, clustered: bool, wanted: Iterable[Plan], zones: Sequence[str]) -> list[Shard]:
    """New shards, with nodes spread over the zones of the subnet group where the caller prefers none."""
    made = []
    for number, plan in enumerate(wanted):
        shard = Shard(plan.id, [], plan.slots)
        for place in range(plan.replicas + 1):
            zone = plan.zones[place] if place < len(plan.zones) else zones[(number + place) % len(zones)]
            shard.nodes.append(new_node(group_id, clustered, shard, zone))
        made.append(shard)
    return made


def new_node(group_id: str, clustered: bool, shard: Shard, zone: str) -> Node:
    """A node with the first number that is free in the shard."""
    prefix = f"{group_id}-{shard.id}-" if clustered else f"{group_id}-"
    taken = {node.id for node in shard.nodes}
    identity = next(name for name in (f"{prefix}{number:03}" for number in count(1)) if name not in taken)
    return Node(identity, zone, datetime.now(UTC))


def least_used(shard: Shard, zones: Sequence[str]) -> str:
    """The zone with the fewest nodes of a shard, for a further one."""
    return min(zones, key=lambda zone: (sum(node.zone == zone for node in shard.nodes), zone))


def rebalance(group: ReplicationGroup) -> None:
    for shard, slots in zip(group.shards, even_slots(len(group.shards)), strict=True):
        shard.slots = slots
