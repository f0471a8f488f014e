"""Checks that creating and changing replication groups share. Each raises AWS's error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal import windows
from rehearsal.extensions.elasticache_common import store
from rehearsal.extensions.elasticache_parameters import is_for_clusters, parameter_group
from rehearsal.extensions.elasticache_record import ParameterGroup, UserGroup
from rehearsal.extensions.elasticache_user_groups import active
from rehearsal.extensions.elasticache_versions import (
    TIERED,
    WITH_DURABILITY,
    WITH_ENCRYPTION_CHANGES,
    WITH_ENGINE_LOG,
    WITH_LOGS,
    WITH_RBAC,
    Version,
)
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call
from rehearsal.replies import Refusal

_TOKEN = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
LONGEST_RETENTION = 35
SHORTEST_WINDOW = 60
MOST_REPLICAS, MOST_SHARDS = 5, 500
DURABILITIES = ("default", "async", "sync", "disabled")
LOG_TYPES = {"slow-log": WITH_LOGS, "engine-log": WITH_ENGINE_LOG}
DESTINATIONS = {
    "cloudwatch-logs": ("CloudWatchLogsDetails", "LogGroup"),
    "kinesis-firehose": ("KinesisFirehoseDetails", "DeliveryStream"),
}


def check_token(token: Any) -> str:
    """16 to 128 characters; of the special ones only those that the API Reference names."""
    if not _TOKEN.fullmatch(str(token)):
        raise invalid("Invalid AuthToken provided.")
    return str(token)


def check_family(call: Call, name: Any, version: Version, clustered: bool) -> ParameterGroup:
    group = parameter_group(call, name)
    if group.family != version.family:
        raise contradictory(f"Expected a parameter group of family {version.family} but found one of family {group.family}")
    if is_for_clusters(group) != clustered:
        state = "enabled" if clustered else "disabled"
        raise contradictory(f"The parameter group {group.id} does not fit: cluster mode is {state} in the replication group.")
    return group


def check_windows(snapshot: str, maintenance: str) -> None:
    windows.check("SnapshotWindow", snapshot, maintenance, SHORTEST_WINDOW)


def check_retention(days: Any) -> int:
    if not 0 <= int(days) <= LONGEST_RETENTION:
        raise invalid(f"Invalid snapshot retention limit: {days}. Must be between 0 and {LONGEST_RETENTION}.")
    return int(days)


def check_failover(clustered: bool, failover: bool, multi_az: bool, replicas: Sequence[int]) -> None:
    """Whether automatic failover and Multi-AZ fit together and to the replicas of the shards."""
    if clustered and not failover:
        raise contradictory("Redis with cluster mode enabled cannot be created with auto failover turned off.")
    if failover and not clustered and min(replicas) < 1:
        raise contradictory("When using automatic failover, there must be at least 2 cache clusters in the replication group.")
    if multi_az and not failover:
        raise contradictory("Automatic failover must be enabled to enable Multi-AZ.")
    if multi_az and min(replicas) < 1:
        raise contradictory("Multi-AZ requires at least one replica in each node group.")


def check_spread(multi_az: bool, zones: Sequence[Sequence[str]]) -> None:
    """`zones`: those of the nodes of each shard."""
    if multi_az and any(len(set(of_shard)) < 2 for of_shard in zones):
        raise contradictory("Multi-AZ requires that the nodes of a node group are in more than one Availability Zone.")


def check_encryption_mode(version: Version, mode: Any) -> None:
    if mode not in (None, "preferred", "required"):
        raise invalid(f"Invalid TransitEncryptionMode: {mode}. Valid values are preferred and required.")
    if mode == "preferred" and version.number < WITH_ENCRYPTION_CHANGES:
        raise contradictory(f"TransitEncryptionMode preferred requires engine version 7.0.5 or later; this is {version.full}.")


def durability(version: Version, asked: Any) -> dict[str, str]:
    """The members that say how durable writes are: an option of Valkey from version 9 on."""
    if asked not in (None, *DURABILITIES):
        raise invalid(f"Invalid Durability: {asked}. Valid values are {', '.join(DURABILITIES)}.")
    if (version.engine, version.number >= WITH_DURABILITY) != ("valkey", True):
        if asked in ("async", "sync"):
            raise contradictory(f"Durability requires Valkey 9.0 or later; this is {version.engine} {version.full}.")
        return {}
    effective = asked if asked in ("async", "sync") else "disabled"
    return {"Durability": asked or "default", "EffectiveDurability": effective}


def check_tiering(node_type: str, tiered: bool) -> None:
    if node_type.startswith(TIERED) != tiered:
        raise contradictory(f"Data tiering is for the node type r6gd, which cannot be used without it; the node type is {node_type}.")


def user_group_for(call: Call, names: Sequence[Any], version: Version, encrypted: bool) -> UserGroup:
    """The one user group that a replication group is to have."""
    if len(names) > 1:
        raise contradictory("Only one user group can be associated with a replication group.")
    if not encrypted:
        raise contradictory("User group based access control requires encryption-in-transit to be enabled on the replication group.")
    if version.number < WITH_RBAC:
        raise contradictory(f"User groups require engine version 6.0 or later; this is {version.full}.")
    group = active(call, names[0])
    if version.engine == "redis" and group.engine != "redis":
        raise contradictory(f"User group {group.id} has the engine {group.engine}; Redis OSS takes only user groups with the engine redis.")
    return group


def check_logs(version: Version, given: Sequence[Mapping[str, Any]]) -> None:
    for one in given:
        kind, destination = str(one.get("LogType")), one.get("DestinationType")
        if kind not in LOG_TYPES:
            raise invalid(f"Invalid LogType: {kind}. Valid values are {' and '.join(LOG_TYPES)}.")
        if one.get("Enabled") is False:
            continue
        if version.number < LOG_TYPES[kind]:
            raise contradictory(f"The log type {kind} is not supported for engine version {version.full}.")
        if destination not in DESTINATIONS:
            raise invalid(f"Invalid DestinationType: {destination}. Valid values are {' and '.join(DESTINATIONS)}.")
        if one.get("LogFormat") not in ("text", "json"):
            raise invalid(f"Invalid LogFormat: {one.get('LogFormat')}. Valid values are text and json.")
        member, name = DESTINATIONS[destination]
        if not ((one.get("DestinationDetails") or {}).get(member) or {}).get(name):
            raise contradictory(f"The destination {destination} requires {member}.{name}.")
    if len({one.get("LogType") for one in given}) < len(given):
        raise contradictory("A log type can be given only once.")


def check_nodes(call: Call, more: int, in_group: int, shards: int) -> None:
    """Quotas, for this many further nodes in a group that then has `in_group`."""
    if shards > MOST_SHARDS:
        raise Refusal("NodeGroupsPerReplicationGroupQuotaExceeded", f"A replication group has at most {MOST_SHARDS} node groups.")
    limit = call.settings.quotas.get("elasticache_nodes_per_cluster")
    if limit is not None and in_group > limit:
        raise Refusal("NodeQuotaForClusterExceeded", f"The quota of {limit} nodes in a cluster has been exceeded.")
    limit = call.settings.quotas.get("elasticache_nodes")
    present = sum(len(list(one.nodes)) for one in store(call).groups.values())
    if limit is not None and present + more > limit:
        raise Refusal("NodeQuotaForCustomerExceeded", f"The quota of {limit} nodes in the region has been exceeded.")


def check_replicas(count: int) -> int:
    if not 0 <= count <= MOST_REPLICAS:
        raise invalid(f"The number of replicas per node group must be between 0 and {MOST_REPLICAS}, not {count}.")
    return count
