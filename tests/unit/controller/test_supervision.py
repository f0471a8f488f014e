# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A run from process start to exit. Each test uses a separate process, because the exit is what is tested."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
START = """
import json, os, signal, sys
from pathlib import Path
from ansible_collections.mainstay.aws.plugins.module_utils.component.interruption import FOLDER_VARIABLE, hand_over
from ansible_collections.mainstay.aws.plugins.module_utils.component.lock_entries import RUN_VARIABLE
from ansible_collections.mainstay.aws.plugins.module_utils.controller.supervision import Supervision

def interrupted(reports):
    print(json.dumps(["interrupted", reports, supervision.save_plans([], True)]), flush=True)

supervision = Supervision(interrupted)
folder = Path(os.environ[FOLDER_VARIABLE])
print(json.dumps([str(folder), folder.is_dir(), len(os.environ[RUN_VARIABLE])]), flush=True)
"""
PLAN = """
(folder / "1.plan").write_text(json.dumps({"path": "saved.plan", "host": "network", "part": None}))
"""


def run(code: str, folder: Path) -> tuple[subprocess.CompletedProcess[str], list[list[object]]]:
    """Runs it, and parses its output: its folder, whether the folder existed, the length of the run's name; then the rest."""
    done = subprocess.run(
        [sys.executable, "-c", START + code],
        env={"PYTHONPATH": str(ROOT / "collections"), "TMPDIR": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("supervision.finish()", [], id="a run that comes to its own end"),
        pytest.param("", [["interrupted", [], []]], id="an interrupted run without reports"),
        pytest.param(
            'hand_over("network", {"changed": True})', [["interrupted", [["network", {"changed": True}]], []]], id="a report of a module"
        ),
        pytest.param("if os.fork() == 0: sys.exit()\nos.wait()\nsupervision.finish()", [], id="a worker that exits has no part in it"),
        pytest.param(
            PLAN,
            [["interrupted", [], [["No plan was saved in saved.plan: the run was interrupted.", True]]]],
            id="a plan that was to be saved, and an interruption",
        ),
        pytest.param(
            PLAN + "supervision.finish()\nprint(json.dumps(supervision.save_plans(['network'])))",
            [[["No plan was saved in saved.plan: there is no complete plan of network.", True]]],
            id="a plan that was to be saved, and a host that failed",
        ),
    ],
)
def test_the_end(code: str, expected: list[object], tmp_path: Path) -> None:
    done, ((folder, existed, name), *rest) = run(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (existed, name, rest) == (True, 32, expected)
    assert Path(str(folder)).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("before", ["", "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"], ids=["in the foreground", "SIGINT is ignored"])
def test_sigterm_ends_a_run_as_ctrl_c_does(before: str, tmp_path: Path) -> None:
    done, (_start, *rest) = run(f"{before}os.kill(os.getpid(), signal.SIGTERM)\nsignal.pause()", tmp_path)
    assert done.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in done.stderr
    assert rest == [["interrupted", [], []]]
    assert list(tmp_path.iterdir()) == []
