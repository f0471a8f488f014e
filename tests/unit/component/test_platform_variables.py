# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The platform's variables: what they pass to a module call, and which are rejected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.doc_fragments.component import ModuleDocFragment
from ansible_collections.mainstay.aws.plugins.module_utils.component.options import (
    CHANGE,
    OPTIONS,
    OWNER,
    PATIENCE,
    RESOURCES,
    VARIABLES,
    option_problems,
    shared,
)
from ansible_collections.mainstay.aws.plugins.module_utils.component.platform_variables import (
    WrongVariables,
    filled,
    taken,
    unknown,
    values,
)
from ansible_collections.mainstay.aws.plugins.modules import eks_drain, k8s_rollout_verify, platform_unclaimed, vpc_network

ROOT = Path(__file__).resolve().parents[3]
PLACE = {"platform_environment": "prod", "platform_region": "af-south-1", "platform_account_id": "123456789012"}
GIVEN = {"environment": "prod", "region": "af-south-1", "expected_account_id": "123456789012"}
KINDS = {"str": "text", "path": "file", "float": "number", "bool": "boolean", "dict": "mapping", "list": "list"}
TAKES = taken(vpc_network.argument_spec())


def read(**variables: Any) -> dict[str, Any]:
    return values(list(variables), variables.__getitem__)


def fill(options: dict[str, Any] | None = None, takes: set[str] = TAKES, **variables: Any) -> dict[str, Any]:
    return filled(options or {}, takes, read(**variables), "network", ["network", "cluster"])


