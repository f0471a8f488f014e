# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.component.options import REGION
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.validate import validate

DOCUMENTATION = r"""
name: network_errors
version_added: 0.1.0
short_description: Say what is wrong with networks
description:
  - Checks networks in the way M(mainstay.aws.vpc_network) does before its first call of AWS, and names the variable that they come from.
positional: _input
options:
  _input:
    description: Networks by name, as in the option O(mainstay.aws.vpc_network#module:networks) of M(mainstay.aws.vpc_network).
    type: dict
    required: true
  name:
    description: The variable that messages begin with.
    type: str
    default: networks
  region:
    description:
      - The region that all zones must belong to. Without it they need only belong to one region.
      - A value that cannot be a region is left aside. The modules say what is wrong with it.
    type: str
    default: ""
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Refuse networks that cannot be built
  ansible.builtin.assert:
    that: __mistakes == []
    fail_msg: "{{ __mistakes }}"
  vars:
    __mistakes: "{{ vpc_networks | mainstay.aws.network_errors(name='vpc_networks', region='af-south-1') }}"
  # fail_msg:
  #   - vpc_networks.main.cidr is '10.0.0.1/16', but it has bits set beyond its prefix; the block would be 10.0.0.0/16
"""

RETURN = r"""
_value:
  description: One sentence for each mistake. Empty when there is none.
  type: list
  elements: str
  sample: []
"""


def network_errors(networks: Any, name: str = "networks", region: Any = "") -> list[str]:
    """Every problem with the networks, each naming the path of the variable, its value and what would be right."""
    return validate(networks, name, region if isinstance(region, str) and REGION.fullmatch(region) else "")[1]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"network_errors": network_errors}
