# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

DOCUMENTATION = r"""
name: cluster_errors
version_added: 0.1.0
short_description: Say what is wrong with EKS clusters
description:
  - Checks clusters in the way M(mainstay.aws.eks_cluster) does before its first call of AWS, and names the variable that they come from.
positional: _input
options:
  _input:
    description: Clusters by name, as in the option O(mainstay.aws.eks_cluster#module:clusters) of M(mainstay.aws.eks_cluster).
    type: dict
    required: true
  name:
    description: The variable that messages begin with.
    type: str
    default: clusters
  environment:
    description: The environment of the clusters. Some settings are refused in production.
    type: str
    default: ""
  component:
    description: The component of the clusters.
    type: str
    default: cluster
  network:
    description: Whether a network will be found that clusters stand in which name no subnets.
    type: bool
    default: true
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.eks_cluster
"""

EXAMPLES = r"""
- name: Refuse clusters that cannot be built
  ansible.builtin.assert:
    that: __mistakes == []
    fail_msg: "{{ __mistakes }}"
  vars:
    __mistakes: "{{ eks_clusters | mainstay.aws.cluster_errors(name='eks_clusters', environment='prod') }}"
  # fail_msg:
  #   - eks_clusters.main.node_groups.system.min_size is 4, but it must not be more than max_size, which is 3
"""

RETURN = r"""
_value:
  description: One sentence for each mistake. Empty when there is none.
  type: list
  elements: str
  sample: []
"""

FOUND_LATER = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))


def cluster_errors(
    clusters: Any, name: str = "clusters", environment: str = "", component: str = "cluster", network: bool = True
) -> list[str]:
    """Every problem with the clusters, each naming the path of the variable, its value and what would be right."""
    return validate(clusters, name, environment, component, FOUND_LATER if network else Network())[1]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"cluster_errors": cluster_errors}
