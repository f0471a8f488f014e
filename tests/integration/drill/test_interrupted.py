# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drills that are killed or interrupted at any point, and what the next one makes of it."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.recovery.drill import drill, marking, sourcing
from benchmarks.faults.processes import kill_with_children
from scripts.terminal import BIN, ROOT, isolated_environment

from .support import AWAY, Site, outcome, until


class Killed(BaseException):
    """Ends a drill at once: nothing of it is torn down, as after SIGKILL."""


POINTS: tuple[tuple[Any, str], ...] = (
    (drill, "print_all"),
    (sourcing.Sourcing, "_covered"),
    (drill.Drill, "_restore"),
    (drill.Drill, "_verify"),
    (marking.Marking, "clean"),
)
"""Where drills are killed, in the order of a drill; the last one while it is torn down."""


def test_drills_that_are_killed_anywhere_leave_nothing_after_the_next(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    for point in POINTS:
        with monkeypatch.context() as patch:
            if point != POINTS[-1]:
                patch.setattr(drill.Drill, "_tear_down", lambda *_arguments: None)
            patch.setattr(*point, die)
            with pytest.raises(Killed):
                site.drill(target=site.away())
        assert "mainstay_drill" in site.schemas()
        assert len(site.names(AWAY)) == (point[1] == "_verify")
    found = site.drill(target=site.away())
    assert outcome(found) == ("passed", "restored", 0), found["msg"]
    assert site.leaves_nothing()


def start(site: Site, folder: Path, **variables: Any) -> subprocess.Popen[str]:
    environment = isolated_environment({**site.cloud.environment("apply"), "ANSIBLE_NOCOLOR": "1"})
    environment["PATH"] = f"{BIN}:{environment.get('PATH', '')}"
    target = site.here.target()
    given = {
        "database": "orders",
        "subnet_group": target["subnet_group"],
        "security_groups": ",".join(target["security_groups"]),
        "parameter_group": target["parameter_group"],
        "kms_key": target["kms_key"],
        "ca_cert": site.ca,
        "marker_database": "shop",
        "marker_interval": "0.3",
        "poll_interval": "0.2",
        "report": str(folder / "drill"),
        **variables,
    }
    command = [str(BIN / "ansible-playbook"), str(ROOT / "playbooks" / "dr_drill.yml")]
    command += ["--extra-vars", json.dumps({f"dr_drill_{name}": value for name, value in given.items()})]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(site: Site, folder: Path, **variables: Any) -> tuple[int, dict[str, Any], str]:
    """The exit code, the report, and the output."""
    process = start(site, folder, **variables)
    shown = process.communicate(timeout=120)[0]
    path = folder / "drill.json"
    return process.returncode, json.loads(path.read_text()) if path.exists() else {}, shown


def test_a_playbook_that_is_killed_with_its_workers_and_run_again(site: Site, tmp_path: Path) -> None:
    site.takes(instance=30.0)
    process = start(site, tmp_path)
    until(lambda: len(site.names()) == 2, 60.0)
    kill_with_children(process.pid)
    process.communicate(timeout=60)
    assert len(site.names()) == 2
    site.takes()
    code, report, shown = run(site, tmp_path)
    assert (code, report.get("verdict"), report.get("exit_code")) == (0, "passed", 0), shown
    assert len(report["torn_down"]) == 2
    assert site.leaves_nothing()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_playbook_that_ends_while_its_worker_lives_is_torn_down_at_once(site: Site, tmp_path: Path, number: signal.Signals) -> None:
    site.takes(instance=6.0)
    process = start(site, tmp_path)
    until(lambda: len(site.names()) == 2, 60.0)
    process.send_signal(number)
    process.communicate(timeout=60)
    until((tmp_path / "drill.json").exists)
    report = json.loads((tmp_path / "drill.json").read_text())
    assert (report["verdict"], report["reason"]) == ("failed", "interrupted")
    until(site.leaves_nothing)


def test_the_playbook_fails_after_its_report_is_written(site: Site, tmp_path: Path) -> None:
    code, report, shown = run(site, tmp_path, rto="0.01")
    assert (code, report["verdict"], report["reason"], report["exit_code"]) == (2, "missed", "rto_missed", 5), shown
    code, report, shown = run(site, tmp_path, subnet_group="", kms_key="")
    assert (code, report["verdict"], report["reason"], report["exit_code"]) == (2, "refused", "options", 4), shown
    assert site.leaves_nothing()
