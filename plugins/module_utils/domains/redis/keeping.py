# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What remains of caches that a plan deletes: final snapshots, and the key that they need. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...kinds.kept_key import still_needs
from ...reconcile.planner import Action, Plan

GROUP, KEY_KIND = "replication_group", "cache_key"


def deleted(plan: Plan, kind: str) -> list[Action]:
    """The deletions of this kind that the plan makes."""
    return [action for action in plan.permitted if action.verb in ("delete", "replace") and action.kind == kind and action.observed]


def removed(plan: Plan) -> list[str]:
    """The identifiers of the groups that are deleted."""
    return [action.observed.id for action in deleted(plan, GROUP) if action.observed]


def remains(plan: Plan, final: Mapping[str, bool], needed: Mapping[str, Sequence[str]]) -> list[str]:
    """One sentence for each deleted group, and for each key that stays. ``final``: identifier -> whether it leaves a snapshot."""
    found: list[str] = []
    keeping = False
    for identifier, address in [(action.observed.id, action.address) for action in deleted(plan, GROUP) if action.observed]:
        snapshot = final.get(identifier, True)
        keeping |= snapshot
        kept = f"a final snapshot of {identifier} is" if snapshot else f"nothing of {identifier} is"
        found.append(f"{address}: {kept} kept; its automatic snapshots are deleted with it.")
    for action in deleted(plan, KEY_KIND):
        key = str(action.observed.attributes.get("arn") or action.observed.id) if action.observed else ""
        text = still_needs(key, {name: list(users) for name, users in needed.items()})
        if text or keeping:
            why = text or f"the key {key} stays: what is kept of its caches cannot be restored without it."
            found.append(f"{action.address}: {why} It loses its alias and its owner tags.")
    return found
