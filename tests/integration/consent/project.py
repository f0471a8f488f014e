# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A project with two networks, run as a user would run it."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment
from tests.runs import Completed, run_playbook

ACCOUNT = "123456789012"
REGION = "af-south-1"
BEFORE: dict[str, Any] = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ["af-south-1a"],
    "tiers": {"private": {"availability_zones": ["af-south-1a"]}, "jobs": {"slot": 2}, "spare": {"slot": 3}},
    "endpoints": {"gateway": ["s3"], "interface": []},
    "nat": "none",
}


def in_shell(command: str, environment: Mapping[str, str]) -> Completed:
    return subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@dataclass
class Project:
    """Two networks of one inventory in a cloud, with the output and report of the last run."""

    cloud: Cloud
    folder: Path

    def describe(self, network: dict[str, Any], **more: Any) -> None:
        inventory = self.folder / "inventory"
        (inventory / "group_vars").mkdir(parents=True, exist_ok=True)
        (inventory / "hosts.yml").write_text(yaml.safe_dump({"vpc": {"hosts": {"network": None, "second": None}}}))
        place = {"platform_environment": "prod", "platform_region": REGION, "platform_account_id": ACCOUNT}
        variables = {"ansible_connection": "local", **place, "platform_poll_interval": 0.1, "vpc_networks": {"main": network}, **more}
        (inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))

    def shell(self, command: str, code: int = 0, **more: str) -> tuple[str, dict[str, Any]]:
        """The output and reports of a command that a user types or pastes. ``code``: the expected exit code."""
        done, report = self._reported(lambda environment: in_shell(command, environment), more)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, report

    def _reported(self, run: Callable[[dict[str, str]], Completed], more: Mapping[str, str]) -> tuple[Completed, dict[str, Any]]:
        self.cloud.admin.clear_requests()
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        environment = isolated_environment({**self.cloud.environment(), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report), **more})
        done = run(environment)
        return done, json.loads(report.read_text()) if report.exists() else {}

    def play(self, *options: str, code: int = 0, **more: str) -> tuple[str, dict[str, Any]]:
        """The same for site.yml with these options, as a shell would split them."""
        done, report = self.run_site(*options, **more)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, report

    def run_site(self, *options: str, **more: str) -> tuple[Completed, dict[str, Any]]:
        arguments = shlex.split(self.command(*options))[1:]
        return self._reported(lambda environment: run_playbook(arguments, environment, ROOT), more)

    def command(self, *options: str) -> str:
        return " ".join([str(BIN / "ansible-playbook"), "site.yml", "-i", str(self.folder / "inventory"), *options])

    def standing(self) -> set[str]:
        """The IDs of all marked resources."""
        return {tag["ResourceId"] for tag in self.cloud.client("ec2").describe_tags()["Tags"] if tag["Key"] == "mainstay:address"}


def actions(report: dict[str, Any]) -> dict[str, tuple[str, bool, str]]:
    """address -> (action, held back, id) of all components."""
    return {
        f"{component['component']}:{one['address']}": (one["action"], one["held_back"], one["id"])
        for component in report["components"]
        for one in component["actions"]
    }
