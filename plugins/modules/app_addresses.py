#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: app_addresses
version_added: 0.1.0
short_description: Point the host names of an application to its load balancer
description:
  - Finds the load balancer that an application's Ingress got from the AWS Load Balancer Controller, and keeps a Route 53 alias record for
    each of its host names, with the same plan, diff, consent, run lock, and summary as other AWS resources.
  - The records are those of the application, not of the zone's owner. A register in the zone, a TXT record, lists them. Other records of
    the zone are left alone, and one that exists with the same name and type is an error.
  - A host name belongs to the innermost hosted zone of the account that contains it. Host names without one are noted, with the record that
    they need.
  - In check mode, a load balancer that does not exist yet reads C((known after apply)).
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  cluster:
    description:
      - Name of the EKS cluster in AWS.
    type: str
  kubeconfig:
    description:
      - Path of a kubeconfig to use instead of O(cluster).
    type: path
  context:
    description:
      - The context of the kubeconfig. Defaults to the current one.
    type: str
  namespace:
    description:
      - The namespace of the application's Ingress.
    type: str
    required: true
  hosts:
    description:
      - Host names of the application. The name V(*), which means any host, gets no record.
    type: list
    elements: str
    default: []
  domains:
    description:
      - Domains of zones that may not exist yet when a plan is made.
    type: list
    elements: str
    default: []
  internal:
    description:
      - Whether the load balancer is internal. Its host names are then in private zones.
    type: bool
    default: false
  manage_records:
    description:
      - Whether to keep records. If V(false), the load balancer is only found.
    type: bool
    default: true
  adopt_records:
    description:
      - Whether existing records of the host names are taken over.
    type: bool
    default: false
  web_acl:
    description:
      - ARN of the web ACL that the Ingress names. The load balancer must have it before the module ends; a plan notes if it does not.
    type: str
    default: ''
  address_timeout:
    description:
      - How long to wait for the load balancer and its web ACL, in seconds.
    type: float
    default: 300
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Returns the plan without changing anything.
    support: full
  diff_mode:
    description: Returns one entry for each zone whose records change, with their values before and after.
    support: full
seealso:
  - module: mainstay.aws.app_release
  - module: mainstay.aws.route53_zones
"""

EXAMPLES = r"""
- name: Lead shop.example.com to the application
  mainstay.aws.app_addresses:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    hosts: [shop.example.com]

- name: Remove the records of the application
  mainstay.aws.app_addresses:
    environment: prod
    component: shop
    region: af-south-1
    cluster: prod-main
    namespace: shop
    state: absent
"""

RETURN = r"""
outputs:
  description:
    - The load balancer and the zones. The keys are the same in check mode; values known only after apply read C((known after apply)).
  returned: always
  type: dict
  contains:
    load_balancer:
      description: The load balancer, or an empty mapping if there are no host names.
      type: dict
      returned: always
      sample: {host_name: k8s-shop-1.af-south-1.elb.amazonaws.com, arn: "arn:aws:elasticloadbalancing:...", zone_id: Z268VQBMOI5EKX}
    zones:
      description: The domain of the zone that contains each host name.
      type: dict
      returned: always
      sample: {shop.example.com: example.com}
    deferred:
      description: Resources that were started but not waited for. Empty unless O(defer) is set.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 1, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.options import MUTUALLY_EXCLUSIVE, REQUIRED_ONE_OF
from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.addresses import SERVICES, argument_spec, run

__all__ = ["SERVICES", "main"]


def main() -> None:
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
        required_one_of=REQUIRED_ONE_OF,
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
