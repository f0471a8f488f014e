# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How closely a policy can confine the deletion of a cluster's leftovers: they carry the controllers' tags and not our mark.

Limited to what belongs to a cluster that the inventory names. Classic load balancers carry their Service's tag, but no tag with the same
key in every cluster, so they cannot be limited this way. Neither can their security groups, so only Kubernetes itself deletes those.
"""

from __future__ import annotations

from .....aws.grants import REGIONAL, Grant, Permissions, each, marked_by_environment, tagged, tagged_with, typed
from .....aws.operations import operations
from ...settings.karpenter import CLUSTER
from .leftovers import CLUSTER_OF_GROUP, CLUSTER_OF_INTERFACE, CONTROLLER_TAG

of_controller, of_eks, of_cni, of_karpenter = (
    tagged_with(tag, "cluster") for tag in (CONTROLLER_TAG, CLUSTER_OF_GROUP, CLUSTER_OF_INTERFACE, CLUSTER)
)

GROUP, INTERFACE = typed("ec2", "security-group"), typed("ec2", "network-interface")
BALANCER = typed("elasticloadbalancing", "loadbalancer")

LEFT_GROUP = Grant((GROUP,), (of_controller,))
CLUSTER_GROUP = Grant((GROUP,), (of_eks,))
"""The group that EKS creates for a cluster: controllers add rules that reference theirs, and it may remain after the cluster."""
GROUP_OF_ENVIRONMENT = Grant((GROUP,), (marked_by_environment,))
"""The groups of the cluster's network, another component: rules in them that reference a controller's group are deleted with it."""

DRAIN = Permissions(
    reads={
        **each(
            "ec2",
            "DescribeInstances DescribeLaunchTemplates DescribeNetworkInterfaces DescribeSecurityGroups DescribeVolumes DescribeVpcs",
            REGIONAL,
        ),
        **each("elasticloadbalancing", "DescribeLoadBalancerAttributes DescribeLoadBalancers DescribeTags DescribeTargetGroups", REGIONAL),
    },
    writes={
        "ec2:DeleteSecurityGroup": (LEFT_GROUP, CLUSTER_GROUP),
        **each("ec2", "RevokeSecurityGroupEgress RevokeSecurityGroupIngress", LEFT_GROUP, CLUSTER_GROUP, GROUP_OF_ENVIRONMENT),
        "ec2:DeleteLaunchTemplate": (Grant((typed("ec2", "launch-template"),), (of_karpenter,)),),
        "ec2:TerminateInstances": (Grant((typed("ec2", "instance"),), (of_karpenter,)),),
        "ec2:DeleteNetworkInterface": (Grant((INTERFACE,), (of_cni,)), Grant((INTERFACE,), (of_controller,))),
        "elasticloadbalancing:DeleteLoadBalancer": (
            Grant((BALANCER,), (of_controller,)),
            Grant((BALANCER,), (tagged("kubernetes.io/service-name"),)),
        ),
        "elasticloadbalancing:DeleteTargetGroup": (Grant((typed("elasticloadbalancing", "targetgroup"),), (of_controller,)),),
    },
)

READS = (
    *operations("ec2", "describe_instances describe_launch_templates describe_network_interfaces describe_security_groups"),
    *operations("ec2", "describe_volumes describe_vpcs"),
    *operations("eks", "describe_cluster list_clusters"),
    *operations("elb", "describe_load_balancers describe_tags"),
    *operations("elbv2", "describe_load_balancer_attributes describe_load_balancers describe_tags describe_target_groups"),
)
DELETES = (
    *operations("ec2", "delete_launch_template delete_network_interface delete_security_group terminate_instances"),
    *operations("ec2", "revoke_security_group_egress revoke_security_group_ingress"),
    *operations("elb", "delete_load_balancer"),
    *operations("elbv2", "delete_load_balancer delete_target_group"),
)
"""The operations that in_aws.py calls."""
