"""What happens to replication groups without a call of the account's: see `rehearsal/happenings.py`.

| happening | parameters |
|---|---|
| maintenance_window | ReplicationGroupId: applies what waits for the window |
| minor_version_upgrade | ReplicationGroupId, EngineVersion: AWS upgrades the engine by itself |
| global_datastore | ReplicationGroupId, GlobalReplicationGroupId (null: leaves it), Role (PRIMARY): the group becomes a member |
| automatic_snapshot | ReplicationGroupId: the snapshot of the day |
"""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import elasticache_servers
from rehearsal.extensions.elasticache_common import arn, group_of, store
from rehearsal.extensions.elasticache_modify import upgrade, waiting
from rehearsal.extensions.elasticache_snapshot_record import take
from rehearsal.extensions.elasticache_versions import full_version, version_of
from rehearsal.query_api import invalid
from rehearsal.registry import Call, happens
from rehearsal.transitions import moment


@happens("elasticache", "maintenance_window")
def maintenance_window(call: Call) -> Any:
    group = group_of(call)
    pending = waiting(group)
    upgrade(group, pending)
    group.apply_status = "in-sync"
    return {"applied": sorted(pending)}


@happens("elasticache", "minor_version_upgrade")
def upgrade_minor_version(call: Call) -> Any:
    group = group_of(call)
    wanted, before = version_of(group.engine, call.get("EngineVersion")), full_version(group.engine, group.version)
    if wanted.family != before.family or wanted.number < before.number:
        raise invalid(f"{wanted.full} is not a later minor version than {before.full}")
    upgrade(group, {"EngineVersion": wanted.full})
    return {"EngineVersion": wanted.full}


@happens("elasticache", "global_datastore")
def join_global_datastore(call: Call) -> Any:
    group, identity = group_of(call), call.get("GlobalReplicationGroupId")
    info = {"GlobalReplicationGroupId": identity, "GlobalReplicationGroupMemberRole": call.get("Role", "PRIMARY")} if identity else {}
    group.values["GlobalReplicationGroupInfo"] = info
    return info


@happens("elasticache", "automatic_snapshot")
def snapshot_of_the_day(call: Call) -> Any:
    group = group_of(call)
    name = f"automatic.{group.id}-{moment():%Y-%m-%d-%H-%M}"
    made = take(call, group, f"automatic-{group.id}-{moment():%Y%m%d%H%M%S}", key=group.key, tags=dict(group.tags))
    known = store(call).snapshots
    known[name] = known.pop(made.id)
    elasticache_servers.save_again(made.arn, arn(call, "snapshot", name))
    made.id, made.arn, made.source = name, arn(call, "snapshot", name), "automated"
    return {"SnapshotName": name}
