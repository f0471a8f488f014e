# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules as users run them: ansible-playbook, one task after another, with each result returned."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.runs import keep_results, plain_settings, run_playbook

from .support import REGION

ROOT = Path(__file__).resolve().parents[3]
QUICKLY = {"poll_interval": 0.05, "settle_seconds": 0.5, "timeout": 20}


def task(options: Mapping[str, Any], check: bool = False, module: str = "vpc_network", quick: bool = True) -> dict[str, Any]:
    """One call of a module; an option that is None is omitted."""
    quickly = QUICKLY if quick and module == "vpc_network" else {}
    owner = {"environment": "prod"} | ({} if module == "platform_unclaimed_info" else {"component": "network"})
    given = {**owner, "region": REGION, **quickly, **options}
    return {
        f"mainstay.aws.{module}": {name: value for name, value in given.items() if value is not None},
        "check_mode": check,
        "diff": True,
        "ignore_errors": True,
    }


def play(folder: Path, environment: Mapping[str, str], tasks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The result of each task."""
    numbered = [{"name": f"Task {n}", **one, "register": f"result_{n}"} for n, one in enumerate(tasks)]
    results = folder / "results.json"
    results.unlink(missing_ok=True)
    playbook = folder / "playbook.yml"
    playbook.write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [*numbered, keep_results(len(tasks), results)]}])
    )
    # without -v, a failed result is incomplete
    command = ["-v", "-i", "localhost,", "-c", "local", str(playbook), "-e", f"ansible_python_interpreter={sys.executable}"]
    done = run_playbook(command, {**plain_settings(), **environment}, folder, timeout=180)
    assert results.exists(), done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(results.read_text())
    return found


def environment(cloud: Cloud, role: str = "apply", changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The variables that point to the cloud, with some changed or, if None, removed. The region comes from the module's option."""
    variables: dict[str, str | None] = {**cloud.environment(role), "AWS_REGION": None, "AWS_DEFAULT_REGION": None, **(changes or {})}
    return {name: value for name, value in variables.items() if value is not None}
