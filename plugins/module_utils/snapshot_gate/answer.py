# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's entry point: takes the options, runs the gates side by side, returns one result. Only this file touches the module."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.session import client_maker, refused_endpoint
from ..component.interruption import hand_over, interruptible
from ..component.progress import Channel, progress
from ..reconcile.pool import Pool
from ..reconcile.waiting import Clock, SystemClock
from .gate import Gate
from .judging.verdict import Verdict, worst
from .options import plan_of
from .plan import Plan

EXIT_CODES = {"passed": 0, "not_needed": 0, "failed": 3, "refused": 4}
"""What bin/mainstay-snapshot-gate ends with."""

SERVICES = ("rds", "kms")
"""The services that every run calls."""

MOST_AT_ONCE = 20


def run(module: Any) -> NoReturn:
    """Judge the databases that the module's parameters name. Exits the module."""
    plan, problems = plan_of(module.params, check_mode=module.check_mode)
    if plan is None:
        module.fail_json(msg="\n".join(problems), verdict="refused", reason="options", exit_code=EXIT_CODES["refused"])
        raise AssertionError("fail_json does not return")
    make, region, endpoint = client_maker(module)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option, or set AWS_REGION")
    clock = SystemClock()
    aws = Aws(make, Owner("", ""), pause=clock.pause, region=str(region))
    began = time.monotonic()
    try:
        with interruptible(clock.stop):
            verdicts = judge_all(aws, clock, plan)
    finally:
        aws.close()
    result = result_of(plan, verdicts, aws.counts, time.monotonic() - began)
    if any(one.reason == "interrupted" for one in verdicts.values()):
        hand_over(Channel.host, result)
    for verdict in verdicts.values():
        for note in verdict.notes:
            module.warn(f"{verdict.database}: {note}")
    if result["exit_code"]:
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError("exit_json does not return")


def judge_all(aws: Aws, clock: Clock, plan: Plan) -> dict[str, Verdict]:
    """The verdicts by database, all at the same time."""
    gate = Gate(aws, clock, plan, progress)
    if len(plan.databases) == 1:
        return {plan.databases[0]: gate.run(plan.databases[0])}
    with Pool(min(MOST_AT_ONCE, len(plan.databases)), thread_name_prefix="gate") as pool:
        return dict(zip(plan.databases, pool.map(gate.run, plan.databases)))


def result_of(plan: Plan, verdicts: Mapping[str, Verdict], counts: Mapping[str, int], seconds: float) -> dict[str, Any]:
    state = worst(one.state for one in verdicts.values())
    decisive = [one for one in verdicts.values() if one.state == state]
    changed = any(one.taken or one.pruned or one.reason == "would_take" for one in verdicts.values())
    return {
        "changed": changed,
        "verdict": state,
        "reason": decisive[0].reason,
        "exit_code": EXIT_CODES[state],
        "msg": " ".join(one.sentence for one in decisive),
        "deployment": plan.deployment,
        "databases": {name: one.as_dict() for name, one in verdicts.items()},
        "tokens": {name: one.token for name, one in verdicts.items() if one.token},
        "seconds": round(seconds, 1),
        "api_calls": {"read": counts["read"], "write": counts["write"]},
    }
