# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ctrl-C and SIGTERM during an apply: the run reports what was done, nothing is lost or duplicated, and the next run continues."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor

ROOT = Path(__file__).resolve().parents[3]
ANSIBLE = str(Path(sys.executable).parent / "ansible-playbook")
NETWORKS = {"main": {"cidr": "10.0.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"], "nat": "per_az"}}
LONG = 20
"""Seconds that a NAT gateway takes here: long enough to interrupt the wait for it, short enough for the next run to wait for it."""
PATIENCE = 60


@pytest.fixture(scope="module")
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    call = {"environment": "test", "component": "network", "networks": NETWORKS, "region": "us-east-1"}
    tasks = [{"name": "Network", "mainstay.aws.vpc_network": call}]
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    return path


def start(cloud: Cloud, playbook: Path, way: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **cloud.environment(), "MAINSTAY_IN_WORKER": way}
    command = [ANSIBLE, "-i", "localhost,", str(playbook)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_until_only_gateways_are_left(cloud: Cloud) -> None:
    """Both NAT gateways have been created, and the run only polls them."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        log = [request["operation"] for request in cloud.admin.requests()]
        if log.count("CreateNatGateway") == 2 and log[-4:] == ["DescribeNatGateways"] * 4:
            return
        time.sleep(0.1)
    raise AssertionError("the run did not get as far as waiting for its NAT gateways")


def gateways(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("ec2").describe_nat_gateways()["NatGateways"]
    return [gateway for gateway in found if gateway["State"] in ("pending", "available")]


@pytest.mark.parametrize(
    ("number", "way"), [(signal.SIGINT, ""), (signal.SIGTERM, "never")], ids=["SIGINT in the worker", "SIGTERM to an ordinary module"]
)
def test_a_signal_ends_the_run_with_a_report_and_the_next_run_resumes(
    cloud: Cloud, playbook: Path, number: signal.Signals, way: str
) -> None:
    cloud.admin.reset()
    cloud.admin.settings(transition_seconds={"nat_gateway": LONG})
    run = start(cloud, playbook, way)
    wait_until_only_gateways_are_left(cloud)
    run.send_signal(number)
    printed, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode not in (0, None)
    assert "Interrupted" in printed
    assert "started but not finished" in printed
    assert "nat_gateway.main/us-east-1a" in printed
    assert "vpc.main" in printed

    made = {gateway["NatGatewayId"] for gateway in gateways(cloud)}
    again = start(cloud, playbook, way)
    printed, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, printed
    assert {gateway["NatGatewayId"] for gateway in gateways(cloud)} == made
    last = start(cloud, playbook, way)
    printed, _ = last.communicate(timeout=PATIENCE)
    assert "No changes." in printed
