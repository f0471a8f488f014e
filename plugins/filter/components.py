# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: components
version_added: 0.1.0
short_description: List the components that the hosts of an inventory claim
description:
  - A component has the name of its host, unless the host variable C(platform_component) sets another name. In that case, the host claims
    both names.
positional: _input
options:
  _input:
    description: The hosts, such as C(groups['all']).
    type: list
    elements: str
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Show the components of the inventory
  ansible.builtin.debug:
    msg: "{{ groups['all'] | mainstay.aws.components(hostvars) }}"
"""

RETURN = r"""
_value:
  description: The names, sorted.
  type: list
  elements: str
  sample: [dns, network]
"""

VARIABLE = "platform_component"


def components(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of the hosts, and of the components that their variable names."""
    names = {str(host) for host in hosts}
    return sorted(names | {str(hostvars[host][VARIABLE]) for host in names if hostvars[host].get(VARIABLE)})


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"components": components}
