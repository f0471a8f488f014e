# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How closely the actions on clusters can be confined: EKS, Auto Scaling, launch templates, OIDC providers. Draining has its own table."""

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
    marked_by_environment,
    merged,
    not_others,
    request_marked,
    tagged_with,
    typed,
)
from ...kinds.permissions import (
    EC2_TAGS,
    KEYS,
    OWN_EC2,
    OWN_KEY,
    PROFILES,
    ROLE,
    ROLES,
    events_rules,
    named_log_groups,
    new_ec2,
    queues,
)
from .operations.drain.leftovers import CLUSTER_OF_GROUP
from .operations.drain.permissions import DRAIN

PASSED_TO = ("ec2.amazonaws.com", "eks-fargate-pods.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com")
"""The services that the roles of a cluster, its nodes, its Fargate profiles and its pods are passed to."""
LINKED = ("eks-fargate.amazonaws.com", "eks-nodegroup.amazonaws.com", "eks.amazonaws.com")
"""The services whose service-linked roles an account's first cluster, node group and Fargate profile create (EKS User Guide)."""

ANY_PROVIDER = iam("oidc-provider/oidc.eks.*")
PROVIDER = iam("oidc-provider/oidc.eks.{region}.{suffix}/id/*")
"""EKS issuers in the region. An issuer's name does not show who owns its cluster."""
OWN_PROVIDER = Grant((PROVIDER,), (marked,))
OWN_TEMPLATE = Grant((typed("ec2", "launch-template"),), (marked,))
GROUPS = Grant((arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/eks-*"),), (tagged_with("eks:cluster-name", "cluster"),))
"""The Auto Scaling groups that EKS creates. They get EKS's own tags, not those of their node groups."""
INSIDE = Grant((typed("eks", "cluster"),), (marked, request_marked))
"""Creating a resource in a cluster is authorized against the cluster: the cluster must be ours, and the request must carry the mark."""
ASSOCIATION = Grant((typed("eks", "podidentityassociation"),))
"""An add-on's association is created and changed together with the add-on, which is ours."""


PARTS = ("access-entry", "addon", "fargateprofile", "nodegroup", "podidentityassociation")
NAMED = (arn("eks", "cluster/{cluster}"), *(arn("eks", f"{part}/{{cluster}}/*") for part in PARTS))
"""The clusters that the inventory names, and everything in them."""


def own(kind: str) -> Grant:
    return Grant((typed("eks", kind),), (marked,))


def from_template(scope: Scope) -> Conditions:
    """Instances that are launched from a launch template."""
    return {"ArnLike": {"ec2:LaunchTemplate": scope.place.arn("ec2", "launch-template/*")}}


LAUNCH = (
    OWN_TEMPLATE,
    Grant(tuple(typed("ec2", name) for name in ("instance", "network-interface", "volume")), (from_template,)),
    Grant((arn("ec2", "image/*", account_id=""),), (from_template, equals("ec2:Owner", "amazon"))),
    Grant((typed("ec2", "security-group"), typed("ec2", "subnet")), (from_template, marked_by_environment)),
    Grant((typed("ec2", "security-group"),), (from_template, tagged_with(CLUSTER_OF_GROUP, "cluster"))),
    Grant((arn("ec2", "security-group/{security_group}"), arn("ec2", "subnet/{subnet}")), (from_template,)),
)
"""Launching nodes: from one of our templates, with an AWS image, in subnets and with security groups of the environment or named by the
inventory, or with the group that EKS creates for a cluster."""


RULES_IN = (
    Grant((typed("ec2", "security-group"),), (marked_by_environment,)),
    Grant((typed("ec2", "security-group"),), (tagged_with(CLUSTER_OF_GROUP, "cluster"),)),
    Grant((arn("ec2", "security-group/{security_group}"),)),
)
"""The groups that rules between nodes and pods on Fargate are in: those of the nodes, and those that EKS creates for a cluster."""


CLUSTERS = Permissions(
    reads={
        # Any resource with a wanted name is read to find its owner; resources in a cluster are read to find ours.
        **each(
            "eks",
            "DescribeAccessEntry DescribeAddon DescribeAddonConfiguration DescribeAddonVersions DescribeCluster DescribeClusterVersions "
            "DescribeFargateProfile DescribeNodegroup DescribePodIdentityAssociation DescribeUpdate ListAccessEntries ListAddons "
            "ListAssociatedAccessPolicies ListClusters ListFargateProfiles ListNodegroups ListPodIdentityAssociations ListUpdates "
            "DescribeInsight ListInsights",
            REGIONAL,
        ),
        **each("autoscaling", "DescribePolicies DescribeScheduledActions", REGIONAL),
        **each(
            "ec2",
            "DescribeImages DescribeInstances DescribeInstanceTypes DescribeInternetGateways DescribeLaunchTemplates "
            "DescribeLaunchTemplateVersions DescribeNatGateways DescribeRouteTables DescribeSecurityGroupRules "
            "DescribeSubnets DescribeVpcEndpoints",
            REGIONAL,
        ),
        "iam:GetOpenIDConnectProvider": (Grant((ANY_PROVIDER,)),),
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
        # Also checked as part of the create calls, when the new resource has no tags yet. So an unmarked resource can be claimed if the
        # inventory names its cluster.
        "eks:TagResource": (
            Grant(own("*").resources, (marked, keeps_mark)),
            Grant(NAMED, (request_marked, not_others)),
        ),
        "eks:UntagResource": (own("*"),),
        **each("autoscaling", "DeletePolicy DeleteScheduledAction PutScalingPolicy PutScheduledUpdateGroupAction", GROUPS),
        "ec2:CreateLaunchTemplate": (new_ec2("launch-template"),),
        **each("ec2", "CreateLaunchTemplateVersion DeleteLaunchTemplate", OWN_TEMPLATE),
        **each("ec2", "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress", new_ec2("security-group-rule"), *RULES_IN),
        **each("ec2", "RevokeSecurityGroupEgress RevokeSecurityGroupIngress", OWN_EC2, *RULES_IN),
        "ec2:RunInstances": LAUNCH,
        # The tags in a launch template need this permission, too (EKS User Guide, launch templates).
        "ec2:CreateTags": (Grant(LAUNCH[1].resources, (equals("ec2:CreateAction", "RunInstances"), keeps_mark)),),
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
        # The role is passed, the key is used on the caller's behalf, and the first cluster of an account creates a service-linked role
        # (EKS User Guide: cluster IAM role; envelope encryption; using service-linked roles).
        "eks:CreateCluster": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "kms:CreateGrant", "kms:DescribeKey"),
        "eks:CreateAccessEntry": ("eks:TagResource",),
        "eks:CreateAddon": ("eks:TagResource", "iam:PassRole"),
        "eks:UpdateAddon": ("iam:PassRole",),
        # Instances are launched from the template with the caller's rights (EKS User Guide, launch templates).
        "eks:CreateNodegroup": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole", "ec2:RunInstances", "ec2:CreateTags"),
        "eks:UpdateNodegroupVersion": ("ec2:RunInstances", "ec2:CreateTags"),
        "eks:CreateFargateProfile": ("eks:TagResource", "iam:PassRole", "iam:CreateServiceLinkedRole"),
        "eks:CreatePodIdentityAssociation": ("eks:TagResource", "iam:PassRole"),
        "eks:UpdatePodIdentityAssociation": ("iam:PassRole",),
        **dict.fromkeys(
            ("ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateLaunchTemplate"), ("ec2:CreateTags",)
        ),
        "iam:CreateOpenIDConnectProvider": ("iam:TagOpenIDConnectProvider",),
    },
)

KARPENTER = merged((PROFILES, queues("{environment}_{component}_"), events_rules("{environment}.{component}.")))

PERMISSIONS = merged((ROLES, KEYS, named_log_groups("/aws/eks/", "/aws/eks/{cluster}/"), EC2_TAGS, CLUSTERS, KARPENTER, DRAIN))
