# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The command that a plan ends with, pasted into a shell: it does what the plan showed, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.testing import Cloud
from scripts.terminal import BIN, ROOT, isolated_environment

ACCOUNT = "123456789012"
REGION = "af-south-1"
BEFORE: dict[str, Any] = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ["af-south-1a"],
    "tiers": {"private": {"availability_zones": ["af-south-1a"]}, "jobs": {"slot": 2}, "spare": {"slot": 3}},
    "endpoints": {"gateway": ["s3"], "interface": []},
    "nat": "none",
}
AFTER = {**BEFORE, "tiers": {"private": None, "jobs": {"slot": 4}}, "flow_logs": {"enabled": False}}
"""One tier goes, one has to be made anew, and the flow logs go with their key."""


@dataclass
class Project:
    """Two networks of one inventory in a cloud, and what was printed and reported last."""

    cloud: Cloud
    folder: Path

    def describe(self, network: dict[str, Any], **more: Any) -> None:
        inventory = self.folder / "inventory"
        (inventory / "group_vars").mkdir(parents=True, exist_ok=True)
        (inventory / "hosts.yml").write_text(yaml.safe_dump({"vpc": {"hosts": {"network": None, "second": None}}}))
        place = {"platform_environment": "prod", "platform_region": REGION, "platform_account_id": ACCOUNT}
        variables = {"ansible_connection": "local", **place, "platform_poll_interval": 0.1, "vpc_networks": {"main": network}, **more}
        (inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))

    def shell(self, command: str) -> tuple[str, dict[str, Any]]:
        """What a command prints and reports that somebody types, or pastes."""
        self.cloud.admin.clear_requests()
        report = self.folder / "report.json"
        environment = isolated_environment({**self.cloud.environment(), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report)})
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, json.loads(report.read_text())

    def play(self, *options: str) -> tuple[str, dict[str, Any]]:
        return self.shell(" ".join([str(BIN / "ansible-playbook"), "site.yml", "-i", str(self.folder / "inventory"), *options]))

    def standing(self) -> set[str]:
        """The ids of everything that carries a mark."""
        return {tag["ResourceId"] for tag in self.cloud.client("ec2").describe_tags()["Tags"] if tag["Key"] == "mainstay:address"}


def actions(report: dict[str, Any]) -> dict[str, tuple[str, bool, str]]:
    """address -> (action, held back, id) of all components."""
    return {
        f"{component['component']}:{one['address']}": (one["action"], one["held_back"], one["id"])
        for component in report["components"]
        for one in component["actions"]
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield Project(cloud, tmp_path_factory.mktemp("project"))


@pytest.mark.slow
def test_the_printed_line_does_what_the_plan_showed(project: Project) -> None:
    project.describe(BEFORE)
    project.play()

    project.describe(AFTER, platform_purge=["*", "second:subnet.*"])
    output, report = project.play("--check", "--diff")
    planned = actions(report)
    held = {address for address, (_action, back, _id) in planned.items() if back}
    replaced = {address for address, (action, _back, _id) in planned.items() if action == "replace"}
    assert {"network:kms_key.logs", "second:kms_key.logs"} <= held
    assert replaced <= held
    assert {"network:subnet.main/jobs-af-south-1a", "second:subnet.main/jobs-af-south-1a"} <= replaced
    assert "'*' does not cover it: a kms_key holds data" in output

    (line,) = re.findall(r"^to allow all of this, and nothing else:\n(.*)$", output, re.MULTILINE)
    assert line == report["consent"]["command"]
    before = project.standing()
    _output, done = project.shell(line)
    assert not done["check_mode"]
    assert actions(done).keys() == planned.keys()
    assert {one["outcome"] for component in done["components"] for one in component["actions"]} == {"done"}

    gone = {identifier for action, _back, identifier in planned.values() if action in ("delete", "replace")}
    assert before - project.standing() <= gone, "nothing else was deleted"
    output, again = project.play("--check")
    assert again["result"] == "no_changes", output
    assert again["consent"] is None
