# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which calls a change of a replication group takes. Pure functions over observed properties and what is left to change.

ElastiCache makes one change at a time, and some need another one first: failover is switched off before the last replica goes and on after
the first has come. Shards, replicas, node type, and version are calls of their own, so that a refusal names one reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..settings.access import ACCEPT, REFUSE
from ..settings.cache import OFF
from ..settings.topology import DISABLED, ENABLED, is_uniform, surplus
from ..settings.versions import requested
from .cache_credentials import same_value

MODIFY = "modify_replication_group"

SETTINGS: Mapping[str, str] = {
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "preferred_maintenance_window": "PreferredMaintenanceWindow",
    "replication_group_description": "ReplicationGroupDescription",
    "security_group_ids": "SecurityGroupIds",
    "snapshot_retention_limit": "SnapshotRetentionLimit",
    "snapshot_window": "SnapshotWindow",
}
"""Properties that go into one call as they are, and their names there."""

UPGRADE: Mapping[str, str] = {
    "engine": "Engine",
    "engine_version": "EngineVersion",
    "cache_parameter_group_name": "CacheParameterGroupName",
}
FAILOVER = ("multi_az_enabled", "automatic_failover_enabled")


@dataclass(frozen=True)
class Call:
    """One mutating call: boto3's name, its parameters beside the identifier, and the properties that it sets."""

    operation: str
    sets: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)


Properties = Mapping[str, Any]


def calls(left: Properties, present: Properties, nodes: Sequence[str] = ()) -> list[Call]:
    """The calls that make all changes, in order; only the first is sent before the group is described again.

    ``left``: property -> value. ``present``: the observed properties. The login is not among them: see login_step. ``nodes``: the
    identifiers of the group's nodes.
    """
    shrinking, growing = replica_calls(left, present)
    found = [
        settings(left, present, nodes),
        upgrade(left, present),
        log_delivery(left),
        transit(left, present),
        cluster_mode(left, present),
        node_type(left),
        failover(left, present, on=False),
        shrinking,
        shards(left, present),
        growing,
        failover(left, present, on=True),
    ]
    return [call for call in found if call]


def settings(left: Properties, present: Properties, nodes: Sequence[str]) -> Call | None:
    """Everything that neither interrupts clients nor excludes anything else."""
    sets = [name for name in SETTINGS if left.get(name) is not None]
    params: dict[str, Any] = {SETTINGS[name]: left[name] for name in sets}
    if "notification_topic_arn" in left:
        sets.append("notification_topic_arn")
        topic = left["notification_topic_arn"]
        params |= {"NotificationTopicArn": topic, "NotificationTopicStatus": "active"} if topic else {"NotificationTopicStatus": "inactive"}
    if left.get("snapshot_retention_limit") and not present.get("snapshot_retention_limit"):
        params |= snapshotting(present, nodes)
    return Call(MODIFY, tuple(sets), params) if sets else None


def snapshotting(present: Properties, nodes: Sequence[str]) -> dict[str, str]:
    """The node that daily snapshots are taken of. Without cluster mode, ElastiCache refuses to switch them on unless the call names one;
    with cluster mode, it refuses a call that does. The first node is the last that a removal of replicas reaches.
    """
    if present.get("cluster_mode", DISABLED) == ENABLED or not nodes:
        return {}
    return {"SnapshottingClusterId": min(nodes)}


def log_delivery(left: Properties) -> Call | None:
    """After the version, since old ones deliver no logs. ``log_configurations`` gives the parameter."""
    return Call(MODIFY, ("log_delivery",)) if "log_delivery" in left else None


