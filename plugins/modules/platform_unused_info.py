#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_unused_info
version_added: 0.1.0
short_description: List what an environment owns and nothing has used for weeks
description:
  - Judges the databases, caches, queues, brokers, NAT gateways, load balancers, target groups, distributions, volumes, addresses, buckets,
    repositories, and log groups of an environment by what CloudWatch measured, or by their state, such as that of a volume that is
    attached to nothing.
  - Resources are found by the environment's tag, and load balancers and volumes of its clusters by the tags of their controllers.
  - Nothing is changed. If AWS denies a call, the task does not fail; RV(unused.reason) states the reason.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  environment:
    description:
      - The environment whose tags are searched for.
      - If not set, the host variable C(platform_environment) is used. One of the two is required.
    type: str
  days:
    description:
      - How many days back CloudWatch is asked, at most 455, as long as it keeps daily values. Younger resources are not judged.
    type: int
    default: 30
  expected_account_id:
    description:
      - The account that the credentials must belong to. No other account is searched.
      - If not set, the host variable C(platform_account_id) is used.
    type: str
  further_regions:
    description:
      - Regions to search besides O(region), and us-east-1 for distributions.
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
  - module: mainstay.aws.platform_unclaimed_info
"""

EXAMPLES = r"""
- name: Find what nobody has used for 60 days
  mainstay.aws.platform_unused_info:
    environment: prod
    region: af-south-1
    days: 60
  run_once: true
"""

RETURN = r"""
unused:
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
      description: The region that was searched, besides further ones.
      type: str
      returned: always
      sample: af-south-1
    days:
      description: How many days back CloudWatch was asked.
      type: int
      returned: always
      sample: 30
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
    judged:
      description: How many resources are of a type that is judged.
      type: int
      returned: always
      sample: 14
    resources:
      description: The unused ones, each with its component and address (empty if it has none), what it is, and the reason.
      type: list
      elements: dict
      returned: always
      sample:
        - component: network
          address: nat_gateway.main/af-south-1a
          what: NAT gateway
          reason: no bytes in 30 days
          created: "2026-01-31"
          region: af-south-1
          arn: arn:aws:ec2:af-south-1:123456789012:natgateway/nat-0a1b2c3d
    young:
      description: Those that exist for fewer days, and could not be judged, in the same form.
      type: list
      elements: dict
      returned: always
      sample: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.platform.spec import unused_argument_spec as argument_spec
from ansible_collections.mainstay.aws.plugins.module_utils.platform.unused.report import SERVICES, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
