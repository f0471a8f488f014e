# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: eks_content
version_added: 0.1.0
short_description: Convert settings into the content of a cluster
description:
  - Converts settings for namespaces, teams, storage, and controllers into manifests and releases in the format of
    M(mainstay.aws.k8s_objects). Nothing is looked up.
  - Fails if any setting is invalid.
positional: _input
options:
  _input:
    description: The content of one cluster, as in the variable C(eks_content) of the role C(eks).
    type: dict
    required: true
  settings:
    description: The settings of the cluster, as in C(eks_clusters). They determine which controllers it has.
    type: dict
    default: {}
  cluster:
    description:
      - The cluster in the outputs of M(mainstay.aws.eks_cluster). C(name), C(version), C(vpc_id),
        C(container_log_group_name), C(cluster_security_group_id), C(karpenter_queue_name), and C(karpenter_instance_profile_name) are used;
        a missing value is not known yet. C(tags) are added to the instances that Karpenter launches.
      - With C(shared) set to V(true), another component builds the cluster. That one installs the controllers and the default storage
        class, so O(settings) is ignored and no storage class is created by default.
    type: dict
    default: {}
  region:
    description: The AWS region of the cluster.
    type: str
    default: ""
  registry:
    description: The registry that controller images are pulled from.
    type: str
    default: ""
  charts:
    description: Controller charts from other sources, and values, as in the variable C(eks_charts) of the role C(eks).
    type: dict
    default: {}
  vendored:
    description: The controller charts of the role as files, by name.
    type: dict
    default: {}
  name:
    description: The variable that messages start with.
    type: str
    default: content
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
seealso:
  - module: mainstay.aws.k8s_objects
"""

EXAMPLES = r"""
- name: Show what a cluster would contain
  ansible.builtin.debug:
    msg: "{{ {'namespaces': {'web': {'network': {'within': true}}}} | mainstay.aws.eks_content(settings={'controllers': []}) }}"
"""

RETURN = r"""
_value:
  description: The options C(objects), C(patches), C(releases), and C(sensitive) of M(mainstay.aws.k8s_objects).
  type: dict
  sample: {objects: [], patches: [], releases: {}, sensitive: []}
"""


def eks_content(
    content: Any,
    settings: Mapping[str, Any] | None = None,
    cluster: Mapping[str, Any] | None = None,
    region: str = "",
    registry: str = "",
    charts: Mapping[str, Any] | None = None,
    vendored: Mapping[str, Any] | None = None,
    name: str = "content",
) -> dict[str, Any]:
    """What k8s_objects takes; raises with everything that is wrong."""
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.content import content_of, of_shared_cluster
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.controllers import Cluster
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.cluster_content.node_pools import Ground
    from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import checked
    from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

    known, described = cluster or {}, checked(settings)
    own = str(known.get("cluster_security_group_id") or UNKNOWN)
    groups = described.node_security_group_ids or ((own,) if described.given_subnets else ())
    facts = Cluster(
        name=str(known.get("name") or UNKNOWN),
        version=str(described.version or known.get("version") or UNKNOWN),
        region=region,
        vpc_id=str(known.get("vpc_id") or UNKNOWN),
        log_group=str(known.get("container_log_group_name") or UNKNOWN),
        registry=registry,
        queue=str(known.get("karpenter_queue_name") or UNKNOWN),
        ground=Ground(
            profile=str(known.get("karpenter_instance_profile_name") or UNKNOWN),
            discovery=described.karpenter_discovery or str(known.get("name") or UNKNOWN),
            subnet_ids=described.subnet_ids,
            security_group_ids=groups,
            tags={**(known.get("tags") or {}), **described.tags},
        ),
    )
    wanted, controllers = (of_shared_cluster(content), ()) if known.get("shared") else (content, described.controllers)
    found, problems = content_of(wanted, name, controllers, facts, charts or {}, vendored or {})
    if problems:
        raise AnsibleFilterError("\n".join(problems))
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"eks_content": eks_content}
