# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mainstay.aws.plugins.module_utils.component.chosen_network import (
    NotThere,
    chosen,
    find_subnets,
    missing_subnets,
    planned_network,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

DOCUMENTATION = r"""
name: database_network
version_added: 0.1.0
short_description: Choose the subnets and the security group of databases or caches in a network
description:
  - Extracts the subnets and the security group that RDS instances or caches need from the outputs of M(mainstay.aws.vpc_network), for the
    option O(mainstay.aws.rds_postgres#module:network) of M(mainstay.aws.rds_postgres), or
    O(mainstay.aws.elasticache_redis#module:network) of M(mainstay.aws.elasticache_redis).
  - In a plan, the network may not exist yet. In that case, all IDs read C((known after apply)).
positional: _input
options:
  _input:
    description: Networks by name, as in the outputs of M(mainstay.aws.vpc_network).
    type: dict
    required: true
  name:
    description: The name of the network.
    type: str
    required: true
  tier:
    description: The tier whose subnets are used.
    type: str
    default: database
  group:
    description: The security group of the network that the instances or caches get.
    type: str
    default: database
  planned:
    description: Whether this run only plans, so that a missing network is not necessarily an error.
    type: bool
    default: false
  role:
    description: The role whose variables name the network, the tier, and the group, for messages.
    type: str
    default: rds
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.elasticache_redis
  - module: mainstay.aws.rds_postgres
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Show the subnets and the security group of databases
  ansible.builtin.debug:
    msg: "{{ vpc_outputs.networks | mainstay.aws.database_network('main') }}"
  # msg:
  #   vpc_id: vpc-01
  #   subnet_ids: [subnet-01, subnet-02]
  #   subnet_zones: [af-south-1a, af-south-1b]
  #   security_group_ids: [sg-02]
"""

RETURN = r"""
_value:
  description: The VPC, the subnets with their zones, and the security group.
  type: dict
  sample:
    vpc_id: vpc-01
    subnet_ids: [subnet-01, subnet-02]
    subnet_zones: [af-south-1a, af-south-1b]
    security_group_ids: [sg-02]
"""


def database_network(
    networks: Mapping[str, Any], name: str, tier: str = "database", group: str = "database", planned: bool = False, role: str = "rds"
) -> dict[str, Any]:
    """The ids of one network; raises AnsibleFilterError if it is not there, or has no such tier or group."""
    if planned and name not in networks:
        return planned_network("security_group_ids")
    try:
        subnets = find_subnets(networks, name, tier, role)
    except NotThere as error:
        raise AnsibleFilterError(str(error)) from None
    groups = networks[name]["security_group_ids"]
    if group not in groups:
        there = ", ".join(sorted(groups)) or "none"
        raise AnsibleFilterError(
            f"{role}_security_group is {group!r}, but network {name} has no such security group; its groups are {there}"
        )
    missing = [*missing_subnets(subnets, tier), *([f"the security group {group}"] if groups[group] in (None, UNKNOWN) else [])]
    if missing and not planned:
        raise AnsibleFilterError(
            f"{role}_network is {name!r}, but {', '.join(missing)} is described and not there yet; apply the network first"
        )
    return {**chosen(networks[name], subnets), "security_group_ids": [groups[group]]}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"database_network": database_network}
