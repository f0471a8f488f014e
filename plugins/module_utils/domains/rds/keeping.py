# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What remains of instances that a plan deletes: final snapshots, automated backups, and the key that they need. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...kinds.kept_key import still_needs
from ...reconcile.planner import Action, Plan
from .kinds.backup_replication import identifier_of
from .kinds.db_instance_options import ByIdentifier, Options

KINDS = ("db_instance", "db_replica")
KEYS = ("database_key",)
REPLICATIONS = ("backup_replication",)


def deleted(plan: Plan, kinds: Sequence[str]) -> list[Action]:
    """The deletions of these kinds that the plan makes."""
    return [action for action in plan.permitted if action.verb in ("delete", "replace") and action.kind in kinds and action.observed]


def region_of(action: Action) -> str:
    """The further region of what the action deletes; empty for the component's own."""
    return str(action.observed.properties.get("region") or "") if action.observed else ""


def looked_in(plan: Plan) -> list[str]:
    """The regions whose keys are deleted; empty for the component's own."""
    return sorted({region_of(action) for action in deleted(plan, KEYS)})


def removed(plan: Plan, region: str = "") -> list[str]:
    """The identifiers of instances that are deleted in a region."""
    return [action.observed.id for action in deleted(plan, KINDS) if action.observed and region_of(action) == region]


def gone_with_backups(plan: Plan, options: ByIdentifier, default: Options, region: str = "") -> list[str]:
    """The identifiers of instances whose automated backups in a region are deleted: with the instance there, or with the replication to
    that region.
    """
    replicated = [source_of(action) for action in deleted(plan, REPLICATIONS) if region_of(action) == region]
    return [name for name in (*removed(plan, region), *replicated) if options.get(name, default).delete_automated_backups]


def source_of(action: Action) -> str:
    """The identifier of the instance whose backups are replicated."""
    return identifier_of(str(action.observed.properties.get("source_db_instance_arn") or "")) if action.observed else ""


def replicas_of_backups(action: Action, delete: bool) -> str:
    """What becomes of backups when their replication is deleted or replaced. ``delete``: the options of the instance say so."""
    what = f"what was replicated of the backups of {source_of(action)} to {region_of(action)}"
    days = action.observed.properties.get("backup_retention_period") if action.observed else None
    return f"{what} is deleted." if delete else f"{what} is kept there until its retention of {days} days is over, and so is its key."


def remains(plan: Plan, options: ByIdentifier, default: Options, needed: Mapping[str, Sequence[str]]) -> list[str]:
    """One sentence for each instance, about what is kept of it, and for each key that stays. ``needed``: see data_key.needed."""
    found: list[str] = []
    keeping: set[str] = set()
    for action in deleted(plan, KINDS):
        if action.observed is None:
            continue
        name = action.observed.id
        own, has_backups = options.get(name, default), bool(action.observed.properties.get("backup_retention_period"))
        snapshot = own.final_snapshot and (action.kind == "db_instance" or bool(action.observed.properties.get("promoted")))
        kept = ["a final snapshot"] if snapshot else []
        kept += ["the automated backups"] if has_backups and not own.delete_automated_backups else []
        keeping |= {region_of(action)} if kept else set()
        verb = "are" if len(kept) > 1 or "the automated backups" in kept else "is"
        found.append(f"{action.address}: {' and '.join(kept) if kept else 'nothing'} of {name} {verb} kept.")
    for action in deleted(plan, REPLICATIONS):
        delete = options.get(source_of(action), default).delete_automated_backups
        keeping |= set() if delete else {region_of(action)}
        found.append(f"{action.address}: {replicas_of_backups(action, delete)}")
    for action in deleted(plan, KEYS):
        if action.observed is None:
            continue
        key = str(action.observed.attributes.get("arn") or action.observed.id)
        text = still_needs(key, {name: list(users) for name, users in needed.items()})
        if text or region_of(action) in keeping:
            why = text or f"the key {key} stays: what is kept of its instances cannot be restored without it."
            found.append(f"{action.address}: {why} It loses its alias and its owner tags.")
    return found
