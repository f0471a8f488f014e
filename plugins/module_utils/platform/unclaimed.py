# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module platform_unclaimed_info runs."""

from __future__ import annotations

from typing import Any

from ..component.connect import check_options, connect
from ..component.unclaimed import answer_of

SERVICES = ("sts", "iam", "resourcegroupstaggingapi")
"""The services read in every run; their descriptions are read once, before the workers start."""


def run(module: Any) -> None:
    """Return the unclaimed resources. Never fails because of what it finds or may not read: the answer then gives the reason."""
    params = module.params
    check_options(module)
    aws, _endpoint, region = connect(module)
    module.exit_json(changed=False, unclaimed=answer_of(aws, params["claimed"], region, params["expected_account_id"]))
