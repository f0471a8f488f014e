# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: failed_components
version_added: 0.1.0
short_description: Find components that failed earlier in this run
description:
  - A play with C(strategy=free) continues even if hosts of an earlier play have failed. With this filter, a role that depends on another
    one checks whether that role failed, before it makes any call.
  - A component is part of a run if its play set the fact C(__platform_started) before the role. It is finished when the role has published
    its outputs. A component that started but published nothing has failed. A component that did not start is not part of the run, and its
    outputs come from AWS.
positional: _input
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The components that the role depends on, such as C(groups['vpc']).
    type: list
    elements: str
    required: true
  outputs:
    description: The variable that their role publishes when it is finished, such as V(vpc_outputs).
    type: str
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Stop before the first call if the network failed in this run
  ansible.builtin.assert:
    that: __eks_failed == []
    fail_msg: "Not started, because these failed in this run: {{ __eks_failed | join(', ') }}. Fix them and run again."
  vars:
    __eks_failed: "{{ hostvars | mainstay.aws.failed_components(groups['vpc'] | default([]), 'vpc_outputs') }}"
"""

RETURN = r"""
_value:
  description: The names of the components that failed. Empty if none did.
  type: list
  elements: str
  sample: []
"""


def failed_components(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], outputs: str) -> list[str]:
    """The hosts that started in this run and did not publish their outputs."""
    return [host for host in hosts if host in hostvars and "__platform_started" in hostvars[host] and hostvars[host].get(outputs) is None]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failed_components": failed_components}
