"""The checks of make check, make lint and make test: which there are, running them side by side, and one line of result at the end.

No check is ever skipped: what a check needs and does not find fails it. Output is kept in .cache/verify/<check>.log and shown in full for
what failed."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from scripts.terminal import ROOT, fail, isolated_environment, say

LOGS = ROOT / ".cache" / "verify"
PYTHON = sys.executable
COLLECTION = "collections/ansible_collections/mainstay/aws"

Commands = list[list[str]]

# What runs now, by process id: ended when this program is.
RUNNING: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Check:
    """One named check: commands that all have to succeed, one after the other."""

    name: str
    commands: Callable[[], Commands]
    groups: frozenset[str]
    timeout_minutes: float = 5
    # pytest checks are counted test by test, from the reports they write
    reports: bool = False


@dataclass
class Outcome:
    check: Check
    seconds: float
    passed: int
    failed: int
    output: str

    @property
    def ok(self) -> bool:
        return self.failed == 0


def report_of(name: str) -> Path:
    return LOGS / f"{name}.xml"


def pytest(name: str, *arguments: str) -> Commands:
    return [[PYTHON, "-m", "pytest", "-q", f"--junit-xml={report_of(name)}", *arguments]]


def without(*folders: str) -> list[str]:
    """Folders of integration tests that are a check of their own."""
    return [part for folder in folders for part in ("--ignore", f"tests/integration/{folder}")]


def syntax() -> Commands:
    """Every playbook against every inventory; a folder without either is an error, not an empty list."""
    inventories = sorted(path for path in (ROOT / "inventories").iterdir() if path.is_dir())
    playbooks = [ROOT / "site.yml", *sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))]
    names = [str(path.relative_to(ROOT)) for path in playbooks]
    return [["ansible-playbook", "--syntax-check", "-i", str(path.relative_to(ROOT)), *names] for path in inventories]


def types() -> Commands:
    """The shipped code under its import name, and the Python around it. Folders that hold no Python yet are left out."""
    named = [f"plugins/{name}" for name in ("module_utils", "modules", "filter", "callback", "action")]
    folders = [f"{COLLECTION}/{name}" for name in named if any((ROOT / name).glob("**/*.py"))]
    return [["mypy", "--no-error-summary", *folders, "rehearsal", "scripts", "benchmarks"]]


def molecule() -> Commands:
    """All scenarios against one cloud of their own, which lives as long as the command."""
    return [[PYTHON, "-m", "scripts.with_cloud", "molecule", "test", "--all"]]


def kubernetes() -> Commands:
    """The tests of the rehearsal's Kubernetes, after its control plane has been built and Helm installed: it takes both."""
    first = [[PYTHON, "-m", "rehearsal.kubernetes", "build"], [PYTHON, "-m", "rehearsal.kubernetes", "helm", "version"]]
    return [*first, *pytest("kubernetes", "tests/rehearsal/kubernetes")]


QUICK = frozenset({"quick", "lint", "full"})
LINT = frozenset({"lint", "full"})
APART = ("faults", "rollout", "eks_content", "eks_operations")

CHECKS = (
    # The long ones first, so that nothing waits for them at the end.
    Check("sanity", lambda: [[PYTHON, "-m", "scripts.sanity"]], frozenset({"full"}), timeout_minutes=20),
    Check("kubernetes", kubernetes, frozenset({"full"}), timeout_minutes=60, reports=True),
    Check("molecule", molecule, frozenset({"full", "molecule"}), timeout_minutes=20),
    Check(
        "integration",
        lambda: pytest("integration", "-n", "2", "--dist", "loadfile", *without(*APART), "tests/integration"),
        frozenset({"full"}),
        timeout_minutes=40,
        reports=True,
    ),
    Check(
        "operations",
        lambda: pytest("operations", "-n", "2", "--dist", "loadfile", "tests/integration/eks_operations"),
        frozenset({"full"}),
        timeout_minutes=40,
        reports=True,
    ),
    Check(
        "rollouts",
        lambda: pytest("rollouts", "-n", "2", "--dist", "loadfile", "tests/integration/rollout"),
        frozenset({"full"}),
        timeout_minutes=30,
        reports=True,
    ),
    # In one process: both files share a cluster.
    Check("content", lambda: pytest("content", "tests/integration/eks_content"), frozenset({"full"}), timeout_minutes=30, reports=True),
    Check("faults", lambda: pytest("faults", "-n", "2", "tests/integration/faults"), frozenset({"full"}), timeout_minutes=40, reports=True),
    Check(
        "rehearsal",
        lambda: pytest("rehearsal", "--ignore", "tests/rehearsal/kubernetes", "tests/rehearsal"),
        frozenset({"full"}),
        timeout_minutes=20,
        reports=True,
    ),
    Check("unit-slow", lambda: pytest("unit-slow", "-m", "slow", "tests/unit", "tests/repository"), frozenset({"full"}), 15, reports=True),
    Check("ansible-lint", lambda: [["ansible-lint", "--offline", "-q"]], LINT),
    Check("unit", lambda: pytest("unit", "-m", "not slow", "tests/unit", "tests/repository"), frozenset({"quick", "full"}), reports=True),
    Check("mypy", types, QUICK),
    Check("syntax", syntax, frozenset({"quick", "full"})),
    Check("docs", lambda: [["antsibull-docs", "lint-collection-docs", "--plugin-docs", "."]], LINT),
    Check("changelog", lambda: [["antsibull-changelog", "lint"]], LINT),
    Check(
        "ruff",
        lambda: [["ruff", "check", "--output-format", "concise", "."], ["ruff", "format", "--check", "--output-format", "concise", "."]],
        QUICK,
    ),
    Check("yamllint", lambda: [["yamllint", "--strict", "."]], QUICK),
)


