# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a module returns: the plan, the diff, the outputs and the errors, in the same shape in check mode, after an apply and on failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.connection import Aws
from ..reconcile import report
from ..reconcile.engine import Result
from ..reconcile.errors import Failure
from . import fail_on
from .connect import fail
from .domain import Domain, Observation
from .interruption import Interruption, hand_over
from .progress import Channel
from .quotas import EXCEEDED


@dataclass(frozen=True)
class Remarks:
    """What a call reports in addition to its plan.

    ``problems``: what blocks an apply, or may block it. ``blocked``: whether an apply of the plan would change nothing. ``notices``: what
    blocks nothing but needs attention.
    """

    note: str = ""
    problems: Sequence[Failure] = ()
    blocked: bool = False
    notices: Sequence[Failure] = ()


def answer(module: Any, domain: Domain, observation: Observation, result: Result, aws: Aws, seconds: float, remarks: Remarks) -> NoReturn:
    """End the module with what was planned and done, in the same shape in check mode, after an apply and on failure."""
    reason = fail_on.reason(module.params, module.check_mode, result, remarks.blocked)
    shown = {
        **report.plan_dict(result, module.check_mode),
        "component": module.params["component"],
        "environment": module.params["environment"],
        "target": observation.place.as_dict(),
        "seconds": round(seconds, 2),
        "api_calls": dict(aws.counts),
        "note": remarks.note,
        "problems": [problem.as_dict() for problem in remarks.problems],
        "blocked": remarks.blocked,
        **({"failed_on": module.params["fail_on"]} if reason else {}),
        "notices": [notice.as_dict() for notice in remarks.notices],
    }
    values = {
        "changed": report.changed(result, module.check_mode),
        "diff": report.diff_list(result),
        "plan": shown,
        "outputs": {**domain.outputs(result.attributes()), "deferred": result.deferred},
        **({"unclaimed": observation.unclaimed} if observation.unclaimed else {}),
    }
    while Channel.announced:
        warn(Channel.announced.pop(0))
    if result.interrupted or Interruption.happened:
        summary = "\n".join([_summary(result, module.params["component"]), *map(str, result.failures)])
        hand_over(Channel.host or module.params["component"], {"failed": True, "changed": values["changed"], "msg": summary, "plan": shown})
    if result.failures:
        fail(module, result.failures, _summary(result, module.params["component"]), **values)
    if reason:
        module.fail_json(msg=reason, failed_on=module.params["fail_on"], **values)
    module.exit_json(**values)
    raise AssertionError("exit_json does not return")


def _summary(result: Result, component: str) -> str:
    if result.plan.refused and result.report is None:
        names = ", ".join(f"{component}:{action.address}" for action in result.plan.refused)
        return (
            f"Nothing was changed: replacements need consent in platform_allow_replace (option allow_replace): {names}. "
            "The run's summary ends with the command that allows them. Or revert the change."
        )
    if any(failed.code == EXCEEDED for failed in result.failures):
        return "Nothing was changed: it would exceed the account's quotas. Request an increase, create less, or set check_quotas to false."
    if result.report is None:
        return "Nothing was changed."
    done = sum(result.outcome(action) == "done" for action in result.plan.permitted)
    why = "The run was interrupted" if result.interrupted else "The run failed"
    return f"{why}: {done} of {len(result.plan.permitted)} changes are done. Run again to continue from here."
