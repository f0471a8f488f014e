#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_unclaimed_info
version_added: 0.1.0
short_description: List what carries an environment's mark and belongs to no component
description:
  - Lists every resource of a region that is tagged as the environment's and whose component is not among those named, such as what a host
    left behind that was taken out of the inventory. IAM roles are found by their path.
  - Nothing is changed. What is found is shown by the callback P(mainstay.aws.plan_summary#callback); removing it is the business of
    M(mainstay.aws.platform_unclaimed).
  - If AWS refuses the look, the task does not fail; RV(unclaimed.reason) says why.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  environment:
    description:
      - The environment whose marks are looked for.
      - Without it the host's variable C(platform_environment) counts. One of the two is required.
    type: str
  claimed:
    description:
      - The components that there are, usually the hosts of the inventory.
    type: list
    elements: str
    required: true
  expected_account_id:
    description:
      - The account that the credentials must belong to. In any other nothing is looked for.
      - Without it the host's variable C(platform_account_id) counts.
    type: str
extends_documentation_fragment:
  - mainstay.aws.reading
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.platform_unclaimed
"""

EXAMPLES = r"""
- name: Look for what no host claims
  mainstay.aws.platform_unclaimed_info:
    environment: prod
    region: af-south-1
    claimed: "{{ groups['all'] }}"
  run_once: true
"""

RETURN = r"""
unclaimed:
  description: What was found.
  returned: always
  type: dict
  contains:
    format:
      description: Version of the shape of this value.
      type: int
      returned: always
      sample: 1
    environment:
      description: The environment.
      type: str
      returned: always
      sample: prod
    region:
      description: The region that was looked at.
      type: str
      returned: always
      sample: af-south-1
    looked:
      description: Whether the look took place.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why it did not, if AWS refused it.
      type: str
      returned: always
      sample: ""
    resources:
      description: The resources, each with its component, its address (empty if it carries none) and its ARN.
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