def run(check: Check) -> Outcome:
    """Runs one check. Its commands see no credentials of the caller's: nothing here may reach a real account."""
    started = time.monotonic()
    report_of(check.name).unlink(missing_ok=True)
    log = LOGS / f"{check.name}.log"
    environment = isolated_environment({"MAINSTAY_NO_SKIP": "1", "PYTHONUNBUFFERED": "1", "ANSIBLE_NOCOLOR": "1", "NO_COLOR": "1"})
    code = 0
    with log.open("w") as output:
        try:
            for command in check.commands():
                print(f"$ {' '.join(command)}", file=output, flush=True)
                remaining = check.timeout_minutes * 60 - (time.monotonic() - started)
                code = run_command(command, environment, output, max(1, remaining)) or code
        except subprocess.TimeoutExpired:
            print(f"took longer than {check.timeout_minutes:g} minutes and was ended", file=output)
            code = 1
        except OSError as error:
            print(f"cannot run: {error}", file=output)
            code = 1
    passed, failed = counts(check, code)
    return Outcome(check, time.monotonic() - started, passed, failed, log.read_text(errors="replace"))


def run_command(command: Sequence[str], environment: Mapping[str, str], output: TextIO, seconds: float) -> int:
    """The exit code of a command in a session of its own, so that whatever it starts can be ended with it."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        RUNNING[process.pid] = process
        try:
            return process.wait(seconds)
        finally:
            if process.poll() is None:
                end(process)
            del RUNNING[process.pid]


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command and all that it started: asked first, then forced."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.wait(10)


def counts(check: Check, code: int) -> tuple[int, int]:
    """Passed and failed: tests where there is a report of tests, else the check as one. A bad exit code never counts as none failed."""
    if not (check.reports and report_of(check.name).exists()):
        return (0, 1) if code else (1, 0)
    # pytest wrote it, a moment ago
    suites = ElementTree.parse(report_of(check.name)).getroot().iter("testsuite")  # noqa: S314
    total = failed = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    passed = max(0, total - failed)
    return passed, failed or (1 if code else 0)


def run_all(checks: Sequence[Check], jobs: int) -> list[Outcome]:
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(run, check) for check in checks]
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
    print(f"  {'ok    ' if outcome.ok else 'FAILED'} {outcome.check.name:<14} {outcome.seconds:6.1f} s{tests}", flush=True)
    if not outcome.ok:
        print(f"\n----- {outcome.check.name} -----\n{outcome.output.rstrip()}\n-----\n", flush=True)


def interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.verify", description=__doc__)
    parser.add_argument("group", help="quick, lint, full, or the name of one check")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="how many checks run at once")
    options = parser.parse_args(arguments)
    checks = [check for check in CHECKS if options.group in check.groups or options.group == check.name]
    if not checks:
        parser.error(f"there is no group or check {options.group!r}; checks: {', '.join(check.name for check in CHECKS)}")
    say(f"{len(checks)} checks, {options.jobs} at once; output in {LOGS.relative_to(ROOT)}")
    started = time.monotonic()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        outcomes = run_all(checks, options.jobs)
    except KeyboardInterrupt:
        fail("interrupted; everything that was running has been ended")
        return 130
    broken = sorted(outcome.check.name for outcome in outcomes if not outcome.ok)
    if broken:
        say(f"Failed: {', '.join(broken)}. One alone: {Path(PYTHON).relative_to(ROOT)} -m scripts.verify {broken[0]}")
    say(f"{time.monotonic() - started:.0f} s")
    print(f"{sum(outcome.passed for outcome in outcomes)} passed, {sum(outcome.failed for outcome in outcomes)} failed", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
