"""DB snapshots: taken, listed, changed, and deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from rehearsal.extensions.rds_common import instance_of, wrong_state
from rehearsal.extensions.rds_servers import has_server, submit
from rehearsal.extensions.rds_snapshot_record import (
    Held,
    captured,
    described,
    drop_data,
    frozen,
    held_by,
    may_use,
    not_found,
    snapshot_of,
    tags_in,
)
from rehearsal.extensions.rds_snapshot_record import wrong_state as wrong_snapshot_state
from rehearsal.extensions.rds_snapshot_state import SNAPSHOT, begin, begin_deletion, fail
from rehearsal.life import Phase, life_of
from rehearsal.query_api import check_identifier, check_tags, filtered, invalid, page
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import extra_fields, moment

READY = ("available", "storage-optimization")
"""The states in which an instance can be backed up."""
DELETABLE = ("available", "failed", "incompatible-restore", "incompatible-network", "incompatible-parameters")
BY_AWS_BACKUP = "awsbackup"
TYPES = ("manual", "automated", "shared", "public", BY_AWS_BACKUP)
LONGEST = 255


@answers("rds", "CreateDBSnapshot")
def create(call: Call) -> dict[str, Any]:
    name = check_identifier(call.get("DBSnapshotIdentifier"), "DBSnapshotIdentifier", LONGEST)
    instance = instance_of(call)
    check_tags(call.get("Tags"))
    if cluster := instance.db_cluster_identifier or extra_fields(instance).get("DBClusterIdentifier"):
        member = f"{instance.db_instance_identifier} is a member of the DB cluster {cluster}"
        raise invalid(f"The DB instance {member}: create a DB cluster snapshot instead.")
    if instance.status not in READY:
        text = f"Cannot create a snapshot because the database instance {instance.db_instance_identifier} is not currently in the available"
        raise wrong_state(f"{text} state.")
    check_name(call, name)
    check_quota(call)
    snapshot = take(instance, name, tags=tags_in(call))
    begin_backup(instance, snapshot)
    return {"DBSnapshot": described(snapshot)}


def check_name(call: Call, name: str) -> None:
    if name in call.backend.database_snapshots:
        text = f"Cannot create the snapshot because a snapshot with the identifier {name} already exists."
        raise Refusal("DBSnapshotAlreadyExists", text)


def take(instance: Any, name: str, kind: str = "manual", *, tags: list[dict[str, str]] | None = None, at: datetime | None = None) -> Any:
    """Takes a snapshot of an instance as it is, dated `at` or now. Tags of its own replace those that the instance would pass on."""
    from moto.rds.models import DBSnapshot

    snapshot = DBSnapshot(instance.backend, frozen(instance), name, kind)
    inherited = [tag for tag in instance.tags if not tag["Key"].startswith("aws:")] if instance.copy_tags_to_snapshot else []
    snapshot.tags = tags or inherited
    taken = at or moment()
    held = Held(captured(instance), taken, taken)
    snapshot.rehearsal_held = held
    work: Callable[[], Any] | None = None
    if has_server(instance):
        backup = held.backup = f"{snapshot.arn}/{taken.timestamp()}"
        work = submit(instance, lambda servers, key: servers.copy(key, backup)).result
    else:
        held.database_time = taken
    begin(snapshot, SNAPSHOT, (("creating", 1.0),), work)
    instance.backend.database_snapshots[name] = snapshot
    return snapshot


def begin_backup(instance: Any, snapshot: Any) -> None:
    """Without a standby, the instance itself is backed up, which it shows until the snapshot is complete."""
    if not instance.multi_az:
        life_of(instance).play([Phase("backing-up", 0.0, ready=lambda: snapshot.status not in ("creating", "pending"))])


def check_quota(call: Call) -> None:
    """The quota counts manual snapshots of the account in the region, in whatever state they are."""
    limit = call.settings.quotas.get("rds_manual_snapshots")
    if limit is not None and sum(one.snapshot_type == "manual" for one in call.backend.database_snapshots.values()) >= limit:
        raise Refusal("SnapshotQuotaExceeded", f"Cannot create more than {limit} manual snapshots")


@answers("rds", "DescribeDBSnapshots")
def describe(call: Call) -> dict[str, Any]:
    wanted_type, name = call.get("SnapshotType"), call.get("DBSnapshotIdentifier")
    if wanted_type is not None and wanted_type not in TYPES:
        raise invalid(f"Unrecognized snapshot type: {wanted_type}")
    found = [one for one in _visible(call, wanted_type) if _is_wanted(call, one)]
    if name and not found:
        raise not_found(name)
    shown = filtered(call, found, FILTERS)
    answer = page(call, "DBSnapshots", shown)
    return answer | {"DBSnapshots": [described(one) for one in answer["DBSnapshots"]]}


FILTERS: Mapping[str, Callable[[Any], Iterable[Any]]] = {
    "db-instance-id": lambda one: [held_by(one).members["DBInstanceIdentifier"], one.database.db_instance_arn],
    "db-snapshot-id": lambda one: [one.db_snapshot_identifier, one.arn],
    "dbi-resource-id": lambda one: [held_by(one).members["DbiResourceId"]],
    "snapshot-type": lambda one: [one.snapshot_type],
    "engine": lambda one: [held_by(one).members["Engine"]],
}


def _visible(call: Call, wanted: str | None) -> list[Any]:
    """The snapshots of a type: the account's own unless the call asks for those of others, in the same region."""
    from moto.rds.models import rds_backends

    own = list(call.backend.database_snapshots.values())
    foreign = [
        snapshot
        for account, backends in list(rds_backends.items())
        if account != call.account_id and call.region in backends
        for snapshot in list(backends[call.region].database_snapshots.values())
        if may_use(snapshot, call.account_id)
    ]
    public = [one for one in [*own, *foreign] if "all" in one.attributes["restore"]]
    shared = [one for one in foreign if call.account_id in one.attributes["restore"]]
    if wanted == "shared":
        return shared
    if wanted == "public":
        return public
    if wanted:
        return [one for one in own if one.snapshot_type == wanted]
    if str(call.get("DBSnapshotIdentifier") or "").startswith("arn:"):
        return own + foreign
    more = (shared if call.get("IncludeShared") else []) + (public if call.get("IncludePublic") else [])
    return own + [one for one in more if one not in own]


