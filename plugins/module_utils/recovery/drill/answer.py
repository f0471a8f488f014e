# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's entry point: takes the options, runs the drill, writes the report, returns the result. Only this file touches the module."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ...aws.connection import Aws
from ...aws.owner import Owner
from ...aws.session import client_maker, refused_endpoint
from ...component.credentials_life import end_of, shortage
from ...component.interruption import hand_over, interruptible, stopping_if_orphaned
from ...component.progress import Channel, progress
from ...reconcile.waiting import SystemClock
from .drill import Drill
from .options import plan_of
from .plan import Plan
from .report import write
from .result import PASSED, REFUSED, Result

SERVICES = ("rds", "kms", "ec2")
"""The services that every run calls."""


def run(module: Any) -> NoReturn:
    """Drill as the module's parameters say. Exits the module."""
    make, region, endpoint = client_maker(module)
    plan, problems = plan_of(module.params, str(region or ""), check_mode=module.check_mode)
    if plan is None:
        refused = Result(REFUSED, "options", "\n".join(problems), database=str(module.params["database"]))
        module.fail_json(**_reported(refused, "" if module.check_mode else module.params["report"], refused.as_dict()))
        raise AssertionError("fail_json does not return")
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if warning := short_lived(module.params, os.environ, plan):
        warn(warning)
    clock = SystemClock()
    aws = Aws(make, Owner("", ""), pause=clock.pause, region=str(region))
    began = time.monotonic()
    try:
        with interruptible(clock.stop), stopping_if_orphaned(clock.stop):
            found = Drill(aws, clock, plan, lambda doing, seconds: progress(plan.database, doing, seconds)).run()
    finally:
        aws.close()
    result = result_of(plan, found, aws.counts, time.monotonic() - began)
    for note in (*found.notes, *found.left):
        warn(f"{found.database}: {note}")
    if found.reason == "interrupted":
        hand_over(Channel.host, result)
    if found.state != PASSED:
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError("exit_json does not return")


def short_lived(params: Mapping[str, Any], environment: Mapping[str, str], plan: Plan) -> str:
    """Why the credentials may not last; empty if they do. What a drill can no longer delete is left to the next one."""
    try:
        end = end_of(params.get("access_key"), params.get("profile"), environment)
    except ValueError as error:
        return str(error)
    needed = plan.limits.backups + plan.goals.rto
    return (shortage(end, datetime.now(UTC), needed, f"the drill of {plan.database}") if end else None) or ""


def result_of(plan: Plan, found: Result, counts: Mapping[str, int], seconds: float) -> dict[str, Any]:
    """The module's result. Writes the report first, so that it is there whatever the verdict."""
    answer = {
        **found.as_dict(),
        "changed": bool(counts["write"]) or found.reason == "would_drill",
        "seconds": round(seconds, 1),
        "api_calls": {"read": counts["read"], "write": counts["write"]},
    }
    return _reported(found, "" if plan.check_mode else plan.report, answer)


def _reported(found: Result, path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the paths of the report. That it cannot be written changes no verdict, but is said."""
    try:
        return {**answer, "reports": list(write(found, path)) if path else []}
    except OSError as error:
        return {**answer, "reports": [], "msg": f"{answer['msg']} The report could not be written to {path}: {error.strerror}."}
