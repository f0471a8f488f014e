# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: input_errors
version_added: 0.1.0
short_description: Say what is wrong with the input of a component
description:
  - Checks settings in the way the modules do before their first call of AWS, and names the variable that they come from.
positional: _input, domain, name
options:
  _input:
    description:
      - The settings. For V(network) networks by name, as M(mainstay.aws.vpc_network) takes them; for V(eks) clusters by name, as
        M(mainstay.aws.eks_cluster) takes them; for V(cluster_content) the content of clusters by name, as in the variable C(eks_content) of
        the role C(eks).
    type: dict
    required: true
  domain:
    description: What the settings are about.
    type: str
    choices: [network, eks, cluster_content]
    required: true
  name:
    description: The variable that messages begin with.
    type: str
    required: true
  region:
    description: For V(network), the region that all zones must belong to. Without it they need only belong to one region.
    type: str
    default: ""
  environment:
    description: For V(eks), the environment of the clusters. Some settings are refused in production.
    type: str
    default: ""
  component:
    description: For V(eks), the component of the clusters.
    type: str
    default: cluster
  network:
    description: For V(eks), whether a network will be found for clusters that name no subnets.
    type: bool
    default: true
  clusters:
    description: For V(cluster_content), the settings of the clusters by their names. Required there.
    type: dict
  charts:
    description: For V(cluster_content), charts of controllers that come from elsewhere, and values, as in the variable C(eks_charts).
    type: dict
    default: {}
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.vpc_network
  - module: mainstay.aws.eks_cluster
  - plugin: mainstay.aws.eks_content
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse networks that cannot be built
  ansible.builtin.assert:
    that: __mistakes == []
    fail_msg: "{{ __mistakes }}"
  vars:
    __mistakes: "{{ vpc_networks | mainstay.aws.input_errors('network', 'vpc_networks', region='af-south-1') }}"
  # fail_msg:
  #   - vpc_networks.main.cidr is '10.0.0.1/16', but it has host bits set; the block would be 10.0.0.0/16

- name: Refuse clusters that cannot be built
  ansible.builtin.assert:
    that: __mistakes == []
    fail_msg: "{{ __mistakes }}"
  vars:
    __mistakes: "{{ eks_clusters | mainstay.aws.input_errors('eks', 'eks_clusters', environment='prod') }}"
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

DOMAINS = "ansible_collections.mainstay.aws.plugins.module_utils.domains"


def input_errors(given: Any, domain: str, name: str, **known: Any) -> list[str]:
    """Every mistake in the input of a domain, whose preflight.py finds them. ``known``: what else it looks at."""
    try:
        preflight = importlib.import_module(f"{DOMAINS}.{domain}.preflight")
    except ModuleNotFoundError as error:
        raise AnsibleFilterError(f"input_errors: {domain!r} is not a domain of mainstay.aws whose input is checked") from error
    found: list[str] = preflight.input_errors(given, name, **known)
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"input_errors": input_errors}
