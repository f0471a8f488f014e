# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How closely the actions of clusters can be confined: EKS, Auto Scaling, launch templates, OIDC providers. Draining has its own table."""

from __future__ import annotations

from ...aws.grants import (
    GLOBAL,
    REGIONAL,
    Conditions,
    Grant,
    Permissions,
    Scope,
    arn,
    each,
    equals,
    iam,
    keeps_mark,
    marked,
    merged,
    not_others,
    request_marked,
    typed,
)
from ...kinds.permissions import EC2_TAGS, KEYS, OWN_KEY, ROLE, ROLES, log_groups, new_ec2
from .operations.drain.permissions import DRAIN

PASSED_TO = ("ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com")
"""To whom the roles of a cluster, its nodes, its Fargate profiles and its pods are handed over."""
LINKED = ("eks-fargate.amazonaws.com", "eks-nodegroup.amazonaws.com", "eks.amazonaws.com")
"""Whose service-linked roles the first cluster, node group and Fargate profile of an account make (EKS User Guide)."""

PROVIDER = iam("oidc-provider/oidc.eks.*")
OWN_PROVIDER = Grant((PROVIDER,), (marked,))
OWN_TEMPLATE = Grant((typed("ec2", "launch-template"),), (marked,))
GROUPS = Grant((arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*"),))
"""The Auto Scaling groups that EKS makes; they do not get the tags of their node groups."""
INSIDE = Grant((typed("eks", "cluster"),), (marked, request_marked))
"""What is made in a cluster is checked against the cluster: that must be ours, and the request carry the mark."""
ASSOCIATION = Grant((typed("eks", "podidentityassociation"),))
"""An association of an add-on is made and changed with the add-on, which is ours."""


def own(kind: str) -> Grant:
    return Grant((typed("eks", kind),), (marked,))


def from_template(scope: Scope) -> Conditions:
    """Instances that are launched from a launch template."""
    return {"ArnLike": {"ec2:LaunchTemplate": scope.place.arn("ec2", "launch-template/*")}}


CLUSTERS = Permissions(
    reads={
        # Whatever has a name that is wanted is looked at, to say whose it is; what is in a cluster, to see what is ours.
        **each(
            "eks",
            "DescribeAccessEntry DescribeAddon DescribeAddonVersions DescribeCluster DescribeClusterVersions DescribeFargateProfile "
            "DescribeNodegroup DescribePodIdentityAssociation DescribeUpdate ListAccessEntries ListAddons ListAssociatedAccessPolicies "
            "ListClusters ListFargateProfiles ListNodegroups ListPodIdentityAssociations DescribeInsight ListInsights",
            REGIONAL,
        ),
        **each("autoscaling", "DescribePolicies DescribeScheduledActions", REGIONAL),
        **each(
            "ec2",
            "DescribeInstances DescribeInstanceTypes DescribeLaunchTemplates DescribeLaunchTemplateVersions DescribeRouteTables "
            "DescribeSubnets",
            REGIONAL,
        ),
        "iam:GetOpenIDConnectProvider": (Grant((PROVIDER,)),),
        "iam:ListOpenIDConnectProviders": (GLOBAL,),
    },
    writes={
        "eks:CreateCluster": (Grant(("*",), (*REGIONAL.conditions, request_marked)),),
        "eks:CreateAddon": (INSIDE, ASSOCIATION),
        **each("eks", "CreateAccessEntry CreateFargateProfile CreateNodegroup CreatePodIdentityAssociation", INSIDE),
        **each("eks", "DeleteCluster UpdateClusterConfig UpdateClusterVersion", own("cluster")),
        **each("eks", "DeleteNodegroup UpdateNodegroupConfig UpdateNodegroupVersion", own("nodegroup")),
        **each("eks", "DeleteAddon UpdateAddon", own("addon"), ASSOCIATION),
        **each("eks", "AssociateAccessPolicy DeleteAccessEntry DisassociateAccessPolicy UpdateAccessEntry", own("access-entry")),
        "eks:DeleteFargateProfile": (own("fargateprofile"),),
        **each("eks", "DeletePodIdentityAssociation UpdatePodIdentityAssociation", own("podidentityassociation")),
        # Checked as a part of the create calls too, when what is made has no tags yet: so what is unmarked can be claimed, what others
        # have marked cannot.
        "eks:TagResource": (
            Grant(own("*").resources, (marked, keeps_mark)),
            Grant(own("*").resources, (request_marked, not_others)),
        ),
        "eks:UntagResource": (own("*"),),
        **each("autoscaling", "DeletePolicy DeleteScheduledAction PutScalingPolicy PutScheduledUpdateGroupAction", GROUPS),
        "ec2:CreateLaunchTemplate": (new_ec2("launch-template"),),
        **each("ec2", "CreateLaunchTemplateVersion DeleteLaunchTemplate", OWN_TEMPLATE),
        "ec2:RunInstances": (Grant((typed("ec2", "*"), arn("ec2", "image/*", account_id="")), (from_template,)),),
        "kms:CreateGrant": (OWN_KEY,),
        "iam:CreateOpenIDConnectProvider": (Grant((PROVIDER,), (request_marked,)),),
        **each(
            "iam",
            "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider "
            "UntagOpenIDConnectProvider",
            OWN_PROVIDER,
        ),
        "iam:TagOpenIDConnectProvider": (
            Grant((PROVIDER,), (marked, keeps_mark)),
            Grant((PROVIDER,), (request_marked, not_others)),
        ),
        "iam:CreateServiceLinkedRole": (Grant((iam("role/aws-service-role/eks*"),), (equals("iam:AWSServiceName", LINKED),)),),
        "iam:PassRole": (Grant((ROLE,), (equals("iam:PassedToService", PASSED_TO),)),),
    },
    together={
        # The role is handed over, the key is used on the caller's behalf, and the first cluster of an account makes a service-linked role
        # (EKS User Guide: cluster IAM role; envelope encryption; using service-linked roles).
        "eks:CreateCluster": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "kms:CreateGrant", "kms:DescribeKey"),
        "eks:CreateAccessEntry": ("eks:TagResource",),
        "eks:CreateAddon": ("eks:TagResource", "iam:PassRole"),
        "eks:UpdateAddon": ("iam:PassRole",),
        # Instances are launched from the template with the caller's rights (EKS User Guide, launch templates).
        "eks:CreateNodegroup": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "ec2:RunInstances"),
        "eks:UpdateNodegroupVersion": ("ec2:RunInstances",),
        "eks:CreateFargateProfile": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
        "eks:CreatePodIdentityAssociation": ("eks:TagResource", "iam:PassRole"),
        "eks:UpdatePodIdentityAssociation": ("iam:PassRole",),
        "ec2:CreateLaunchTemplate": ("ec2:CreateTags",),
        "iam:CreateOpenIDConnectProvider": ("iam:TagOpenIDConnectProvider",),
    },
)

PERMISSIONS = merged((ROLES, KEYS, log_groups("/aws/eks/"), EC2_TAGS, CLUSTERS, DRAIN))
