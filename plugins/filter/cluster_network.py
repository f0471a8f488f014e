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
name: cluster_network
version_added: 0.1.0
short_description: Choose the subnets and security groups of EKS clusters in a network
description:
  - Extracts the subnets and security groups that EKS clusters need from the outputs of M(mainstay.aws.vpc_network), for the option
    O(mainstay.aws.eks_cluster#module:network) of M(mainstay.aws.eks_cluster).
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
    default: private
  pods_tier:
    description: The tier whose subnets pods get instead of those of their nodes. Empty for none.
    type: str
    default: ""
  planned:
    description: Whether this run only plans, so that a missing network is not necessarily an error.
    type: bool
    default: false
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.eks_cluster
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Show the subnets and security groups of clusters
  ansible.builtin.debug:
    msg: "{{ vpc_outputs.networks | mainstay.aws.cluster_network('main') }}"
  # msg:
  #   vpc_id: vpc-01
  #   subnet_ids: [subnet-01, subnet-02]
  #   subnet_zones: [af-south-1a, af-south-1b]
  #   security_group_ids: [sg-02]
  #   node_security_group_ids: [sg-03]
"""

RETURN = r"""
_value:
  description: The VPC, the subnets with their zones, the security group of the control plane, and that of the nodes.
  type: dict
  sample:
    vpc_id: vpc-01
    subnet_ids: [subnet-01, subnet-02]
    subnet_zones: [af-south-1a, af-south-1b]
    security_group_ids: [sg-02]
    node_security_group_ids: [sg-03]
"""


def cluster_network(
    networks: Mapping[str, Any], name: str, tier: str = "private", planned: bool = False, pods_tier: str = ""
) -> dict[str, Any]:
    """The ids of one network; raises AnsibleFilterError if it is not there, or has no such tier."""
    if planned and name not in networks:
        return planned_network("security_group_ids", "node_security_group_ids")
    try:
        subnets = find_subnets(networks, name, tier, "eks")
        pods = find_subnets(networks, name, pods_tier, "eks", "pods_tier") if pods_tier else {}
    except NotThere as error:
        raise AnsibleFilterError(str(error)) from None
    groups = networks[name]["security_group_ids"]
    if not planned and (missing := [*missing_subnets(subnets, tier), *missing_subnets(pods, pods_tier)]):
        raise AnsibleFilterError(
            f"eks_network is {name!r}, but {', '.join(missing)} is described and not there yet; apply the network first"
        )
    if not planned and (missing := [group for group in ("control_plane", "nodes") if groups.get(group) in (None, UNKNOWN)]):
        raise AnsibleFilterError(
            f"eks_network is {name!r}, but its security group {' and '.join(missing)} is not there yet; apply the network first"
        )
    return {
        **chosen(networks[name], subnets),
        "security_group_ids": [groups["control_plane"]],
        "node_security_group_ids": [groups["nodes"]],
        **({"pod_subnets": dict(pods)} if pods else {}),
        **({"ipv6": networks[name]["ipv6_cidr_block"] is not None} if "ipv6_cidr_block" in networks[name] else {}),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cluster_network": cluster_network}
