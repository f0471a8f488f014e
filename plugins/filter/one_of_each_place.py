# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: one_of_each_place
version_added: 0.1.0
short_description: Choose one host for each account and region
description:
  - For tasks that run once for each combination of account, region, and environment of the hosts in a play, instead of once for each host.
positional: _input
options:
  _input:
    description: The hosts, such as C(ansible_play_hosts).
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
- name: Run a task once for each account, region, and environment
  ansible.builtin.debug:
    msg: "{{ platform_account_id }} {{ platform_region }}"
  when: inventory_hostname in ansible_play_hosts | mainstay.aws.one_of_each_place(hostvars)
"""

RETURN = r"""
_value:
  description: The first host of each combination.
  type: list
  elements: str
  sample: [network]
"""

PLACE = ("platform_environment", "platform_account_id", "platform_region")


def one_of_each_place(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The first of the hosts in each environment, account and region."""
    found: dict[tuple[str, ...], str] = {}
    for host in hosts:
        variables = hostvars[host]
        found.setdefault(tuple(str(variables[name]) if name in variables else "" for name in PLACE), str(host))
    return list(found.values())


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"one_of_each_place": one_of_each_place}
