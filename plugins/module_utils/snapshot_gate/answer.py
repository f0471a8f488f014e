# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The module's entry point: takes the options, runs the gates side by side, returns one result. Only this file touches the module."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from ansible.module_utils.common.warnings import warn

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.roles import Role, client_maker_as
from ..component.interruption import hand_over, interruptible
from ..component.progress import Channel, progress
from ..reconcile.pool import Pool
from ..reconcile.waiting import Clock, SystemClock
from ..recovery.connecting import clients, connected
from .copies import Connect
from .gate import Gate
from .judging.policy import CopyTo
from .judging.verdict import Verdict, worst
from .options import at_home, plan_of
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
        _refuse(module, problems)
    make, region = clients(module)
    plan, problems = at_home(plan, region)
    if problems:
        _refuse(module, problems)
    clock = SystemClock()
    aws = connected(module, make, region, clock)
    accounts = Accounts(aws, lambda role: client_maker_as(module, make, role, clock.pause), clock)
    began = time.monotonic()
    try:
        with interruptible(clock.stop):
            verdicts = judge_all(aws, clock, plan, accounts.connect)
    finally:
        accounts.close()
        aws.close()
    result = result_of(plan, verdicts, accounts.counts(), time.monotonic() - began)
    if any(one.reason == "interrupted" for one in verdicts.values()):
        hand_over(Channel.host, result)
    for verdict in verdicts.values():
        for note in verdict.notes:
            warn(f"{verdict.database}: {note}")
    if result["exit_code"]:
        module.fail_json(**result)
    module.exit_json(**result)
    raise AssertionError("exit_json does not return")


def _refuse(module: Any, problems: Sequence[str]) -> NoReturn:
    module.fail_json(msg="\n".join(problems), verdict="refused", reason="options", exit_code=EXIT_CODES["refused"])
    raise AssertionError("fail_json does not return")


class Accounts:
    """The connections to the accounts and regions of copies. ``make_as``: from a role to the function that creates its clients."""

    def __init__(self, aws: Aws, make_as: Callable[[Role], Callable[..., Any]], clock: Clock) -> None:
        self.aws, self.make_as, self.clock = aws, make_as, clock
        self._others: dict[Role, Aws] = {}
        self._lock = threading.Lock()

    def connect(self, to: CopyTo) -> Aws:
        if to.role is None:
            return self.aws.in_region(to.region)
        with self._lock:
            if to.role not in self._others:
                self._others[to.role] = Aws(self.make_as(to.role), Owner("", ""), pause=self.clock.pause, region=self.aws.region)
            return self._others[to.role].in_region(to.region)

    def counts(self) -> dict[str, int]:
        """The calls of all connections."""
        return {kind: sum(aws.counts[kind] for aws in (self.aws, *self._others.values())) for kind in self.aws.counts}

    def close(self) -> None:
        for aws in self._others.values():
            aws.close()


def judge_all(aws: Aws, clock: Clock, plan: Plan, connect: Connect | None = None) -> dict[str, Verdict]:
    """The verdicts by database, all at the same time."""
    gate = Gate(aws, clock, plan, progress, connect)
    if len(plan.databases) == 1:
        return {plan.databases[0]: gate.run(plan.databases[0])}
    with Pool(min(MOST_AT_ONCE, len(plan.databases)), thread_name_prefix="gate") as pool:
        return dict(zip(plan.databases, pool.map(gate.run, plan.databases)))


def result_of(plan: Plan, verdicts: Mapping[str, Verdict], counts: Mapping[str, int], seconds: float) -> dict[str, Any]:
    state = worst(one.state for one in verdicts.values())
    decisive = [one for one in verdicts.values() if one.state == state]
    changed = any(one.taken or one.copied or one.pruned or one.reason == "would_take" for one in verdicts.values())
    return {
        "changed": changed,
        "verdict": state,
        "reason": decisive[0].reason,
        "exit_code": EXIT_CODES[state],
        "msg": " ".join(one.sentence for one in decisive),
        "deployment": plan.deployment,
        "databases": {name: one.as_dict() for name, one in verdicts.items()},
        "tokens": {name: one.token for name, one in verdicts.items() if one.token},
        "policy": plan.policy.as_dict(),
        "seconds": round(seconds, 1),
        "api_calls": {"read": counts["read"], "write": counts["write"]},
    }