def _is_wanted(call: Call, snapshot: Any) -> bool:
    members = held_by(snapshot).members
    name, instance, resource = (call.get(key) for key in ("DBSnapshotIdentifier", "DBInstanceIdentifier", "DbiResourceId"))
    return (
        (not name or str(name).lower() in (snapshot.db_snapshot_identifier, snapshot.arn.lower()))
        and (not instance or str(instance).lower() in (members["DBInstanceIdentifier"].lower(), snapshot.database.db_instance_arn.lower()))
        and (not resource or resource == members["DbiResourceId"])
    )


@answers("rds", "DeleteDBSnapshot")
def delete(call: Call) -> dict[str, Any]:
    """Deletes a snapshot; a copy that is being made from it fails."""
    snapshot = snapshot_of(call)
    name = snapshot.db_snapshot_identifier
    if snapshot.account_id != call.account_id:
        raise not_found(call.get("DBSnapshotIdentifier"))
    if snapshot.snapshot_type != "manual":
        raise wrong_snapshot_state(f"Only manual snapshots can be deleted; {name} is {snapshot.snapshot_type}.")
    if snapshot.status not in DELETABLE:
        raise wrong_snapshot_state(f"Cannot delete the snapshot {name} because it is not currently in the available state.")
    answer = described(snapshot) | {"Status": "deleted"}
    remove(snapshot)
    return {"DBSnapshot": answer}


def remove(snapshot: Any) -> None:
    """Lets a snapshot go, with its data; copies in progress fail."""
    from moto.rds.models import rds_backends

    for backends in list(rds_backends.values()):
        for backend in list(backends.values()):
            for other in backend.database_snapshots.values():
                if held_by(other).source is snapshot and other.status in ("pending", "copying", "creating"):
                    fail(other)
    drop_data(snapshot)
    begin_deletion(snapshot, SNAPSHOT)


@answers("rds", "ModifyDBSnapshot")
def modify(call: Call) -> dict[str, Any]:
    """Upgrades the engine version of a snapshot, or names another option group."""
    snapshot = snapshot_of(call)
    if snapshot.account_id != call.account_id:
        raise not_found(call.get("DBSnapshotIdentifier"))
    if snapshot.status != "available":
        raise wrong_snapshot_state(f"Cannot modify the snapshot {snapshot.db_snapshot_identifier} in state {snapshot.status}.")
    members = held_by(snapshot).members
    version = call.get("EngineVersion")
    if version:
        members["EngineVersion"] = snapshot.database.engine_version = str(version)
    if call.get("OptionGroupName"):
        members["OptionGroupName"] = str(call.get("OptionGroupName"))
    return {"DBSnapshot": described(snapshot)}


def snapshots_of(backend: Any, resource_id: str, kind: str) -> list[Any]:
    """The snapshots of an instance, by its resource ID, oldest first."""
    found = [
        one
        for one in backend.database_snapshots.values()
        if one.snapshot_type == kind and held_by(one).members["DbiResourceId"] == resource_id
    ]
    return sorted(found, key=lambda one: held_by(one).taken)
