# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network outage during an apply: the run waits, reports it once, and releases the lock."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.runs import Run, start_playbook

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = {"main": {"cidr": "10.0.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"], "nat": "single"}}
OUTAGE = 8.0
"""Seconds: longer than the retries of a run that has not changed anything yet."""
PATIENCE = 120


class Line:
    """A port that forwards to the cloud; the connection can be cut and restored."""

    def __init__(self, cloud: Cloud) -> None:
        url = urlsplit(cloud.endpoint)
        self.target = (str(url.hostname), int(url.port or 0))
        self.open: list[socket.socket] = []
        self.port = 0
        self.restore()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def restore(self) -> None:
        self.server = socket.create_server(("127.0.0.1", self.port))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def cut(self) -> None:
        for one in (self.server, *self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.open.clear()

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = server.accept()
                far = socket.create_connection(self.target)
                self.open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


@pytest.fixture
def line(cloud: Cloud) -> Iterator[Line]:
    line = Line(cloud)
    yield line
    line.cut()


def start(cloud: Cloud, line: Line, folder: Path) -> Run:
    call = {"environment": "test", "component": "network", "networks": NETWORKS, "region": "us-east-1", "settle_seconds": 3}
    playbook = folder / "play.yml"
    tasks = [{"name": "Network", "mainstay.aws.vpc_network": call}]
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    there = {"AWS_ENDPOINT_URL": line.endpoint, "MAINSTAY_REHEARSAL_ENDPOINT": line.endpoint}
    environment = {**os.environ, **cloud.environment(), **there}
    return start_playbook(["-i", "localhost,", str(playbook)], environment, ROOT)


def wait_for(cloud: Cloud, operation: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while operation not in [request["operation"] for request in cloud.admin.requests()]:
        assert time.monotonic() < deadline, f"{operation} was never called"
        time.sleep(0.02)


def locks(cloud: Cloud) -> int:
    return len(cloud.client("ssm").get_parameters_by_path(Path="/mainstay/locks/test/", Recursive=True)["Parameters"])


@pytest.mark.parametrize("operation", ["CreateSubnet", "CreateNatGateway"])
def test_an_outage_in_the_middle_is_held_out(cloud: Cloud, line: Line, tmp_path: Path, operation: str) -> None:
    cloud.admin.settings(transition_seconds={"nat_gateway": 3.0})
    run = start(cloud, line, tmp_path)
    wait_for(cloud, operation)
    line.cut()
    time.sleep(OUTAGE)
    line.restore()
    printed, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, printed
    assert "".join(printed.split()).count("AWScannotbereached") == 1, printed
    assert len(cloud.client("ec2").describe_nat_gateways()["NatGateways"]) == 1
    assert locks(cloud) == 0


def test_before_the_first_change_it_ends_the_run_within_seconds(cloud: Cloud, line: Line, tmp_path: Path) -> None:
    line.cut()
    began = time.monotonic()
    run = start(cloud, line, tmp_path)
    printed, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert "cannot connect" in " ".join(printed.split())
    assert time.monotonic() - began < 20
