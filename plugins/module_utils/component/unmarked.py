# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Resources without owner tags that may be ours: a plan names them before a duplicate is created.

A person or a tag policy may have removed owner tags. A resource with a natural key (a subnet's range, a role's name) then conflicts with
the existing one. A NAT gateway or an address does not: a second one would be created, and billed, silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..aws.connection import Aws
from ..aws.ec2_kind import Ec2Kind, Unmarked
from ..reconcile.errors import Failure
from ..reconcile.model import Kind
from ..reconcile.planner import Action, Plan

CODE = "Unmarked"


def find_unmarked(plan: Plan, kinds: Mapping[str, Kind], aws: Aws) -> tuple[list[Failure], list[Failure]]:
    """(resources with the name of one to be created, which prevent an apply; resources only in one of our VPCs). Raises CallFailed."""
    vpcs = {seen.id for seen in plan.observed if seen.id.startswith("vpc-")} | {
        str(seen.properties["vpc_id"]) for seen in plan.observed if seen.properties.get("vpc_id")
    }
    created: dict[str, dict[str, str]] = {}
    for action in plan.actions:
        if action.verb == "create" and isinstance(kinds[action.kind], Ec2Kind):
            created.setdefault(action.kind, {})[action.address] = _name(action)
    looks = [(kinds[kind], names) for kind, names in created.items()]
    answers = aws.map(lambda one: _find(aws, one[0], {name for name in one[1].values() if name}, vpcs), looks)
    blocking: list[Failure] = []
    beside: list[Failure] = []
    for (kind, names), found in zip(looks, answers, strict=True):
        for one in sorted(found):
            same = [address for address, name in names.items() if name and name == one.name]
            if same:
                blocking.append(_same_name(same[0], kind.name, one))
            else:
                beside.append(_in_vpc(sorted(names), kind.name, one))
    return blocking, beside


def _find(aws: Aws, kind: Any, names: set[str], vpcs: set[str]) -> Sequence[Unmarked]:
    found: Sequence[Unmarked] = kind.find_unmarked(aws, names, vpcs)
    return found


def _name(action: Action) -> str:
    """The Name tag of a resource to be created."""
    tags = next((change.after for change in action.changes if change.property == "tags"), None)
    return str(tags.get("Name", "")) if isinstance(tags, Mapping) else ""


def _same_name(address: str, kind: str, one: Unmarked) -> Failure:
    return Failure(
        address,
        "",
        CODE,
        f"{one.id} has the name that this {kind} is to have ({one.name}), and carries no owner's mark; a second one would be created.",
        f"If it is ours and has lost its tags, take it back with adopt: {{{address}: {one.id}}}. If not, rename or remove it.",
    )


def _in_vpc(addresses: Sequence[str], kind: str, one: Unmarked) -> Failure:
    return Failure(
        addresses[0],
        "",
        CODE,
        f"{one.id}, a {kind} in our VPC {one.vpc}, carries no owner's mark; this run creates {', '.join(addresses)} beside it.",
        f"If it is ours and has lost its tags, take it back with adopt: {{{addresses[0]}: {one.id}}}.",
    )
