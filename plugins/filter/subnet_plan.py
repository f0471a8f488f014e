# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate

DOCUMENTATION = r"""
name: subnet_plan
version_added: 0.1.0
short_description: Compute the block of each subnet of a network
description:
  - Computes the blocks of a network's subnets the way M(mainstay.aws.vpc_network) does, without calling AWS.
  - The block of a subnet depends only on its tier and the letter of its zone, unless the network specifies it. Adding a zone or a tier
    changes no other block.
positional: _input
options:
  _input:
    description: One network, as in the option O(mainstay.aws.vpc_network#module:networks) of M(mainstay.aws.vpc_network).
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Show the blocks of a network before it exists
  ansible.builtin.debug:
    msg: "{{ {'cidr': '10.0.0.0/16', 'availability_zones': ['af-south-1a', 'af-south-1b']} | mainstay.aws.subnet_plan }}"
  # msg:
  #   database: {af-south-1a: 10.0.144.0/23, af-south-1b: 10.0.146.0/23}
  #   private: {af-south-1a: 10.0.0.0/20, af-south-1b: 10.0.16.0/20}
  #   public: {af-south-1a: 10.0.128.0/23, af-south-1b: 10.0.130.0/23}

- name: List the private blocks for a firewall
  ansible.builtin.debug:
    msg: "{{ (vpc_networks.main | mainstay.aws.subnet_plan).private.values() | list }}"
"""

RETURN = r"""
_value:
  description: The block of every subnet, by tier and zone.
  type: dict
  sample:
    private: {af-south-1a: 10.0.0.0/20}
"""


def subnet_plan(network: Any) -> dict[str, dict[str, str]]:
    """Blocks by tier and zone; raises AnsibleFilterError with everything that is wrong with the network."""
    networks, problems = validate({"network": network}, "_")
    if problems:
        raise AnsibleFilterError("subnet_plan: " + "; ".join(problem.removeprefix("_.network.").removeprefix("_.") for problem in problems))
    return {tier: {zone: str(block) for zone, block in zones.items()} for tier, zones in networks["network"].blocks.items()}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"subnet_plan": subnet_plan}
