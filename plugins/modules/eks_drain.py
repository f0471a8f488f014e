#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_drain
version_added: 0.1.0
short_description: Empty EKS clusters of load balancers before they are deleted
description:
  - Deletes the Ingresses and the Services of type LoadBalancer of a component's clusters, in all namespaces, and waits until AWS shows
    nothing of what their controllers have made, that is load balancers, target groups, security groups and network interfaces. Without
    that, what they made deleted_after the cluster and keeps the network from being deleted.
  - What the controllers do not delete is deleted by calls of AWS, if it carries the tag of such a cluster and is in its VPC or in one of
    the environment. That is so when a cluster's API cannot be reached, when no controller runs any more and its finalizers stay, when it is
    slower than O(controller_timeout), and when the cluster is gone already. The result says why.
  - Called once more after the clusters have gone it deletes what nodes and EKS itself may have left, that is interfaces of the CNI plugin
    that nothing uses and the cluster's security group.
  - The EBS volumes of persistent volumes are named and never deleted. Nothing else in the cluster is touched, and nothing is evicted.
  - In check mode the result lists what would go, and what is protected.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - The clusters as M(mainstay.aws.eks_cluster) takes them. Only their names are read, to find what clusters left behind that are gone.
    type: dict
    default: {}
  vpc_ids:
    description:
      - VPCs to look in for what clusters left behind that are gone, beside those that carry the mark of the environment.
    type: list
    elements: str
    default: []
  api_timeout:
    description:
      - How long a cluster's own API may be silent, in seconds, until it counts as out of reach.
    type: float
    default: 20.0
  controller_timeout:
    description:
      - How long a cluster's controllers may take, in seconds, before AWS is asked directly.
    type: float
    default: 300.0
  timeout:
    description:
      - How long everything together may take, in seconds. Then the task fails and names what is left.
    type: float
    default: 1200.0
  summarize:
    description:
      - Return RV(plan), from which the callback P(mainstay.aws.plan_summary#callback) shows what went.
    type: bool
    default: true
  poll_interval:
    description:
      - Longest pause between two looks, in seconds.
      - Without it the host's variable C(platform_poll_interval) counts.
    type: float
    default: 2.5
  lock_wait:
    description:
      - How long to wait for another run to release the run lock, in seconds.
      - Without it the host's variable C(platform_lock_wait) counts.
    type: float
    default: 0.0
extends_documentation_fragment:
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: What goes is listed in the result.
    support: none
seealso:
  - module: mainstay.aws.eks_upgrade_check
  - module: mainstay.aws.vpc_occupants_info
"""

EXAMPLES = r"""
- name: Show what would go
  mainstay.aws.eks_drain:
    environment: dev
    region: eu-west-1
    clusters:
      main:
        version: "1.36"
  check_mode: true

- name: Empty the clusters, and give slow controllers ten minutes
  mainstay.aws.eks_drain:
    environment: dev
    region: eu-west-1
    controller_timeout: 600
"""

RETURN = r"""
clusters:
  description: The clusters of the component, those that are gone already included.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: What AWS calls it.
      type: str
      returned: always
      sample: dev-main
    exists:
      description: Whether there is such a cluster.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why AWS was asked directly; empty where the controllers did it all.
      type: str
      returned: always
      sample: no load balancer controller runs in it, so nothing removes the finalizers
    objects:
      description: Ingresses and Services that are there, and would go in check mode.
      type: list
      elements: str
      returned: always
      sample: [Ingress shop/api]
    resources:
      description: What the controllers have made in AWS, each with cluster, kind, id and name.
      type: list
      elements: dict
      returned: always
      sample: [{cluster: dev-main, kind: security group, id: sg-0a1b2c3d, name: k8s-traffic-devmain-0a1b2c3d}]
    removed:
      description: What was deleted by calls of AWS.
      type: list
      elements: str
      returned: always
      sample: [load balancer k8s-shop-api-0a1b2c3d]
    volumes:
      description: EBS volumes of persistent volumes, each with id, size and claim. Nobody deletes them.
      type: list
      elements: dict
      returned: always
      sample: [{id: vol-0a1b2c3d, size: 20Gi, claim: shop/data}]
protected:
  description: What refuses to be deleted, and what has to be done first. Outside of check mode nothing is deleted unless this is empty.
  returned: always
  type: list
  elements: str
  sample: []
plan:
  description: What was or would be deleted, in the shape that M(mainstay.aws.vpc_network) returns.
  returned: with O(summarize=true)
  type: dict
  sample: {format: 1, counts: {create: 0, update: 0, replace: 0, delete: 4, unchanged: 0}}
going:
  description: A line for everything that would go, in check mode; and for what goes with the cluster, otherwise.
  returned: success
  type: list
  elements: str
  sample: ["dev-main: Ingress shop/api", "dev-main: load balancer k8s-shop-api-0a1b2c3d"]
vpc_ids:
  description: The VPCs that were looked at.
  returned: success
  type: list
  elements: str
  sample: [vpc-0a1b2c3d]
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.run import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.spec import drain_spec as argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
