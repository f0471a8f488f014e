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
    network ACLs, security groups, endpoints, and flow logs.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), by their IAM path, and by their name prefixes.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  networks:
    description:
      - The networks, by name. Required with O(state=present). A network that is no longer listed is deleted, given consent in O(purge).
      - Only C(cidr) and C(availability_zones) are required for each network. The defaults are suitable for production.
      - C(cidr) is the block of the VPC, from /16 to /28.
      - C(secondary_cidrs) are further blocks of the VPC, from /16 to /28. AWS adds only blocks of the same private range, of
        V(100.64.0.0/10), or public ones. A block that is no longer listed stays while a subnet that this run may not delete is in it.
      - C(availability_zones) lists the zones by name. Their order does not matter. Local and Wavelength Zones are not supported.
      - C(tiers) maps the name of a tier to its settings. If omitted, the tiers are V(public), V(private), and V(database), in all zones. If
        set, exactly the listed tiers are created. Settings are C(availability_zones) (all), C(cidrs) (a block for each zone, instead of the
        computed one), C(cidr) (a block that is divided among the zones, usually one of C(secondary_cidrs)), and C(tags). Additional tiers
        have C(routing) (V(isolated), V(private), or V(public)) and, unless they have blocks of their own, C(slot), their position from 2
        to 7.
      - A subnet's block depends only on its tier and the letter of its zone, so adding a zone or a tier never renumbers a subnet. The
        private tier uses the lower half of the VPC, divided into eight parts; the upper half has one block for each other tier.
      - C(ipv6) gives the network IPv6 addresses. Amazon chooses the block of the VPC, a /56, and each subnet gets a /64 of it, whose number
        depends only on its tier and the letter of its zone. Public tiers reach the internet through the internet gateway, private tiers
        through an egress-only one. It can be added to a network that exists. To remove it, consent to the deletion of
        C(egress_only_internet_gateway.<network>) in O(purge). Blocks of your own and IPAM pools are not supported. In a tier,
        C(ipv6_on_creation) decides whether what starts there gets an address (V(true), unless it is isolated), and C(ipv6_row), from 9 to
        31, places the blocks of a tier that has no C(slot).
      - C(nat) is V(per_az), V(single), V(regional), or V(none). C(nat_az) is the zone of a single NAT gateway. It defaults to
        the zone where it already is, otherwise to the first zone by name. A regional gateway needs no public tier.
      - C(nat_addresses) maps a zone to an elastic IP of yours for its NAT gateway, by allocation ID or by its C(Name) tag. Other zones get
        an address of the network's own. Yours must exist in the region and not be in use. It is neither tagged nor released, also not when
        the network is removed. A gateway that exists is replaced to change its address.
      - C(endpoints) has two lists of services, C(gateway) (V(s3), V(dynamodb)) and C(interface) (V(ec2), V(ecr.api), V(ecr.dkr), V(sts),
        V(logs)). Only principals of the account, or of the organization in C(organization_id), may use them. C(policies) sets other
        policies by service; V(open) means no limit.
      - C(flow_logs) has C(enabled) (V(true)), C(retention_in_days) (V(365)), C(traffic_type) (V(ALL), V(ACCEPT), or V(REJECT)), and
        C(max_aggregation_interval) (V(600) or V(60) seconds).
      - C(security) has the ports and peers of the security groups, namely C(load_balancer_ingress_cidrs) (V(0.0.0.0/0);
        with IPv6 V(::/0), too),
        C(load_balancer_ingress_prefix_lists) (IDs, or V(cloudfront) for the addresses from which CloudFront connects; then nobody else is
        admitted unless C(load_balancer_ingress_cidrs) lists them), C(load_balancer_ports) (V(443)), C(application_port) (V(8080)),
        C(database_port) (V(5432)), C(cache_port) (V(6379)), C(broker_ports) (none, and then there is no group C(broker)),
        C(node_to_node_ports) (none), C(webhook_ports) (those of common EKS add-ons),
        and C(node_egress_cidrs) (V(0.0.0.0/0), on port 443 only). C(database_client_tiers) lists the tiers that the network ACL of the
        database tier admits. It defaults to V(private), or to V(public) if there are no private subnets. C(foreign_rules) maps the name of
        a group to prefixes of the descriptions of rules that another controller owns and that are kept. By default, these are the rules of
        load balancer controllers on C(nodes).
      - C(routes) adds routes to peering connections, transit gateways, virtual private gateways, or network interfaces. It maps C(public),
        C(private), or the name of an isolated tier to destinations and their targets. The target V(none) removes a route. Routes that
        others added to such targets are kept.
      - C(cluster_names) lists EKS clusters. It sets the tags C(kubernetes.io/cluster/<name>) on public and private subnets.
      - C(karpenter_discovery) is the value of the tag C(karpenter.sh/discovery), by which Karpenter finds the subnets and the security
        group of the nodes that it launches. It sets the tag on the private subnets and on the group C(nodes).
      - C(dns) has C(support) and C(hostnames), both V(true). C(tags) are added to every resource of the network.
      - All settings are checked before the first AWS call, and all problems are reported at once.
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
    description: Returns the plan without changing anything.
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

