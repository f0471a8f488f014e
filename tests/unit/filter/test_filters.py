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
from ansible_collections.mainstay.aws.plugins.filter.failed_components import FilterModule as FailedComponents
from ansible_collections.mainstay.aws.plugins.filter.input_errors import FilterModule as InputErrors
from ansible_collections.mainstay.aws.plugins.filter.kubeconfig import TOKEN_COMMAND
from ansible_collections.mainstay.aws.plugins.filter.one_of_each_place import one_of_each_place
from ansible_collections.mainstay.aws.plugins.filter.subnet_plan import FilterModule as SubnetPlan
from ansible_collections.mainstay.aws.plugins.filter.undeclared_variables import FilterModule as UndeclaredVariables
from ansible_collections.mainstay.aws.plugins.filter.unfinished_components import FilterModule as UnfinishedComponents

subnet_plan = SubnetPlan().filters()["subnet_plan"]
input_errors = InputErrors().filters()["input_errors"]
undeclared_variables = UndeclaredVariables().filters()["undeclared_variables"]
failed_components = FailedComponents().filters()["failed_components"]
unfinished_components = UnfinishedComponents().filters()["unfinished_components"]

ROOT = Path(__file__).resolve().parents[3]
NETWORK = {"cidr": "10.0.0.0/16", "availability_zones": ["af-south-1a"]}
SPECS = {
    "argument_specs": {"main": {"options": {"vpc_networks": {}, "vpc_state": {}}}, "other": {"options": {"vpc_other": {}}}, "bare": {}}
}


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
def test_subnet_plan_says_what_is_wrong(network: Any, expected: str) -> None:
    with pytest.raises(AnsibleFilterError) as failure:
        subnet_plan(network)
    assert str(failure.value).startswith(expected)


@pytest.mark.parametrize(
    ("networks", "region", "expected"),
    [
        ({"main": NETWORK}, "af-south-1", []),
        ({"main": NETWORK}, "", []),
        (
            {"main": NETWORK},
            "us-east-1",
            [
                "vpc_networks.main.availability_zones is 'af-south-1a', but the region is us-east-1; its zones are called us-east-1a, "
                "us-east-1b and so on"
            ],
        ),
    ],
)
def test_errors_of_networks(networks: Any, region: str, expected: list[str]) -> None:
    assert input_errors(networks, "network", "vpc_networks", region=region) == expected


def test_errors_of_what_has_no_checks() -> None:
    with pytest.raises(AnsibleFilterError, match="'nothing' is not a domain"):
        input_errors({}, "nothing", "x")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["vpc_networks", "vpc_state", "vpc_other", "vpc_outputs", "vpcs", "eks_version"], []),
        (["vpc_netwroks"], ["vpc_netwroks is not a variable of the role vpc; did you mean vpc_networks?"]),
        (["vpc_x"], ["vpc_x is not a variable of the role vpc; valid names are vpc_networks, vpc_other, vpc_outputs, vpc_state"]),
    ],
)
def test_undeclared_variables(names: list[str], expected: list[str]) -> None:
    assert undeclared_variables(names, "vpc", SPECS) == expected


@pytest.mark.parametrize("specs", [None, {}, {"argument_specs": []}])
def test_undeclared_variables_wants_a_specification(specs: Any) -> None:
    with pytest.raises(AnsibleFilterError):
        undeclared_variables([], "vpc", specs)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"__platform_started": True, "vpc_outputs": {}}, [], id="done in this run"),
        pytest.param({"__platform_started": True}, ["network"], id="failed in this run"),
        pytest.param({"__platform_started": True, "vpc_outputs": None}, ["network"], id="its call failed in this run"),
        pytest.param({}, [], id="not part of this run"),
        pytest.param(None, [], id="not in the inventory"),
    ],
)
def test_failed_components(variables: dict[str, Any] | None, expected: list[str]) -> None:
    hostvars = {} if variables is None else {"network": variables}
    assert failed_components(hostvars, ["network"], "vpc_outputs") == expected


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
        pytest.param({"__platform_started": True}, [], id="failed: not to be touched again"),
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


def test_the_command_that_makes_tokens_is_there() -> None:
    assert importlib.util.find_spec(TOKEN_COMMAND)
