"""ModifyReplicationGroup: what changes at once, what takes the group through `modifying`, and what waits for the maintenance window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.extensions import elasticache_checks as checks
from rehearsal.extensions import elasticache_logs
from rehearsal.extensions.elasticache_access import Access, access_change
from rehearsal.extensions.elasticache_common import available_group, store
from rehearsal.extensions.elasticache_groups import described
from rehearsal.extensions.elasticache_layout import SLOTS
from rehearsal.extensions.elasticache_record import GROUP, ReplicationGroup, phase
from rehearsal.extensions.elasticache_versions import WITH_MODE_CHANGES, Version, check_node_type, full_version, version_of
from rehearsal.in_vpc import check_security_groups
from rehearsal.life import end_script, life_of
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

type Change = Callable[[], None]

OF_GLOBAL = ("Engine", "EngineVersion", "CacheNodeType", "AutomaticFailoverEnabled", "CacheParameterGroupName")
"""What only the global replication group of a member changes."""
NOT_CHANGES = frozenset({"ReplicationGroupId", "ApplyImmediately", "NodeGroupId"})
MODES = {("disabled", "compatible"), ("compatible", "enabled"), ("compatible", "disabled")}


@answers("elasticache", "ModifyReplicationGroup")
def modify(call: Call) -> Any:
    """All checks come before the first change."""
    group = available_group(call)
    given = {name: value for name, value in call.parameters.items() if value is not None and name not in NOT_CHANGES}
    if not given:
        raise contradictory("No modifications were requested.")
    _check_global(group, given)
    version = _version(call, group, given)
    mode = _mode(group, given, version)
    _check_parameter_group(call, group, given, version, mode)
    _check_failover(group, given, mode)
    durability = checks.durability(version, given["Durability"]) if "Durability" in given else {}
    access = access_change(call, group, given, version)
    _check_rest(call, group, given, version)
    changes = [*_upgrade(call, group, given, version), *_structure(group, given, mode), *_access(group, access)]
    _at_once(group, given)
    if logs := given.get("LogDeliveryConfigurations"):
        elasticache_logs.request(group, logs)
        changes.append(lambda: elasticache_logs.settle(group))
    if durability:
        changes.append(lambda: group.values.update(durability))
    begin(group, changes)
    return {"ReplicationGroup": described(group, "modifying" if changes else "available")}


def begin(group: ReplicationGroup, changes: list[Change], share: float = 1.0) -> None:
    """Takes a group through `modifying`, at whose end the changes apply."""
    if not changes:
        return
    end_script(GROUP, group)

    def apply() -> None:
        for change in changes:
            change()
        group.pending.clear()

    life_of(group).play([phase(GROUP, "modifying", share, end=apply)], "available")


def _check_global(group: ReplicationGroup, given: Mapping[str, Any]) -> None:
    identity = (group.values.get("GlobalReplicationGroupInfo") or {}).get("GlobalReplicationGroupId")
    if identity and (owned := [name for name in OF_GLOBAL if name in given]):
        text = f"Replication group {group.id} is a member of the global replication group {identity}, which alone changes {owned[0]}."
        raise contradictory(text)


def _version(call: Call, group: ReplicationGroup, given: Mapping[str, Any]) -> Version:
    """The version that the group is to have."""
    before, engine = full_version(group.engine, group.version), str(given.get("Engine", group.engine)).lower()
    if engine == group.engine and "EngineVersion" not in given:
        return before
    if engine != group.engine:
        version_of(engine)  # is there such an engine?
        if group.engine == "valkey":
            raise contradictory("Changing the engine from valkey to redis is not supported.")
        if before.number < (5, 0, 6):
            raise contradictory(f"Changing the engine to valkey requires Redis OSS 5.0.6 or later; this is {before.full}.")
        return version_of(engine, given.get("EngineVersion"))
    wanted = version_of(engine, given["EngineVersion"])
    if wanted.number < before.number:
        raise contradictory(f"Downgrading the engine version from {before.full} to {wanted.full} is not supported.")
    return wanted


def _mode(group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> str:
    wanted = str(given.get("ClusterMode", group.mode))
    if wanted == group.mode:
        return wanted
    if (group.mode, wanted) not in MODES:
        raise contradictory(f"Changing the cluster mode from {group.mode} to {wanted} is not supported.")
    if version.number < WITH_MODE_CHANGES:
        raise contradictory(f"Changing the cluster mode requires engine version 7.0 or later; this is {version.full}.")
    if len(group.shards) > 1:
        raise contradictory("Changing the cluster mode requires a replication group with one node group.")
    return wanted


def _check_parameter_group(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version, mode: str) -> None:
    """A new family, and a new cluster mode, need a parameter group for it in the same call."""
    checks.check_family(call, given.get("CacheParameterGroupName", group.parameter_group), version, mode != "disabled")


def _check_failover(group: ReplicationGroup, given: Mapping[str, Any], mode: str) -> None:
    failover, multi_az = bool(given.get("AutomaticFailoverEnabled", group.failover)), bool(given.get("MultiAZEnabled", group.multi_az))
    if mode != "disabled" and group.failover and not failover:
        text = "Turning off automatic failover for replication group with cluster mode enabled is not supported."
        raise contradictory(text)
    if (failover, multi_az, mode) != (group.failover, group.multi_az, group.mode):
        checks.check_failover(mode != "disabled", failover, multi_az, group.replicas)
        checks.check_spread(multi_az, [[node.zone for node in shard.nodes] for shard in group.shards])


def _check_rest(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> None:
    if "CacheNodeType" in given:
        checks.check_tiering(check_node_type(given["CacheNodeType"]), group.values.get("DataTiering") == "enabled")
    vpc = store(call).subnet_groups[group.subnet_group].vpc_id
    check_security_groups(call, given.get("SecurityGroupIds"), vpc, "replication group")
    checks.check_retention(given.get("SnapshotRetentionLimit", group.retention))
    if {"SnapshotWindow", "PreferredMaintenanceWindow"} & set(given):
        maintenance = str(given.get("PreferredMaintenanceWindow", group.maintenance_window)).lower()
        checks.check_windows(str(given.get("SnapshotWindow", group.snapshot_window)), maintenance)
    checks.check_logs(_logging_version(group, version), given.get("LogDeliveryConfigurations") or [])
    _check_snapshotting(group, given)
    members = {node.id for node in group.nodes}
    for name in ("PrimaryClusterId", "SnapshottingClusterId"):
        if name in given and given[name] not in members:
            raise Refusal("CacheClusterNotFound", f"CacheCluster not found: {given[name]}", 404)
    if "PrimaryClusterId" in given and (group.failover or group.clustered):
        raise contradictory("A replica cannot be promoted while automatic failover is enabled.")
    if "ReplicationGroupDescription" in given and not str(given["ReplicationGroupDescription"]).strip():
        raise invalid("The parameter ReplicationGroupDescription must not be blank.")


def _logging_version(group: ReplicationGroup, version: Version) -> Version:
    """The version that decides which logs there are: the present one, even if the same call upgrades it."""
    return version if version.full == group.version else full_version(group.engine, group.version)


def _check_snapshotting(group: ReplicationGroup, given: Mapping[str, Any]) -> None:
    """Daily snapshots are switched on with the node that they are taken of; with cluster mode, there is no such node."""
    if "SnapshottingClusterId" in given and group.clustered:
        raise contradictory("Cannot set snapshotting cluster for cluster mode enabled replication group.")
    if given.get("SnapshotRetentionLimit") and not group.retention and not group.clustered and "SnapshottingClusterId" not in given:
        raise contradictory("Must specify both SnapshotRetentionLimit and SnapshottingClusterId to turn on snapshots")


def _upgrade(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> list[Change]:
    """Node type, engine, and parameter group. Without ApplyImmediately, the first two wait for the maintenance window."""
    pending: dict[str, Any] = {}
    if "CacheNodeType" in given and given["CacheNodeType"] != group.node_type:
        pending["CacheNodeType"] = given["CacheNodeType"]
    if (version.engine, version.full) != (group.engine, group.version):
        pending |= {"Engine": version.engine, "EngineVersion": version.full}
    parameters = str(given.get("CacheParameterGroupName", group.parameter_group)).lower()
    if parameters != group.parameter_group:
        pending["CacheParameterGroupName"] = parameters
    if not pending:
        return []
    if not call.get("ApplyImmediately") and set(pending) != {"CacheParameterGroupName"}:
        group.pending_members = {name: value for name, value in pending.items() if name in ("CacheNodeType", "EngineVersion")}
        group.waiting = pending
        return []
    return [lambda: upgrade(group, pending)]


def upgrade(group: ReplicationGroup, pending: Mapping[str, Any]) -> None:
    group.node_type = pending.get("CacheNodeType", group.node_type)
    group.engine, group.version = pending.get("Engine", group.engine), pending.get("EngineVersion", group.version)
    group.parameter_group = pending.get("CacheParameterGroupName", group.parameter_group)
    group.pending_members = {}


def _structure(group: ReplicationGroup, given: Mapping[str, Any], mode: str) -> list[Change]:
    """Failover, Multi-AZ, the cluster mode, and which node is the primary."""
    failover, multi_az = bool(given.get("AutomaticFailoverEnabled", group.failover)), bool(given.get("MultiAZEnabled", group.multi_az))
    primary = given.get("PrimaryClusterId", group.shards[0].nodes[0].id)
    changed = (failover, multi_az, mode) != (group.failover, group.multi_az, group.mode)
    if not changed and primary == group.shards[0].nodes[0].id:
        return []
    if failover != group.failover:
        group.pending["AutomaticFailoverStatus"] = "enabled" if failover else "disabled"
    if mode != group.mode:
        group.pending["ClusterMode"] = mode
    if primary != group.shards[0].nodes[0].id:
        group.pending["PrimaryClusterId"] = primary

    def apply() -> None:
        group.failover, group.multi_az, group.mode = failover, multi_az, mode
        group.shards[0].nodes.sort(key=lambda node: node.id != primary)
        if len(group.shards) == 1:
            group.shards[0].slots = (0, SLOTS - 1) if group.clustered else None

    return [apply]


def _access(group: ReplicationGroup, access: Access | None) -> list[Change]:
    if access is None:
        return []
    group.pending |= access.pending

    def apply() -> None:
        group.encryption, group.tokens, group.user_group = access.encryption, access.tokens, access.user_group

    return [apply]


def _at_once(group: ReplicationGroup, given: Mapping[str, Any]) -> None:
    group.description = str(given.get("ReplicationGroupDescription", group.description))
    group.retention = int(given.get("SnapshotRetentionLimit", group.retention))
    group.snapshot_window = str(given.get("SnapshotWindow", group.snapshot_window))
    group.maintenance_window = str(given.get("PreferredMaintenanceWindow", group.maintenance_window)).lower()
    if "SecurityGroupIds" in given:
        group.security_groups = list(given["SecurityGroupIds"])
    for name in ("AutoMinorVersionUpgrade", "IpDiscovery", "SnapshottingClusterId"):
        if name in given:
            group.values[name] = given[name]
    if "NotificationTopicArn" in given:
        status = given.get("NotificationTopicStatus", "active")
        group.member_values["NotificationConfiguration"] = {"TopicArn": given["NotificationTopicArn"], "TopicStatus": status}
    elif "NotificationTopicStatus" in given and "NotificationConfiguration" in group.member_values:
        group.member_values["NotificationConfiguration"]["TopicStatus"] = given["NotificationTopicStatus"]


def waiting(group: ReplicationGroup) -> dict[str, Any]:
    """What waits for the maintenance window; it is taken out."""
    found, group.waiting = group.waiting, {}
    return found
