# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules' options match their documentation."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.settings import read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.spec import argument_spec, info_argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.modules import vpc_network, vpc_network_info
from tests.unit.documentation import documentable, options_with_fragments

MODULES = [
    pytest.param(vpc_network.DOCUMENTATION, argument_spec(), id="vpc_network"),
    pytest.param(vpc_network_info.DOCUMENTATION, info_argument_spec(), id="vpc_network_info"),
]
EXAMPLES = [
    pytest.param(task["mainstay.aws.vpc_network"]["networks"], id=task["name"])
    for task in yaml.safe_load(vpc_network.EXAMPLES)
    if "networks" in task["mainstay.aws.vpc_network"]
]


@pytest.mark.parametrize(("documentation", "options"), MODULES)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)


@pytest.mark.parametrize("networks", EXAMPLES)
def test_examples_are_valid(networks: Any) -> None:
    assert validate(networks)[1] == []


def test_every_setting_is_documented() -> None:
    problems = Problems()
    read(
        {"main": {"nonsense": 1, **{section: {"nonsense": 1} for section in ("endpoints", "flow_logs", "security", "dns")}}}, "n", problems
    )
    text = yaml.safe_load(vpc_network.DOCUMENTATION)["options"]["networks"]["description"]
    known = {
        word
        for message in problems.messages
        if "; valid names are " in message
        for word in message.partition("; valid names are ")[2].split(", ")
    }
    assert len(known) > 25
    assert [name for name in sorted(known) if f"C({name})" not in " ".join(text)] == []
