# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

DOCUMENTATION = r"""
name: iam_policies
version_added: 0.1.0
short_description: Generate the IAM policies needed to plan and apply an inventory
description:
  - Determines which AWS actions each component of an inventory needs, from the declarations of its role, and limits each action, as far as
    AWS allows, to the region and to resources tagged with the component.
  - Limits access to resources without tags, such as a cluster that is being created, to those that the hosts' variables name.
  - Makes no AWS calls. The same input always produces the same text.
  - Warns in one line if no permissions boundary limits the roles that these hosts create.
  - Policies for a whole environment are refused if the hosts differ in C(platform_environment), C(platform_region), C(platform_account_id),
    or the permissions boundary.
positional: _input
options:
  _input:
    description: The variables of the components, that is, of hosts in the inventory.
    type: list
    elements: dict
    required: true
  component:
    description: Generate the policies of this host only.
    type: str
    default: ""
  scope:
    description:
      - The resources that the policies cover.
      - C(component) generates policies for each component, limited to what it owns.
      - C(environment) generates one set for all components together, limited to the environment.
    type: str
    choices: [component, environment]
    default: component
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
  description: The policies. They are split as needed to stay within AWS's size limit of a policy.
  type: list
  elements: dict
  contains:
    name:
      description: File path for the policy.
      type: str
      sample: network/apply-1.json
    component:
      description: The component the policy is for. Empty for the whole environment.
      type: str
      sample: network
    purpose:
      description: C(plan) is read-only. C(apply) includes everything in C(plan).
      type: str
      sample: apply
    content:
      description: The policy document.
      type: str
    characters:
      description: Size of the policy, as counted by AWS.
      type: int
      sample: 5890
"""


SCOPES = ("component", "environment")


def iam_policies(hosts: Iterable[Mapping[str, Any]], component: str = "", scope: str = "component") -> list[dict[str, Any]]:
    """Every policy with the path of a file for it; raises AnsibleFilterError with everything that is wrong with the hosts.

    What it needs is imported here, because Ansible loads all filters of a collection with the first one that is used.
    """
    try:
        import botocore.session
    except ImportError as error:
        raise AnsibleFilterError("iam_policies: botocore is required, for the names of AWS operations") from error

    from ansible_collections.mainstay.aws.plugins.module_utils.component.names import UNBOUNDED
    from ansible_collections.mainstay.aws.plugins.module_utils.permissions.inventory import components_of, policies_of, problems, unbounded

    if scope not in SCOPES:
        raise AnsibleFilterError(f"iam_policies: scope is {scope!r}, but must be {' or '.join(SCOPES)}")
    chosen = [host for host in hosts if component in ("", host["inventory_hostname"])]
    groups = {"": chosen} if scope == "environment" else components_of(chosen)
    if found := [text for group in (groups or {"": chosen}).values() for text in problems(group, component)]:
        raise AnsibleFilterError("iam_policies: " + "; ".join(dict.fromkeys(found)))
    if any(unbounded(group) for group in groups.values()):
        Display().warning(UNBOUNDED)
    partition_of = botocore.session.get_session().get_partition_for_region
    return [
        one
        for name, group in sorted(groups.items())
        for purpose, documents in policies_of(group, name, partition_of).items()
        for one in _files(name, purpose, documents)
    ]


def _files(component: str, purpose: str, documents: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import size, text

    for number, document in enumerate(documents, 1):
        name = "/".join(part for part in (component, f"{purpose}-{number}.json") if part)
        yield {"name": name, "component": component, "purpose": purpose, "content": text(document), "characters": size(document)}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"iam_policies": iam_policies}
