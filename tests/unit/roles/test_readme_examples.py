# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The examples in READMEs of roles are valid input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.filter.input_errors import input_errors

ROLES = Path(__file__).resolve().parents[3] / "roles"
CHECKS: dict[str, tuple[str, str, dict[str, str]]] = {
    "vpc": ("vpc_networks", "network", {}),
    "eks": ("eks_clusters", "eks", {"environment": "prod"}),
}
"""role -> the variable that its examples show, and how mistakes in it are found."""


def examples(role: str) -> list[Any]:
    """What the examples in a role's README give its variable."""
    variable = CHECKS[role][0]
    texts = re.findall(r"```yaml\n(.*?)```", (ROLES / role / "README.md").read_text(), re.DOTALL)
    found = [yaml.safe_load(text) for text in texts]
    return [example[variable] for example in found if isinstance(example, dict) and variable in example]


@pytest.mark.parametrize("role", CHECKS)
def test_there_are_a_minimal_and_a_full_example(role: str) -> None:
    assert len(examples(role)) >= 2


@pytest.mark.parametrize("role", CHECKS)
def test_they_are_valid(role: str) -> None:
    variable, domain, known = CHECKS[role]
    assert [mistake for example in examples(role) for mistake in input_errors(example, domain, variable, **known)] == []
