# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: hosts_to_look_up
version_added: 0.1.0
short_description: List the hosts of roles whose outputs this run has not published
description:
  - Lists, for each role, the hosts that have not published its outputs in this run, because they are not part of it or have failed. Their
    outputs are then looked up in AWS.
positional: _input
options:
  _input:
    description: Names of roles of this collection, which are also names of inventory groups.
    type: list
    elements: str
    required: true
  groups:
    description: The hosts of each inventory group, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Show which networks and clusters have to be looked up
  ansible.builtin.debug:
    msg: "{{ ['vpc', 'eks'] | mainstay.aws.hosts_to_look_up(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The names of the hosts, by role. A role whose hosts have all published their outputs has no entry.
  type: dict
  sample: {vpc: [network]}
"""


def hosts_to_look_up(
    roles: Iterable[str], groups: Mapping[str, Iterable[str]], hostvars: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[str]]:
    found = {role: [str(host) for host in groups.get(role, ()) if not hostvars[host].get(f"{role}_outputs")] for role in roles}
    return {role: hosts for role, hosts in found.items() if hosts}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hosts_to_look_up": hosts_to_look_up}
