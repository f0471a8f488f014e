# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The playbooks as users run them: an inventory file, an ansible-playbook process, and its output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud
from tests.runs import plain_settings, run_playbook

from .support import ACCOUNT, REGION

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 600.0
NETWORK = {"cidr": "10.0.0.0/16", "availability_zones": [f"{REGION}a", f"{REGION}b"], "nat": "single", "endpoints": {"interface": []}}


@dataclass(frozen=True)
class Run:
    """How a playbook ended, and its complete output."""

    code: int
    text: str

    def says(self, part: str) -> bool:
        """Whether it printed this, regardless of line breaks."""
        return " ".join(part.split()) in " ".join(self.text.split())


@dataclass
class Site:
    """An inventory of one environment in a cloud, in its own folder."""

    cloud: Cloud
    folder: Path
    hosts: dict[str, list[str]] = field(default_factory=lambda: {"vpc": ["network"]})
    variables: dict[str, Any] = field(default_factory=dict)

    def write(self) -> Path:
        """The inventory with fast settings: the cloud answers at once and reads do not lag."""
        given = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "platform_environment": "prod",
            "platform_region": REGION,
            "platform_account_id": ACCOUNT,
            "vpc_networks": {"main": NETWORK},
            "destroy_audit_retries": 0,
            **({"eks_manage_content": False} if "eks" in self.hosts else {}),
            "platform_poll_interval": 0.1,
            "platform_settle_seconds": 1.0,
            **self.variables,
        }
        groups = {group: {"hosts": dict.fromkeys(hosts)} for group, hosts in self.hosts.items()}
        path = self.folder / "hosts.json"
        path.write_text(json.dumps({"all": {"children": groups, "vars": given}}))
        return path

    def command(self, playbook: str, arguments: Sequence[str]) -> list[str]:
        return [str(Path(sys.executable).parent / "ansible-playbook"), playbook, "-i", str(self.write()), *arguments]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        lead = {name: value for name, value in self.cloud.environment().items() if name not in ("AWS_REGION", "AWS_DEFAULT_REGION")}
        return {
            **lead,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(self.folder / "summary.json"),
            "PATH": os.environ["PATH"],
            "HOME": plain_settings()["HOME"],
            "LANG": "C.UTF-8",
            "COLUMNS": "400",
            "AWS_EC2_METADATA_DISABLED": "true",
            **(more or {}),
        }

    def run(self, playbook: str, *arguments: str) -> Run:
        done = run_playbook(self.command(playbook, arguments)[1:], self.environment(), ROOT, timeout=SECONDS)
        return Run(done.returncode, done.stdout + done.stderr)

    def must(self, playbook: str, *arguments: str) -> Run:
        done = self.run(playbook, *arguments)
        assert done.code == 0, done.text
        return done

    def summary(self) -> dict[str, Any]:
        """The output of the plan_summary callback for the last run."""
        found: dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return found


@dataclass
class Changes:
    """The mutating calls since creation of this object, except those for the run lock."""

    cloud: Cloud

    def __post_init__(self) -> None:
        self.start = max((record["n"] for record in self.cloud.admin.requests()), default=0)

    def made(self) -> list[str]:
        found = [record for record in self.cloud.admin.requests(since=self.start) if record["mutating"] and record["service"] != "ssm"]
        return [f"{record['service']}:{record['operation']}" for record in found]
