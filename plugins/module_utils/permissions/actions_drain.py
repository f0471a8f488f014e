# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the tables that is about what a cluster's controllers have made and we delete: it carries their tags and not our mark.

Which cluster a tag names cannot be confined: names of clusters are not in a policy's scope. Classic load balancers carry the tag of their
Service; their security groups have no tag whose key is the same in every cluster, so only Kubernetes itself deletes these.
"""

from __future__ import annotations

from collections.abc import Mapping

from .actions_eks import CLUSTERS
from .grants import OWN, REGIONAL, Grant

LEFT_GROUP = Grant(("ec2:security-group",), ("of_controller",), CLUSTERS)
CLUSTER_GROUP = Grant(("ec2:security-group",), ("of_eks",), CLUSTERS)
"""The group that EKS makes for a cluster: controllers write rules into it that name theirs, and it may outlive the cluster."""

WRITES_DRAIN: Mapping[str, tuple[Grant, ...]] = {
    "ec2:DeleteSecurityGroup": (OWN, LEFT_GROUP, CLUSTER_GROUP),
    **{f"ec2:RevokeSecurityGroup{side}": (OWN, LEFT_GROUP, CLUSTER_GROUP) for side in ("Egress", "Ingress")},
    "ec2:DeleteNetworkInterface": (
        Grant(("ec2:network-interface",), ("of_cni",)),
        Grant(("ec2:network-interface",), ("of_controller",)),
    ),
    "elasticloadbalancing:DeleteLoadBalancer": (
        Grant(("elasticloadbalancing:loadbalancer",), ("of_controller",)),
        Grant(("elasticloadbalancing:loadbalancer",), ("of_service",)),
    ),
    "elasticloadbalancing:DeleteTargetGroup": (Grant(("elasticloadbalancing:targetgroup",), ("of_controller",)),),
}

READS_DRAIN: Mapping[str, tuple[Grant, ...]] = {
    **{f"ec2:{name}": (REGIONAL,) for name in ("DescribeNetworkInterfaces", "DescribeVolumes")},
    **{f"eks:{name}": (REGIONAL,) for name in ("DescribeInsight", "ListInsights")},
    **{
        f"elasticloadbalancing:{name}": (REGIONAL,)
        for name in ("DescribeLoadBalancerAttributes", "DescribeLoadBalancers", "DescribeTags", "DescribeTargetGroups")
    },
}
