"""Creation of replication groups: what a call gives, AWS's checks, and its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal import windows
from rehearsal.extensions import elasticache_checks as checks
from rehearsal.extensions import elasticache_logs
from rehearsal.extensions.elasticache_common import arn, given_tags, identifier, key_arn, store
from rehearsal.extensions.elasticache_groups import described
from rehearsal.extensions.elasticache_layout import Plan, build, plans
from rehearsal.extensions.elasticache_parameters import default_name, is_for_clusters, parameter_group
from rehearsal.extensions.elasticache_record import GROUP, ReplicationGroup, Snapshot, SubnetGroup, Tokens, begun, phase
from rehearsal.extensions.elasticache_snapshots import available as available_snapshot
from rehearsal.extensions.elasticache_subnet_groups import subnet_group
from rehearsal.extensions.elasticache_versions import TIERED, Version, check_node_type, full_version, version_of
from rehearsal.in_vpc import check_security_groups
from rehearsal.query_api import contradictory, invalid
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal

LONGEST_ID = 40
PORT, PORTS = 6379, (1024, 65535)
MODES = ("disabled", "compatible", "enabled")
NOT_PLAYED = {
    "PrimaryClusterId": "clusters outside of replication groups",
    "GlobalReplicationGroupId": "global replication groups",
    "SnapshotArns": "backup files in buckets",
    "ServerlessCacheSnapshotName": "serverless caches",
    "CacheSecurityGroupNames": "cache security groups, which are for EC2-Classic",
}


@answers("elasticache", "CreateReplicationGroup")
def create(call: Call) -> Any:
    name = identifier(call.get("ReplicationGroupId"), "ReplicationGroupId", LONGEST_ID)
    given, tags, known = _asked(call), given_tags(call), store(call).groups
    if name in known:
        raise Refusal("ReplicationGroupAlreadyExists", f"Replication group {name} already exists.")
    for parameter, what in NOT_PLAYED.items():
        if given.get(parameter):
            raise invalid(f"{parameter}: the rehearsal cloud has no {what}.")
    if not str(given.get("ReplicationGroupDescription") or "").strip():
        raise invalid("The parameter ReplicationGroupDescription must be provided and must not be blank.")
    version = version_of(given.get("Engine"), given.get("EngineVersion"))
    group = _build(call, name, given, version)
    group.tags, group.server = tags, call.settings.caches
    if "SnapshotName" in given:
        group.source = available_snapshot(call, given["SnapshotName"]).arn
    elasticache_logs.request(group, given.get("LogDeliveryConfigurations") or [])
    known[name] = begun(group, [phase(GROUP, "creating", end=lambda: elasticache_logs.settle(group))], "available")
    return {"ReplicationGroup": described(group, "creating")}


def _asked(call: Call) -> dict[str, Any]:
    """The parameters of a call; of a snapshot that it names come the engine, its version, the node type, and the shards."""
    given = {name: value for name, value in call.parameters.items() if value is not None}
    if "SnapshotName" not in given:
        return given
    snapshot = available_snapshot(call, given["SnapshotName"])
    if snapshot.key:
        key_arn(call, snapshot.key)  # which ElastiCache needs to read the snapshot
    content = snapshot.content
    inherited = {name: content[name] for name in ("Engine", "CacheNodeType")}
    if given.get("Engine", content["Engine"]).lower() == content["Engine"]:
        inherited["EngineVersion"] = content["EngineVersion"]
    _check_restored(snapshot, given)
    layouts = [node["NodeGroupConfiguration"] for node in snapshot.nodes if "NodeGroupConfiguration" in node]
    if not {"NumNodeGroups", "NodeGroupConfiguration", "NumCacheClusters"} & set(given) and layouts:
        inherited["NodeGroupConfiguration"] = [{name: one[name] for name in ("NodeGroupId", "Slots", "ReplicaCount")} for one in layouts]
        if "ReplicasPerNodeGroup" in given:
            inherited["NodeGroupConfiguration"] = [
                {**one, "ReplicaCount": given["ReplicasPerNodeGroup"]} for one in inherited["NodeGroupConfiguration"]
            ]
    return {**inherited, **given}


def _check_restored(snapshot: Snapshot, given: Mapping[str, Any]) -> None:
    """A snapshot is restored with its own engine version or a later one, or with Valkey if it is of Redis OSS."""
    content, engine = snapshot.content, str(given.get("Engine", snapshot.content["Engine"])).lower()
    if content["Engine"] == "valkey" and engine == "redis":
        raise contradictory("A snapshot of Valkey cannot be restored to Redis OSS.")
    if engine == content["Engine"] and given.get("EngineVersion"):
        wanted, taken = version_of(engine, given["EngineVersion"]), full_version(engine, content["EngineVersion"])
        if wanted.number < taken.number:
            raise contradictory(f"A snapshot of version {taken.full} cannot be restored to the earlier version {wanted.full}.")


def _mode(call: Call, given: Mapping[str, Any]) -> str:
    """The cluster mode, which the parameter group decides if there is one."""
    asked = given.get("ClusterMode")
    if asked not in (None, *MODES):
        raise invalid(f"Invalid ClusterMode: {asked}. Valid values are {', '.join(MODES)}.")
    if asked is None:
        named = given.get("CacheParameterGroupName")
        several = max(int(given.get("NumNodeGroups") or 1), len(given.get("NodeGroupConfiguration") or [])) > 1
        clustered = is_for_clusters(parameter_group(call, named)) if named else several
        return "enabled" if clustered else "disabled"
    return str(asked)


def _build(call: Call, name: str, given: Mapping[str, Any], version: Version) -> ReplicationGroup:
    mode = _mode(call, given)
    clustered = mode != "disabled"
    parameters = given.get("CacheParameterGroupName") or default_name(version.family, clustered)
    wanted = plans(given, clustered)
    for plan in wanted:
        checks.check_replicas(plan.replicas)
    checks.check_family(call, parameters, version, clustered)
    failover, multi_az = bool(given.get("AutomaticFailoverEnabled")), bool(given.get("MultiAZEnabled"))
    checks.check_failover(clustered, failover, multi_az, [plan.replicas for plan in wanted])
    nodes = sum(plan.replicas + 1 for plan in wanted)
    checks.check_nodes(call, nodes, nodes, len(wanted))
    node_type = check_node_type(given.get("CacheNodeType"))
    checks.check_tiering(node_type, bool(given.get("DataTieringEnabled")))
    subnets = subnet_group(call, given.get("CacheSubnetGroupName"))
    shards = build(name, clustered, _in_zones(wanted, subnets), subnets.zones)
    checks.check_spread(multi_az, [[node.zone for node in shard.nodes] for shard in shards])
    window, maintenance = windows.chosen(name, given.get("SnapshotWindow"), given.get("PreferredMaintenanceWindow"), minutes=60)
    checks.check_windows(window, maintenance)
    group = ReplicationGroup(
        id=name,
        arn=arn(call, "replicationgroup", name),
        region=call.region,
        account_id=call.account_id,
        description=str(given["ReplicationGroupDescription"]),
        engine=version.engine,
        version=version.full,
        parameter_group=str(parameters).lower(),
        subnet_group=subnets.id,
        security_groups=_security_groups(call, given, subnets),
        node_type=node_type,
        port=_port(given.get("Port")),
        mode=mode,
        shards=shards,
        created=datetime.now(UTC),
        failover=failover,
        multi_az=multi_az,
        snapshot_window=window,
        maintenance_window=maintenance,
        retention=checks.check_retention(given.get("SnapshotRetentionLimit") or 0),
    )
    _protect(call, group, given, version)
    checks.check_logs(version, given.get("LogDeliveryConfigurations") or [])
    group.values = {
        "AutoMinorVersionUpgrade": bool(given.get("AutoMinorVersionUpgrade", True)),
        "DataTiering": "enabled" if node_type.startswith(TIERED) else "disabled",
        "NetworkType": given.get("NetworkType", "ipv4"),
        "IpDiscovery": given.get("IpDiscovery", "ipv4"),
        **checks.durability(version, given.get("Durability")),
    }
    if topic := given.get("NotificationTopicArn"):
        group.member_values["NotificationConfiguration"] = {"TopicArn": topic, "TopicStatus": "active"}
    return group


def _in_zones(wanted: list[Plan], subnets: SubnetGroup) -> list[Plan]:
    for plan in wanted:
        if outside := sorted(set(plan.zones) - set(subnets.zones)):
            raise invalid(f"The Availability Zone {outside[0]} is not one of the subnet group {subnets.id}: {', '.join(subnets.zones)}.")
    return wanted


def _security_groups(call: Call, given: Mapping[str, Any], subnets: SubnetGroup) -> list[str]:
    named = list(given.get("SecurityGroupIds") or [])
    check_security_groups(call, named, subnets.vpc_id, "replication group")
    of_vpc = backend("ec2", call.account_id, call.region).groups.get(subnets.vpc_id, {})
    return named or [identity for identity, one in of_vpc.items() if one.name == "default"]


def _port(port: Any) -> int:
    if port is None:
        return PORT
    if not PORTS[0] <= int(port) <= PORTS[1]:
        raise invalid(f"Invalid port number: {port}. It must be between {PORTS[0]} and {PORTS[1]}.")
    return int(port)


def _protect(call: Call, group: ReplicationGroup, given: Mapping[str, Any], version: Version) -> None:
    """Encryption, and who may log in."""
    at_rest = given.get("AtRestEncryptionEnabled")
    group.encrypted_at_rest = version.engine == "valkey" if at_rest is None else bool(at_rest)
    if given.get("KmsKeyId"):
        if not group.encrypted_at_rest:
            raise contradictory("KmsKeyId can be specified only when at-rest encryption is enabled.")
        group.key = key_arn(call, given["KmsKeyId"])
    encrypted, mode = bool(given.get("TransitEncryptionEnabled")), given.get("TransitEncryptionMode")
    checks.check_encryption_mode(version, mode)
    if mode and not encrypted:
        raise contradictory("TransitEncryptionMode requires TransitEncryptionEnabled.")
    group.encryption = (mode or "required") if encrypted else None
    token, user_groups = given.get("AuthToken"), list(given.get("UserGroupIds") or [])
    if token and user_groups:
        raise contradictory("User group can't be associated with auth token enabled.")
    if token:
        if not encrypted:
            raise contradictory("The AUTH token is only supported when encryption-in-transit is enabled.")
        group.tokens = Tokens((checks.check_token(token),), optional=False, changed=group.created)
    if user_groups:
        group.user_group = checks.user_group_for(call, user_groups, version, encrypted).id
