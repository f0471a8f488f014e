# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs a module as users do: as a task of a playbook, or alone, which is faster."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.runs import ROOT, keep_results, plain_settings, run_module, run_playbook


class ModuleRuns:
    """Runs against one cloud, in one folder. ``printed`` collects everything that they print."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.printed = ""

    def run_module(self, module: str, options: Mapping[str, Any], role: str) -> dict[str, Any]:
        """One call of the module alone; ``plan`` runs in check mode."""
        arguments = self.folder / "arguments.json"
        given = {"_ansible_check_mode": role == "plan", "_ansible_diff": True, "_ansible_remote_tmp": str(self.folder)}
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **given}}))
        variables = {**self.environment(role), "PYTHONPATH": str(ROOT / "collections")}
        done = run_module(module, arguments, variables, self.folder, timeout=300)
        arguments.unlink()
        self.printed += done.stdout + done.stderr
        assert done.stdout, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def run_tasks(self, tasks: Sequence[Mapping[str, Any]], role: str, **more: str) -> list[dict[str, Any]]:
        """Tasks in a playbook, at -vvv --diff; returns their results."""
        named = [{"name": f"Task {n}", **task, "register": f"result_{n}", "ignore_errors": True} for n, task in enumerate(tasks)]
        results, playbook = self.folder / "results.json", self.folder / "playbook.json"
        results.unlink(missing_ok=True)
        playbook.write_text(
            json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [*named, keep_results(len(tasks), results)]}])
        )
        arguments = ["-i", "localhost,", "-c", "local", str(playbook), "-vvv", "--diff"]
        arguments += ["-e", f"ansible_python_interpreter={sys.executable}"]
        done = run_playbook(arguments, {**self.environment(role), **more}, self.folder, timeout=300)
        self.printed += done.stdout + done.stderr
        assert results.exists(), done.stdout + done.stderr
        found: list[dict[str, Any]] = json.loads(results.read_text())
        return found

    def environment(self, role: str) -> dict[str, str]:
        """The environment variables of a run with the credentials of a role."""
        return {
            **plain_settings(),
            "ANSIBLE_CALLBACKS_ENABLED": "mainstay.aws.plan_summary",
            "ANSIBLE_NOCOLOR": "1",
            "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.folder / "summary.json"),
            **{name: value for name, value in self.cloud.environment(role).items() if name != "KUBECONFIG"},
        }
