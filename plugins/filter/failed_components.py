# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.component.role_checks import failed_components

DOCUMENTATION = r"""
name: failed_components
version_added: 0.1.0
short_description: Find components that failed earlier in this run
description:
  - A play with C(strategy=free) continues when hosts of an earlier play have failed. A play that depends on components of an earlier play
    checks with this filter whether they failed, before it makes any call.
  - A role registers its outputs, and registers C(none) if it fails. A host without that variable is not part of this run.
positional: _input
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The components that are required, such as C(groups['vpc']).
    type: list
    elements: str
    required: true
  outputs:
    description: The variable that their role registers, such as V(vpc_outputs).
    type: str
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Make no call if the network failed in this run
  ansible.builtin.assert:
    that: __eks_failed == []
    fail_msg: "Not started, because these failed in this run: {{ __eks_failed | join(', ') }}. Fix them and run again."
  vars:
    __eks_failed: "{{ hostvars | mainstay.aws.failed_components(groups['vpc'] | default([]), 'vpc_outputs') }}"
"""

RETURN = r"""
_value:
  description: The names of the components that failed. Empty when none did.
  type: list
  elements: str
  sample: []
"""


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failed_components": failed_components}
