# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A role's variables are checked before its first call, and it makes no call after a failed requirement."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.role_checks import failed_components, role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.controller.role_specs import specs_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import checks_of, roles

SPECS: dict[str, Any] = {
    "main": {
        "options": {"vpc_networks": {"type": "dict", "required": True}, "vpc_state": {"type": "str", "choices": ["present", "absent"]}}
    },
    "finish": {"options": {"vpc_extra": {"type": "str"}}},
}


def wrong_networks(values: Any) -> list[str]:
    return [f"vpc_networks.{name} is wrong" for name in values["vpc_networks"]]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"vpc_networks": {}}, [], id="correct"),
        pytest.param({"vpc_networks": {}, "vpc_outputs": {}, "vpc_extra": "x", "eks_other": 1, "platform_region": "eu"}, [], id="known"),
        pytest.param(
            {"vpc_networks": {}, "vpc_network": {}},
            ["vpc_network is not a variable of the role vpc; did you mean vpc_networks?"],
            id="unknown",
        ),
        pytest.param({}, ["missing required arguments: vpc_networks"], id="missing"),
        pytest.param({"vpc_networks": {"a": 1, "b": 1}}, ["vpc_networks.a is wrong", "vpc_networks.b is wrong"], id="wrong for the domain"),
        pytest.param({"vpc_networks": {"a": 1}, "vpc_state": "absent"}, [], id="removing checks no settings"),
        pytest.param(
            {"vpc_networks": {"a": 1}, "vpc_state": "gone"},
            ["value of vpc_state must be one of: present, absent, got: gone"],
            id="a wrong value is not passed on to the domain",
        ),
    ],
)
def test_role_errors(variables: dict[str, Any], expected: list[str]) -> None:
    assert role_errors("vpc", SPECS, variables, variables, [wrong_networks]) == expected


def test_mistakes_of_all_kinds_are_reported_at_once() -> None:
    variables = {"vpc_networks": {"a": 1}, "vpc_net": 1}
    assert len(role_errors("vpc", SPECS, variables, variables, [wrong_networks, wrong_networks])) == 3


@pytest.mark.parametrize("role", roles())
def test_every_role_has_a_specification_and_checks(role: str) -> None:
    assert specs_of(role)["main"]["options"]
    assert checks_of(role)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"vpc_outputs": {}}, [], id="done in this run"),
        pytest.param({"vpc_outputs": None}, ["network"], id="its call failed in this run"),
        pytest.param({}, [], id="not part of this run"),
        pytest.param(None, [], id="not in the inventory"),
    ],
)
def test_failed_components(variables: dict[str, Any] | None, expected: list[str]) -> None:
    hostvars = {} if variables is None else {"network": variables}
    assert failed_components(hostvars, ["network"], "vpc_outputs") == expected
