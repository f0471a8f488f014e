# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: iam_policies
version_added: 0.1.0
short_description: Write the IAM policies that planning and applying an inventory need
description:
  - Works out which actions of AWS the components of an inventory need, from the source of what they are made of, and confines each as far
    as AWS allows to the region, the environment, and what carries the environment's mark.
  - Makes no call of AWS. The same input always gives the same text.
  - Refuses hosts that differ in C(platform_environment), C(platform_region), C(platform_account_id) or in the permissions boundary.
positional: _input
options:
  _input:
    description: The variables of the components, which are hosts of the inventory.
    type: list
    elements: dict
    required: true
  component:
    description: Confine the policies to what this component owns. Without it they are about the whole environment.
    type: str
    default: ""
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Write the policies of the environment
  ansible.builtin.copy:
    content: "{{ item.content }}"
    dest: "artifacts/{{ item.name }}"
    mode: "0644"
  loop: "{{ ansible_play_hosts_all | map('extract', hostvars) | mainstay.aws.iam_policies }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The policies; as many as AWS's limit of characters for one asks for.
  type: list
  elements: dict
  contains:
    name:
      description: Name of a file for it.
      type: str
      sample: apply-1.json
    purpose:
      description: C(plan) only reads. C(apply) has everything that C(plan) has.
      type: str
      sample: apply
    content:
      description: The document.
      type: str
    characters:
      description: How large it is, as AWS counts.
      type: int
      sample: 5890
"""


def iam_policies(hosts: Iterable[Mapping[str, Any]], component: str = "") -> list[dict[str, Any]]:
    """Every policy with the name of a file for it; raises AnsibleFilterError with everything that is wrong with the hosts.

    What it needs is imported here, because Ansible loads all filters of a collection with the first one that is used.
    """
    try:
        import botocore.session
    except ImportError as error:
        raise AnsibleFilterError("iam_policies: botocore is needed, which tells what the operations of AWS are called") from error

    from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import policies, size, text
    from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import problems, scope_of, subjects_of

    chosen = [host for host in hosts if component in ("", host["inventory_hostname"])]
    if found := problems(chosen, component):
        raise AnsibleFilterError("iam_policies: " + "; ".join(found))
    scope = scope_of(chosen, component, botocore.session.get_session().get_partition_for_region)
    return [
        {"name": f"{purpose}-{number}.json", "purpose": purpose, "content": text(document), "characters": size(document)}
        for purpose, documents in policies(subjects_of(chosen), scope).items()
        for number, document in enumerate(documents, 1)
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"iam_policies": iam_policies}
