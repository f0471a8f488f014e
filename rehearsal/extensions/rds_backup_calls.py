"""Automated backups as callers see them: listed, deleted, and replicated to another region."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.rds_account import replicates
from rehearsal.extensions.rds_backup_record import (
    PENDING,
    REPLICATING,
    RETAINED,
    Backup,
    backup_of,
    backups_in,
    described,
    new_arn,
    replications,
)
from rehearsal.extensions.rds_backups import forget
from rehearsal.extensions.rds_common import find_instance, wrong_state
from rehearsal.extensions.rds_snapshot_record import checked_key, tags_in
from rehearsal.query_api import check_tags, filtered, invalid, page
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

REPLICATION = "rds_backup_replication"
LONGEST, USUAL = 35, 7


@answers("rds", "DescribeDBInstanceAutomatedBackups")
def describe(call: Call) -> dict[str, Any]:
    arn, resource, name = (call.get(key) for key in ("DBInstanceAutomatedBackupsArn", "DbiResourceId", "DBInstanceIdentifier"))
    found = [
        one
        for one in backups_in(call.backend).values()
        if arn in (None, one.arn)
        and resource in (None, one.instance.dbi_resource_id)
        and (not name or str(name).lower() in (one.instance.db_instance_identifier, one.instance.arn))
    ]
    if not found and (arn or resource):
        raise _not_found(arn or resource)
    answer = page(call, "DBInstanceAutomatedBackups", filtered(call, found, FILTERS))
    return answer | {"DBInstanceAutomatedBackups": [described(one) for one in answer["DBInstanceAutomatedBackups"]]}


FILTERS: Mapping[str, Callable[[Backup], Iterable[Any]]] = {
    "status": lambda one: [one.status],
    "db-instance-id": lambda one: [one.instance.db_instance_identifier, one.instance.arn],
    "dbi-resource-id": lambda one: [one.instance.dbi_resource_id],
}


@answers("rds", "DeleteDBInstanceAutomatedBackup")
def delete(call: Call) -> dict[str, Any]:
    """Deletes a retained or a replicated backup; that of an instance goes with its retention period."""
    arn, resource = call.get("DBInstanceAutomatedBackupsArn"), call.get("DbiResourceId")
    backup = next((one for one in backups_in(call.backend).values() if arn == one.arn or resource == one.instance.dbi_resource_id), None)
    if backup is None:
        raise _not_found(arn or resource)
    if backup.status not in (RETAINED, REPLICATING):
        text = f"The automated backup {backup.arn} is {backup.status}; only retained and replicated backups can be deleted."
        raise Refusal("InvalidDBInstanceAutomatedBackupState", text)
    answer = described(backup) | {"Status": "deleting"}
    forget(call.backend, backup)
    return {"DBInstanceAutomatedBackup": answer}


@answers("rds", "StartDBInstanceAutomatedBackupsReplication")
def start_replication(call: Call) -> dict[str, Any]:
    """Called in the destination: replicates the backups of an instance in another region."""
    instance = _source(call)
    if not replicates(instance.region, call.region):
        raise invalid(f"Replication of automated backups from {instance.region} to {call.region} is not supported.")
    if instance.db_cluster_identifier or instance.is_replica or not instance.backup_retention_period or backup_of(instance) is None:
        text = f"The DB instance {instance.db_instance_identifier} has no automated backups to replicate: turn them on first."
        raise Refusal("InvalidDBInstanceAutomatedBackupState", text)
    if instance.status not in ("available", "backing-up", "modifying", "storage-optimization"):
        raise wrong_state(f"The DB instance {instance.db_instance_identifier} is in state {instance.status}.")
    if replications(instance):
        text = f"The automated backups of {instance.db_instance_identifier} are being replicated already."
        raise Refusal("InvalidDBInstanceAutomatedBackupState", text)
    days = int(call.get("BackupRetentionPeriod") or USUAL)
    if not 1 <= days <= LONGEST:
        raise invalid(f"Invalid backup retention period: {days}. It must be between 1 and {LONGEST}.")
    check_tags(call.get("Tags"))
    kept, key = backups_in(call.backend).get(str(instance.dbi_resource_id)), _key(call, instance)
    if kept and kept.key != key:
        raise invalid(
            f"{call.region} retains backups of {instance.db_instance_identifier} that are encrypted with {kept.key}: use that key."
        )
    backup = Backup(new_arn(call.backend), call.region, instance, moment(), PENDING, days=days, key=key)
    backup.ready_at = time.monotonic() + transitions.delays.seconds_for(REPLICATION)
    backup.tags = tags_in(call) or []
    backups_in(call.backend)[str(instance.dbi_resource_id)] = backup
    return {"DBInstanceAutomatedBackup": described(backup)}


def _key(call: Call, instance: Any) -> str | None:
    named = call.get("KmsKeyId")
    if not instance.storage_encrypted:
        return checked_key(call, named) if named else None
    if not named:
        raise invalid(f"KmsKeyId must be specified to replicate encrypted backups: a key of {call.region}.")
    if not call.get("PreSignedUrl"):
        raise invalid("PreSignedUrl must be specified to replicate encrypted backups from another region.")
    return checked_key(call, named)


@answers("rds", "StopDBInstanceAutomatedBackupsReplication")
def stop_replication(call: Call) -> dict[str, Any]:
    """The backups that have been replicated are retained for their period."""
    arn = str(call.get("SourceDBInstanceArn"))
    backup = next((one for one in backups_in(call.backend).values() if one.is_replica and one.instance.arn == arn), None)
    if backup is None or backup.until is not None:
        raise Refusal("DBInstanceNotFound", f"The backups of {arn} are not replicated to {call.region}.", 404)
    backup.until, backup.status = backup.latest, RETAINED
    return {"DBInstanceAutomatedBackup": described(backup)}


@settles("rds")
def begin_to_replicate(call: Call) -> None:
    for backup in backups_in(call.backend).values():
        if backup.status == PENDING and time.monotonic() >= backup.ready_at:
            backup.status, backup.since = REPLICATING, moment()


def _source(call: Call) -> Any:
    arn = str(call.get("SourceDBInstanceArn") or "")
    found = find_instance(call, arn) if arn.startswith("arn:") else None
    if found is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {arn} not found.", 404)
    return found


def _not_found(identity: Any) -> Refusal:
    return Refusal("DBInstanceAutomatedBackupNotFound", f"The automated backup {identity} was not found.", 404)
