"""One complete case: break the run, run once more if needed, then compare the account and check for remaining changes."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.faults import account
from benchmarks.faults.account import Holdings
from benchmarks.faults.catalog import ANY, Fault
from benchmarks.faults.processes import LONGEST_RUN, Ended
from benchmarks.faults.proxy import Proxy, Rule
from benchmarks.faults.scenarios import Case
from benchmarks.faults.subjects import Subject, last_lines
from benchmarks.subjects import Unexpected
from rehearsal.testing import Cloud

Held = Literal["same run", "one more run", "failed"]


@dataclass(frozen=True)
class Baseline:
    """A scenario without a fault: the account's final contents, the calls made, and which of them have a response body."""

    holdings: Holdings
    operations: frozenset[str]
    with_body: frozenset[str]


@dataclass(frozen=True)
class Result:
    """The outcome of a case. ``left``: the number of surplus resources in the end. ``problems``: the reasons for failure, a line each.

    ``runs``: how the broken run and the next one ended: ok, failed, or killed.
    """

    key: str
    subject: str
    scenario: str
    operation: str
    fault: str
    held: Held
    runs: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    code: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Lane:
    """What each concurrent case needs: a cloud, a proxy, a subject, and a folder."""

    cloud: Cloud
    proxy: Proxy
    subject: Subject
    folder: Path


def baseline(lane: Lane, scenario: str) -> Baseline:
    """The scenario without a fault. Raises Unexpected if it does not succeed on its own."""
    lane.subject.prepare(scenario, {})
    lane.proxy.clear()
    ended = lane.subject.run(scenario)
    seen = [one for one in lane.proxy.seen() if one.call.mutating]
    if not ended.ok:
        raise Unexpected(f"{scenario} fails without any fault:\n{ended.printed}")
    if rest := lane.subject.plan_is_empty(scenario):
        raise Unexpected(f"{scenario} does not come to an end without any fault: {rest}")
    made = frozenset(one.call.name for one in lane.proxy.seen())
    return Baseline(account.take(lane.cloud), made, frozenset(one.call.name for one in seen if one.size))


def run(lane: Lane, case: Case, expected: Baseline, logs: Path) -> Result:
    """Runs one case. ``logs`` is where the outputs of a failed one are kept."""
    began = time.monotonic()
    shutil.rmtree(logs, ignore_errors=True)
    lane.subject.prepare(case.scenario, case.fault.variables)
    first = broken_run(lane, case)
    problems = first.problems
    endings = [ending(first.ended)]
    outputs = {"1-broken.log": first.ended.printed}
    if not first.ended.ok:
        again = lane.subject.run(case.scenario)
        endings.append(ending(again))
        outputs["2-again.log"] = again.printed
        if not again.ok:
            problems.append(f"the second run failed: {last_lines(again.printed)}")
    found = account.take(lane.cloud)
    problems += account.differences(expected.holdings, found)
    if rest := lane.subject.plan_is_empty(case.scenario):
        problems.append(rest)
    if problems:
        logs.mkdir(parents=True)
        for name, text in outputs.items():
            (logs / name).write_text(text)
    return Result(
        case.key,
        case.subject,
        case.scenario,
        case.operation,
        case.fault.name,
        held="failed" if problems else "same run" if first.ended.ok else "one more run",
        runs=endings,
        problems=problems,
        left=account.surplus(expected.holdings, found),
        seconds=round(time.monotonic() - began, 1),
    )


def ending(ended: Ended) -> str:
    return "killed" if ended.killed else "ok" if ended.code == 0 else "failed"


@dataclass(frozen=True)
class Broken:
    ended: Ended
    problems: list[str]


def broken_run(lane: Lane, case: Case) -> Broken:
    """Runs with the fault, then removes it."""
    fault = case.fault
    lane.proxy.clear()
    lane.cloud.admin.settings(**fault.settings)
    rule = arm(lane, case.operation, fault)
    problems: list[str] = []
    if fault.stops and rule:
        ended, other = lane.subject.run_stopped(case.scenario, rule, lane.cloud.admin.clear_requests)
        problems += [] if other.ok else [f"the run that took the lock failed: {last_lines(other.printed)}"]
        problems += sent_without_lock(lane)
    else:
        ended = lane.subject.run(case.scenario, rule if fault.kills else None, fault.limits)
    problems += [f"it printed {words!r}" for words in DEFECTS if words in ended.printed]
    problems += ["it hung"] if ended.seconds >= LONGEST_RUN and not fault.stops else []
    fired = happened(lane, rule, fault)
    errors = [f"the proxy broke down: {error}" for error in lane.proxy.errors]
    lane.proxy.clear()
    lane.cloud.admin.clear_faults()
    lane.cloud.admin.settings(**dict.fromkeys(fault.settings, 0))
    problems += [*errors, *([] if fired else [f"{case.operation} was not called, so nothing was broken"])]
    if fault.kills and not ended.killed:
        problems.append("the run was not killed")
    if fault.same_run and not ended.ok and case.subject == "mainstay":
        problems.append(f"the run itself should have come to a good end: {last_lines(ended.printed)}")
    return Broken(ended, problems)


DEFECTS = ("Please report it", "Traceback (most recent call last)")
"""Output that only a defect of ours produces."""
LOCK_CALLS = ("PutParameter", "DeleteParameter")


def sent_without_lock(lane: Lane) -> list[str]:
    """Changes that a run sent after another run had taken its lock, reported as a problem if there are any."""
    sent = sorted({one["operation"] for one in lane.cloud.admin.requests() if one["mutating"] and one["operation"] not in LOCK_CALLS})
    return [f"after another run had taken its lock, it still sent {', '.join(sent)}"] if sent else []


def arm(lane: Lane, operation: str, fault: Fault) -> Rule | None:
    if fault.error:
        service, _, name = operation.partition(":")
        lane.cloud.admin.fault(service, name, fault="error", times=fault.times, **fault.error)
    if not fault.action:
        return None
    rule = Rule(operation, fault.action, times=fault.times)
    lane.proxy.arm(rule)
    return rule


def happened(lane: Lane, rule: Rule | None, fault: Fault) -> bool:
    if rule:
        return rule.fired > 0
    return not fault.error or any(one["fired"] for one in lane.cloud.admin.faults())


def applies(case: Case, expected: Baseline) -> bool:
    """Whether there is anything to break: an empty body cannot be truncated."""
    if case.operation == ANY:
        return True
    return not case.fault.needs_body or case.operation in expected.with_body
