"""Deletion of DB instances."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions import rds_backups, rds_master, rds_servers
from rehearsal.extensions.rds_common import instance_of, wrong_state
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_instances import described
from rehearsal.extensions.rds_life import phase
from rehearsal.extensions.rds_replication import detach, replicas_of, stand_alone
from rehearsal.life import life_of
from rehearsal.query_api import contradictory
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SNAPSHOT_STATES = ("available", "storage-optimization")
UNFINISHED = ("creating", "pending")
PROTECTED = "Cannot delete protected DB Instance, please disable deletion protection and try again."


@answers("rds", "DeleteDBInstance")
def delete(call: Call) -> Any:
    instance = instance_of(call)
    name, status = instance.db_instance_identifier, instance.status
    if status == "deleting":
        raise wrong_state(f"Instance {name} is already being deleted.")
    if instance.deletion_protection:
        raise contradictory(PROTECTED)
    snapshot, skip = call.get("FinalDBSnapshotIdentifier"), bool(call.get("SkipFinalSnapshot"))
    _check_snapshot(call, instance, snapshot, skip, status)
    final = rds_backups.final_snapshot(call, instance, str(snapshot)) if snapshot else None
    keep = call.get("DeleteAutomatedBackups") is False
    life_of(instance).drop("available")
    # An instance with a final snapshot is deleting until that is complete (API reference, DeleteDBInstance).
    leaving = phase("deleting", ready=lambda: final is None or final.status not in UNFINISHED, end=lambda: _gone(instance, keep))
    life_of(instance).play([leaving], then="deleting")
    happened(instance, "deletion", "DB instance deleted")
    reply = described(instance, "deleting")
    life_of(instance).advance()
    return {"DBInstance": reply}


def _check_snapshot(call: Call, instance: Any, snapshot: Any, skip: bool, status: str) -> None:
    if instance.is_replica and (snapshot or not skip):
        raise contradictory("FinalDBSnapshotIdentifier can not be specified when deleting a replica instance; set SkipFinalSnapshot")
    if snapshot and skip:
        raise contradictory("FinalDBSnapshotIdentifier can not be specified together with SkipFinalSnapshot.")
    if not snapshot and not skip:
        raise contradictory("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if snapshot and status not in SNAPSHOT_STATES:
        text = f"Cannot create a snapshot because the database instance {instance.db_instance_identifier}"
        raise wrong_state(f"{text} is not currently in the available state.")
    if snapshot and str(snapshot).lower() in call.backend.database_snapshots:
        raise Refusal(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because a snapshot with the identifier {snapshot} already exists."
        )


def _gone(instance: Any, keep_automated: bool) -> None:
    """The instance leaves the account. Its replicas in the same region become instances of their own."""
    for replica in replicas_of(instance):
        stand_alone(replica)
    detach(instance)
    rds_master.release(instance)
    instance.backend.databases.pop(instance.db_instance_identifier, None)
    rds_backups.instance_deleted(instance, keep_automated)
    rds_servers.delete(instance)
