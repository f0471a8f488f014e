#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_drain
version_added: 0.1.0
short_description: Remove the load balancers of EKS clusters before the clusters are deleted
description:
  - Deletes the Ingresses and the Services of type LoadBalancer in a component's clusters, in all namespaces, and waits until everything
    that their controllers created in AWS is gone, namely load balancers, target groups, security groups, and network interfaces.
    Otherwise these resources would outlive the cluster and prevent the network from being deleted.
  - Resources that the controllers do not delete are deleted through the AWS API, if they carry the tag of such a cluster and are in its VPC
    or in a VPC of the environment. This is the case when a cluster's API is unreachable, when no controller is running to remove its
    finalizers, when the controller takes longer than O(controller_timeout), and when the cluster no longer exists. The result states the
    reason.
  - If called again after the clusters are deleted, it deletes what nodes and EKS itself may have left behind, namely unused network
    interfaces of the CNI plugin and the cluster's security group.
  - The EBS volumes of persistent volumes are listed and never deleted. Nothing else in the cluster is changed, and no pods are evicted.
  - In check mode, the result lists what would be deleted and what is protected.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - The clusters in the format of M(mainstay.aws.eks_cluster). Only their names are read, to find what deleted clusters left behind.
    type: dict
    default: {}
  vpc_ids:
    description:
      - VPCs to search for resources of deleted clusters, in addition to those tagged with the environment.
    type: list
    elements: str
    default: []
  api_timeout:
    description:
      - How long a cluster's own API may fail to respond, in seconds, before it counts as unreachable.
    type: float
    default: 20.0
  controller_timeout:
    description:
      - How long a cluster's controllers may take, in seconds, before the AWS API is used instead.
    type: float
    default: 300.0
  timeout:
    description:
      - Time limit for the whole task, in seconds. When it expires, the task fails and lists what is left.
    type: float
    default: 1200.0
  summarize:
    description:
      - Return RV(plan), so that the callback P(mainstay.aws.plan_summary#callback) shows what was deleted.
    type: bool
    default: true
  poll_interval:
    description:
      - Maximum interval between two polls, in seconds.
      - If not set, the host variable C(platform_poll_interval) is used.
    type: float
    default: 2.5
  lock_wait:
    description:
      - How long to wait for another run to release the run lock, in seconds.
      - If not set, the host variable C(platform_lock_wait) is used.
    type: float
    default: 0.0
extends_documentation_fragment:
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Lists what would be deleted without deleting anything.
    support: full
  diff_mode:
    description: The result lists what is deleted.
    support: none
seealso:
  - module: mainstay.aws.eks_upgrade_check
  - module: mainstay.aws.vpc_occupants_info
"""

EXAMPLES = r"""
- name: Show what would be deleted
  mainstay.aws.eks_drain:
    environment: dev
    region: eu-west-1
    clusters:
      main:
        version: "1.36"
  check_mode: true

- name: Remove the load balancers, and give slow controllers ten minutes
  mainstay.aws.eks_drain:
    environment: dev
    region: eu-west-1
    controller_timeout: 600
"""

RETURN = r"""
clusters:
  description: The clusters of the component, including those that no longer exist.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the cluster in AWS.
      type: str
      returned: always
      sample: dev-main
    exists:
      description: Whether the cluster exists.
      type: bool
      returned: always
      sample: true
    reason:
      description: Why the AWS API was used; empty if the controllers deleted everything.
      type: str
      returned: always
      sample: no load balancer controller runs in it, so nothing removes the finalizers
    objects:
      description: Existing Ingresses and Services; in check mode, those that would be deleted.
      type: list
      elements: str
      returned: always
      sample: [Ingress shop/api]
    resources:
      description: The resources that the controllers created in AWS, each with cluster, kind, id, and name.
      type: list
      elements: dict
      returned: always
      sample: [{cluster: dev-main, kind: security group, id: sg-0a1b2c3d, name: k8s-traffic-devmain-0a1b2c3d}]
    removed:
      description: The resources deleted through the AWS API.
      type: list
      elements: str
      returned: always
      sample: [load balancer k8s-shop-api-0a1b2c3d]
    volumes:
      description: EBS volumes of persistent volumes, each with id, size, and claim. They are not deleted.
      type: list
      elements: dict
      returned: always
      sample: [{id: vol-0a1b2c3d, size: 20Gi, claim: shop/data}]
protected:
  description: Resources protected against deletion, and what to do first. Outside check mode, nothing is deleted unless this is empty.
  returned: always
  type: list
  elements: str
  sample: []
plan:
  description: The deletions that were or would be made, in the format that M(mainstay.aws.vpc_network) returns.
  returned: with O(summarize=true)
  type: dict
  sample: {format: 1, counts: {create: 0, update: 0, replace: 0, delete: 4, unchanged: 0}}
going:
  description: In check mode, one line for each resource that would be deleted; otherwise, one for each that is deleted with the cluster.
  returned: success
  type: list
  elements: str
  sample: ["dev-main: Ingress shop/api", "dev-main: load balancer k8s-shop-api-0a1b2c3d"]
vpc_ids:
  description: The VPCs that were searched.
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
