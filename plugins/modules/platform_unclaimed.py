#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_unclaimed
version_added: 0.1.0
short_description: Remove everything that a component left behind
description:
  - Deletes all that carries the mark of one component, of every kind that this collection makes, in the order that AWS demands. It is meant
    for components that are no longer in the inventory and so have no role left that could remove them.
  - The plan comes first, as always. A component that is still claimed is refused.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  component:
    description:
      - The component whose resources are removed.
    type: str
    required: true
  claimed:
    description:
      - The components that there are, usually the hosts of the inventory. None of them is removed.
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
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns one entry for each resource that is deleted, with its properties.
    support: full
seealso:
  - module: mainstay.aws.platform_unclaimed_info
"""

EXAMPLES = r"""
- name: Show what would go
  mainstay.aws.platform_unclaimed:
    environment: prod
    region: af-south-1
    component: legacy
    claimed: "{{ groups['all'] }}"
  check_mode: true
"""

RETURN = r"""
plan:
  description: What was or would be done, as M(mainstay.aws.vpc_network) returns it.
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
