# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules for whole clusters match their documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.spec import drain_spec, occupants_spec, upgrade_check_spec
from ansible_collections.mainstay.aws.plugins.modules import eks_drain, eks_upgrade_check, vpc_occupants_info
from tests.unit.documentation import documentable, options_with_fragments


@pytest.mark.parametrize(
    ("documentation", "options"),
    [
        pytest.param(eks_drain.DOCUMENTATION, drain_spec(), id="eks_drain"),
        pytest.param(eks_upgrade_check.DOCUMENTATION, upgrade_check_spec(), id="eks_upgrade_check"),
        pytest.param(vpc_occupants_info.DOCUMENTATION, occupants_spec(), id="vpc_occupants_info"),
    ],
)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)
