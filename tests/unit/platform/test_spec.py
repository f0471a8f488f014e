# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of the modules for a whole environment match their documentation."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS as CLUSTERS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import KINDS as NETWORK
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import DOMAINS
from ansible_collections.mainstay.aws.plugins.module_utils.platform.removal import KINDS, kinds_for
from ansible_collections.mainstay.aws.plugins.module_utils.platform.spec import (
    info_argument_spec,
    removal_argument_spec,
    unused_argument_spec,
)
from ansible_collections.mainstay.aws.plugins.modules import platform_unclaimed, platform_unclaimed_info, platform_unused_info
from tests.unit.documentation import documentable, options_with_fragments

ALL = [name for domain in DOMAINS for name in domain.details.kinds]


@pytest.mark.parametrize(
    ("documentation", "options"),
    [
        pytest.param(platform_unclaimed.DOCUMENTATION, removal_argument_spec(), id="platform_unclaimed"),
        pytest.param(platform_unclaimed_info.DOCUMENTATION, info_argument_spec(), id="platform_unclaimed_info"),
        pytest.param(platform_unused_info.DOCUMENTATION, unused_argument_spec(), id="platform_unused_info"),
    ],
)
def test_documentation_and_options_agree(documentation: str, options: dict[str, Any]) -> None:
    assert options_with_fragments(documentation) == documentable(options)


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (["vpc.main", "kms_key.logs"], set(NETWORK)),
        (["eks_cluster.main", "iam_role.main/nodes"], set(CLUSTERS)),
        (["launch_template.main/system"], set(CLUSTERS)),
        (["vpc.main", "eks_cluster.main"], {*NETWORK, *CLUSTERS}),
        (["iam_role.flow-logs"], set(ALL)),
        ([], set(ALL)),
    ],
)
def test_a_removal_reads_only_kinds_that_can_exist(addresses: list[str], expected: set[str]) -> None:
    assert set(kinds_for(addresses)) == expected


def test_a_removal_knows_the_kinds_of_every_domain() -> None:
    assert set(KINDS) == set(ALL) >= {*NETWORK, *CLUSTERS}
