#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_unclaimed_info
version_added: 0.1.0
short_description: List resources that are tagged with an environment but belong to no component
description:
  - Lists every resource of a region that is tagged with the environment and whose component is not in O(claimed), such as the leftovers of
    a host that was removed from the inventory. IAM roles are found by their path.
  - Nothing is changed. The callback P(mainstay.aws.plan_summary#callback) shows the findings; to remove them, use
    M(mainstay.aws.platform_unclaimed).
  - If AWS denies the lookup, the task does not fail; RV(unclaimed.reason) states the reason.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  environment:
    description:
      - The environment whose tags are searched for.
      - If not set, the host variable C(platform_environment) is used. One of the two is required.
    type: str
  claimed:
    description:
      - The existing components, usually the hosts of the inventory.
    type: list
    elements: str
    required: true
  expected_account_id:
    description:
      - The account that the credentials must belong to. No other account is searched.
      - If not set, the host variable C(platform_account_id) is used.
    type: str
  further_regions:
    description:
      - Regions to search besides O(region).
      - If not set, the host variable C(platform_further_regions) is used.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mainstay.aws.reading
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.platform_unclaimed
"""

EXAMPLES = r"""
- name: Find resources that no host claims
  mainstay.aws.platform_unclaimed_info:
    environment: prod
    region: af-south-1
    claimed: "{{ groups['all'] }}"
  run_once: true
"""

RETURN = r"""
unclaimed:
  description: The result of the lookup.
  returned: always
  type: dict
  contains:
    format:
      description: Version of the format of this value.
      type: int
      returned: always
      sample: 1
    environment:
      description: The environment.
      type: str
      returned: always
      sample: prod
    region:
      description: The region that was searched.
      type: str
      returned: always
      sample: af-south-1
    looked:
      description: Whether the lookup took place.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why it did not, if AWS denied it.
      type: str
      returned: always
      sample: ""
    resources:
      description: The resources, each with its component, its address (empty if it has none), and its ARN.
      type: list
      elements: dict
      returned: always
      sample:
        - component: legacy
          address: vpc.main
          arn: arn:aws:ec2:af-south-1:123456789012:vpc/vpc-0a1b2c3d
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.platform.spec import info_argument_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.platform.unclaimed import SERVICES, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
