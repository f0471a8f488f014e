# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: unfinished_components
version_added: 0.1.0
short_description: Find components that an earlier play of this run left unfinished
description:
  - In C(site.yml), a role does not have to wait for slow kinds of resources, such as NAT gateways, and can publish its outputs before
    everything exists. This filter finds the components with deferred resources, for a later play that finishes them.
positional: _input
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The components to check, such as C(groups['vpc']).
    type: list
    elements: str
    required: true
  outputs:
    description: The variable that their role publishes, such as V(vpc_outputs).
    type: str
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Finish the networks
  hosts: "{{ hostvars | mainstay.aws.unfinished_components(groups['vpc'] | default([]), 'vpc_outputs') }}"
  gather_facts: false
  tasks:
    - name: Finish the deferred resources
      ansible.builtin.include_role:
        name: mainstay.aws.vpc
        tasks_from: finish
"""

RETURN = r"""
_value:
  description: The names of the components. Empty if all are finished.
  type: list
  elements: str
  sample: []
"""


def unfinished_components(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], outputs: str) -> list[str]:
    """The hosts whose published outputs name something as deferred."""
    published = {host: hostvars[host][outputs] for host in hosts if host in hostvars and hostvars[host].get(outputs)}
    return [host for host, values in published.items() if values.get("deferred")]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"unfinished_components": unfinished_components}
