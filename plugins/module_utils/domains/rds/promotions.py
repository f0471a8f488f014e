# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replicas that are or become databases of their own: what a plan says about them, and when it is refused. Pure functions.

There is no way back from a promotion ("Promoting a read replica to be a standalone DB instance", RDS User Guide), so the settings decide
what a promoted replica is: a database of its own (``promoted``), or one to replace by a replica.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...reconcile.errors import Failure
from ...reconcile.planner import Action, Plan
from .settings.instance import Instance

KIND = "db_replica"
CODE = "Promoted"


def addresses(instances: Mapping[str, Instance]) -> set[str]:
    """Those of the replicas that the settings describe as promoted."""
    return {f"{KIND}.{name}/{part}" for name, one in instances.items() for part, replica in one.replicas.items() if replica.promoted}


def refusals(plan: Plan) -> Sequence[Failure]:
    """Why a plan must change nothing that would make a replica of a database that was promoted without this component."""
    return [
        Failure(
            action.address,
            "",
            CODE,
            f"{action.observed.id} was promoted: it is a database of its own now and cannot become a replica again",
            remedy(action.address),
        )
        for action in plan.permitted
        if action.observed and action.verb == "update" and _after(action) is False
    ]


def remedy(address: str) -> str:
    """What a person decides about a replica that was promoted."""
    instance, _slash, replica = address.partition(".")[2].partition("/")
    return (
        f"Keep it with promoted: true at {instance}.replicas.{replica} of rds_databases, or replace it by a replica (platform_replace and "
        f"platform_allow_replace name {address}): a final snapshot keeps what it holds."
    )


def warnings(plan: Plan) -> list[str]:
    """One sentence for each replica that the plan promotes."""
    return [
        f"{action.address} is promoted in this run: it becomes a database of its own with its own backups, its source no longer updates "
        "it, and it cannot become a replica again."
        for action in plan.permitted
        if action.verb in ("create", "update", "replace") and _after(action) is True
    ]


def _after(action: Action) -> bool | None:
    """Whether the action promotes a replica (True) or would undo a promotion (False); None if it does neither."""
    if action.kind != KIND:
        return None
    if action.verb == "update":
        return next((bool(change.after) for change in action.changes if change.property == "promoted"), None)
    return True if action.desired and action.desired.properties.get("promoted") else None
