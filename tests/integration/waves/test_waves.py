# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A component whose foundation failed in this run says so and makes no call; one whose foundation is not in the run continues."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.terminal import ROOT, isolated_environment
from tests.runs import run_playbook

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        pytest.param([], True, id="all is well"),
        pytest.param(["--extra-vars", '{"broken": ["network"]}'], False, id="one foundation failed"),
        pytest.param(["--limit", "eks"], True, id="the component alone, by host"),
        pytest.param(["--tags", "eks"], True, id="the component alone, by tag"),
    ],
)
def test_waves(arguments: list[str], started: bool) -> None:
    command = [str(HERE / "playbooks/waves.yml"), "-i", str(HERE / "inventory"), *arguments]
    ran = run_playbook(command, isolated_environment({}), ROOT)
    assert ("the component was started" in ran.stdout) is started, ran.stdout
    assert ("Not started, because these failed in this run: network." in ran.stdout) is not started
    assert (ran.returncode == 0) is started
