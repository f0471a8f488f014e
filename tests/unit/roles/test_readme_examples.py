# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The examples in the roles' READMEs are valid input."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.component.registration import Registration
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS

UTILS = "ansible_collections.mainstay.aws.plugins.module_utils"
ROLES = Path(__file__).resolve().parents[3] / "roles"
KNOWN = {"environment": "prod"}
"""The values passed to checks that ask for them."""

CHECKED = [domain for domain in DOMAINS if domain.details.kinds]
"""All domains except those that only extend another one."""


def examples(domain: Registration) -> list[Any]:
    """The values that the examples in a role's README set for its main variable."""
    texts = re.findall(r"```yaml\n(.*?)```", (ROLES / domain.role / "README.md").read_text(), re.DOTALL)
    found = [yaml.safe_load(text) for text in texts]
    return [example[domain.variable] for example in found if isinstance(example, dict) and domain.variable in example]


@pytest.mark.parametrize("domain", CHECKED, ids=lambda domain: domain.role)
def test_there_are_a_minimal_and_a_full_example(domain: Registration) -> None:
    assert len(examples(domain)) >= 2


@pytest.mark.parametrize("domain", CHECKED, ids=lambda domain: domain.role)
def test_they_are_valid(domain: Registration) -> None:
    input_errors = importlib.import_module(f"{UTILS}.domains.{domain.name}.preflight").input_errors
    known = {name: value for name, value in KNOWN.items() if name in inspect.signature(input_errors).parameters}
    assert [mistake for one in examples(domain) for mistake in input_errors(one, domain.variable, **known)] == []
