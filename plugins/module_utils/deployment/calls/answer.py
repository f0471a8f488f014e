# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the modules return: plan and diff in the shape of every component's module, and what became of the release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ...component import fail_on
from ...component.connect import fail
from ...component.interruption import Interruption, hand_over
from ...component.progress import Channel
from ...reconcile import report
from ...reconcile.engine import Result
from ...reconcile.planner import Action, Plan
from ..planning import ReleasePlan
from ..wish import Outcome
from .connecting import Connection


@dataclass(frozen=True)
class Released(Result):
    """A plan of the engine's shape, with the outcomes of a deployment."""

    outcomes: Mapping[str, str] = field(default_factory=dict)
    stopped: bool = False

    @property
    def interrupted(self) -> bool:
        return self.stopped

    def outcome(self, action: Action) -> str:
        return "held_back" if not action.consent else self.outcomes.get(action.address, "planned")


def result_of(outcome: Outcome, check_mode: bool) -> Released:
    """The outcome in the engine's shape. What a failed deployment did not reach was not started."""
    actions = tuple((outcome.plan or ReleasePlan((), {})).actions.values())
    left = {} if check_mode else {one.address: "not_started" for one in actions if one.verb != "none" and one.consent}
    outcomes = {**left, **outcome.outcomes}
    return Released(Plan(actions), (), None, outcome.failures if not check_mode else (), False, outcomes, outcome.interrupted)


def answer(module: Any, found: Connection, outcome: Outcome, seconds: float, **more: Any) -> NoReturn:
    """End the module with what was planned and done, in the same shape in check mode, after a deployment, and on failure."""
    check_mode, params = bool(module.check_mode), module.params
    result = result_of(outcome, check_mode)
    problems = outcome.failures if check_mode else []
    blocked = bool(problems or result.plan.refused)
    reason = fail_on.reason(params, check_mode, result, blocked)
    plan = {
        **report.plan_dict(result, check_mode),
        "component": params["component"],
        "environment": params["environment"],
        "target": found.place.as_dict(),
        "seconds": round(seconds, 2),
        "api_calls": dict(found.aws.counts),
        "note": "; ".join(_notes(outcome)),
        "state_after": outcome.state_after,
        "problems": [problem.as_dict() for problem in problems],
        "blocked": blocked,
        **({"failed_on": params["fail_on"]} if reason else {}),
        "notices": [],
    }
    values = {
        "changed": bool(result.plan.permitted) if check_mode else outcome.changed,
        "diff": report.diff_list(result),
        "plan": plan,
        "release": outcome.release.shown() if outcome.release else None,
        "previous": outcome.previous.shown() if outcome.previous else None,
        "went_back": outcome.went_back,
        "not_undone": outcome.not_undone,
        "verdicts": outcome.verdicts,
        "pruned": outcome.pruned,
        **more,
    }
    for warning in outcome.warnings:
        warn(warning)
    if outcome.interrupted or Interruption.happened:
        hand_over(Channel.host or params["component"], {"failed": True, "msg": outcome.reason, **values})
    if outcome.reason:
        fail(module, outcome.failures, outcome.reason, **values)
    if reason:
        module.fail_json(msg=reason, failed_on=params["fail_on"], **values)
    module.exit_json(**values)
    raise AssertionError("exit_json does not return")


def _notes(outcome: Outcome) -> list[str]:
    notes = list((outcome.plan or ReleasePlan((), {})).notes)
    if outcome.release is not None:
        notes.insert(0, f"release {outcome.release.called}")
    return [*notes, *outcome.notes]