- name: Build a low-cost development network, and only in the intended account
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

- name: Build a network with custom blocks and a load balancer that accepts traffic from CloudFront only
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

- name: Remove one zone, and allow the deletion of its resources
  mainstay.aws.vpc_network:
    environment: prod
    region: af-south-1
    networks:
      main:
        cidr: 10.0.0.0/16
        availability_zones: [af-south-1a, af-south-1b]
    purge: ["*.main/*-af-south-1c", "nat_gateway.main/af-south-1c"]

- name: Adopt a VPC created by another tool, and rename a network at the same time
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
    - The values that other components need. The keys are the same in check mode; values known only after an apply read
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
          ipv6_cidr_block: 2600:1f14:abc:de00::/56
          availability_zones: [af-south-1a]
          subnet_ids:
            public: {af-south-1a: subnet-01}
            private: {af-south-1a: subnet-02}
            database: {af-south-1a: subnet-03}
          subnet_ipv6_cidr_blocks:
            public: {af-south-1a: "2600:1f14:abc:de08::/64"}
            private: {af-south-1a: "2600:1f14:abc:de00::/64"}
            database: {af-south-1a: "2600:1f14:abc:de10::/64"}
          route_table_ids: {public: rtb-01, private-af-south-1a: rtb-02, database: rtb-03}
          network_acl_ids: {public: acl-01, private: acl-02, database: acl-03}
          internet_gateway_id: igw-01
          egress_only_internet_gateway_id: eigw-01
          nat_gateway_ids: {af-south-1a: nat-01}
          nat_public_ips: {af-south-1a: 203.0.113.7}
          security_group_ids: {load_balancer: sg-01, control_plane: sg-02, nodes: sg-03, database: sg-04, cache: sg-05, endpoints: sg-06}
          default_network_acl_id: acl-00
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
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description: The actions that were or would be taken, for people and programs. The callback mainstay.aws.plan_summary prints them.
  returned: always
  type: dict
  contains:
    format:
      description: Version of the plan format.
      type: int
      returned: always
      sample: 1
    counts:
      description: Number of resources by action.
      type: dict
      returned: always
      sample: {create: 42, update: 0, replace: 0, delete: 0, unchanged: 0}
    target:
      description: Where the plan applies, as endpoint (null for AWS itself), region, account_id, and caller.
      type: dict
      returned: always
      sample: {endpoint: null, region: af-south-1, account_id: "123456789012", caller: "arn:aws:iam::123456789012:user/anna"}
    api_calls:
      description: Number of read and write calls.
      type: dict
      returned: always
      sample: {read: 16, write: 0}
    note:
      description: Additional remarks, for example about a saved plan.
      type: str
      returned: always
      sample: ""
    actions:
      description: One entry for each resource that changes or lacks consent, with its address, reason, changes, and outcome.
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
      description: Every failure, with address, API operation, AWS error code, and a hint.
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
