#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster_info
version_added: 0.1.0
short_description: Read the outputs of EKS clusters from AWS
description:
  - Returns the same outputs as M(mainstay.aws.eks_cluster), and changes nothing.
  - With O(clusters) the outputs are those of a plan of M(mainstay.aws.eks_cluster). Only described resources are published, regardless of
    what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(clusters) everything that carries the tags of the component is published.
  - With this module, a component that depends on a cluster can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - Clusters as M(mainstay.aws.eks_cluster) takes them.
    type: dict
  network:
    description:
      - As in M(mainstay.aws.eks_cluster).
    type: dict
    default: {}
  adopt:
    description:
      - As in M(mainstay.aws.eks_cluster), for clusters that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.eks_cluster), for clusters that have not been applied since. Nothing is marked.
    type: dict
    default: {}
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.eks_cluster
"""

EXAMPLES = r"""
- name: Find the clusters of an environment
  mainstay.aws.eks_cluster_info:
    environment: prod
    region: af-south-1
  register: found

- name: Show the address of the Kubernetes API
  ansible.builtin.debug:
    var: found.outputs.clusters.main.endpoint
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.eks_cluster), in the same format. If there is no cluster, RV(outputs.clusters) is empty.
  returned: always
  type: dict
  contains:
    clusters:
      description: The clusters by name.
      type: dict
      returned: always
      sample:
        main:
          name: prod-main
          endpoint: https://0123456789ABCDEF.gr7.af-south-1.eks.amazonaws.com
          version: "1.36"
          node_groups: {system: {name: system, autoscaling_group_name: eks-system-0123}}
    deferred:
      description: Addresses of resources that exist but are not ready yet.
      type: list
      elements: str
      returned: always
      sample: []
missing:
  description: Described addresses of resources that do not exist. Their values read C((known after apply)) in the outputs.
  returned: always
  type: list
  elements: str
  sample: []
found:
  description: Addresses of existing resources. With O(clusters), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [eks_cluster.main, eks_nodegroup.main/system]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import SERVICES, read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.spec import info_argument_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    read(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
