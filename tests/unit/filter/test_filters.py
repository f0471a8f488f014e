# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The filters, as Ansible calls them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.filter.components import components
from ansible_collections.mainstay.aws.plugins.filter.failing_plans import failing_plans
from ansible_collections.mainstay.aws.plugins.filter.hosts_of_roles import hosts_of_roles
from ansible_collections.mainstay.aws.plugins.filter.kubeconfig import TOKEN_COMMAND
from ansible_collections.mainstay.aws.plugins.filter.one_of_each_place import one_of_each_place
from ansible_collections.mainstay.aws.plugins.filter.subnet_plan import FilterModule as SubnetPlan
from ansible_collections.mainstay.aws.plugins.filter.unfinished_components import FilterModule as UnfinishedComponents

subnet_plan = SubnetPlan().filters()["subnet_plan"]
unfinished_components = UnfinishedComponents().filters()["unfinished_components"]

ROOT = Path(__file__).resolve().parents[3]
NETWORK = {"cidr": "10.0.0.0/16", "availability_zones": ["af-south-1a"]}


def test_subnet_plan() -> None:
    assert subnet_plan(NETWORK) == {
        "database": {"af-south-1a": "10.0.144.0/23"},
        "private": {"af-south-1a": "10.0.0.0/20"},
        "public": {"af-south-1a": "10.0.128.0/23"},
    }


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (
            {**NETWORK, "cidr": "10.0.0.1/16"},
            "subnet_plan: cidr is '10.0.0.1/16', but it has host bits set; the block would be 10.0.0.0/16",
        ),
        ("10.0.0.0/16", "subnet_plan: network is '10.0.0.0/16', but it must be a mapping"),
    ],
)
def test_subnet_plan_reports_mistakes(network: Any, expected: str) -> None:
    with pytest.raises(AnsibleFilterError) as failure:
        subnet_plan(network)
    assert str(failure.value).startswith(expected)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({}, {}, id="not part of this run"),
        pytest.param({"__platform_fails_on": "", "__platform_content_fails_on": ""}, {}, id="nothing found"),
        pytest.param({"__platform_fails_on": "a", "__platform_content_fails_on": ""}, {"network": ["a"]}, id="its own plan"),
        pytest.param({"__platform_fails_on": "a", "__platform_content_fails_on": "b"}, {"network": ["a", "b"]}, id="and its content"),
    ],
)
def test_failing_plans(variables: dict[str, Any], expected: dict[str, list[str]]) -> None:
    assert failing_plans({"network": variables}, ["network", "not in hostvars"]) == expected


GROUPS = {"vpc": ["network"], "eks": ["cluster", "other"], "rds": ["database", "cluster"]}


@pytest.mark.parametrize(
    ("run", "skip", "expected"),
    [
        pytest.param(["all"], [], ["cluster", "other", "database"], id="everything"),
        pytest.param(["eks"], [], ["cluster", "other"], id="one role"),
        pytest.param(["tagged"], [], ["cluster", "other", "database"], id="whatever has tags"),
        pytest.param(["vpc"], [], [], id="another role"),
        pytest.param(["all"], ["eks"], ["database", "cluster"], id="one role left out"),
        pytest.param(["eks"], ["eks"], [], id="skipping wins"),
        pytest.param(["untagged"], [], [], id="roles have tags"),
    ],
)
def test_hosts_of_roles(run: list[str], skip: list[str], expected: list[str]) -> None:
    assert hosts_of_roles(["eks", "rds", "redis"], GROUPS, run, skip) == expected


HOSTS: dict[str, dict[str, Any]] = {
    "network": {
        "platform_environment": "prod",
        "platform_account_id": "1",
        "platform_region": "a",
        "platform_component": "core",
        "vpc_component": "no",
    },
    "dns": {"platform_environment": "prod", "platform_account_id": "1", "platform_region": "a"},
    "edge": {"platform_environment": "prod", "platform_account_id": "1", "platform_region": "b"},
    "bare": {},
}


def test_components_are_hosts_and_what_their_variables_say() -> None:
    assert components(["network", "dns"], HOSTS) == ["core", "dns", "network"]


def test_one_host_for_each_place() -> None:
    assert one_of_each_place(list(HOSTS), HOSTS) == ["network", "edge", "bare"]
    assert one_of_each_place(["dns", "network"], HOSTS) == ["dns"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"vpc_outputs": {"deferred": ["nat_gateway.main/a"]}}, ["network"], id="something left"),
        pytest.param({"vpc_outputs": {"deferred": []}}, [], id="finished"),
        pytest.param({"vpc_outputs": {}}, [], id="outputs of another origin"),
        pytest.param({"vpc_outputs": None}, [], id="failed: not to be touched again"),
        pytest.param(None, [], id="not in the inventory"),
    ],
)
def test_unfinished_components(variables: dict[str, Any] | None, expected: list[str]) -> None:
    hostvars = {"cluster": {"vpc_outputs": {"deferred": ["x"]}}} | ({"network": variables} if variables is not None else {})
    assert unfinished_components(hostvars, ["network"], "vpc_outputs") == expected


ALL_FILTERS = """
import importlib, pathlib, sys
import ansible.errors
for path in pathlib.Path("plugins/filter").glob("*.py"):
    importlib.import_module(f"ansible_collections.mainstay.aws.plugins.filter.{path.stem}")
print([name for name in ("botocore", "boto3", "asyncio") if name in sys.modules])
"""


def test_filters_are_light() -> None:
    """Ansible loads all filters of a collection with the first one that is used, in every worker that uses one."""
    run = subprocess.run(
        [sys.executable, "-c", ALL_FILTERS], cwd=ROOT, env={"PYTHONPATH": "collections"}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_token_command_exists() -> None:
    assert importlib.util.find_spec(TOKEN_COMMAND)
