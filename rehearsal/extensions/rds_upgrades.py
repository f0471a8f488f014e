"""Engine upgrades: which are possible, in which order, and the precheck of a major one, which can fail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions import rds_servers
from rehearsal.extensions.rds_changes import upgrade, version_of
from rehearsal.extensions.rds_common import ENGINE
from rehearsal.extensions.rds_events import happened
from rehearsal.extensions.rds_life import phase
from rehearsal.extensions.rds_logs import write_log
from rehearsal.extensions.rds_parameter_status import server_parameters
from rehearsal.extensions.rds_parameters import DEFAULT, default_group, find_group
from rehearsal.extensions.rds_record import record_of
from rehearsal.extensions.rds_replication import replicas_of
from rehearsal.extensions.rds_versions import Version, offered, targets, versions
from rehearsal.life import Phase
from rehearsal.query_api import contradictory
from rehearsal.registry import Call
from rehearsal.replies import Refusal

PRECHECK = "error/pg_upgrade_precheck.log"
PREFACE = (
    "Upgrade could not be run on {moment:%a %b %d %H:%M:%S %Y}\n"
    "The instance could not be upgraded from {before} to {after} because of following reasons. Please take appropriate action on databases"
    " and try to upgrade again.\n"
    "Following usages in database 'postgres' need to be corrected before upgrade:\n"
)
CUSTOM_GROUP = (
    "The current DB instance parameter group {} is custom. You must explicitly specify a new DB instance parameter group, either default or"
    " custom, for the engine version upgrade."
)


def check_upgrade(call: Call, instance: Any, given: Mapping[str, Any]) -> Version | None:
    """The version to which a call upgrades; None if it does not. Also checks the parameter group that the call names."""
    current, asked = version_of(instance), given.get("EngineVersion")
    wanted = _wanted(current, asked) if asked is not None else None
    group = given.get("DBParameterGroupName")
    if group is not None:
        _check_family(find_group(instance.backend, group), wanted or current)
    if wanted is None:
        return None
    if wanted.major is not current.major:
        if not call.get("AllowMajorVersionUpgrade"):
            raise contradictory("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
        if group is None and not DEFAULT.fullmatch(instance.db_parameter_group_name):
            raise contradictory(CUSTOM_GROUP.format(instance.db_parameter_group_name))
        if instance.is_replica:
            raise contradictory(f"The read replica {instance.db_instance_identifier} gets a new major version with its source.")
    else:
        _check_replicas(instance, wanted)
    return wanted


def _wanted(current: Version, asked: Any) -> Version | None:
    """The version asked for; None if the instance has it. The number of a major version means its default minor version."""
    text = str(asked)
    if text == current.text or text == str(current.major.number):
        return None
    found = offered(text)
    if found is None:
        raise contradictory(f"Cannot find version {text} for {ENGINE}")
    if found not in targets(current):
        raise contradictory(f"Cannot upgrade {ENGINE} from {current.text} to {found.text}")
    return found


def _check_family(group: Any, version: Version) -> None:
    if group.family != version.family:
        text = f"The Parameter Group {group.name} with DBParameterGroupFamily {group.family} can't be used for this instance."
        raise contradictory(f"{text} Please use a Parameter Group with DBParameterGroupFamily {version.family}")


def _check_replicas(instance: Any, wanted: Version) -> None:
    """Replicas get a minor version before their source ("Upgrading the PostgreSQL DB engine" in the User Guide)."""
    behind = [one.db_instance_identifier for one in replicas_of(instance) if version_of(one).order < wanted.order]
    if behind:
        text = f"One or more of the DB Instance's read replicas need to be upgraded: {', '.join(sorted(behind))}"
        raise Refusal("DBUpgradeDependencyFailure", text)


def upgrade_phase(call: Call, instance: Any) -> Phase:
    """The phase in which the pending upgrade is carried out; if the precheck of a major one fails, the old version stays."""
    wanted = versions()[record_of(instance).pending["EngineVersion"]]
    failure = call.settings.rds_failing_upgrades.get(instance.db_instance_identifier)
    if failure is not None and wanted.major is not version_of(instance).major:
        return phase("upgrading", end=lambda: _failed(instance, wanted, failure))
    task = rds_servers.Task(instance, lambda servers, key: _upgrade_server(servers, key, _group_after(instance, wanted), wanted))
    return phase("upgrading", **task.phase, end=lambda: _done(instance, wanted))


def _group_after(instance: Any, wanted: Version) -> Any:
    """The parameter group that the instance has after the upgrade."""
    if wanted.major is version_of(instance).major:
        return find_group(instance.backend, instance.db_parameter_group_name)
    return find_group(instance.backend, record_of(instance).pending_group or default_group(wanted.family))


def _upgrade_server(servers: Any, key: str, group: Any, wanted: Version) -> None:
    servers.set_parameters(key, server_parameters(group), restart=False)
    servers.set_version(key, wanted.text)


def _failed(instance: Any, wanted: Version, reason: str) -> None:
    record = record_of(instance)
    record.pending.pop("EngineVersion", None)
    record.pending_group = None
    moment = datetime.now(UTC)
    text = PREFACE.format(moment=moment, before=instance.engine_version, after=wanted.text) + reason.rstrip("\n") + "\n"
    write_log(instance, f"{PRECHECK}.{int(moment.timestamp() * 1000)}", text)
    happened(
        instance,
        "maintenance",
        "Database instance is in a state that cannot be upgraded: pg_upgrade precheck failed. See the pg_upgrade_precheck log",
    )


def _done(instance: Any, wanted: Version) -> None:
    """With a major version, the replicas in the same region are upgraded too."""
    record_of(instance).pending.pop("EngineVersion", None)
    major = wanted.major is not version_of(instance).major
    upgrade(instance, wanted)
    write_log(
        instance, f"error/pg_upgrade_internal.log.{int(datetime.now(UTC).timestamp() * 1000)}", "Upgrade Complete\n"
    ) if major else None
    for replica in replicas_of(instance) if major else []:
        if replica.region == instance.region:
            upgrade(replica, wanted)
            _upgrade_replica(replica, wanted)


def _upgrade_replica(replica: Any, wanted: Version) -> None:
    if rds_servers.has_server(replica):
        group = find_group(replica.backend, replica.db_parameter_group_name)
        rds_servers.submit(replica, lambda servers, key: _upgrade_server(servers, key, group, wanted))
