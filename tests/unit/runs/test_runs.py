# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A run that a server forked is like one that was started: its output, exit code, environment, folder, and what it leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import runs

JSON = {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
SHOWN = "{{ lookup('env', 'MAINSTAY_MARK') }} {{ lookup('pipe', 'echo $AWS_MARK') }}"


LOCAL = ("-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}")


def book(folder: Path, *tasks: dict[str, object]) -> Path:
    path = folder / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": list(tasks)}]))
    return path


@pytest.mark.slow
def test_a_fork_is_like_a_new_process(tmp_path: Path) -> None:
    good = book(tmp_path, {"ansible.builtin.debug": {"msg": SHOWN}}, runs.keep_results(0, Path("kept.json")))
    bad = tmp_path / "bad.yml"
    bad.write_text(good.read_text().replace("MAINSTAY_MARK", "MAINSTAY_MARK') + missing + ('"))
    settings = {**runs.plain_settings(), "ANSIBLE_NOCOLOR": "1"}
    done = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {**settings, "MAINSTAY_MARK": f"mark{number}", "AWS_MARK": "other"}
        succeeded, failed = (runs.run_playbook([*LOCAL, str(path)], environment, folder) for path in (good, bad))
        assert f"mark{number} other" in succeeded.stdout
        assert (folder / "kept.json").read_text() == "[]"
        output = succeeded.stdout.replace(f"mark{number}", "mark")
        done.append((succeeded.returncode, output, succeeded.stderr, failed.returncode, failed.stdout, failed.stderr))
    assert (done[0][0], done[0][3]) == (0, 2)
    assert done[0] == done[1] == done[2]
    left = list((Path(settings["HOME"]) / "ansible" / "tmp").iterdir())
    assert len(left) <= len(runs._servers), "a server has a temporary folder; a run that has ended has none"


@pytest.mark.slow
def test_runs_are_interrupted_and_killed(tmp_path: Path) -> None:
    waiting = book(tmp_path, {"ansible.builtin.command": "sleep 60"})
    settings = {**runs.plain_settings(), "ANSIBLE_NOCOLOR": "1"}
    for _number in range(2):
        run = runs.start_playbook([*LOCAL, str(waiting)], settings, tmp_path)
        time.sleep(1.2)
        assert run.poll() is None, run.communicate()
        run.send_signal(signal.SIGINT)
        output, _errors = run.communicate(timeout=20)
        assert run.returncode not in (0, None)
        assert "interrupted" in output.lower()
    with pytest.raises(subprocess.TimeoutExpired):
        runs.run_playbook([*LOCAL, str(waiting)], settings, tmp_path, timeout=0.5)


@pytest.mark.slow
def test_the_first_run_with_any_settings_is_a_new_process(tmp_path: Path) -> None:
    parent = book(tmp_path, {"ansible.builtin.debug": {"msg": "{{ lookup('pipe', 'cat /proc/$PPID/cmdline') }}"}})
    settings = {**runs.plain_settings(), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "3"}
    shown = [runs.run_playbook([*LOCAL, str(parent)], settings, tmp_path).stdout for _number in range(2)]
    assert ["tests.runs.server" in text for text in shown] == [False, True]


@pytest.mark.slow
def test_runs_with_other_settings_have_another_server(tmp_path: Path) -> None:
    """Ansible reads its settings when it is imported."""
    path = book(tmp_path, {"ansible.builtin.debug": {"msg": "x"}})
    wide = {**runs.plain_settings(), "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_NOCOLOR": "1"}
    shown = [runs.run_playbook([*LOCAL, str(path)], {**wide, **more}, tmp_path).stdout for more in ({}, {}, JSON, JSON, {})]
    assert [text.count('"msg": "x"') for text in shown] == [0, 0, 1, 1, 0]
