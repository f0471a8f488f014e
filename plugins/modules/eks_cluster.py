#!/usr/bin/python
# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: eks_cluster
version_added: 0.1.0
short_description: Build, change, upgrade and remove whole EKS clusters
description:
  - Brings the EKS clusters of one component to the described state in one call. A cluster consists of the control plane with its key, log
    group, and roles, the access entries, the add-ons, the managed node groups with their launch templates, the Fargate profiles, and the
    AWS permissions of pods.
  - Nothing is stored outside AWS. The component's resources are found by their tags C(mainstay:environment), C(mainstay:component), and
    C(mainstay:address), by their IAM path, and by their name prefixes.
  - A call first reads everything, then computes a plan, then applies it with as much parallelism as the dependencies allow. In check mode
    it stops after the plan, which is complete even for an empty account.
  - Replacements and deletions require consent in O(allow_replace) and O(purge). The plan shows which actions lack it.
  - Clusters are upgraded one minor version at a time. The control plane goes first, then its network add-ons, then the node groups and the
    other add-ons.
  - A change that would remove the caller's own administrator access to a cluster is refused. After an apply that changed who can log in, or
    from where, the login is verified with a real request if the endpoint is reachable from this host.
  - To finish a call that was interrupted at any point, run it again.
author:
  - Contributors to the mainstay.aws project (@mainstay-project)
