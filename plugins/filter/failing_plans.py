# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: failing_plans
version_added: 0.1.0
short_description: Find components whose plan fails this run
description:
  - Lists the components whose plan meets the condition in C(platform_fail_on), with the reasons. The playbooks fail these components at the
    end, so that everything else is planned first.
positional: _input
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The components to check, such as C(groups['all']).
    type: list
    elements: str
    required: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Fail the components whose plan fails this run
  hosts: "{{ hostvars | mainstay.aws.failing_plans(groups['all']) | list }}"
"""

RETURN = r"""
_value:
  description: The reasons by component. Empty when no plan fails the run.
  type: dict
  sample: {network: ["platform_fail_on is changes, and an apply would change 2 resources."]}
"""

REASONS = ("__platform_fails_on", "__platform_content_fails_on")
"""Variables that the roles register, one for each module call that plans."""


def failing_plans(hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str]) -> dict[str, list[str]]:
    """The reasons by host, of the hosts that have any."""
    found = {host: [hostvars[host][name] for name in REASONS if hostvars[host].get(name)] for host in hosts if host in hostvars}
    return {host: reasons for host, reasons in found.items() if reasons}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failing_plans": failing_plans}
