"""Read replicas: creation, in the source's region or another one, and promotion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.extensions import rds_checks, rds_master, rds_servers
from rehearsal.extensions.rds_backups import first_backup
from rehearsal.extensions.rds_common import find_instance, instance_of, wrong_state
from rehearsal.extensions.rds_create import launch
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_instances import described
from rehearsal.extensions.rds_life import end_script, phase
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_replication import detach, source_of
from rehearsal.life import life_of
from rehearsal.query_api import contradictory
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

SOURCE_STATES = ("available", "storage-optimization", "backing-up")
MOST_LEVELS = 3
"""A replica of a replica of a replica is the last one in a chain."""
NO_BACKUPS = (
    "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup"
    " retention period to a non-zero value."
)


@answers("rds", "CreateDBInstanceReadReplica")
def create(call: Call) -> Any:
    source = find_instance(call, call.get("SourceDBInstanceIdentifier"))
    if source is None:
        raise Refusal("DBInstanceNotFound", f"DBInstance {call.get('SourceDBInstanceIdentifier')} not found.", 404)
    _check_source(call, source)
    given = _given(call, source)
    replica = launch(call, given, work=lambda servers, key, new: _start(servers, key, new, source), source=source)
    return {"DBInstance": described(replica, "creating")}


def _start(servers: Any, key: str, replica: Any, source: Any) -> None:
    servers.replica(rds_servers.key_of(source), key, **rds_servers.options_of(replica))


def _check_source(call: Call, source: Any) -> None:
    name = source.db_instance_identifier
    if source.status not in SOURCE_STATES:
        raise wrong_state(f"The source DB instance {name} is not in the available state: {source.status}.")
    if not source.backup_retention_period and not source.is_replica:
        raise wrong_state(NO_BACKUPS)
    if rds_master.is_managed(source):
        text = f"You can't create a read replica of {name}, because RDS manages its master user password in Secrets Manager."
        raise contradictory(text)
    limit = call.settings.quotas.get("rds_read_replicas_per_primary")
    if limit is not None and len(source.replicas) >= limit:
        raise Refusal("InstanceQuotaExceeded", f"The quota of {limit} read replicas per primary has been reached")
    if len(_chain(source)) >= MOST_LEVELS:
        raise wrong_state(f"{name} is the last replica of a chain, of which no replica can be created.")


def _chain(instance: Any) -> list[Any]:
    """An instance's source, the source's source, and so on."""
    found, one = [], source_of(instance)
    while one is not None:
        found.append(one)
        one = source_of(one)
    return found


def _given(call: Call, source: Any) -> dict[str, Any]:
    """What the call says, and else what the replica inherits from its source; its retention is 0."""
    record = record_of(source)
    here = source.region == call.region
    storage = {
        "AllocatedStorage": source.allocated_storage,
        "StorageType": source.storage_type,
        "Iops": record.iops,
        "StorageThroughput": record.throughput,
    }
    if call.get("StorageType") and call.get("StorageType") != source.storage_type:
        storage |= {"Iops": None, "StorageThroughput": None}
    inherited = {
        "DBInstanceClass": source.db_instance_class,
        "EngineVersion": source.engine_version,
        "AutoMinorVersionUpgrade": source.auto_minor_version_upgrade,
        "Port": source.port,
        "DBName": source.db_name,
        "MasterUsername": source.master_username,
        "CACertificateIdentifier": source.ca_certificate_identifier,
        "EngineLifecycleSupport": record.values.get("EngineLifecycleSupport"),
        "DBSubnetGroupName": source.db_subnet_group.name if here else None,
        "DBParameterGroupName": source.db_parameter_group_name if here else None,
        "BackupRetentionPeriod": 0,
        **storage,
        **_encryption(call, source, here),
    }
    asked = {name: value for name, value in call.parameters.items() if value is not None and name != "KmsKeyId"}
    return {name: value for name, value in (inherited | asked).items() if value is not None}


def _encryption(call: Call, source: Any, here: bool) -> Mapping[str, Any]:
    """A replica has its source's key; in another region it needs a key of that region."""
    key = call.get("KmsKeyId")
    if not source.storage_encrypted:
        if key:
            raise contradictory("You can't create an encrypted read replica of a DB instance that is not encrypted.")
        return {}
    if here:
        if key and rds_checks.key_arn(call, key) != source.kms_key_id:
            raise contradictory("A read replica in the region of its source has the same KMS key.")
        return {"StorageEncrypted": True, "KmsKeyId": source.kms_key_id}
    if not key:
        raise contradictory("The source DB instance is encrypted: specify KmsKeyId, a KMS key of the region of the read replica.")
    return {"StorageEncrypted": True, "KmsKeyId": key}


@answers("rds", "PromoteReadReplica")
def promote(call: Call) -> Any:
    """The replica becomes an instance of its own; RDS reboots it, and backs it up if it has a retention period then (1 day by default)."""
    replica = instance_of(call)
    if not replica.is_replica:
        raise wrong_state(f"DB Instance {replica.db_instance_identifier} is not a read replica.")
    if replica.status not in SOURCE_STATES:
        raise wrong_state(f"DB Instance {replica.db_instance_identifier} is not in the available state: {replica.status}.")
    days = int(call.get("BackupRetentionPeriod", 1))
    rds_checks.check_retention(days)
    if window := call.get("PreferredBackupWindow"):
        rds_checks.check_windows(window, replica.preferred_maintenance_window)
    end_script(replica)
    task = rds_servers.Task(replica, lambda servers, key: servers.promote(key))

    def stand_alone() -> None:
        detach(replica)
        replica.backup_retention_period = days
        replica.preferred_backup_window = window or replica.preferred_backup_window
        happened(replica, "read replica", "Promoted read replica to stand-alone instance")

    phases = [phase("modifying", **task.phase, end=stand_alone), phase("rebooting")]
    if days:
        phases.append(phase("backing-up", end=lambda: first_backup(replica)))
    life_of(replica).play(phases)
    return {"DBInstance": described(replica, "modifying")}
