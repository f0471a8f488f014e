# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which changes interrupt the connections to a database ("Settings for DB instances", RDS User Guide). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....reconcile.planner import Action, Plan
from .db_instance_options import ByIdentifier, Options
from .db_instance_versions import is_major_change, parts

CERTIFICATE, RETENTION = "ca_certificate_identifier", "backup_retention_period"

INTERRUPTING: Mapping[str, str] = {
    "db_instance_class": "the new class",
    "db_subnet_group_name": "the move to another subnet group",
    "engine_version": "the new engine version",
    "port": "the new port",
    "static_parameters": "the reboot for static parameters",
    "promoted": "the promotion",
}
AT_ONCE = frozenset({"port", "promoted", "static_parameters"})
"""These are made at once, whatever ``apply`` says; so is a major upgrade, whose outcome the run verifies."""


STATISTICS = (
    "the upgrade loses the planner's statistics: those of the databases that are described here are collected in the same run; run ANALYZE "
    "in all others"
)


def interruptions(changed: Mapping[str, tuple[Any, Any]], options: Options, *, rotates: bool, multi_az: bool) -> list[str]:
    """What interrupts connections, one sentence for each change and when. ``changed``: property -> (before, after).

    ``rotates``: the engine version takes a new server certificate without a restart (SupportsCertificateRotationWithoutRestart).
    """
    found = []
    for name, (before, after) in changed.items():
        what = INTERRUPTING.get(name, "")
        if name == CERTIFICATE and not rotates:
            what = "the new certificate authority"
        if name == RETENTION and _is_switched(before, after):
            what = f"turning automated backups {'on' if after else 'off, which deletes those that exist,'}"
        if not what:
            continue
        at_once = name in AT_ONCE or options.apply == "now" or (name == "engine_version" and _is_major(before, after))
        when = "in this run" if at_once else "in the maintenance window"
        found.append(f"{what} {_how(name, before, after, multi_az)} {when}")
    return found


def _how(name: str, before: Any, after: Any, multi_az: bool) -> str:
    if name == "engine_version" and _is_major(before, after):
        return "stops the database for a major upgrade, minutes to hours,"
    if name == "db_instance_class" and multi_az:
        return "fails over to the standby, which breaks connections for a minute or two,"
    return "restarts the database"


def _is_switched(before: Any, after: Any) -> bool:
    """Whether automated backups are turned on or off, which is an outage ("Backup retention period", RDS User Guide)."""
    return isinstance(before, int) and isinstance(after, int) and bool(before) != bool(after)


def _is_major(before: Any, after: Any) -> bool:
    return is_major_change(str(after), str(before) if before else None)


def changes_certificate(plan: Plan) -> bool:
    """Whether a plan gives an instance another certificate authority."""
    return any(change.property == CERTIFICATE for action in plan.permitted if action.verb == "update" for change in action.changes)


def loses_statistics(before: Any, after: Any) -> bool:
    """Whether planner statistics do not survive an upgrade: pg_upgrade keeps them from version 18 on (PostgreSQL 18, release notes)."""
    return _is_major(before, after) and parts(str(after)) < (18,)


def of_plan(plan: Plan, options: ByIdentifier, default: Options, rotating: Iterable[str] = ()) -> dict[str, list[str]]:
    """The interruptions that a plan brings, by address. ``rotating``: engine versions that take a certificate without a restart."""
    versions = frozenset(rotating)
    found = {}
    for action in plan.permitted:
        if action.verb == "update" and action.kind in ("db_instance", "db_replica") and action.observed:
            sentences = _of_action(action, options.get(action.observed.id, default), versions)
            if sentences:
                found[action.address] = sentences
    return found


def _of_action(action: Action, options: Options, rotating: frozenset[str]) -> list[str]:
    seen = action.observed.properties if action.observed else {}
    changed = {change.property: (change.before, change.after) for change in action.changes}
    rotates = str(seen.get("engine_version")) in rotating
    found = interruptions(changed, options, rotates=rotates, multi_az=bool(seen.get("multi_az")))
    if loses_statistics(*changed.get("engine_version", (None, None))):
        found.append(STATISTICS)
    return found