options:
  clusters:
    description:
      - The clusters, by name. Required with O(state=present). A cluster that is no longer listed is deleted, given consent in O(purge).
      - Only C(version) is required, provided that O(network) supplies the subnets and security groups. The defaults are suitable for
        production.
      - C(version) is the minor version of Kubernetes, in quotes, such as V("1.36"). C(upgrade_policy) is V(STANDARD) or V(EXTENDED). With
        V(STANDARD), AWS upgrades the cluster automatically at the end of standard support. With V(EXTENDED), the cluster costs six times as
        much from then on.
      - C(name) is the name of the cluster in AWS. It defaults to O(environment), a hyphen, and the name used here.
      - C(subnet_ids), C(security_group_ids) (of the control plane), and C(node_security_group_ids) override those of O(network).
      - C(pod_subnets) maps each zone that has nodes to a subnet whose addresses pods get, instead of those of their nodes' subnets. It sets
        custom networking of the add-on V(vpc-cni).
      - C(endpoint) has C(private) (V(true)) and C(public_cidrs), the blocks that can reach the Kubernetes API from outside the VPC; none by
        default. C(0.0.0.0/0) is refused in production.
      - C(deletion_protection) is on in the environments V(prod) and V(production). It must be turned off before a cluster can be deleted.
      - C(ip_family) is V(ipv4) or V(ipv6), for pods and Services, and cannot be changed. With V(ipv6), all subnets need IPv6 addresses,
        instances are built on Nitro, pods have no subnets of their own, and EKS chooses the range of Services.
      - C(service_ipv4_cidr) is the block for Services. C(log_types) (all five) are sent to an encrypted log group that keeps them for
        C(log_retention_in_days) (V(365)).
      - C(creator_is_admin) (V(true)) makes the identity that creates the cluster its administrator. C(access) has access entries by name,
        each with C(principal_arn) and either C(policies), a mapping of an access policy to V(cluster) or a list of namespaces, or
        C(kubernetes_groups), and C(username), C(type), and C(tags). An entry for the identity that creates the cluster replaces the
        creator's entry.
      - C(role_arn), C(node_role_arn), and C(fargate_role_arn) are your own roles, used instead of those that this module creates.
        C(secrets_key_arn) is your own key for the secrets, or V(none). An existing cluster that is adopted cannot change them.
        C(node_managed_policy_arns) are additional policies of the node role, such as the one for Systems Manager. Any other policy that is
        attached to a role created here is detached.
      - C(addons) has EKS add-ons by name, each with C(version), C(configuration), and C(role_arn). V(vpc-cni) (with network policies),
        V(kube-proxy), and V(eks-pod-identity-agent) are installed unless they are set to null. If there are node groups, so are
        V(coredns), V(aws-ebs-csi-driver), and V(metrics-server). Without a version, an add-on gets AWS's default for the cluster version,
        or stays at a newer compatible one. Add-ons that need AWS permissions get their own role through pod identity.
      - C(node_groups) has managed node groups by name, each with C(instance_types), C(min_size), C(max_size), C(desired_size),
        C(capacity_type) (V(ON_DEMAND) or V(SPOT)), C(ami_type), C(release_version), C(maintenance_window), C(disk_gib),
        C(max_pods), C(user_data), C(labels), C(taints), C(update) (C(max_unavailable) or C(max_unavailable_percentage)), C(subnet_ids),
        C(autoscaled), C(scaling), and C(tags).
      - C(desired_size) counts on creation only, because an autoscaler, C(scaling), or people own the number of nodes afterward. If a group
        has neither autoscaler nor C(scaling) and you set it, it is the number of nodes.
      - C(release_version) of a group pins its nodes to a release of their image, such as V(1.36.0-20261112), which must be of the cluster's
        version. V(newest) brings them to the newest release that AWS publishes, in runs within C(maintenance_window), a weekly window in
        UTC such as V(sun:02:00-sun:05:00), or in any run without one. Otherwise, nodes keep their release until the version of the cluster
        changes. Every plan says which release nodes run and how old it is.
      - C(max_pods) of a group is the number of pods that each of its nodes can run. Without it, EKS computes the number from the addresses
        of the instance types, when it creates the group and whenever it replaces its nodes.
      - C(user_data) of a group is what its nodes run and set when they start. For Amazon Linux, it is a script that begins with V(#!), a
        text that begins with V(#cloud-config) or V(#cloud-boothook), a MIME multi-part document of these, a V(NodeConfig) of nodeadm, as a
        mapping or as YAML, or a list of these. For Bottlerocket, it is Bottlerocket's settings, as TOML or as a mapping with C(settings).
        Everyone who may describe launch templates can read it. A change of C(max_pods) or C(user_data) replaces the nodes of the group.
      - C(scaling) has C(target_cpu_percent) and C(schedules). It applies to groups with C(autoscaled=false), because only one controller
        may own the number of nodes. C(node_scaling) is V(cluster_autoscaler), V(karpenter), or V(none).
      - C(fargate_profiles) has profiles by name, each with C(selectors) (C(namespace), C(labels)) and C(subnet_ids).
      - C(pod_identities) has the AWS permissions of pods by name, each with C(namespace), C(service_account), C(policy), and
        C(managed_policy_arns). C(irsa_roles) do the same through the cluster's OIDC provider.
      - C(controllers) lists well-known controllers whose pods get the permissions they need. Choices are V(aws-load-balancer-controller)
        (the default), V(cluster-autoscaler) (added where it owns the nodes), V(fluent-bit), and V(external-secrets).
      - With C(node_scaling=karpenter), the cluster gets what Karpenter needs in AWS. These are a role for its pods; a role, an instance
        profile, and an access entry for the nodes that it launches; and a queue with the EventBridge rules that report interruptions to it.
        Node groups keep their size; Karpenter itself runs on one of them. C(karpenter_discovery) is the value of the tag
        C(karpenter.sh/discovery) by which it finds subnets and the security group of nodes. It defaults to the name of the cluster in AWS.
      - C(tags) are added to every resource of the cluster, including instances and volumes.
      - All settings are checked before the first change, and all problems are reported at once.
    type: dict
  network:
    description:
      - The network for clusters that do not specify their own, with C(subnet_ids), C(security_group_ids), C(node_security_group_ids), and
        C(vpc_id).
      - A cluster cannot move to another VPC. C(vpc_id) lets a plan detect that while the subnets of the other VPC do not exist yet.
      - C(pod_subnets) maps zones to the subnets of pods. C(ipv6) says whether the network has IPv6 addresses.
      - C(subnet_zones) may list the availability zone of each subnet, in the same order. A plan needs them for subnets that do not exist
        yet.
    type: dict
    default: {}
  public_cidrs:
    description:
      - Blocks from which the API of every cluster in O(clusters) is reachable, in addition to its own C(endpoint.public_cidrs). Intended
        for a first run from outside the network, which could not reach the API otherwise.
    type: list
    elements: str
    default: []
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
  - module: mainstay.aws.eks_cluster_info
  - module: mainstay.aws.vpc_network
"""

EXAMPLES = r"""
- name: Build a production cluster in the private subnets of a network
  mainstay.aws.eks_cluster:
    environment: prod
    region: af-south-1
    network:
      subnet_ids: "{{ vpc_outputs.networks.main.subnet_ids.private.values() | list }}"
      security_group_ids: ["{{ vpc_outputs.networks.main.security_group_ids.control_plane }}"]
      node_security_group_ids: ["{{ vpc_outputs.networks.main.security_group_ids.nodes }}"]
    clusters:
      main:
        version: "1.36"
        access:
          deployers:
            principal_arn: arn:aws:iam::123456789012:role/deploy
            policies: {AmazonEKSClusterAdminPolicy: cluster}
        node_groups:
          system: {instance_types: [t3.medium], min_size: 2, max_size: 3}

- name: Scale a group of Spot nodes on a schedule, without an autoscaler
  mainstay.aws.eks_cluster:
    environment: dev
    region: eu-west-1
    network: "{{ network }}"
    clusters:
      main:
        version: "1.36"
        node_scaling: none
        node_groups:
          workers:
            instance_types: [t3.medium, t3a.medium]
            capacity_type: SPOT
            min_size: 0
            max_size: 4
            scaling:
              target_cpu_percent: 70
              schedules:
                morning: {recurrence: "0 7 * * 1-5", time_zone: Europe/Berlin, min_size: 2}
                evening: {recurrence: "0 19 * * *", time_zone: Europe/Berlin, min_size: 0, desired_size: 0}

- name: Give pods AWS permissions, and run some of them on Fargate
  mainstay.aws.eks_cluster:
    environment: prod
    region: eu-west-1
    network: "{{ network }}"
    clusters:
      main:
        version: "1.36"
        node_groups:
          system: {min_size: 2}
        fargate_profiles:
          jobs: {selectors: [{namespace: jobs}]}
        pod_identities:
          uploads:
            namespace: web
            service_account: api
            policy:
              - {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::uploads/*"}

- name: Remove the clusters of the component
  mainstay.aws.eks_cluster:
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
    clusters:
      description:
        - The clusters by name. C(roles) has the ARNs of the pod roles, by the names of controllers, pod identities, and IRSA roles.
      type: dict
      returned: always
      sample:
        main:
          name: prod-main
          arn: arn:aws:eks:af-south-1:123456789012:cluster/prod-main
          endpoint: https://0123456789ABCDEF.gr7.af-south-1.eks.amazonaws.com
          certificate_authority: LS0tLS1CRUdJTi...
          version: "1.36"
          vpc_id: vpc-0a1b2c3d
          cluster_security_group_id: sg-07
          oidc_issuer: https://oidc.eks.af-south-1.amazonaws.com/id/0123456789ABCDEF
          oidc_provider_arn: null
          node_role_arn: arn:aws:iam::123456789012:role/mainstay/prod/cluster/prod.cluster.main.nodes
          node_groups: {system: {name: system, autoscaling_group_name: eks-system-0123}}
          fargate_profiles: []
          roles: {cluster-autoscaler: "arn:aws:iam::123456789012:role/mainstay/prod/cluster/prod.cluster.main.pod-cluster-autoscaler"}
          kms_key_arn: arn:aws:kms:af-south-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
          log_group_name: /aws/eks/prod-main/cluster
          fargate_log_group_name: null
          container_log_group_name: null
          karpenter_queue_name: null
          karpenter_instance_profile_name: null
    deferred:
      description: Resources that were started but not waited for, and those that depend on them. Empty unless O(defer) is set; see there.
      type: list
      elements: str
      returned: always
      sample: []
plan:
  description:
    - The actions that were or would be taken, for people and programs, in the format that M(mainstay.aws.vpc_network) returns. The
      callback P(mainstay.aws.plan_summary#callback) prints it.
    - C(note) states how long the cluster versions are supported and what that costs.
  returned: always
  type: dict
  sample: {format: 1, counts: {create: 27, update: 0, replace: 0, delete: 0, unchanged: 0}, actions: [], errors: []}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import SERVICES, run
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.spec import REQUIRED_IF, argument_spec

__all__ = ["SERVICES", "main"]


def main() -> None:
    run(AnsibleAWSModule(argument_spec=argument_spec(), required_if=REQUIRED_IF, supports_check_mode=True))


if __name__ == "__main__":
    main()
