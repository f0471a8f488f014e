# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Well-known controllers that run in a cluster and act on AWS: their service accounts, and the least permissions they need.

The policies follow those that the projects publish, confined to the cluster by the tags that each controller puts on its resources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ....aws.owner import TAG_PREFIX
from .karpenter import KARPENTER, karpenter
from .statements import Scene, Statement, allow

LOAD_BALANCERS = "aws-load-balancer-controller"
AUTOSCALER = "cluster-autoscaler"
LOGS = "fluent-bit"
SECRETS = "external-secrets"


@dataclass(frozen=True)
class Controller:
    """One controller: the service account of its chart, and its policy."""

    namespace: str
    service_account: str
    statements: Callable[[Scene], list[Statement]]


def autoscaler(scene: Scene) -> list[Statement]:
    """Reads everything, but resizes only this cluster's groups, which EKS tags accordingly."""
    return [
        allow(
            "Read",
            [
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeLaunchConfigurations",
                "autoscaling:DescribeScalingActivities",
                "autoscaling:DescribeTags",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
        ),
        allow("ReadNodeGroups", ["eks:DescribeNodegroup"], scene.arn("eks", f"nodegroup/{scene.cluster}/*/*")),
        allow(
            "ScaleGroupsOfThisCluster",
            ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            StringEquals={f"aws:ResourceTag/k8s.io/cluster-autoscaler/{scene.cluster}": "owned"},
        ),
    ]


OURS = "elbv2.k8s.aws/cluster"
"""The tag by which the AWS Load Balancer Controller recognizes its own resources and their cluster."""


def load_balancers(scene: Scene) -> list[Statement]:
    """Reads everything; creates only resources that carry the mark of this cluster, and changes and deletes only those."""
    balancers = [
        scene.arn("elasticloadbalancing", "loadbalancer/app/*/*"),
        scene.arn("elasticloadbalancing", "loadbalancer/net/*/*"),
        scene.arn("elasticloadbalancing", "targetgroup/*/*"),
    ]
    listeners = [
        scene.arn("elasticloadbalancing", f"{kind}/{sort}/*/*/*{more}")
        for kind, more in (("listener", ""), ("listener-rule", "/*"))
        for sort in ("app", "net")
    ]
    groups = scene.arn("ec2", "security-group/*")
    made_here = {"StringEquals": {f"aws:ResourceTag/{OURS}": scene.cluster}}
    marked = {"StringEquals": {f"aws:RequestTag/{OURS}": scene.cluster}}
    return [
        allow(
            "ServiceRole",
            ["iam:CreateServiceLinkedRole"],
            StringEquals={"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"},
        ),
        allow(
            "Read",
            [
                "acm:DescribeCertificate",
                "acm:ListCertificates",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeCoipPools",
                "ec2:DescribeInstances",
                "ec2:DescribeInternetGateways",
                "ec2:DescribeIpamPools",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVpcPeeringConnections",
                "ec2:DescribeVpcs",
                "ec2:GetCoipPoolUsage",
                "ec2:GetSecurityGroupsForVpc",
                "elasticloadbalancing:Describe*",
                "wafv2:GetWebACL",
                "wafv2:GetWebACLForResource",
            ],
        ),
        allow(
            "Firewall",
            ["elasticloadbalancing:SetWebAcl", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"],
        ),
        allow("MakeGroups", ["ec2:CreateSecurityGroup"], scene.arn("ec2", "vpc/*")),
        allow("MakeMarkedGroups", ["ec2:CreateSecurityGroup"], groups, **marked),
        allow(
            "MarkNewGroups", ["ec2:CreateTags"], groups, StringEquals={**marked["StringEquals"], "ec2:CreateAction": "CreateSecurityGroup"}
        ),
        allow("TagOwnGroups", ["ec2:CreateTags", "ec2:DeleteTags"], groups, **made_here),
        allow("DeleteOwnGroups", ["ec2:DeleteSecurityGroup"], groups, **made_here),
        # rules are also added to the groups of the nodes, which do not carry the controller's mark
        allow("Rules", ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"], groups),
        allow("Make", ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"], balancers, **marked),
        allow(
            "Listeners",
            [
                "elasticloadbalancing:AddListenerCertificates",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:DeleteListener",
                "elasticloadbalancing:DeleteRule",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyListenerAttributes",
                "elasticloadbalancing:ModifyRule",
                "elasticloadbalancing:RemoveListenerCertificates",
                "elasticloadbalancing:SetRulePriorities",
            ],
        ),
        allow(
            "TagNew",
            ["elasticloadbalancing:AddTags"],
            [*balancers, *listeners],
            StringEquals={
                "elasticloadbalancing:CreateAction": ["CreateTargetGroup", "CreateLoadBalancer", "CreateListener", "CreateRule"],
            },
        ),
        allow("TagOwn", ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], balancers, **made_here),
        allow("TagListeners", ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"], listeners),
        allow(
            "ChangeOwn",
            [
                "elasticloadbalancing:DeleteLoadBalancer",
                "elasticloadbalancing:DeleteTargetGroup",
                "elasticloadbalancing:ModifyLoadBalancerAttributes",
                "elasticloadbalancing:ModifyTargetGroup",
                "elasticloadbalancing:ModifyTargetGroupAttributes",
                "elasticloadbalancing:SetIpAddressType",
                "elasticloadbalancing:SetSecurityGroups",
                "elasticloadbalancing:SetSubnets",
            ],
            balancers,
            **made_here,
        ),
        allow(
            "Targets",
            ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"],
            scene.arn("elasticloadbalancing", "targetgroup/*/*"),
        ),
    ]


def logs(scene: Scene) -> list[Statement]:
    """Writes to this cluster's groups below /aws/eks/, and creates none outside that path."""
    groups = scene.arn("logs", f"log-group:/aws/eks/{scene.cluster}/*")
    return [
        allow("Write", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], groups),
        allow("Find", ["logs:DescribeLogGroups"], scene.arn("logs", "log-group:*")),
    ]


def secrets(scene: Scene) -> list[Statement]:
    """Reads the environment's secrets and parameters, by the prefix of their names: those of others, and those of our components, such as
    the users of databases, with the keys that encrypt these.
    """
    return [
        allow(
            "ReadSecrets",
            ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            [scene.arn("secretsmanager", f"secret:{prefix}{scene.environment}/*") for prefix in ("", "/mainstay/")],
        ),
        allow(
            "DecryptSecrets",
            ["kms:Decrypt"],
            scene.arn("kms", "key/*"),
            StringEquals={
                "kms:ViaService": f"secretsmanager.{scene.region}.amazonaws.com",
                f"aws:ResourceTag/{TAG_PREFIX}environment": scene.environment,
            },
        ),
        allow(
            "ReadParameters",
            ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"],
            scene.arn("ssm", f"parameter/{scene.environment}/*"),
        ),
    ]


CONTROLLERS: Mapping[str, Controller] = {
    LOAD_BALANCERS: Controller("kube-system", LOAD_BALANCERS, load_balancers),
    AUTOSCALER: Controller("kube-system", AUTOSCALER, autoscaler),
    LOGS: Controller("amazon-cloudwatch", LOGS, logs),
    SECRETS: Controller("external-secrets", SECRETS, secrets),
    KARPENTER: Controller("kube-system", KARPENTER, karpenter),
}
