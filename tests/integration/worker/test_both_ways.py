# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Our modules return the same result in Ansible's worker and as ordinary modules."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud
from tests.integration.conftest import CloudFor
from tests.runs import KEEP_RESULTS, run_playbook

ROOT = Path(__file__).resolve().parents[3]
NETWORKS = {"main": {"cidr": "10.0.0.0/16", "availability_zones": ["us-east-1a", "us-east-1b"], "nat": "single"}}
GOOD = {"environment": "test", "component": "network", "networks": NETWORKS, "region": "us-east-1"}
VOLATILE = ("seconds", "endpoint", "invocation", "warnings", "ansible_facts")


@pytest.fixture(scope="module")
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


def play(cloud: Cloud, tmp_path: Path, arguments: dict[str, Any], way: str, *options: str, **task: Any) -> dict[str, Any]:
    """The registered result of one call, and ansible-playbook's output."""
    out = tmp_path / "result.json"
    tasks = [
        {"name": "Call", "mainstay.aws.vpc_network": arguments, "register": "result", "ignore_errors": True, **task},
        {"name": "Keep", "keep_results": {"content": "{{ result | to_json }}", "path": str(out)}},
    ]
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]))
    environment = {**os.environ, **cloud.environment(), "MAINSTAY_IN_WORKER": "never" if way == "ordinary" else "", **KEEP_RESULTS}
    done = run_playbook(["-i", "localhost,", str(playbook), *options], environment, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("runs as an ordinary module" in done.stdout) is (way == "ordinary" and "-vvv" in options)
    result: dict[str, Any] = json.loads(out.read_text())
    return {"result": result, "printed": done.stdout + done.stderr}


def comparable(value: Any) -> Any:
    """A result without what differs between any two runs: times, IDs."""
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items() if name not in VOLATILE}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\b([a-z]+)-[0-9a-f]{8,}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b\d+\.\d+\.\d+\.\d+\b(?!/)", r"\1-ID", value)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        pytest.param(GOOD, ["--check", "--diff"], id="plan"),
        pytest.param(GOOD, [], id="apply"),
        pytest.param({**GOOD, "networks": {"main": {"cidr": "10.0.0.0/30"}}}, [], id="bad input"),
        pytest.param({**GOOD, "nonsense": 1}, [], id="unknown option"),
        pytest.param({**GOOD, "expected_account_id": "999988887777"}, [], id="wrong account"),
        pytest.param(
            {**GOOD, "access_key": "AKIAWRONGWRONGWRONG1", "secret_key": "canary-secret-0123456789"}, ["-vvv"], id="bad credentials"
        ),
    ],
)
def test_same_result(cloud: Cloud, tmp_path: Path, arguments: dict[str, Any], options: list[str]) -> None:
    found = {}
    for way in ("worker", "ordinary"):
        cloud.admin.reset()
        found[way] = play(cloud, tmp_path, arguments, way, *options)
        assert "canary-secret-0123456789" not in found[way]["printed"] + json.dumps(found[way]["result"])
    assert comparable(found["worker"]["result"]) == comparable(found["ordinary"]["result"])


def test_environment_of_the_task_reaches_the_module(cloud: Cloud, tmp_path: Path) -> None:
    stranger = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    for way in ("worker", "ordinary"):
        result = play(cloud, tmp_path, GOOD, way, environment=stranger)["result"]
        assert result["failed"] is True
        assert "http://127.0.0.1:9" in result["msg"]
        assert "known rehearsal cloud" in result["msg"]


def test_an_asynchronous_call_runs_the_ordinary_way(cloud: Cloud, tmp_path: Path) -> None:
    cloud.admin.reset()
    result = play(cloud, tmp_path, GOOD, "worker", **{"async": 60, "poll": 1})["result"]
    assert result["changed"] is True
    assert result["finished"]
