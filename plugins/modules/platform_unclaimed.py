#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_unclaimed
version_added: 0.1.0
short_description: Remove everything that a component left behind
description:
  - Deletes all resources that are tagged with one component, of every kind that this collection manages, in the order that AWS requires. It
    is for components that are no longer in the inventory, so that no role is left to remove them.
  - As always, the plan comes first. A component that is still claimed is refused.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  component:
    description:
      - The component to remove.
    type: str
    required: true
  claimed:
    description:
      - The existing components, usually the hosts of the inventory. None of them is removed.
    type: list
    elements: str
    required: true
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.patience
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each resource that is deleted, with its properties.
    support: full
seealso:
  - module: mainstay.aws.platform_unclaimed_info
"""

EXAMPLES = r"""
- name: Show what would be deleted
  mainstay.aws.platform_unclaimed:
    environment: prod
    region: af-south-1
    component: legacy
    claimed: "{{ groups['all'] }}"
  check_mode: true
"""

RETURN = r"""
plan:
  description: The actions that were or would be taken, in the format that M(mainstay.aws.vpc_network) returns.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 0, update: 0, replace: 0, delete: 42, unchanged: 0}}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.platform.removal import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.platform.spec import removal_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
