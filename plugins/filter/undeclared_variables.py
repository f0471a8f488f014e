# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import suggestion

DOCUMENTATION = r"""
name: undeclared_variables
version_added: 0.1.0
short_description: Find variables with a role's prefix that the role does not declare
description:
  - Ansible silently ignores a mistyped role variable. This filter compares the names of the variables that are set with those declared in
    the role's argument specification.
  - The role's published outputs, C(<role>_outputs), count as declared.
positional: _input
options:
  _input:
    description: Names of variables, usually from the lookup P(ansible.builtin.varnames#lookup).
    type: list
    elements: str
    required: true
  role:
    description: Name of the role, which is the prefix of its variables.
    type: str
    required: true
  specs:
    description: The content of the role's C(meta/argument_specs.yml). All entry points are included.
    type: dict
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Reject variables that the role does not declare
  ansible.builtin.assert:
    that: __vpc_undeclared == []
    fail_msg: "{{ __vpc_undeclared }}"
  vars:
    __vpc_specs: "{{ lookup('ansible.builtin.file', role_path ~ '/meta/argument_specs.yml') | from_yaml }}"
    __vpc_undeclared: "{{ query('ansible.builtin.varnames', '^vpc_') | mainstay.aws.undeclared_variables('vpc', __vpc_specs) }}"
  # fail_msg:
  #   - vpc_netwroks is not a variable of the role vpc; did you mean vpc_networks?
"""

RETURN = r"""
_value:
  description: One sentence for each variable that the role does not declare. Empty if there are none.
  type: list
  elements: str
  sample: []
"""


def undeclared_variables(names: Iterable[str], role: str, specs: Mapping[str, Any]) -> list[str]:
    """A sentence for each name with the role's prefix that no entry point of the role declares."""
    try:
        entry_points = specs["argument_specs"].values()
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError("undeclared_variables: the second argument must be the content of a meta/argument_specs.yml") from error
    known = {f"{role}_outputs"} | {option for entry in entry_points for option in entry.get("options") or {}}
    return [
        f"{name} is not a variable of the role {role}; {suggestion(name, known)}"
        for name in sorted(set(names))
        if name.startswith(f"{role}_") and name not in known
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"undeclared_variables": undeclared_variables}
