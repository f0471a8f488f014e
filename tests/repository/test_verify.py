"""The runner of the checks; every test belongs to a check."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import roles
from scripts import checks, verify
from scripts.checks import CHECKS, NIGHTLY, Check
from scripts.terminal import ROOT


def check(*command: str, reports: bool = False, budget: float = 60, patience: float = 60) -> Check:
    return Check("sample", "samples", budget, lambda: [list(command)], frozenset(), reports, patience)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(verify, "LOGS", tmp_path)
    monkeypatch.setattr(checks, "LOGS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("true",), (1, 0)),
        (("false",), (0, 1)),
        (("a-tool-that-is-not-there",), (0, 1)),
    ],
)
def test_a_check_counts_as_one(logs: Path, command: tuple[str, ...], expected: tuple[int, int]) -> None:
    outcome = verify.run(check(*command))
    assert (outcome.passed, outcome.failed) == expected


def test_a_check_that_takes_too_long_fails_and_is_ended_with_all_it_started(logs: Path) -> None:
    outcome = verify.run(check("bash", "-c", "sleep 61.5 & echo $!; wait", budget=0.1, patience=0.6))
    assert not outcome.ok
    assert "took longer" in outcome.output
    child = int(outcome.output.splitlines()[1])
    deadline = time.monotonic() + 30
    while is_running(child, "61.5"):
        assert time.monotonic() < deadline, "what it started runs on"
        time.sleep(0.02)


def is_running(pid: int, argument: str) -> bool:
    """Whether a process with this ID and argument exists; one that was just killed no longer has a command line."""
    try:
        return argument.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@pytest.mark.parametrize(
    ("code", "report", "expected"),
    [
        (0, '<testsuite tests="5" failures="0" errors="0"/>', (5, 0)),
        (1, '<testsuite tests="5" failures="1" errors="1"/>', (3, 2)),
        # pytest may fail without a failing test: nothing collected, a broken plugin
        (5, '<testsuite tests="0" failures="0" errors="0"/>', (0, 1)),
    ],
)
def test_tests_are_counted_from_their_report(logs: Path, code: int, report: str, expected: tuple[int, int]) -> None:
    (logs / "sample.xml").write_text(f"<testsuites>{report}</testsuites>")
    assert verify.counts(check("pytest", reports=True), code) == expected


def test_the_seed_is_put_where_a_command_asks_for_it(logs: Path) -> None:
    outcome = verify.run(check("echo", "seed", checks.SEED), seed=7)
    assert outcome.output.splitlines() == ["$ echo seed 7", "seed 7"]


def test_processor_time_is_that_of_a_command_and_what_it_started(logs: Path) -> None:
    outcome = verify.run(check("bash", "-c", f"{sys.executable} -c 'sum(range(10_000_000))'; true"))
    assert 0.05 < outcome.processor < 30


def outcome(seconds: float, budget: float = 100, domain: str = "samples", failed: int = 0) -> verify.Outcome:
    entry = Check("sample", domain, budget, list)
    return verify.Outcome(entry, seconds, 1, failed, "", seconds / 2)


@pytest.mark.parametrize(
    ("seconds", "failed", "strict", "code"), [(150, 0, True, 0), (151, 0, True, 1), (151, 0, False, 0), (10, 1, False, 1)]
)
def test_a_check_may_take_half_as_long_again(
    seconds: float, failed: int, strict: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.verdict([outcome(seconds, failed=failed)], 1, strict=strict) == code
    printed = capsys.readouterr()
    assert ("sample took 151 s, more than 1.5 times its budget of 100 s" in printed.err) is (seconds > 150)
    assert f"1 passed, {code} failed" in printed.out


def test_time_and_budget_are_summed_by_domain() -> None:
    found = [outcome(10, 20, "a"), outcome(30, 40, "b"), outcome(50, 60, "a")]
    assert [line.split() for line in verify.by_domain(found).splitlines()[1:]] == [
        ["a", "60", "s", "80", "s", "30", "s"],
        ["b", "30", "s", "40", "s", "15", "s"],
        ["all", "90", "s", "120", "s", "45", "s"],
    ]


def test_every_check_of_make_check_is_part_of_make_test() -> None:
    assert all("full" in entry.groups for entry in CHECKS if "quick" in entry.groups or "lint" in entry.groups)
    assert all(entry.groups in (NIGHTLY, entry.groups | {"full"}) for entry in CHECKS)
    assert len({entry.name for entry in CHECKS}) == len(CHECKS)


def test_every_folder_of_tests_is_in_a_check() -> None:
    """Of make test; a named folder includes everything below it."""
    given = {part for entry in CHECKS if "full" in entry.groups for command in entry.commands() for part in command}
    found = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(path) for path in sorted(found) if not {str(path), *map(str, path.parents)} & given] == []


def test_every_role_that_is_registered_has_its_checks() -> None:
    names = {entry.name for entry in CHECKS}
    assert {f"{role}-{what}" for role in roles() for what in ("contract", "role")} <= names


def test_every_folder_of_tests_is_run_by_a_check() -> None:
    """A folder that no check names would never run."""
    named = {Path(part).name for entry in CHECKS if "full" in entry.groups for command in entry.commands() for part in command}
    assert {path.parent.name for path in (ROOT / "tests" / "integration").glob("*/test_*.py")} <= named


def test_every_test_of_the_contract_suite_is_of_a_role() -> None:
    """make test runs the suite role by role; a test without a role would never run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/contract"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line for line in listed if "::" in line]
    assert len(found) > 100
    assert [line for line in found if not line.partition("[")[2].startswith(tuple(f"{role}:" for role in roles()))] == []


def test_the_budgets_are_those_that_were_promised() -> None:
    """Three checks run at a time: make test in 25 minutes with two roles and in 35 with eleven, make check in 2, make nightly in 60."""
    for group, minutes in (("full", 25 + (len(roles()) - 2) * 10 / 9), ("quick", 2), ("nightly", 60)):
        assert sum(entry.budget for entry in CHECKS if group in entry.groups) / 3 <= minutes * 60, group


def test_the_longest_checks_start_first() -> None:
    """A long check that starts last would leave the other cores idle."""
    budgets = [entry.budget for entry in verify.chosen(argparse.ArgumentParser(), "full")]
    assert budgets == sorted(budgets, reverse=True)


def test_no_check_alone_takes_longer_than_its_group() -> None:
    """Tests of one check run one after another."""
    for group, minutes in (("full", 25), ("quick", 2), ("nightly", 60)):
        assert max(entry.budget for entry in CHECKS if group in entry.groups) <= minutes * 60, group
