# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The host variables that modules receive, in the worker and as ordinary modules."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.testing import Cloud
from scripts.terminal import ROOT
from tests.integration.conftest import CloudFor
from tests.runs import KEEP_RESULTS, run_playbook

WAYS = ["worker", "ordinary"]
ALL = {
    "ansible_connection": "local",
    "platform_environment": "{{ 'te' ~ 'st' }}",
    "platform_region": "us-east-1",
    "platform_account_id": "123456789012",
    "platform_poll_interval": "3.5",
    "platform_tags": {"team": "a"},
    "platform_purge": ["one:vpc.*"],
}
HOST_VARS = {"two": {"platform_component": "core", "platform_poll_interval": 7, "platform_region": "us-west-2", "platform_lock_wait": 60}}


@pytest.fixture(scope="module")
def cloud(cloud_for: CloudFor) -> Cloud:
    return cloud_for()


def play(cloud: Cloud, folder: Path, way: str, tasks: list[dict[str, Any]], **variables: Any) -> dict[str, Any]:
    """The registered results of all tasks, as {host: [result, ...]}."""
    inventory = folder / "inventory"
    for name in ("group_vars", "host_vars"):
        (inventory / name).mkdir(parents=True, exist_ok=True)
    (inventory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"one": None, "two": None}}}))
    (inventory / "group_vars" / "all.yml").write_text(yaml.safe_dump({**ALL, **variables}))
    for host, own in HOST_VARS.items():
        (inventory / "host_vars" / f"{host}.yml").write_text(yaml.safe_dump(own))
    calls = [{"name": f"Call {n}", **task, "register": f"result_{n}", "ignore_errors": True} for n, task in enumerate(tasks)]
    content = f"{{{{ [{', '.join(f'result_{n}' for n in range(len(tasks)))}] | to_json }}}}"
    keep = {"keep_results": {"content": content, "path": f"{folder}/{{{{ inventory_hostname }}}}.json"}}
    playbook = folder / "play.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [*calls, {"name": "Keep", **keep}]}]))
    environment = {**os.environ, **cloud.environment(), "MAINSTAY_IN_WORKER": "never" if way == "ordinary" else ""}
    environment |= {"ANSIBLE_INJECT_INVOCATION": "true", **KEEP_RESULTS}
    done = run_playbook(["-i", str(inventory), str(playbook), "--check"], environment, ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return {host: json.loads((folder / f"{host}.json").read_text()) for host in ("one", "two")}


def options(result: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(result["invocation"]["module_args"][name] for name in names)


@pytest.mark.parametrize("way", WAYS)
def test_options_come_from_the_task_then_the_host_then_the_module(cloud: Cloud, tmp_path: Path, way: str) -> None:
    bare = {"mainstay.aws.vpc_network": {"state": "absent"}}
    own = {"mainstay.aws.vpc_network": {"state": "absent", "poll_interval": 1, "component": "vpn", "tags": {}}}
    defaults = {**own, "module_defaults": {"mainstay.aws.vpc_network": {"lock_wait": 9}}}
    delegated = {**bare, "delegate_to": "two"}
    found = play(cloud, tmp_path, way, [bare, defaults, delegated, {"mainstay.aws.vpc_network_info": {}}])
    names = ("environment", "component", "region", "poll_interval", "lock_wait", "tags", "purge", "inventory_host", "settle_seconds")
    one = ("test", "one", "us-east-1", 3.5, 0.0, {"team": "a"}, ["one:vpc.*"], "one", 30.0)
    assert options(found["one"][0], *names) == one
    assert options(found["two"][0], *names) == ("test", "core", "us-west-2", 7.0, 60.0, {"team": "a"}, ["one:vpc.*"], "two", 30.0)
    assert options(found["one"][1], *names) == ("test", "vpn", "us-east-1", 1.0, 9.0, {}, ["one:vpc.*"], "one", 30.0)
    assert options(found["one"][2], *names) == one, "a delegated task keeps the variables of its own host"
    assert found["one"][3]["target"]["region"] == "us-east-1"
    assert [result["failed"] for results in found.values() for result in results] == [False] * 8


@pytest.mark.parametrize("way", WAYS)
def test_options_computed_together_come_after_those_of_the_task(cloud: Cloud, tmp_path: Path, way: str) -> None:
    together = "{{ {'poll_interval': 2, 'settle_seconds': count | int, 'component': inventory_hostname ~ '-b'} }}"
    own = {"mainstay.aws.vpc_network": {"state": "absent", "poll_interval": 1}, "vars": {"__platform_options": together, "count": "5"}}
    found = play(cloud, tmp_path, way, [own])
    assert options(found["one"][0], "poll_interval", "settle_seconds", "component") == (1.0, 5.0, "one-b")


@pytest.mark.parametrize("way", WAYS)
def test_wrong_variables_fail_before_the_first_call(cloud: Cloud, tmp_path: Path, way: str) -> None:
    cloud.admin.clear_requests()
    given = {"environment": "test", "component": "x", "state": "absent", "poll_interval": 1, "region": "us-east-1"}
    wrong = {"platform_poll_intervall": 1, "platform_account_id": 123456789012, "platform_tags": ["a"], "platform_timeout": "soon"}
    found = play(cloud, tmp_path, way, [{"mainstay.aws.vpc_network": given}, {"mainstay.aws.vpc_network_info": {}}], **wrong)
    messages = [
        "platform_poll_intervall is not a variable of the platform; did you mean platform_poll_interval?",
        "platform_account_id is 123456789012, but must be the twelve digits of the account, quoted",
        "platform_tags is ['a'], but must be a mapping of tag names to strings",
        "platform_timeout is 'soon', but must be a number of seconds, 0 or more",
    ]
    assert [result["msg"].splitlines() for results in found.values() for result in results] == [messages] * 4
    assert cloud.admin.requests() == []
