# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which clusters a plan upgrades. Separate from check.py, so that a plan that upgrades none imports no checks."""

from __future__ import annotations

from collections.abc import Iterator

from .....reconcile.planner import Plan


def planned(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """The updates that change a cluster's version: its address, its name in AWS, and the version it gets."""
    for action in plan.permitted:
        if action.kind == "eks_cluster" and action.verb == "update" and action.desired is not None:
            name = str(action.desired.properties["cluster_name"])
            yield from ((action.address, name, str(change.after)) for change in action.changes if change.property == "version")
