# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two ansible-playbook runs of one component, and one that was killed, as users experience them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.runs import Run, start_playbook

ROOT = Path(__file__).resolve().parents[3]
ZONES = ["us-east-1a", "us-east-1b"]
PATIENCE = 180
FOLDER = "/mainstay/locks/test/"


@pytest.fixture(scope="module")
def started(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


@pytest.fixture
def cloud(started: Cloud) -> Cloud:
    started.admin.reset()
    return started


def hold(cloud: Cloud, component: str) -> None:
    """A component's NAT gateways stay pending until ``cloud.admin.clear_scripts()``, which keeps its run going."""
    cloud.admin.script("nat_gateway", {"tag": {"mainstay:component": component}}, [{"state": "pending"}])


def start(cloud: Cloud, folder: Path, component: str = "network", state: str = "present", cidr: str = "10.0.0.0/16") -> Run:
    networks = {"main": {"cidr": cidr, "availability_zones": ZONES, "nat": "per_az"}}
    call = {
        "environment": "test",
        "component": component,
        "networks": networks,
        "region": "us-east-1",
        "state": state,
        "poll_interval": 0.5,
        "settle_seconds": 3,
    }
    playbook = folder / f"{component}-{state}.yml"
    tasks = [{"name": "Network", "mainstay.aws.vpc_network": call}]
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    environment = {**os.environ, **cloud.environment()}
    return start_playbook(["-i", "localhost,", str(playbook)], environment, ROOT)


def wait_for(cloud: Cloud, operation: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while operation not in [request["operation"] for request in cloud.admin.requests()]:
        assert time.monotonic() < deadline, f"{operation} was never called"
        time.sleep(0.05)


def gateways(cloud: Cloud) -> int:
    found = cloud.client("ec2").describe_nat_gateways()["NatGateways"]
    return len([gateway for gateway in found if gateway["State"] in ("pending", "available")])


def locks(cloud: Cloud) -> list[str]:
    found = cloud.client("ssm").get_parameters_by_path(Path=FOLDER, Recursive=True)["Parameters"]
    return [parameter["Name"] for parameter in found]


def test_one_of_two_runs_of_a_component_proceeds(cloud: Cloud, tmp_path: Path) -> None:
    hold(cloud, "network")
    first = start(cloud, tmp_path)
    wait_for(cloud, "CreateNatGateway")
    second = start(cloud, tmp_path)
    reported, _ = second.communicate(timeout=PATIENCE)
    cloud.admin.clear_scripts()
    assert second.returncode == 2
    assert "component network of environment test is being changed by" in reported.replace("\n", " ")
    printed, _ = first.communicate(timeout=PATIENCE)
    assert first.returncode == 0, printed
    assert gateways(cloud) == 2
    assert locks(cloud) == []


def test_components_do_not_stop_each_other_and_destroying_one_stops_for_the_others(cloud: Cloud, tmp_path: Path) -> None:
    finished = start(cloud, tmp_path, "old", cidr="10.9.0.0/16")
    printed, _ = finished.communicate(timeout=PATIENCE)
    assert finished.returncode == 0, printed
    cloud.admin.clear_requests()
    hold(cloud, "one")
    first = start(cloud, tmp_path, "one")
    wait_for(cloud, "CreateNatGateway")
    second = start(cloud, tmp_path, "two", cidr="10.1.0.0/16")
    destroying = start(cloud, tmp_path, "old", "absent")
    reported, _ = destroying.communicate(timeout=PATIENCE)
    cloud.admin.clear_scripts()
    assert destroying.returncode == 2
    assert "which blocks component old" in reported.replace("\n", " ")
    for run in (first, second):
        printed, _ = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0, printed
    assert gateways(cloud) == 6
    assert locks(cloud) == []


def test_after_a_kill_the_next_run_resumes_immediately(cloud: Cloud, tmp_path: Path) -> None:
    hold(cloud, "network")
    first = start(cloud, tmp_path)
    wait_for(cloud, "CreateNatGateway")
    workers = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat") if parent(path) == first.pid]
    for pid in (first.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    first.communicate(timeout=PATIENCE)
    assert locks(cloud) == [f"{FOLDER}network/1"]
    cloud.admin.clear_scripts()
    again = start(cloud, tmp_path)
    printed, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, printed
    assert gateways(cloud) == 2
    assert locks(cloud) == []
    last = start(cloud, tmp_path)
    assert "No changes." in last.communicate(timeout=PATIENCE)[0]


def parent(path: Path) -> int:
    try:
        return int(path.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
