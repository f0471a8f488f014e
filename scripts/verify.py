"""Run the checks of make check, make lint, make test and make nightly in parallel, and print a one-line result at the end.

No check is ever skipped. A check fails if something it needs is missing, or if it takes more than 1.5 times its budget. Output is kept in
.cache/verify/<check>.log and shown in full for failed checks."""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from scripts.checks import CHECKS, EXCEEDED, LOGS, PYTHON, SEED, Check, report_of
from scripts.terminal import ROOT, fail, isolated_environment, say

# Running processes by process id. They are stopped when this program ends.
RUNNING: dict[int, subprocess.Popen[bytes]] = {}


@dataclass
class Outcome:
    """The result of a check. ``processor``: seconds of processor time of its commands and the child processes they waited for."""

    check: Check
    seconds: float
    passed: int
    failed: int
    output: str
    processor: float = 0.0

    @property
    def ok(self) -> bool:
        return self.failed == 0

    @property
    def exceeds(self) -> bool:
        """Whether it took more than 1.5 times its budget."""
        return self.seconds > EXCEEDED * self.check.budget


def run(check: Check, seed: int = 0) -> Outcome:
    """Run one check. Hides the caller's credentials from its commands: nothing here may reach a real account."""
    started = time.monotonic()
    report_of(check.name).unlink(missing_ok=True)
    log = LOGS / f"{check.name}.log"
    environment = isolated_environment({"MAINSTAY_NO_SKIP": "1", "PYTHONUNBUFFERED": "1", "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"})
    code, processor = 0, 0.0
    with log.open("w") as output:
        try:
            for parts in check.commands():
                command = [str(seed) if part == SEED else part for part in parts]
                print(f"$ {' '.join(command)}", file=output, flush=True)
                remaining = check.longest - (time.monotonic() - started)
                ended, used = run_command(command, environment, output, max(1, remaining))
                code, processor = ended or code, processor + used
        except subprocess.TimeoutExpired:
            print(f"took longer than {check.longest / 60:g} minutes and was stopped", file=output)
            code = 1
        except OSError as error:
            print(f"cannot run: {error}", file=output)
            code = 1
    passed, failed = counts(check, code)
    return Outcome(check, time.monotonic() - started, passed, failed, log.read_text(errors="replace"), processor)


def run_command(command: Sequence[str], environment: Mapping[str, str], output: TextIO, seconds: float) -> tuple[int, float]:
    """Run a command in its own session, to stop it together with its children. Returns its exit code and processor time."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        RUNNING[process.pid] = process
        try:
            return wait(process, seconds)
        finally:
            if process.poll() is None:
                end(process)
            del RUNNING[process.pid]


def wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, float]:
    """Wait for a process like ``Popen.wait``. Also returns the processor time of the process and the children it waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime
        time.sleep(0.05)
    raise subprocess.TimeoutExpired(process.args, seconds)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a command and everything it started: SIGTERM first, then SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.wait(10)


def counts(check: Check, code: int) -> tuple[int, int]:
    """Passed and failed counts: tests if a report exists, otherwise the check as one. A nonzero exit code always counts as a failure."""
    if not (check.reports and report_of(check.name).exists()):
        return (0, 1) if code else (1, 0)
    # pytest has just written this file
    suites = ElementTree.parse(report_of(check.name)).getroot().iter("testsuite")  # noqa: S314
    total = failed = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    passed = max(0, total - failed)
    return passed, failed or (1 if code else 0)


def run_all(checks: Sequence[Check], options: argparse.Namespace) -> list[Outcome]:
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        futures = [pool.submit(run, check, options.seed) for check in checks]
        try:
            for future in as_completed(futures):
                outcomes.append(future.result())
                show(outcomes[-1])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(RUNNING.values()):
                end(process)
            raise
    return outcomes


def show(outcome: Outcome) -> None:
    tests = f", {outcome.passed} tests" if outcome.check.reports and outcome.ok else ""
    took = f"{outcome.seconds:6.1f} s of {outcome.check.budget:4.0f}, processor {outcome.processor:5.0f} s"
    print(f"  {'ok    ' if outcome.ok else 'FAILED'} {outcome.check.name:<18} {took}{tests}", flush=True)
    if not outcome.ok:
        print(f"\n----- {outcome.check.name} -----\n{outcome.output.rstrip()}\n-----\n", flush=True)


def by_domain(outcomes: Sequence[Outcome]) -> str:
    """A table of time taken and budget per domain, with totals. Checks run two at a time, so a run takes about half of the total."""
    rows: dict[str, list[float]] = {}
    for outcome in outcomes:
        for name in (outcome.check.domain, "all"):
            row = rows.setdefault(name, [0.0, 0.0, 0.0])
            row[:] = [had + more for had, more in zip(row, (outcome.seconds, outcome.check.budget, outcome.processor), strict=True)]
    rows["all"] = rows.pop("all", [0.0, 0.0, 0.0])
    lines = [f"  {'domain':<18} {'took':>7} {'budget':>7} {'processor':>10}"]
    lines += [f"  {name:<18} {took:5.0f} s {budget:5.0f} s {used:8.0f} s" for name, (took, budget, used) in rows.items()]
    return "\n".join(lines)


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def chosen(parser: argparse.ArgumentParser, group: str) -> list[Check]:
    checks = [check for check in CHECKS if group in check.groups or group in (check.name, check.domain)]
    if not checks:
        parser.error(f"there is no group or check {group!r}; checks: {', '.join(check.name for check in CHECKS)}")
    return sorted(checks, key=lambda check: -check.budget)  # the longest first, so that none delays the end of the run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.verify", description=__doc__)
    parser.add_argument("group", help="quick, lint, full or nightly, or the name of one check or of a domain")
    parser.add_argument(
        "--jobs", type=int, default=min(4, 1 + (os.cpu_count() or 1)), help="how many checks run at once (a third of their time is waiting)"
    )
    parser.add_argument("--no-budgets", action="store_true", help="only report exceeded budgets, for a slow or busy machine")
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10_000), help="seed for the random choices of the nightly checks"
    )
    options = parser.parse_args(arguments)
    checks = chosen(parser, options.group)
    say(f"{len(checks)} checks, {options.jobs} at once; output in {LOGS.relative_to(ROOT)}")
    if options.group == "nightly":
        say(f"To repeat this selection: make nightly ARGS='--seed {options.seed}'")
    started = time.monotonic()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        outcomes = run_all(checks, options)
    except KeyboardInterrupt:
        fail("interrupted; all running checks were stopped")
        return 130
    return verdict(outcomes, time.monotonic() - started, strict=not options.no_budgets)


def verdict(outcomes: Sequence[Outcome], seconds: float, *, strict: bool) -> int:
    """Print the results and return the exit code. ``strict``: exceeding a budget is a failure."""
    broken = sorted(outcome.check.name for outcome in outcomes if not outcome.ok)
    slow = sorted((outcome for outcome in outcomes if outcome.ok and outcome.exceeds), key=lambda outcome: outcome.check.name)
    if broken:
        say(f"Failed: {', '.join(broken)}. To run one: {Path(PYTHON).relative_to(ROOT)} -m scripts.verify {broken[0]}")
    for outcome in slow:
        took = f"{outcome.check.name} took {outcome.seconds:.0f} s, more than {EXCEEDED:g} times its budget of {outcome.check.budget:.0f} s"
        fail(f"{took}. Make it faster; a slow or busy machine takes ARGS=--no-budgets.")
    print(by_domain(outcomes))
    say(f"{seconds:.0f} s")
    failed = sum(outcome.failed for outcome in outcomes) + (len(slow) if strict else 0)
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