def log_configurations(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameter LogDeliveryConfigurations: what is delivered, and what no longer is."""
    on = [delivery(log, wanted[log]) for log in sorted(wanted) if wanted[log] != present.get(log)]
    return [*on, *({"LogType": log, "Enabled": False} for log in sorted(present) if log not in wanted)]


def delivery(log: str, to: Mapping[str, str]) -> dict[str, Any]:
    return {
        "LogType": log,
        "DestinationType": "cloudwatch-logs",
        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": to["destination"]}},
        "LogFormat": to["format"],
        "Enabled": True,
    }


def upgrade(left: Properties, present: Properties) -> Call | None:
    """Engine, version, and the parameter group of the family go together; a parameter group alone can also change."""
    sets = [name for name in UPGRADE if left.get(name) is not None and left[name] != present.get(name)]
    if not sets or ("cluster_mode" in left and sets == ["cache_parameter_group_name"]):
        return None
    params = {UPGRADE[name]: left[name] for name in sets}
    engine = str(left.get("engine") or present.get("engine"))
    if "engine_version" in left:
        params["EngineVersion"] = requested(engine, str(left["engine_version"]))
    return Call(MODIFY, tuple(sets), params)


def transit(left: Properties, present: Properties) -> Call | None:
    """TLS is switched on in two steps, each a call; switched off, it was ``preferred`` before."""
    wanted = left.get("transit_encryption")
    if wanted is None:
        return None
    if wanted == OFF:
        return Call(MODIFY, ("transit_encryption",), {"TransitEncryptionEnabled": False})
    enabling = {"TransitEncryptionEnabled": True} if present.get("transit_encryption") == OFF else {}
    return Call(MODIFY, ("transit_encryption",), {**enabling, "TransitEncryptionMode": wanted})


def cluster_mode(left: Properties, present: Properties) -> Call | None:
    """The mode, with a parameter group that allows it."""
    wanted, group = left.get("cluster_mode"), left.get("cache_parameter_group_name")
    if not wanted:
        return None
    sets = ("cluster_mode", *(["cache_parameter_group_name"] if group else []))
    return Call(MODIFY, sets, {"ClusterMode": wanted, **({"CacheParameterGroupName": group} if group else {})})


def node_type(left: Properties) -> Call | None:
    wanted = left.get("cache_node_type")
    return Call(MODIFY, ("cache_node_type",), {"CacheNodeType": wanted}) if wanted else None


def failover(left: Properties, present: Properties, *, on: bool) -> Call | None:
    """Multi-AZ and automatic failover, always in one call.

    What is switched off goes before replicas are removed, what is switched on after they were added.
    """
    touched = [name for name in FAILOVER if left.get(name) is not None]
    if not touched:
        return None
    wanted = {name: bool(left.get(name, present.get(name))) for name in FAILOVER}
    first = any(present.get(name) and not wanted[name] for name in FAILOVER)
    if first == on:
        return None
    params = {"MultiAZEnabled": wanted["multi_az_enabled"], "AutomaticFailoverEnabled": wanted["automatic_failover_enabled"]}
    return Call(MODIFY, tuple(touched), params)


def shards(left: Properties, present: Properties) -> Call | None:
    """Add or remove shards. Those to remove are named."""
    wanted, have = left.get("shards"), present.get("shards") or {}
    if not wanted or len(wanted) == len(have):
        return None
    removed = surplus(wanted, have)
    params = {"NodeGroupCount": len(wanted), **({"NodeGroupsToRemove": removed} if removed else {})}
    return Call("modify_replication_group_shard_configuration", ("shards",), params)


def replica_calls(left: Properties, present: Properties) -> tuple[Call | None, Call | None]:
    """Fewer replicas, and more of them. While the number of shards changes, only of those that stay."""
    wanted, have = left.get("shards"), present.get("shards") or {}
    common = {name: number for name, number in (wanted or {}).items() if name in have}
    fewer = {name: number for name, number in common.items() if number < have[name]}
    more = {name: number for name, number in common.items() if number > have[name]}
    single = present.get("cluster_mode") == DISABLED
    return (
        replicas("decrease_replica_count", fewer, have, common, single),
        replicas("increase_replica_count", more, have, common, single),
    )


def replicas(operation: str, changed: Mapping[str, int], have: Mapping[str, int], common: Mapping[str, int], single: bool) -> Call | None:
    """One number for all shards if all of them change to it, else one for each that changes."""
    if not changed:
        return None
    if single or (is_uniform(common) and set(changed) == set(have)):
        return Call(operation, ("shards",), {"NewReplicaCount": next(iter(changed.values()))})
    entries = [{"NodeGroupId": name, "NewReplicaCount": number} for name, number in sorted(changed.items())]
    return Call(operation, ("shards",), {"ReplicaConfiguration": entries})


@dataclass(frozen=True)
class LoginStep:
    """One step from one login to another. ``token``: whether its call carries the token. ``first``: the token is the group's first one.

    ``previous``: whether the token before is still accepted after the step; None if the step does not make the login complete.
    """

    params: Mapping[str, Any]
    token: bool = False
    first: bool = False
    previous: str | None = REFUSE


def login_steps(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> list[LoginStep]:
    """The steps to a login, in order (ElastiCache User Guide, "Authenticating with the AUTH command").

    A first token is rotated in and then set: until it is set, a client without a token is let in. A later one is rotated in, which leaves
    the one before valid, and set if that one is to be refused. Users replace a token with strategy DELETE.
    """
    if "user_group_id" in wanted:
        return [to_users(str(wanted["user_group_id"]), present)]
    if "secret_arn" not in wanted:
        return [LoginStep({"RemoveUserGroups": True})] if "user_group_id" in present else []
    rotate = LoginStep({"AuthTokenUpdateStrategy": "ROTATE"}, token=True, previous=ACCEPT)
    fix = LoginStep({"AuthTokenUpdateStrategy": "SET"}, token=True)
    if "user_group_id" in present:
        return [LoginStep({"RemoveUserGroups": True, "AuthTokenUpdateStrategy": "SET"}, token=True)]
    if present.get("open"):
        return [LoginStep(rotate.params, token=True, first=True, previous=None), fix]
    if same_value(wanted, present):
        return [fix] if wanted.get("previous") == REFUSE and present.get("previous") != REFUSE else []
    return [rotate, fix] if wanted.get("previous") == REFUSE else [rotate]


def to_users(group: str, present: Mapping[str, Any]) -> LoginStep:
    removed = [one for one in str(present.get("user_group_id") or "").split(", ") if one and one != group]
    params: dict[str, Any] = {"UserGroupIdsToAdd": [group]}
    if removed:
        params["UserGroupIdsToRemove"] = removed
    if "secret_arn" in present or "token" in present:
        params["AuthTokenUpdateStrategy"] = "DELETE"
    return LoginStep(params)
