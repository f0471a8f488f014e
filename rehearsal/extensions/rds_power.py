"""Reboot, failover, stop, and start of DB instances."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.extensions import rds_backups, rds_servers
from rehearsal.extensions.rds_common import instance_of, wrong_state
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_instances import described
from rehearsal.extensions.rds_life import end_script, phase
from rehearsal.extensions.rds_parameter_status import restarted
from rehearsal.extensions.rds_parameters import find_group
from rehearsal.extensions.rds_record import record_of
from rehearsal.life import Phase, life_of
from rehearsal.query_api import contradictory
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

REBOOT_STATES = ("available", "storage-optimization", "incompatible-parameters", "incompatible-credentials")
LONGEST_STOP = timedelta(days=7)


@answers("rds", "RebootDBInstance")
def reboot(call: Call) -> Any:
    instance = instance_of(call)
    failover = bool(call.get("ForceFailover"))
    if instance.status not in REBOOT_STATES:
        raise wrong_state(f"Instance {instance.db_instance_identifier} is not in a state in which it can be rebooted: {instance.status}.")
    if failover and not instance.multi_az:
        raise contradictory("Unable to failover. The DB instance is not configured for Multi-AZ.")
    end_script(instance)
    life_of(instance).play([restart_phase("rebooting", instance, end=lambda: _rebooted(instance, failover))])
    return {"DBInstance": described(instance, "rebooting")}


def restart_phase(status: str, instance: Any, **options: Any) -> Phase:
    """A phase in which the server restarts, with all parameters of the instance's group as they are when it begins."""
    task = rds_servers.Task(instance, lambda servers, key: servers.set_parameters(key, record_of(instance).effective, restart=True))

    def begin() -> None:
        restarted(instance, find_group(instance.backend, instance.db_parameter_group_name))
        task.begin()

    return phase(status, begin=begin, ready=task.ready, **options)


def _rebooted(instance: Any, failover: bool) -> None:
    """A failover exchanges the zones of the instance and its standby. A certificate authority that waits for a restart is in use now."""
    record = record_of(instance)
    if (certificate := record.pending.pop("CACertificateIdentifier", None)) is not None:
        instance.ca_certificate_identifier = certificate
    if failover:
        instance.availability_zone, record.secondary_zone = record.secondary_zone, instance.availability_zone
        happened(instance, "failover", "Multi-AZ instance failover completed")
    happened(instance, "availability", "DB instance restarted")


@answers("rds", "StopDBInstance")
def stop(call: Call) -> Any:
    """AWS starts a stopped instance again after seven days."""
    instance = instance_of(call)
    if instance.is_replica or instance.replicas:
        text = "a read replica" if instance.is_replica else "the source of read replicas"
        raise wrong_state(f"Cannot stop {instance.db_instance_identifier}: it is {text}.")
    if instance.status != "available":
        raise Refusal("InvalidDBInstanceState", f"Instance {instance.db_instance_identifier} is not in available state.")
    if name := call.get("DBSnapshotIdentifier"):
        rds_backups.final_snapshot(call, instance, str(name))
    end_script(instance)
    task = rds_servers.Task(instance, lambda servers, key: servers.stop(key))
    life_of(instance).play([phase("stopping", **task.phase)], then="stopped")
    record_of(instance).values["AutomaticRestartTime"] = datetime.now(UTC) + LONGEST_STOP
    happened(instance, "notification", "DB instance stopped")
    return {"DBInstance": described(instance, "stopping")}


@answers("rds", "StartDBInstance")
def start(call: Call) -> Any:
    instance = instance_of(call)
    if instance.status not in ("stopped", "inaccessible-encryption-credentials-recoverable"):
        raise wrong_state(f"Instance {instance.db_instance_identifier} is not stopped or inaccessible-encryption-credentials-recoverable.")
    end_script(instance)
    record_of(instance).values.pop("AutomaticRestartTime", None)
    task = rds_servers.Task(instance, lambda servers, key: servers.start(key))
    life_of(instance).play([phase("starting", **task.phase)])
    happened(instance, "notification", "DB instance started")
    return {"DBInstance": described(instance, "starting")}
