# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: hosts_of_roles
version_added: 0.1.0
short_description: List the hosts of roles that the tags of a run select
description:
  - Lists the hosts in the inventory groups named after roles, without the roles that C(--tags) and C(--skip-tags) exclude. This way, a play
    can start several roles with one task, which takes one worker process per host instead of one per host and role.
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
  run_tags:
    description: The tags to run, C(ansible_run_tags).
    type: list
    elements: str
    required: true
  skip_tags:
    description: The tags to skip, C(ansible_skip_tags).
    type: list
    elements: str
    default: []
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Run several roles side by side
  hosts: "{{ ['eks', 'rds'] | mainstay.aws.hosts_of_roles(groups, ansible_run_tags, ansible_skip_tags) }}"
"""

RETURN = r"""
_value:
  description: The names of the hosts, in the order of the roles.
  type: list
  elements: str
  sample: [cluster, database]
"""

SELECTS_ALL = frozenset({"all", "tagged"})


def hosts_of_roles(
    roles: Iterable[str], groups: Mapping[str, Iterable[str]], run_tags: Iterable[str], skip_tags: Iterable[str] = ()
) -> list[str]:
    """The hosts of the roles that the tags select by name, following the rules for tags on tasks."""
    run, skip = set(run_tags), set(skip_tags)
    selected = [role for role in roles if (run & (SELECTS_ALL | {role})) and not skip & {role, "tagged"}]
    return list(dict.fromkeys(host for role in selected for host in groups.get(role, ())))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"hosts_of_roles": hosts_of_roles}
