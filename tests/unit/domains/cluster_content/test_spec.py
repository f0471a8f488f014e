# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of k8s_objects: their documentation, their examples, and which of their values are never exposed."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.domain import contents_of, hide
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.spec import RELEASE, argument_spec
from ansible_collections.mainstay.aws.plugins.modules import k8s_objects
from tests.unit.documentation import documentable, options_with_fragments

DEFAULTS: dict[str, Any] = {"name": None, "cluster": None, "state": "present", "objects": [], "patches": [], "releases": {}}
EXAMPLES = [pytest.param(task["mainstay.aws.k8s_objects"], id=task["name"]) for task in yaml.safe_load(k8s_objects.EXAMPLES)]


def test_documentation_and_options_agree() -> None:
    assert options_with_fragments(k8s_objects.DOCUMENTATION) == documentable(argument_spec())


def test_every_setting_of_a_release_is_documented() -> None:
    text = " ".join(yaml.safe_load(k8s_objects.DOCUMENTATION)["options"]["releases"]["description"])
    assert [name for name in RELEASE if f"C({name})" not in text] == []


@pytest.mark.parametrize("options", EXAMPLES)
def test_examples_are_valid(options: dict[str, Any]) -> None:
    """Except values that only a playbook can fill in, and charts that do not exist."""
    given = {**DEFAULTS, **options}
    given["objects"] = [one for one in given["objects"] if isinstance(one, dict)] if isinstance(given["objects"], list) else []
    problems = contents_of(given)[1]
    assert [one for one in problems if "not a folder with a Chart.yaml" not in one and "must come after" not in one] == []


@pytest.mark.parametrize(
    ("options", "within", "problems"),
    [
        ({"name": "main", "cluster": "prod-main"}, "main", []),
        ({"cluster": "prod-main"}, "prod-main", []),
        ({}, "cluster", []),
        ({"name": "Main/1"}, "Main/1", ["name is 'Main/1'; it must be lower-case letters, digits and '-', such as main"]),
    ],
)
def test_how_the_cluster_is_called(options: Any, within: str, problems: list[str]) -> None:
    contents, found = contents_of({**DEFAULTS, **options})
    assert (contents.within, found) == (within, problems)


def test_secrets_are_taken_out_of_the_options_and_the_rest_stays_readable() -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    secret = {
        "kind": "Secret",
        "metadata": {"name": "production", "namespace": "production"},
        "type": "Opaque",
        "stringData": {"a": "canary-1"},
        "data": {"b": encoded("canary-2")},
    }
    pods = {"kind": "Deployment", "spec": {"containers": [{"env": [{"name": "API_TOKEN", "value": "canary-3"}]}]}}
    values = {"auth": {"password": "canary-5", "user": "production"}, "plan": "canary-6"}
    params = {
        "objects": [secret, pods],
        "patches": [{"kind": "ConfigMap", "data": {"password": "canary-4"}}],
        "releases": {
            "a": {"namespace": "production", "values": values},
            "b": None,
        },
        "sensitive": ["plan"],
    }
    module = SimpleNamespace(params=params, no_log_values={"production", "canary-1", "Opaque"})
    hide(module)
    expected = {f"canary-{number}" for number in range(1, 7)}
    assert expected <= module.no_log_values
    assert encoded("canary-1") in module.no_log_values
    assert encoded("canary-2") in module.no_log_values
    assert not {"production", "Opaque", "API_TOKEN"} & module.no_log_values
    assert "canary" not in str(params)
    assert encoded("canary-2") not in str(params)
    assert params["objects"][0]["metadata"] == {"name": "production", "namespace": "production"}
    assert params["releases"]["a"]["values"] == {
        "auth.password": "(sensitive)",
        "auth.user": "production",
        "plan": "(sensitive)",
    }
