# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Workers import modules that the callback also imports: a fork during such an import must not leave a worker waiting forever."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from scripts.terminal import BIN, ROOT, isolated_environment

FILTER = "{{ {'namespaces': {}} | mainstay.aws.eks_content(settings={'controllers': []}) | length >= 0 }}"
IMPORTING = {"name": "Import in the worker what the callback imports", "ansible.builtin.assert": {"that": FILTER, "quiet": True}}
OURS = {"name": "A module of ours that is not called", "mainstay.aws.vpc_network_info": {"environment": "test"}, "when": False}
PATIENCE = 120


@pytest.mark.parametrize("strategy", ["ansible.builtin.free", "ansible.builtin.linear"])
@pytest.mark.parametrize("hosts", [1, 4])
def test_every_worker_ends(tmp_path: Path, strategy: str, hosts: int) -> None:
    """Two plays, of which the first does not reach the module that it imports."""
    play = {"hosts": "all", "gather_facts": False, "connection": "local", "strategy": strategy}
    plays = [{**play, "tasks": [IMPORTING, {**OURS, "tags": "never"}]}, {**play, "tasks": [IMPORTING, OURS]}]
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps(plays))
    command = [str(BIN / "ansible-playbook"), "-i", ",".join(f"host{number}" for number in range(hosts)) + ",", str(playbook)]
    run = subprocess.run(command, cwd=ROOT, env=isolated_environment({}), capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "plan_summary" not in run.stderr
