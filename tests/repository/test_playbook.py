"""How the scripts run a playbook: which output they show, and how the planner interprets the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import playbook, rehearse
from tests.repository.layout import ROOT

LOG = """\
[WARNING]: the boundary
is not set

PLAY [Wave 1: networks] [CHECK MODE] ***

[WARNING]: the boundary
is not set
[WARNING]: another

PLAY RECAP *********
network : ok=1

prod: AWS
Plan: 1 to add
"""


def test_the_summary_and_the_warnings_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(LOG)
    assert playbook.summary_of(log) == "prod: AWS\nPlan: 1 to add"
    assert playbook.warnings_of(log) == ["[WARNING]: the boundary is not set", "[WARNING]: another"]
    log.write_text("\n".join(map(str, range(100))))
    assert playbook.summary_of(log).splitlines()[0] == "40"


def test_progress_and_titles_are_shown_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        "PLAY [Wave 1: networks] [CHECK MODE] *****",
        "TASK [x] ***",
        "  network: nat_gateway.main/a pending 1m05s",
        "ok: [network] took 5s",
    ]
    program = tmp_path / "ansible-playbook"
    program.write_text(f"#!{sys.executable}\nprint({chr(10).join(lines)!r})\nraise SystemExit(4)\n")
    program.chmod(0o755)
    monkeypatch.setattr(playbook, "BIN", tmp_path)
    monkeypatch.setattr(playbook, "EVERY", 0.0)
    assert playbook.play_into(tmp_path / "log", "inventory", os.environ, [], tmp_path) == 4
    assert capsys.readouterr().out == "    Wave 1: networks\n    network: nat_gateway.main/a pending 1m05s\n"
    assert (tmp_path / "log").read_text().splitlines() == lines


def report(**more: Any) -> dict[str, Any]:
    component = {"component": "network", "check_mode": True, "problems": [], "failed_on": None, "counts": {"create": 3, "unchanged": 2}}
    return {"result": "changes", "check_mode": True, "exit_code": 2, "components": [component], **more}


@pytest.mark.parametrize(
    ("found", "attention"),
    [
        (report(), False),
        (report(result="blocked"), True),
        (report(result="held_back"), True),
        (report(failed_tasks=[{}]), True),
        (report(components=[{**report()["components"][0], "problems": [{}]}]), True),
    ],
)
def test_when_a_rehearsal_prints_the_whole_summary(found: dict[str, Any], attention: bool) -> None:
    assert rehearse.needs_attention(found) is attention


def test_what_a_rehearsal_prints_otherwise() -> None:
    assert rehearse.component_lines(report()) == ["network  3 to add, 2 unchanged"]


ASKED = {"components": [{**report()["components"][0], "failed_on": "changes"}]}


@pytest.mark.parametrize(
    ("written", "ends_with", "expected"),
    [
        (report(exit_code=0), 0, 0),
        (report(), 0, 2),
        (report(exit_code=3), 0, 3),
        (report(exit_code=1), 2, 1),
        (report(), 2, 1),
        (report(**ASKED), 2, 2),
        (report(check_mode=False), 0, 1),
        (report(check_mode=None, components=[], exit_code=0), 0, 0),
        (report(check_mode=None, components=[], exit_code=0), 2, 1),
        (None, 0, 1),
    ],
)
def test_the_exit_code_of_the_planner(written: dict[str, Any] | None, ends_with: int, expected: int, tmp_path: Path) -> None:
    program = tmp_path / "ansible-playbook"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, pathlib, sys\n"
        f"assert sys.argv[1:] == ['site.yml', '-i', 'x', '--check', '--diff']\nreport = {json.dumps(written)!r}\n"
        "path = pathlib.Path(os.environ['MAINSTAY_PLAN_SUMMARY_JSON_PATH'])\n"
        f"if report != 'null': path.write_text(report)\nraise SystemExit({ends_with})\n"
    )
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, str(ROOT / playbook.PLANNER), "site.yml", "-i", "x"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == expected, done.stderr
    assert ("Enable the callback" in done.stderr) is (written is None)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"cluster", "database", "cache", "queues"}),
        (("--tags", "rds"), {"database"}),
        (("--limit", "cluster"), {"cluster"}),
        (("--tags", "audit"), set()),
    ],
)
def test_clusters_databases_caches_and_queues_are_destroyed_side_by_side(arguments: tuple[str, ...], expected: set[str]) -> None:
    """One play with the strategy free: neither waits for the other."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "playbooks/destroy.yml", "-i", "inventories/prod", "--list-hosts"]
    listed = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (play,) = [one for one in listed.split("\n\n") if "Wave 1: clusters, databases, caches, and queues" in one]
    assert set(play.partition("hosts (")[2].split()[1:]) == expected
