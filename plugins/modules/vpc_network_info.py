#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_network_info
version_added: 0.1.0
short_description: Read the outputs of networks from AWS
description:
  - Returns the same outputs as M(mainstay.aws.vpc_network), and changes nothing.
  - With O(networks) the outputs are those of a plan of M(mainstay.aws.vpc_network). Only described resources are published, regardless of
    what else carries the component's tags. Two resources that claim the same address are an error.
  - Without O(networks), all resources that carry the component's tags and are in the VPC of their network are published. Use this only if
    everyone who may tag resources in the account may also choose the networks of its clusters.
  - With this module, a component that depends on a network can run on its own, with C(--limit), with C(--tags), or as a separate job.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  networks:
    description:
      - Networks in the format of M(mainstay.aws.vpc_network). Required with O(propose_for).
    type: dict
  adopt:
    description:
      - As in M(mainstay.aws.vpc_network), for networks that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  moved:
    description:
      - As in M(mainstay.aws.vpc_network), for networks that have not been applied since. Nothing is marked.
    type: dict
    default: {}
  propose_for:
    description:
      - Existing VPCs by the name of the network that is to adopt them, such as V(main) to V(vpc-0123456789abcdef0). If set, the module
        returns RV(proposal) instead of the outputs.
      - Subnets are matched by block and zone; NAT gateways, route tables, and network ACLs by the subnets they are in or serve; security
        groups by name; and endpoints by service.
    type: dict
extends_documentation_fragment:
  - mainstay.aws.reading
  - mainstay.aws.component
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Find the networks of an environment
  mainstay.aws.vpc_network_info:
    environment: prod
    region: af-south-1
    networks: "{{ vpc_networks }}"
  register: found

- name: Show the private subnets
  ansible.builtin.debug:
    var: found.outputs.networks.main.subnet_ids.private

- name: Propose which parts of an existing VPC a described network could adopt
  mainstay.aws.vpc_network_info:
    environment: prod
    region: af-south-1
    networks: "{{ vpc_networks }}"
    propose_for:
      main: vpc-0123456789abcdef0
  register: existing
"""

RETURN = r"""
outputs:
  description:
    - The outputs of M(mainstay.aws.vpc_network), in the same format. If there is no network, RV(outputs.networks) is empty.
  returned: without propose_for
  type: dict
  contains:
    networks:
      description: The networks by name.
      type: dict
      returned: always
      sample:
        main:
          vpc_id: vpc-0a1b2c3d
          subnet_ids:
            private: {af-south-1a: subnet-02}
          security_group_ids: {nodes: sg-03}
    kms_key_id:
      description: The key that encrypts the component's log groups; null if there is none.
      type: str
      returned: always
      sample: 1234abcd-12ab-34cd-56ef-1234567890ab
    kms_key_arn:
      description: ARN of that key.
      type: str
      returned: always
      sample: arn:aws:kms:af-south-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    flow_log_role_arn:
      description: ARN of the role that delivers flow logs; null if there is none.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/mainstay/prod/network/prod.network.flow-logs
    deferred:
      description: Addresses of resources that exist but are not ready yet.
      type: list
      elements: str
      returned: always
      sample: []
proposal:
  description:
    - The resources that could be adopted. C(adopt) is a value for the option of the same name of M(mainstay.aws.vpc_network), C(create)
      lists the addresses it would create, and C(left) lists the IDs of resources in the VPC that match nothing in the description.
  returned: with propose_for, in place of outputs
  type: dict
  sample:
    adopt: {vpc.main: vpc-0123456789abcdef0, subnet.main/public-af-south-1a: subnet-0123456789abcdef0}
    create: [network_acl.main/public]
    left: [sg-0123456789abcdef0]
missing:
  description: Described addresses of resources that do not exist. Their IDs read C((known after apply)) in the outputs.
  returned: without propose_for
  type: list
  elements: str
  sample: []
found:
  description: Addresses of existing resources. With O(networks) and without O(propose_for), only of described ones.
  returned: always
  type: list
  elements: str
  sample: [vpc.main, subnet.main/private-af-south-1a]
target:
  description: Where the resources were found, as endpoint (null for AWS itself), region, account_id, and caller.
  returned: always
  type: dict
  sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import read
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.spec import INFO_REQUIRED_BY
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.spec import info_argument_spec as argument_spec


def main() -> None:
    read(AnsibleAWSModule(argument_spec=argument_spec(), required_by=INFO_REQUIRED_BY, supports_check_mode=True))


if __name__ == "__main__":
    main()
