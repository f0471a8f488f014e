# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The entry point of rds_cutover: takes the options, cuts over, returns the result. Only this file touches the module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from ..aws.roles import OPTIONS as ROLE_OPTIONS
from ..aws.roles import role_problems
from ..component.progress import progress
from ..reconcile.waiting import SystemClock
from ..recovery.connecting import connection
from ..recovery.forms import identifier_wrong, not_positive
from .answer import instance_of
from .connecting import EXIT_CODES, end, refuse
from .cutover import APPLICATION, PRINTED, RENAME, WOULD, CutOver, Plan, Result
from .cutover_steps import DOES_NOT_FOLLOW

SERVICES = ("rds",)


def argument_spec() -> dict[str, Any]:
    return {
        "name": {"type": "str", "required": True},
        "target": {"type": "str", "required": True},
        "old_name": {"type": "str", "default": ""},
        "by": {"type": "str", "default": RENAME, "choices": [RENAME, APPLICATION]},
        "accept": {"type": "list", "elements": "str", "default": [], "choices": list(DOES_NOT_FOLLOW)},
        "any_target": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 3600.0},
        "poll_interval": {"type": "float", "default": 10.0},
        **ROLE_OPTIONS,
    }


def plan_of(params: Mapping[str, Any], *, check_mode: bool) -> tuple[Plan | None, list[str]]:
    """The plan, or every problem with the options."""
    names = {name: params[name].lower() for name in ("name", "target", "old_name")}
    problems = [
        problem for option, text in names.items() if text or option != "old_name" for problem in identifier_wrong(text, f"{option} is")
    ]
    if names["name"] == names["target"]:
        problems.append(f"target is {params['target']}, which is the name itself; name the restored instance")
    if names["old_name"] and names["old_name"] in (names["name"], names["target"]):
        problems.append(f"old_name is {params['old_name']}, which is one of the two instances; choose another identifier")
    problems += not_positive(params, ("timeout", "poll_interval"))
    problems += role_problems(dict(params))
    if problems:
        return None, problems
    return Plan(
        **names,
        by=params["by"],
        accept=tuple(params["accept"]),
        any_target=params["any_target"],
        timeout=params["timeout"],
        poll=params["poll_interval"],
        check_mode=check_mode,
    ), []


def run(module: Any) -> NoReturn:
    """Cut over as the module's parameters say. Exits the module."""
    plan, problems = plan_of(module.params, check_mode=module.check_mode)
    if plan is None:
        refuse(module, problems)
    clock = SystemClock()
    with connection(module, clock) as aws:
        found = CutOver(aws, clock, plan, lambda doing, seconds: progress(plan.name, doing, seconds)).run()
    end(module, result_of(plan, found, aws.counts), found.notes)


def result_of(plan: Plan, found: Result, counts: Mapping[str, int]) -> dict[str, Any]:
    pair = found.pair
    steps = "".join(f"{sentence}\n" for sentence in (*found.done, *found.left))
    return {
        "changed": bool(found.done) or (found.state == WOULD and bool(found.left)),
        "state": found.state,
        "reason": found.reason,
        "exit_code": EXIT_CODES.get(found.state, 0),
        "msg": found.sentence,
        "name": plan.name,
        "old_name": pair.old_name if pair else "",
        "instance": instance_of(pair.new.raw) if pair else {},
        "before": instance_of(pair.old.raw) if pair else {},
        "done": list(found.done),
        "left": list(found.left),
        "way_back": found.way_back,
        "attached": {
            "connections": found.attached.connections,
            "replicas": list(found.attached.replicas),
            "proxies": list(found.attached.proxies),
            "backup_replication": list(found.attached.backups),
        },
        "notes": list(found.notes),
        "api_calls": {"read": counts["read"], "write": counts["write"]},
        "diff": {"before": "", "after": "" if found.state == PRINTED else steps},
    }
