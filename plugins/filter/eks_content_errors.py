# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.content import content_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.controllers import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import checked
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

DOCUMENTATION = r"""
name: eks_content_errors
version_added: 0.1.0
short_description: Say what is wrong with what is to be inside clusters
description:
  - Checks the variable C(eks_content) of the role C(eks) before anything is called, and names the place of each mistake.
positional: _input
options:
  _input:
    description: The content of clusters, by their names.
    type: dict
    required: true
  clusters:
    description: The settings of the clusters, by their names.
    type: dict
    required: true
  charts:
    description: Charts of controllers that come from elsewhere, and values, as in the variable C(eks_charts).
    type: dict
    default: {}
  name:
    description: The variable that messages begin with.
    type: str
    default: eks_content
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - plugin: mainstay.aws.eks_content
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Refuse content that cannot be made
  ansible.builtin.assert:
    that: __mistakes == []
    fail_msg: "{{ __mistakes | join('\\n') }}"
  vars:
    __mistakes: "{{ eks_content | mainstay.aws.eks_content_errors(eks_clusters) }}"
  # fail_msg:
  #   - eks_content.main.teams.a.namespaces[0] is 'wbe', but it must be one of the namespaces described here: web
"""

RETURN = r"""
_value:
  description: One sentence for each mistake. Empty when there is none.
  type: list
  elements: str
  sample: []
"""


def eks_content_errors(content: Any, clusters: Any, charts: Any = None, name: str = "eks_content") -> list[str]:
    """What is wrong with the content of all clusters, one sentence each."""
    described = clusters if isinstance(clusters, Mapping) else {}
    if not isinstance(content, Mapping) or not isinstance(charts or {}, Mapping):
        wrong, value = (name, content) if not isinstance(content, Mapping) else ("eks_charts", charts)
        return [f"{wrong} is {value!r}, but it must be a mapping"]
    problems = [
        f"{name}.{one} is about no cluster; eks_clusters has {', '.join(sorted(described)) or 'none'}"
        for one in content
        if one not in described
    ]
    nowhere = Cluster(*[UNKNOWN] * 6)
    for one, settings in described.items():
        problems += content_of(content.get(one), f"{name}.{one}", checked(settings).controllers, nowhere, charts or {}, {})[1]
    return list(dict.fromkeys(problems))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"eks_content_errors": eks_content_errors}
