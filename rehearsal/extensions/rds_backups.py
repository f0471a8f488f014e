"""Where the life of an instance touches its backups: the first automated snapshot, the final one, and what is left after deletion."""

from __future__ import annotations

import contextlib
from typing import Any

from rehearsal.registry import Call


def first_backup(instance: Any) -> None:
    """The automated snapshot with which the life of an instance with a retention period begins. moto names them by the minute."""
    from moto.rds.exceptions import DBSnapshotAlreadyExistsError

    with contextlib.suppress(DBSnapshotAlreadyExistsError):
        instance.save_automated_backup()


def final_snapshot(call: Call, instance: Any, name: str) -> None:
    """The snapshot that DeleteDBInstance takes before it deletes."""
    call.backend.validate_db_snapshot_identifier(name, parameter_name="FinalDBSnapshotIdentifier")
    call.backend.create_db_snapshot(instance.db_instance_identifier, name)


def instance_deleted(instance: Any, keep_automated: bool) -> None:
    """The instance is gone, and with it its automated backups, unless the call kept them."""
    if keep_automated:
        return
    snapshots = instance.backend.database_snapshots
    for name, snapshot in list(snapshots.items()):
        if snapshot.snapshot_type == "automated" and snapshot.dbi_resource_id == instance.dbi_resource_id:
            del snapshots[name]
