#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_network
version_added: 0.1.0
short_description: Build, change and remove whole VPC networks
description:
  - Brings the networks of one component to the described state in one call. A network is a VPC with its subnets, gateways, route tables,
    network ACLs, security groups, endpoints and flow logs.
  - Nothing is stored outside of AWS. What belongs to the component is found by its tags C(mainstay:environment), C(mainstay:component) and
    C(mainstay:address), by its IAM path and by its name prefixes.
  - A call first reads everything, then works out a plan, then applies it with as much in parallel as the dependencies allow. In check mode
    it stops after the plan, which is complete on an empty account as well.
  - Replacing and deleting need consent in O(allow_replace) and O(purge). The plan shows what lacks it.
  - A call that was interrupted at any point is finished by running it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  networks:
    description:
      - The networks, by name. Required with O(state=present). A network that is no longer named is deleted, given consent in O(purge).
      - Only C(cidr) and C(availability_zones) are required for each network. The defaults are meant for production.
      - C(cidr) is the block of the VPC, from /16 to /28.
      - C(availability_zones) lists the zones by name. Their order means nothing. Local and wavelength zones are not supported.
      - C(tiers) maps the name of a tier to its settings. Without it there are V(public), V(private) and V(database), in all zones. With it
        there are exactly those named. Settings are C(availability_zones) (all), C(cidrs) (a block for each zone, in place of the planned
        one) and C(tags). Further tiers have C(routing) (V(isolated), V(private) or V(public)) and C(slot), their place from 2 to 7.
      - Blocks are planned from the tier and the letter of the zone alone, so that adding a zone or a tier never moves a subnet. The private
        tier has the lower half of the VPC in eight parts, the upper half is one block for each other tier.
      - C(nat) is V(per_az), V(single), V(regional) or V(none). C(nat_az) is the zone of a single NAT gateway, by default the one
        that it is in, else the first by name. A regional gateway needs no public tier.
      - C(endpoints) has two lists of services, C(gateway) (V(s3), V(dynamodb)) and C(interface) (V(ecr.api), V(ecr.dkr), V(sts), V(logs)).
      - C(flow_logs) has C(enabled) (V(true)), C(retention_in_days) (V(365)), C(traffic_type) (V(ALL), V(ACCEPT) or V(REJECT)) and
        C(max_aggregation_interval) (V(600) or V(60) seconds).
      - C(security) has the ports and peers of the security groups, namely C(load_balancer_ingress_cidrs) (V(0.0.0.0/0)),
        C(load_balancer_ingress_prefix_lists), C(load_balancer_ports) (V(443)), C(application_port) (V(8080)), C(database_port) (V(5432)),
        C(cache_port) (V(6379)), C(node_to_node_ports) (none), C(webhook_ports) (those of common EKS add-ons) and C(node_egress_cidrs)
        (V(0.0.0.0/0), on port 443 only). C(database_client_tiers) lists the tiers that the network ACL of the database tier admits, by
        default V(private), or V(public) where there are no private subnets. C(foreign_rules) maps the name of a group to the beginnings of
        the descriptions of rules that another controller owns, which stay. By default these are the rules of the load balancer
        controllers on C(nodes).
      - C(routes) adds routes to peering connections, transit gateways, virtual private gateways or network interfaces. It maps C(public),
        C(private) or the name of an isolated tier to destinations and their targets. The target V(none) removes a route. Routes of others
        to such targets stay.
      - C(cluster_names) lists EKS clusters, for the tags C(kubernetes.io/cluster/<name>) of public and private subnets.
      - C(dns) has C(support) and C(hostnames), both V(true). C(tags) are added to everything in the network.
      - Everything is checked before the first call of AWS, and all mistakes are reported at once.
    type: dict
extends_documentation_fragment:
  - mainstay.aws.component
  - mainstay.aws.component.change
  - mainstay.aws.component.patience
  - mainstay.aws.component.apply
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns one entry for each resource that changes, with its properties before and after.
    support: full
seealso:
  - module: mainstay.aws.vpc_network_info
  - plugin: mainstay.aws.subnet_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Build a production network in three zones
  mainstay.aws.vpc_network:
    environment: prod
    region: af-south-1
    networks:
      main:
        cidr: 10.0.0.0/16
        availability_zones: [af-south-1a, af-south-1b, af-south-1c]

- name: Build a cheap network for development, in the account that is meant and no other
  mainstay.aws.vpc_network:
    environment: dev
    region: eu-west-1
    expected_account_id: "123456789012"
    networks:
      main:
        cidr: 10.1.0.0/16
        availability_zones: [eu-west-1a, eu-west-1b]
        nat: single
        endpoints:
          interface: []
        flow_logs:
          retention_in_days: 30

