# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The examples in READMEs of roles are valid input."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.network.validate import validate

README = Path(__file__).resolve().parents[3] / "roles/vpc/README.md"
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", README.read_text(), re.DOTALL)]
NETWORKS = [example["vpc_networks"] for example in EXAMPLES if isinstance(example, dict) and "vpc_networks" in example]


def test_there_are_a_minimal_and_a_full_example() -> None:
    assert len(NETWORKS) >= 2


@pytest.mark.parametrize("networks", NETWORKS, ids=",".join)
def test_networks_are_valid(networks: object) -> None:
    assert validate(networks, "vpc_networks")[1] == []
