#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_occupants_info
version_added: 0.1.0
short_description: List the EKS clusters and RDS instances in the VPCs of a component
description:
  - Lists every EKS cluster and every RDS DB instance in the VPCs that a component owns, regardless of its owner. A network that contains
    one cannot be deleted, and it is better to know that before the first deletion.
  - Changes nothing.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  leaving:
    description:
      - Components of the same environment that are about to be destroyed. What they own is not listed in RV(remaining).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.eks_drain
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Find what still uses the network
  mainstay.aws.vpc_occupants_info:
    environment: dev
    region: eu-west-1
  register: network
"""

RETURN = r"""
occupants:
  description: The clusters and DB instances in the networks.
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of resource, C(eks_cluster) or C(db_instance).
      type: str
      returned: always
      sample: eks_cluster
    name:
      description: Its name.
      type: str
      returned: always
      sample: dev-main
    environment:
      description: The environment it is tagged with; empty if it is not tagged.
      type: str
      returned: always
      sample: dev
    component:
      description: The component it is tagged with; empty if it is not tagged.
      type: str
      returned: always
      sample: eks
    vpc_id:
      description: The VPC that it is in.
      type: str
      returned: always
      sample: vpc-0a1b2c3d
remaining:
  description: One sentence for each of them that does not belong to O(leaving). Empty if the networks can be deleted.
  returned: always
  type: list
  elements: str
  sample: ["EKS cluster dev-main of dev/eks is still in vpc-0a1b2c3d."]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.occupants import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.spec import occupants_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