- name: Build a network with blocks of its own choice and a load balancer that only CloudFront reaches
  mainstay.aws.vpc_network:
    environment: prod
    region: us-east-1
    networks:
      main:
        cidr: 10.0.0.0/16
        availability_zones: [us-east-1a, us-east-1b]
        tiers:
          public:
            cidrs: {us-east-1a: 10.0.1.0/24, us-east-1b: 10.0.2.0/24}
          private:
            cidrs: {us-east-1a: 10.0.32.0/19, us-east-1b: 10.0.64.0/19}
          database:
        security:
          load_balancer_ingress_cidrs: []
          load_balancer_ingress_prefix_lists: [pl-3b927c52]

- name: Leave one zone, and say that what was there may be deleted
  mainstay.aws.vpc_network:
    environment: prod
    region: af-south-1
    networks:
      main:
        cidr: 10.0.0.0/16
        availability_zones: [af-south-1a, af-south-1b]
    purge: ["*.main/*-af-south-1c", "nat_gateway.main/af-south-1c"]

- name: Take over a VPC that another tool made, and rename a network on the way
  mainstay.aws.vpc_network:
    environment: prod
    region: af-south-1
    networks:
      main:
        cidr: 10.0.0.0/16
        availability_zones: [af-south-1a, af-south-1b]
      core:
        cidr: 10.1.0.0/16
        availability_zones: [af-south-1a, af-south-1b]
    adopt:
      vpc.main: vpc-0123456789abcdef0
      internet_gateway.main:
        id: igw-0123456789abcdef0
        from: prod/legacy
    moved:
      data: core

- name: Remove the networks of the component
  mainstay.aws.vpc_network:
    environment: dev
    region: eu-west-1
    state: absent
"""

RETURN = r"""
outputs:
  description:
    - What other components need to know. Keys are the same in check mode; values that only the run itself can tell read
      C((known after apply)).
  returned: always
  type: dict
  contains:
    networks:
      description: The networks by name.
      type: dict
      returned: always
      sample:
        main:
          vpc_id: vpc-0a1b2c3d
          availability_zones: [af-south-1a]
          subnet_ids:
            public: {af-south-1a: subnet-01}
            private: {af-south-1a: subnet-02}
            database: {af-south-1a: subnet-03}
          route_table_ids: {public: rtb-01, private-af-south-1a: rtb-02, database: rtb-03}
          network_acl_ids: {public: acl-01, private: acl-02, database: acl-03}
          internet_gateway_id: igw-01
          nat_gateway_ids: {af-south-1a: nat-01}
          nat_public_ips: {af-south-1a: 203.0.113.7}
          security_group_ids: {load_balancer: sg-01, control_plane: sg-02, nodes: sg-03, database: sg-04, cache: sg-05, endpoints: sg-06}
          default_security_group_id: sg-00
          endpoint_ids: {s3: vpce-01, dynamodb: vpce-02, ecr.api: vpce-03, ecr.dkr: vpce-04, sts: vpce-05, logs: vpce-06}
          flow_log_id: fl-01
          flow_log_group_name: /mainstay/prod/network/main/flow-logs
          flow_log_group_arn: arn:aws:logs:af-south-1:123456789012:log-group:/mainstay/prod/network/main/flow-logs
    kms_key_id:
      description: The key that encrypts the component's log groups; null without flow logs.
      type: str
      returned: always
      sample: 1234abcd-12ab-34cd-56ef-1234567890ab
    kms_key_arn:
      description: ARN of that key.
      type: str
      returned: always
      sample: arn:aws:kms:af-south-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    flow_log_role_arn:
      description: ARN of the role that delivers flow logs; null without flow logs.
      type: str
      returned: always
      sample: arn:aws:iam::123456789012:role/mainstay/prod/network/prod.network.flow-logs
    deferred:
      description: What was begun and not waited for, and what waits for that; empty unless O(defer) was given. See there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description: What was or would be done, for people and programs. The callback mainstay.aws.plan_summary prints it.
  returned: always
  type: dict
  contains:
    format:
      description: Version of the shape of the plan.
      type: int
      returned: always
      sample: 1
    counts:
      description: Number of resources by what happens to them.
      type: dict
      returned: always
      sample: {create: 42, update: 0, replace: 0, delete: 0, unchanged: 0}
    target:
      description: Where the plan applies, as endpoint (null for AWS itself), region, account_id and caller.
      type: dict
      returned: always
      sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
    api_calls:
      description: Number of calls that read and that change something.
      type: dict
      returned: always
      sample: {read: 16, write: 0}
    note:
      description: What else there is to say, such as of a saved plan.
      type: str
      returned: always
      sample: ""
    actions:
      description: One entry for each resource that changes or lacks consent, with its address, reason, changes and outcome.
      type: list
      elements: dict
      returned: always
      sample:
        - address: subnet.main/private-af-south-1a
          kind: subnet
          action: update
          consent: true
          outcome: done
          changes:
            - {property: map_public_ip_on_launch, before: true, after: false, forces_replacement: false, sensitive: false}
    errors:
      description: Everything that failed, with address, API operation, AWS's code and a hint.
      type: list
      elements: dict
      returned: always
      sample: []
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), required_if=REQUIRED_IF, supports_check_mode=True))


if __name__ == "__main__":
    main()
