# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drain did, or would do, in the shape of a plan, so that the summary shows it like any other plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .....reconcile.report import FORMAT
from .draining import Draining
from .inside import POOLS, Entry
from .leftovers import AwsResource


@dataclass(frozen=True)
class Run:
    """Who runs, and where: what every plan states besides its actions."""

    component: str
    environment: str
    target: Mapping[str, Any]
    check_mode: bool


def plan_of(
    run: Run, drains: Sequence[Draining], seconds: float, calls: Mapping[str, int], *, interrupted: bool = False, failed: bool = False
) -> dict[str, Any]:
    """The plan: everything observed is a deletion, and it is done unless the resource still exists in an incomplete run."""
    actions = [action for drain in drains for action in _actions(drain, run.check_mode, interrupted or failed)]
    names = [name for drain in drains for name in drain.left()] if failed else []
    return {
        "format": FORMAT,
        "component": run.component,
        "environment": run.environment,
        "target": run.target,
        "check_mode": run.check_mode,
        "counts": {"create": 0, "update": 0, "replace": 0, "delete": len(actions), "unchanged": 0, "held_back": 0},
        "actions": actions,
        "errors": [{"address": "", "operation": "", "code": "StillThere", "message": name, "hint": ""} for name in names],
        "interrupted": interrupted,
        "seconds": round(seconds, 2),
        "api_calls": dict(calls),
    }


def _actions(drain: Draining, planned: bool, cut_off: bool) -> Iterator[dict[str, Any]]:
    left = {*map(str, drain.entries), *map(str, drain.pools), *(thing.id for thing in drain.things)}
    for identity, one in drain.seen.items():
        outcome = "planned" if planned else "unfinished" if cut_off and identity in left else "done"
        kind = one.kind.lower().replace(" ", "_")
        yield {
            "address": f"{kind}.{drain.cluster.key or drain.cluster.name}/{name_in_address(one)}",
            "kind": kind,
            "action": "delete",
            "reason": reason_of(one),
            "consent": True,
            "hint": None,
            "changes": [],
            "outcome": outcome,
            "because": None,
            "seconds": None,
            "id": one.id if isinstance(one, AwsResource) else None,
        }


def name_in_address(one: Entry | AwsResource) -> str:
    return one.full_name if isinstance(one, Entry) else one.name or one.id


def reason_of(one: Entry | AwsResource) -> str:
    if isinstance(one, AwsResource):
        return "made by a controller of the cluster"
    return "Karpenter launches instances for it" if one.kind in POOLS else "has a load balancer, or may have one"
