# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules' options match their documentation, and its examples are valid."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mainstay.aws.plugins.module_utils.component.parts import Context
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.parts import validate
from ansible_collections.mainstay.aws.plugins.module_utils.domains.s3_cdn.spec import argument_spec, info_argument_spec
from ansible_collections.mainstay.aws.plugins.modules import s3_cdn, s3_cdn_info
from tests.unit.documentation import documentable, options_with_fragments

MODULES = [
    pytest.param(s3_cdn.DOCUMENTATION, argument_spec(), id="s3_cdn"),
    pytest.param(s3_cdn_info.DOCUMENTATION, info_argument_spec(), id="s3_cdn_info"),
]
EXAMPLES = [pytest.param(task["mainstay.aws.s3_cdn"], id=task["name"]) for task in yaml.safe_load(s3_cdn.EXAMPLES)]


@pytest.mark.parametrize(("documentation", "options"), MODULES)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)


@pytest.mark.parametrize("given", EXAMPLES)
def test_examples_are_valid(given: dict[str, Any]) -> None:
    assert validate(given, Context("prod", "site", "af-south-1", params=given))[1] == []


def test_values_of_headers_are_never_logged() -> None:
    assert argument_spec()["origin_headers"]["no_log"]
    assert info_argument_spec()["origin_headers"]["no_log"]
