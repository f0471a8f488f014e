# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Karpenter, which launches the instances that pods need: what it may do in AWS, and the events that it reacts to. Pure functions.

karpenter.sh/docs/reference/cloudformation describes both. The instance profile is made here, so Karpenter may neither create nor change
one: IAM has no endpoint in networks without a way out, and a profile of Karpenter's would outlive the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .statements import Scene, Statement, allow

KARPENTER = "karpenter"
NODES = "karpenter-nodes"
"""The part of a cluster that names the role, the profile and the access entry of the nodes that Karpenter launches."""

POOL = "karpenter.sh/nodepool"
"""The tag and the label of everything that Karpenter makes for a node pool."""

CLUSTER = "eks:eks-cluster-name"
"""The tag that names the cluster on everything that Karpenter makes in EC2."""

LONGEST_QUEUE_NAME = 80
MESSAGE_SECONDS = 300
"""A warning that is older than this is of no use: a spot instance ends two minutes after it."""

Conditions = dict[str, Mapping[str, Any]]

EVENTS: Mapping[str, tuple[str, str]] = {
    "capacity": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
    "health": ("aws.health", "AWS Health Event"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
}
"""Part of a rule's name -> the source and the type of the events."""


def pattern(event: str) -> dict[str, Any]:
    source, detail = EVENTS[event]
    return {"source": [source], "detail-type": [detail]}


def queue_name(environment: str, component: str, cluster: str) -> str:
    """Unique in the account and region: no part contains an underscore."""
    return f"{environment}_{component}_{cluster}_{KARPENTER}"


def rule_part(event: str) -> str:
    return f"{KARPENTER}-{event}"


def karpenter(scene: Scene) -> list[Statement]:
    """Launches only what carries the marks of this cluster and of a node pool, and changes and deletes only that."""
    makes = [scene.arn("ec2", f"{kind}/*") for kind in ("fleet", "instance", "launch-template", "network-interface", "volume")]
    makes.append(scene.arn("ec2", "spot-instances-request/*"))
    uses = [scene.arn("ec2", f"{kind}/*") for kind in ("capacity-reservation", "placement-group", "security-group", "subnet")]
    uses += [f"arn:{scene.partition}:ec2:{scene.region}::{kind}/*" for kind in ("image", "snapshot")]
    templates = scene.arn("ec2", "launch-template/*")
    owned, name = f"kubernetes.io/cluster/{scene.cluster}", scene.cluster
    some = {f"aws:ResourceTag/{POOL}": "*"}
    ours: Conditions = {"StringEquals": {f"aws:ResourceTag/{owned}": "owned"}, "StringLike": some}
    request = {f"aws:RequestTag/{owned}": "owned", f"aws:RequestTag/{CLUSTER}": name}
    marks: Conditions = {"StringEquals": request, "StringLike": {f"aws:RequestTag/{POOL}": "*"}}
    born: Conditions = {**marks, "StringEquals": {**request, "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]}}
    later: Conditions = {**ours, "ForAllValues:StringEquals": {"aws:TagKeys": ["Name", CLUSTER, "karpenter.sh/nodeclaim"]}}
    return [
        allow("Use", ["ec2:CreateFleet", "ec2:RunInstances"], uses),
        allow("UseOwnTemplates", ["ec2:CreateFleet", "ec2:RunInstances"], templates, **ours),
        allow("MakeMarked", ["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"], makes, **marks),
        allow("MarkNew", ["ec2:CreateTags"], makes, **born),
        allow("TagOwnInstances", ["ec2:CreateTags"], scene.arn("ec2", "instance/*"), **later),
        allow("DeleteOwn", ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"], [scene.arn("ec2", "instance/*"), templates], **ours),
        allow("Read", READS, StringEquals={"aws:RequestedRegion": scene.region}),
        allow("ReadImages", ["ssm:GetParameter"], f"arn:{scene.partition}:ssm:{scene.region}::parameter/aws/service/*"),
        # neither of these can be confined
        allow("ReadPricesAndProfiles", ["iam:ListInstanceProfiles", "pricing:GetProducts"]),
        allow("ReadProfile", ["iam:GetInstanceProfile"], scene.arn("iam", "instance-profile/*", region="")),
        allow("PassNodeRole", ["iam:PassRole"], scene.node_role, StringEquals={"iam:PassedToService": _ec2(scene)}),
        allow("ReadCluster", ["eks:DescribeCluster"], scene.arn("eks", f"cluster/{name}")),
        allow("TakeEvents", ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"], scene.arn("sqs", scene.queue)),
    ]


READS = [
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
]


def _ec2(scene: Scene) -> str:
    return f"ec2.amazonaws.com{'.cn' if scene.partition == 'aws-cn' else ''}"


def queue_policy(queue: str, rules: str) -> dict[str, Any]:
    """Who may use the queue: EventBridge sends for our rules, and nothing reaches it unencrypted. ``queue`` and ``rules`` are ARNs."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "EventsOfThisCluster",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnLike": {"aws:SourceArn": rules}},
            },
            {
                "Sid": "OnlyEncrypted",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "sqs:*",
                "Resource": queue,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
