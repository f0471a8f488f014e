# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the module platform_unclaimed_info runs."""

from __future__ import annotations

import os
from typing import Any

from ..aws.connection import Aws
from ..aws.owner import Owner
from ..aws.session import client_maker, refused_endpoint
from ..component.connect import check_options
from ..component.unclaimed import answer_of

SERVICES = ("sts", "iam", "resourcegroupstaggingapi")
"""The services read in every run; their descriptions are read once, before the workers start."""


def run(module: Any) -> None:
    """Return the unclaimed resources. Never fails because of what it finds or may not read: the answer then gives the reason."""
    params = module.params
    check_options(module)
    make, region, endpoint = client_maker(module)
    if reason := refused_endpoint(endpoint, os.environ):
        module.fail_json(msg=reason)
    if not region:
        module.fail_json(msg="region is not set: give the region option (platform_region in the inventories) or AWS_REGION")
    aws = Aws(make, Owner(params["environment"], ""))
    module.exit_json(changed=False, unclaimed=answer_of(aws, params["claimed"], str(region), params["expected_account_id"]))
