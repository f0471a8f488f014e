# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Deletion protection: found before the first change, because RDS refuses a deletion only once others are under way. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...reconcile.errors import Failure
from ...reconcile.model import Observed
from ...reconcile.planner import Plan
from .keeping import KINDS, deleted

CODE = "DeletionProtected"


def is_protected(seen: Observed) -> bool:
    """Whether RDS refuses to delete this instance or replica."""
    return seen.kind in KINDS and seen.state != "deleting" and seen.properties.get("deletion_protection") is True


def protected(observed: Iterable[Observed]) -> list[str]:
    """One sentence for each instance that RDS refuses to delete, with what to set first."""
    return [f"RDS instance {seen.id} is protected against deletion. {remedy(seen.address)}" for seen in observed if is_protected(seen)]


def remedy(address: str) -> str:
    """What allows the deletion: the setting of the instance, which applies to its replicas too."""
    instance = address.partition(".")[2].partition("/")[0]
    return f"Set deletion.protection to false for {instance} in rds_databases and run site.yml, then delete it."


def refusals(plan: Plan) -> Sequence[Failure]:
    """Why a plan that deletes or replaces protected instances must change nothing."""
    return [
        Failure(
            action.address,
            "rds:DeleteDBInstance",
            CODE,
            f"{action.observed.id} is protected against deletion",
            remedy(action.address),
        )
        for action in deleted(plan, KINDS)
        if action.observed and is_protected(action.observed)
    ]
