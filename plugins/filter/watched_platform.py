# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: watched_platform
version_added: 0.1.0
short_description: Gather what an inventory has to watch
description:
  - Returns the option O(mainstay.aws.observability#module:platform) of M(mainstay.aws.observability), so that every database, cache, queue,
    broker, cluster, node group, NAT gateway, distribution, web ACL, certificate, and health check of the inventory gets its alarms.
  - Names and sizes come from the variables of the hosts. What only AWS knows comes from the outputs of their roles, if they are part of the
    run, or from O(looked_up). Until it exists, it reads C((known after apply)).
positional: _input, hostvars
options:
  _input:
    description: The hosts of each inventory group, C(groups).
    type: dict
    required: true
  hostvars:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  looked_up:
    description: Results of look-ups for hosts that are not part of the run, each with C(item), the name of the host, and C(outputs).
    type: list
    elements: dict
    default: []
  applying:
    description: Leave out what is not known yet, because its host failed or was not applied. Its alarms follow with a later run.
    type: bool
    default: false
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
"""

EXAMPLES = r"""
- name: Watch everything that the inventory has
  mainstay.aws.observability:
    environment: prod
    component: watch
    region: af-south-1
    platform: "{{ groups | mainstay.aws.watched_platform(hostvars, applying=not ansible_check_mode) }}"
"""

RETURN = r"""
_value:
  description: The items to watch, by their type.
  type: dict
  sample: {queues: [{name: email, queue_name: prod-email, dead_letter: false, retention: 345600}]}
"""

OUTPUTS = "_outputs"


def watched_platform(
    groups: Mapping[str, Iterable[str]],
    hostvars: Mapping[str, Mapping[str, Any]],
    looked_up: Iterable[Mapping[str, Any]] = (),
    applying: bool = False,
) -> dict[str, Any]:
    from ansible_collections.mainstay.aws.plugins.module_utils.platform.watched import APPLICATIONS, GATHERERS, Host, known, watched

    found = {str(one["item"]): one["outputs"] for one in looked_up if one.get("outputs")}

    def host(name: str, role: str) -> Host:
        variables = hostvars[name]
        return Host(str(name), variables, variables.get(f"{role}{OUTPUTS}") or found.get(name) or {})

    roles = (*GATHERERS, APPLICATIONS)
    platform = watched({role: [host(name, role) for name in groups.get(role, ())] for role in roles}, applying)
    return known(platform) if applying else platform


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"watched_platform": watched_platform}
