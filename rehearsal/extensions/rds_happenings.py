"""What happens to DB instances without a call of the account's: see `rehearsal/happenings.py`.

| happening | parameters |
|---|---|
| maintenance_window | DBInstanceIdentifier: applies what waits for the window |
| blue_green_switchover | DBInstanceIdentifier, EngineVersion if it changes: another instance has the name, the old one is `-old1` |
| aws_backup | DBInstanceIdentifier, AwsBackupRecoveryPointArn (null: AWS Backup no longer manages it) |
| storage_autoscaling | DBInstanceIdentifier, AllocatedStorage in GiB |
| minor_version_upgrade | DBInstanceIdentifier: a pending maintenance action for the upgrade that AWS makes by itself |
"""

from __future__ import annotations

import copy
import secrets
from datetime import timedelta
from typing import Any

from rehearsal.extensions.rds_account import carry_out
from rehearsal.extensions.rds_changes import STORAGE, set_storage, upgrade, version_of
from rehearsal.extensions.rds_common import instance_of
from rehearsal.extensions.rds_create import BASE32
from rehearsal.extensions.rds_create import version_of as version_asked
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_instances import storage_of
from rehearsal.extensions.rds_modify import begin
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_servers import key_of
from rehearsal.extensions.rds_storage import grown
from rehearsal.extensions.rds_versions import automatic_target
from rehearsal.life import Life
from rehearsal.query_api import invalid, now
from rehearsal.registry import Call, happens


@happens("rds", "maintenance_window")
def maintenance_window(call: Call) -> Any:
    """Applies pending changes, except static parameters, which only a reboot applies."""
    instance = instance_of(call)
    record = record_of(instance)
    applied = list(record.pending)
    if any(name in STORAGE for name in applied):
        record.storage_changed = now(call)
    due = [name for name, action in record.maintenance.items() if action.get("OptInStatus") == "next-maintenance"]
    for name in due:
        carry_out(call, instance, name)
    begin(call, instance, [name for name in applied if not due or name != "EngineVersion"], [])
    return {"applied": [*applied, *due]}


@happens("rds", "blue_green_switchover")
def switch_over(call: Call) -> Any:
    """The green instance takes over the name, parameters, and tags, with a resource ID of its own."""
    blue = instance_of(call)
    name = blue.db_instance_identifier
    wanted = version_asked({"EngineVersion": call.get("EngineVersion") or blue.engine_version})
    green = copy.copy(blue)
    green.__dict__["rehearsal_life"] = Life()
    green.__dict__["rehearsal"] = copy.deepcopy(record_of(blue))
    green.tags, green.replicas = [dict(tag) for tag in blue.tags], []
    green.dbi_resource_id = "db-" + "".join(secrets.choice(BASE32) for _each in range(26))
    record_of(green).server_key = key_of(blue)  # the data have been replicated: the green instance takes the server with them
    record_of(blue).server = False
    if wanted is not version_of(green):
        upgrade(green, wanted)
    blue.db_instance_identifier = f"{name}-old1"
    call.backend.databases[f"{name}-old1"], call.backend.databases[name] = blue, green
    happened(green, "notification", "Switchover of the blue/green deployment completed")
    return {"DbiResourceId": green.dbi_resource_id}


@happens("rds", "aws_backup")
def aws_backup(call: Call) -> Any:
    values, recovery_point = record_of(instance_of(call)).values, call.get("AwsBackupRecoveryPointArn")
    values.pop("AwsBackupRecoveryPointArn", None)
    if recovery_point:
        values["AwsBackupRecoveryPointArn"] = recovery_point
    return {}


@happens("rds", "storage_autoscaling")
def scale_storage(call: Call) -> Any:
    """RDS has grown the storage, up to the limit."""
    instance = instance_of(call)
    current, record = storage_of(instance), record_of(instance)
    size = grown(current, int(call.get("AllocatedStorage") or current.size))
    if record.limit is None or size > record.limit:
        raise invalid(f"the limit of the storage autoscaling of {instance.db_instance_identifier} is {record.limit} GiB")
    set_storage(instance, current.kind, size, current.iops, current.throughput)
    record.storage_changed = now(call)
    happened(instance, "notification", "Scaled the allocated storage")
    return {"AllocatedStorage": size}


@happens("rds", "minor_version_upgrade")
def announce_upgrade(call: Call) -> Any:
    """AWS announces that it will upgrade the instance to a newer minor version."""
    instance = instance_of(call)
    wanted = automatic_target(version_of(instance))
    if wanted is None:
        raise invalid(f"{instance.engine_version} is the newest minor version that AWS upgrades to by itself")
    record_of(instance).maintenance["db-upgrade"] = {
        "Action": "db-upgrade",
        "AutoAppliedAfterDate": now(call) + timedelta(days=14),
        "CurrentApplyDate": now(call) + timedelta(days=14),
        "Description": f"Automatic minor version upgrade to postgres {wanted.text}",
    }
    return {"EngineVersion": wanted.text}
