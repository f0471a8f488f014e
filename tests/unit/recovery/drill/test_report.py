# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is measured, the verdict on it, and the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill import report
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.judging import Timeline, verdict
from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill.result import EXIT_CODES, Check, Measure, Phase, Result

GOOD, BAD = Check("contents", True, "equal"), Check("markers", False, "no marker came back")
MET, MISSED, UNKNOWN = Measure(60.0, 100.0), Measure(100.1, 100.0), Measure(None, 100.0)


@pytest.mark.parametrize(
    ("checks", "rto", "rpo", "expected"),
    [
        ((GOOD,), MET, MET, ("passed", "restored")),
        ((GOOD,), Measure(100.0, 100.0), MET, ("passed", "restored")),
        ((GOOD,), MISSED, MET, ("missed", "rto_missed")),
        ((GOOD,), MET, MISSED, ("missed", "rpo_missed")),
        ((GOOD,), MET, UNKNOWN, ("missed", "rpo_missed")),
        ((GOOD,), MISSED, MISSED, ("missed", "goals_missed")),
        ((GOOD, BAD), MET, MET, ("failed", "markers")),
        ((BAD,), MISSED, MISSED, ("failed", "markers")),
    ],
)
def test_the_verdict(checks: tuple[Check, ...], rto: Measure, rpo: Measure, expected: tuple[str, str]) -> None:
    state, reason, sentence = verdict("orders", "drill-orders", checks, rto, rpo)
    assert (state, reason) == expected
    assert BAD.sentence in sentence or BAD not in checks


def test_every_verdict_has_an_exit_code_of_its_own() -> None:
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert 2 not in EXIT_CODES.values(), "ansible-playbook exits with 2 for any failure"


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_rto_runs_from_the_failure_until_the_checks_pass() -> None:
    clock = Clock()
    times = Timeline(clock)
    for name, seconds in (("wait", 300.0), ("restore", 1200.0), ("verify", 60.0), ("teardown", 30.0)):
        times.enter(name)
        if name == "restore":
            times.fail()
        if name == "teardown":
            times.check()
        clock.seconds += seconds
    assert times.rto == 1260.0
    assert times.phases() == (Phase("wait", 300.0), Phase("restore", 1200.0), Phase("verify", 60.0), Phase("teardown", 30.0))


def test_without_passed_checks_there_is_no_rto() -> None:
    times = Timeline(Clock())
    times.fail()
    assert times.rto is None
    assert times.phases() == ()


FOUND = Result(
    "missed",
    "rpo_missed",
    "orders was restored, but too much was lost.",
    database="orders",
    resource_id="db-A",
    region="eu-west-1",
    target="drill-orders-1",
    target_region="eu-central-1",
    method="point_in_time",
    origin="the automated backups of orders",
    drill="d1",
    began=1_800_000_000.0,
    failed_at=1_800_000_400.0,
    restored_to=1_800_000_100.0,
    written=7,
    restored=2,
    rto=Measure(1260.0, 14400.0),
    rpo=Measure(1000.0, 900.0),
    phases=(Phase("restore", 1200.0),),
    checks=(GOOD, replace(BAD, sentence="a | b <script> [x](y)\nsecond line")),
    torn_down=("drill-orders-1",),
    left=("the snapshot could not be deleted",),
    notes=("a note",),
)


def test_the_report_for_people() -> None:
    page = report.markdown(FOUND)
    assert page.startswith("# Disaster recovery drill of orders: missed\n")
    for line in (
        "| RTO | 21.0 min | 240 min | yes |",
        "| RPO | 16.7 min | 15 min | no |",
        "| contents | passed | equal |",
        r"| markers | failed | a \| b \<script\> \[x\](y) second line |",
        "| restored as | drill-orders-1 in eu-central-1 |",
        "| newest marker | 2 of 7 |",
        "| restore | 20 min |",
        "Deleted: drill-orders-1.",
        "- the snapshot could not be deleted",
        "- a note",
    ):
        assert line in page.splitlines(), page


def test_a_report_of_a_drill_that_was_refused() -> None:
    page = report.markdown(Result("refused", "options", "orders is a read replica.", database="orders"))
    assert "| RTO | not measured | 240 min | - |" in page
    assert "## Phases" not in page
    assert "None was made." in page


@pytest.mark.parametrize("given", ["drill", "drill.md", "drill.json", "new/folder/drill", "drill-1.2"])
def test_both_files_are_written_beside_each_other(tmp_path: Path, given: str) -> None:
    page, data = (Path(path) for path in report.write(FOUND, str(tmp_path / given)))
    assert (page.suffix, data.suffix) == (".md", ".json")
    assert page.stem == data.stem
    assert page.read_text() == report.markdown(FOUND)
    assert json.loads(data.read_text()) == FOUND.as_dict()
    assert sorted(path.name for path in page.parent.iterdir()) == sorted((page.name, data.name))
    report.write(FOUND, str(tmp_path / given))
