# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Networks return while their NAT gateways are still being created, clusters are started, and the same wave completes the networks.

Runs site.yml on a cloud in which the test controls when the gateways become available.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.testing import Cloud
from scripts.terminal import ROOT, isolated_environment
from tests import runs
from tests.integration.examples.running import Run, mutations, play
from tests.runs import start_playbook

REGION = "af-south-1"
NETWORK: dict[str, Any] = {
    "cidr": "10.0.0.0/16",
    "availability_zones": ["af-south-1a", "af-south-1b"],
    "endpoints": {"gateway": ["s3"], "interface": []},
    "flow_logs": {"enabled": False},
    "nat": "single",
}
NAT = "nat_gateway.main/af-south-1a"
TABLES = {"route_table.main/private-af-south-1a", "route_table.main/private-af-south-1b"}
RESOURCES = 25
PENDING = [{"state": "pending"}]
FAILED = [
    {"state": "failed", "fields": {"FailureCode": "Gateway.NotAttached", "FailureMessage": "Network has no Internet gateway attached"}}
]
WAITING = {"ec2:DescribeNatGateways", "eks:DescribeNodegroup", "eks:ListUpdates"}
PATIENCE = 60


@dataclass
class Project:
    """An inventory with a network and a cluster in it, and a cloud."""

    cloud: Cloud
    folder: Path

    @property
    def inventory(self) -> str:
        return str(self.folder / "inventory")

    def describe(self) -> None:
        variables = {
            "ansible_connection": "local",
            "platform_environment": "prod",
            "platform_region": REGION,
            "platform_account_id": self.cloud.account_id,
            "vpc_networks": {"main": NETWORK},
            "platform_poll_interval": 0.1,
            "eks_clusters": {"main": {"version": "1.35", "node_groups": {"system": {"min_size": 1, "max_size": 2}}}},
            "eks_manage_content": False,
        }
        folder = self.folder / "inventory"
        (folder / "group_vars").mkdir(parents=True)
        (folder / "hosts.yml").write_text(yaml.safe_dump({"vpc": {"hosts": {"network": None}}, "eks": {"hosts": {"cluster": None}}}))
        (folder / "group_vars" / "all.yml").write_text(yaml.safe_dump(variables))

    def run(self, *arguments: str, **extra: Any) -> Run:
        self.cloud.admin.clear_requests()
        return play(self.cloud, self.inventory, self.folder, *arguments, "--extra-vars", json.dumps(extra))

    def hold_back(self, states: list[dict[str, Any]]) -> None:
        """Puts every NAT gateway in these states from now on."""
        self.cloud.admin.clear_scripts()
        self.cloud.admin.script("nat_gateway", {"tag": {"mainstay:address": NAT}}, states)

    def start(self, *arguments: str) -> Started:
        self.cloud.admin.clear_requests()
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        environment = isolated_environment({**self.cloud.environment(), "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(report)})
        return Started(start_playbook(["site.yml", "-i", self.inventory, *arguments], environment, ROOT), report)

    def operations(self) -> list[str]:
        return [f"{request['service']}:{request['operation']}" for request in self.cloud.admin.requests()]

    def only_the_gateway_is_left(self) -> bool:
        """The cluster has been created. Only the gateway is waited for, by the network and by nodes that cannot join without it."""
        done = self.operations()
        return "eks:CreateNodegroup" in done and "ec2:DescribeNatGateways" in done[-6:] and set(done[-6:]) <= WAITING


@dataclass
class Started:
    """A run that continues while the test does something else."""

    process: runs.Run
    report: Path

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"the run ended:\n{self.process.communicate()[0]}"
            assert time.monotonic() < deadline, "the run did not get there"
            time.sleep(0.05)

    def end(self) -> Run:
        output, _ = self.process.communicate(timeout=PATIENCE)
        return Run(self.process.returncode, output, json.loads(self.report.read_text()))


@pytest.fixture(scope="module")
def started() -> Iterator[Cloud]:
    with Cloud(region=REGION, settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture
def project(started: Cloud, tmp_path: Path) -> Project:
    started.admin.reset()
    made = Project(started, tmp_path)
    made.describe()
    return made


def counts(run: Run) -> dict[str, int]:
    (network,) = [component for component in run.report["components"] if component["host"] == "network"]
    return {name: count for name, count in network["counts"].items() if count}


def test_a_later_wave_finishes_the_network_and_everything_is_counted_once(project: Project) -> None:
    planned = project.run("--check")
    project.hold_back(PENDING)
    run = project.start()
    run.wait_until(project.only_the_gateway_is_left)
    project.cloud.admin.clear_scripts()
    done = run.end()
    assert done.code == 0, done.output
    assert counts(done) == counts(planned) == {"create": RESOURCES}
    assert done.totals == planned.totals
    assert {action["outcome"] for action in done.actions.values()} == {"done"}
    assert set(done.actions) == set(planned.actions)

    again = project.run()
    assert (again.code, mutations(project.cloud)) == (0, [])
    assert project.operations().count("ec2:DescribeVpcs") == 1, "an unchanged run pays for no second call"
    assert counts(again) == {"unchanged": RESOURCES}


def test_a_gateway_that_fails_in_the_second_part_fails_the_run(project: Project) -> None:
    project.hold_back(PENDING)
    run = project.start()
    run.wait_until(project.only_the_gateway_is_left)
    project.cloud.admin.settings(patience_seconds={"node_join": 0})
    project.hold_back(FAILED)
    failed = run.end()
    assert failed.code == 2, failed.output
    assert failed.report["result"] == "failed"
    assert failed.actions[NAT]["outcome"] == "failed"
    assert {failed.actions[table]["outcome"] for table in TABLES} == {"unfinished"}, "they are there, without their routes"
    assert "Network has no Internet gateway attached" in failed.output
    assert counts(failed) == {"create": RESOURCES - 3, "failed": 1, "unfinished": len(TABLES)}

    project.cloud.admin.clear_scripts()
    project.cloud.admin.settings(patience_seconds={"node_join": PATIENCE})
    repaired = project.run()
    assert (repaired.code, counts(repaired)["update"]) == (0, len(TABLES)), repaired.output


def test_an_interruption_in_the_second_wave_is_reported_and_the_next_run_resumes(project: Project) -> None:
    project.hold_back(PENDING)
    run = project.start()
    run.wait_until(project.only_the_gateway_is_left)
    os.kill(run.process.pid, signal.SIGINT)
    stopped = run.end()
    assert stopped.code not in (0, None)
    assert stopped.actions[NAT]["outcome"] == "unfinished"
    assert counts(stopped) == {"create": RESOURCES - 3, "unfinished": len({NAT, *TABLES})}

    project.cloud.admin.clear_scripts()
    finished = project.run()
    assert finished.code == 0, finished.output
    assert "ec2:CreateNatGateway" not in mutations(project.cloud)


def test_a_saved_plan_is_applied_by_both_parts(project: Project) -> None:
    file = str(project.folder / "the.plan")
    planned = project.run("--check", platform_plan_out=file)
    project.hold_back(PENDING)
    run = project.start("--extra-vars", f"platform_plan={file}")
    run.wait_until(project.only_the_gateway_is_left)
    project.cloud.admin.clear_scripts()
    done = run.end()
    assert done.code == 0, done.output
    assert counts(done) == counts(planned)
    assert "were done already" not in done.output