@pytest.mark.parametrize(
    ("variable", "value", "option"),
    [
        ("platform_tags", {"team": "a", "number": 7}, {"tags": {"team": "a", "number": 7}}),
        ("platform_tags", "team=a", {"tags": {"team": "a"}}),
        ("platform_permissions_boundary", "", {}),
        ("platform_permissions_boundary", None, {}),
        ("platform_permissions_boundary", "arn:aws:iam::aws:policy/X", {"permissions_boundary": "arn:aws:iam::aws:policy/X"}),
        ("platform_purge", ["vpc.main"], {"purge": ["vpc.main"]}),
        ("platform_purge", "vpc.main, subnet.*", {"purge": ["vpc.main", "subnet.*"]}),
        ("platform_purge", '["vpc.main"]', {"purge": ["vpc.main"]}),
        ("platform_purge", [], {"purge": []}),
        ("platform_check_quotas", "no", {"check_quotas": False}),
        ("platform_check_quotas", True, {"check_quotas": True}),
        ("platform_poll_interval", "5", {"poll_interval": 5.0}),
        ("platform_lock_wait", 60, {"lock_wait": 60.0}),
        ("platform_timeout", 0, {}),
        ("platform_timeout", 600, {"timeout": 600.0}),
        ("platform_plan", "", {}),
        ("platform_plan", "/x/../y.plan", {"apply_plan": "/y.plan"}),
    ],
)
def test_values(variable: str, value: Any, option: dict[str, Any]) -> None:
    assert read(**{variable: value}) == option


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("platform_environment", "Prod", "is 'Prod', but must be 1 to 24 characters"),
        ("platform_component", "a.b", "is 'a.b', but must be 1 to 24 characters"),
        ("platform_region", "africa", "is 'africa', but must be a region such as af-south-1"),
        ("platform_region", "", "is '', but must be a region such as af-south-1"),
        ("platform_account_id", 123456789012, "is 123456789012, but must be the twelve digits of the account, quoted"),
        ("platform_account_id", "12345678901", "is '12345678901', but must be the twelve digits"),
        ("platform_account_id", "", "is '', but must be the twelve digits"),
        ("platform_tags", ["a"], "is ['a'], but must be a mapping of tag names to strings"),
        ("platform_tags", {"a": {"b": "c"}}, "has 'a': {'b': 'c'}, but it must be a string"),
        ("platform_tags", {"aws:x": "y"}, "has 'aws:x': 'y', but names that begin with aws:, mainstay:, rds: are reserved"),
        ("platform_permissions_boundary", "company", "is 'company', but must be the ARN of an IAM policy, or empty"),
        ("platform_purge", True, 'is True, but must be a list of patterns of addresses, such as ["network:nat_gateway.main/*"]'),
        ("platform_purge", ["vpc"], "has 'vpc': 'vpc' is not an address"),
        ("platform_purge", "[vpc.main]", "is '[vpc.main]', but must be a list of patterns"),
        ("platform_allow_replace", ["a.b", 7], "is ['a.b', 7], but must be a list of patterns"),
        ("platform_check_quotas", "perhaps", "is 'perhaps', but must be true or false"),
        ("platform_poll_interval", "fast", "is 'fast', but must be a number of seconds, 0.01 or more"),
        ("platform_poll_interval", 0, "is 0.0, but must be a number of seconds, 0.01 or more"),
        ("platform_poll_interval", True, "is True, but must be a number of seconds"),
        ("platform_lock_wait", -1, "is -1.0, but must be a number of seconds, 0 or more"),
        ("platform_settle_seconds", "inf", "is inf, but must be a number of seconds, 0 or more"),
        ("platform_plan", ["x"], "is ['x'], but must be the name of a file, or empty"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(variable: str, value: Any, said: str) -> None:
    with pytest.raises(WrongVariables, match=re.escape(f"{variable} {said}")):
        read(**{variable: value})


def test_all_mistakes_are_reported_together() -> None:
    with pytest.raises(WrongVariables) as wrong:
        read(platform_lok_wait=1, platform_region="x", platform_timeout="y", platform_zzz=1)
    assert [message.partition(" ")[0] for message in wrong.value.messages] == [
        "platform_lok_wait",
        "platform_zzz",
        "platform_region",
        "platform_timeout",
    ]


def test_an_unknown_variable_is_an_error() -> None:
    assert unknown(["platform_regoin", "region", *VARIABLES]) == [
        "platform_regoin is not a variable of the platform; did you mean platform_region?"
    ]
    assert "valid names are platform_account_id, " in unknown(["platform_color_of_it_all"])[0]


@pytest.mark.parametrize(
    ("options", "variables", "expected"),
    [
        pytest.param({}, PLACE, {**GIVEN, "component": "network", "inventory_host": "network"}, id="from the variables"),
        pytest.param({"region": "eu-west-1"}, PLACE, {"region": "eu-west-1"}, id="the task wins"),
        pytest.param({"aws_region": "eu-west-1"}, PLACE, {"aws_region": "eu-west-1", "region": None}, id="the task wins by an alias"),
        pytest.param({}, {**PLACE, "platform_component": "core"}, {"component": "core", "inventory_host": "network"}, id="component"),
        pytest.param({"component": "vpn"}, {**PLACE, "platform_component": "core"}, {"component": "vpn"}, id="component of the task"),
        pytest.param({}, {**PLACE, "platform_plan": "/p"}, {"inventory_hosts": ["network", "cluster"]}, id="saved plan"),
        pytest.param({"apply_plan": "/p"}, PLACE, {"inventory_hosts": ["network", "cluster"]}, id="saved plan of the task"),
        pytest.param({}, PLACE, {"inventory_hosts": None, "poll_interval": None}, id="unset options are left to the module"),
        pytest.param(GIVEN, {}, {**GIVEN, "component": "network"}, id="no variables"),
        pytest.param({"environment": "prod"}, {}, {"region": None, "expected_account_id": None}, id="a place of the task's own"),
    ],
)
def test_filled(options: dict[str, Any], variables: dict[str, Any], expected: dict[str, Any]) -> None:
    found = fill(options, **variables)
    assert {name: found.get(name) for name in expected} == expected


@pytest.mark.parametrize("missing", ["platform_region", "platform_account_id"])
def test_a_place_is_whole(missing: str) -> None:
    variables = {name: value for name, value in PLACE.items() if name != missing}
    with pytest.raises(WrongVariables, match=f"^{missing} is not set, but platform_environment is; it must be "):
        fill(**variables)
    assert fill({VARIABLES[missing].name: "given"}, **variables)[VARIABLES[missing].name] == "given"


def test_only_shared_options_of_the_module_are_filled() -> None:
    """eks_drain and k8s_rollout_verify have their own timeouts and poll intervals; a removal names its component explicitly."""
    everything = {**PLACE, "platform_timeout": 5, "platform_poll_interval": 5, "platform_lock_wait": 5, "platform_tags": {"a": "b"}}
    drain = fill(takes=taken(eks_drain.argument_spec()), **everything)
    assert set(drain) == {*GIVEN, "component", "poll_interval", "lock_wait"}
    assert fill(takes=taken(k8s_rollout_verify.argument_spec()), **everything) == {"region": "af-south-1"}
    assert "component" not in fill(takes=taken(platform_unclaimed.argument_spec()), platform_component="core", **everything)


@pytest.mark.parametrize(("section", "names"), [("DOCUMENTATION", OWNER), ("CHANGE", CHANGE), ("PATIENCE", PATIENCE), ("APPLY", RESOURCES)])
def test_the_fragment_documents_the_options(section: str, names: tuple[str, ...]) -> None:
    documented = yaml.safe_load(getattr(ModuleDocFragment, section))["options"]
    prose = {name: " ".join(option.pop("description")) for name, option in documented.items()}
    assert documented == {name: {what: value for what, value in spec.items() if what != "no_log"} for name, spec in shared(*names).items()}
    assert [name for name in names if OPTIONS[name].variable and f"C({OPTIONS[name].variable})" not in prose[name]] == []


def test_the_page_documents_the_variables() -> None:
    page = (ROOT / "docs/platform-variables.md").read_text()
    rows = re.findall(r"^\| `(platform_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(VARIABLES)
    for name, kind, default, about in rows:
        option = VARIABLES[name]
        spec = option.spec or {"type": "str"}
        assert kind == {"str": "text", "path": "file", "float": "number", "bool": "boolean", "dict": "mapping"}.get(
            spec["type"], spec["type"]
        )
        assert default == (option.default or f"`{yaml.safe_dump(spec['default'], default_flow_style=True).split(chr(10))[0]}`")
        assert about == option.about


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"environment": None, "component": "a"}, "environment (platform_environment) is not set. It must be 1 to 24 characters"),
        ({"environment": "prod", "component": None}, "component (platform_component) is not set."),
        ({"poll_interval": 0.0}, "poll_interval (platform_poll_interval) is 0.0, but must be a number of seconds, 0.01 or more."),
        ({"purge": ["vpc"]}, "purge (platform_purge) has 'vpc': 'vpc' is not an address"),
        ({"expected_account_id": "1"}, "expected_account_id (platform_account_id) is '1', but must be the twelve digits"),
    ],
)
def test_module_documentation_agrees_with_the_options(params: dict[str, Any], said: str) -> None:
    (problem,) = option_problems(params)
    assert problem.startswith(said)
