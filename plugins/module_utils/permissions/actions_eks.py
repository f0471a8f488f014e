# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The part of the tables that is about clusters: EKS, Auto Scaling, launch templates, OIDC providers. See actions.py."""

from __future__ import annotations

from collections.abc import Mapping

from .grants import GLOBAL, REGIONAL, Grant

CLUSTERS = ("eks:ListNodegroups",)
"""What everybody is granted who works with clusters at all."""

CHILDREN = ("AccessEntry", "Addon", "FargateProfile", "Nodegroup", "PodIdentityAssociation")

TOGETHER_EKS: Mapping[str, tuple[str, ...]] = {
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
}

EKS_LOGS = Grant(("eks_log_group",), beside=CLUSTERS)
"""EKS chooses the names of log groups, and makes some again without tags: a mark would not confine what has to be deleted."""
PASSED = Grant(("role",), ("eks_services",), CLUSTERS)
LINKED = Grant(("eks_roles",), ("eks_linked",), CLUSTERS)
GROUPS = Grant(("node_groups",))
"""The Auto Scaling groups that EKS makes; they do not get the tags of their node groups."""
TEMPLATES = ("launch-template",)
OWN_TEMPLATE = Grant(("ec2:launch-template",), ("marked",))
PROVIDER = Grant(("oidc_provider",), ("marked",))


def _own(name: str) -> Grant:
    return Grant((f"eks:{name}",), ("marked",))


def _inside(*more: Grant) -> tuple[Grant, ...]:
    """What is made in a cluster is checked against the cluster: that must be ours, and the request carry the mark."""
    return (Grant(("eks:cluster",), ("marked", "request_marked")), *more)


ASSOCIATION = Grant(("eks:podidentityassociation",))
"""An association of an add-on is made and changed with the add-on, which is ours."""

WRITES_EKS: Mapping[str, tuple[Grant, ...]] = {
    "eks:CreateCluster": (Grant(("*",), ("region", "request_marked")),),
    "eks:CreateAddon": _inside(ASSOCIATION),
    **{f"eks:Create{name}": _inside() for name in CHILDREN if name != "Addon"},
    **{f"eks:{name}": (_own("cluster"),) for name in ("DeleteCluster", "UpdateClusterConfig", "UpdateClusterVersion")},
    **{f"eks:{name}": (_own("nodegroup"),) for name in ("DeleteNodegroup", "UpdateNodegroupConfig", "UpdateNodegroupVersion")},
    **{f"eks:{name}": (_own("addon"), ASSOCIATION) for name in ("DeleteAddon", "UpdateAddon")},
    **{
        f"eks:{name}": (_own("access-entry"),)
        for name in ("AssociateAccessPolicy", "DeleteAccessEntry", "DisassociateAccessPolicy", "UpdateAccessEntry")
    },
    "eks:DeleteFargateProfile": (_own("fargateprofile"),),
    **{f"eks:{verb}PodIdentityAssociation": (_own("podidentityassociation"),) for verb in ("Delete", "Update")},
    # Checked as a part of the create calls too, when what is made has no tags yet: so what is unmarked can be claimed, what others have
    # marked cannot.
    "eks:TagResource": (Grant(("eks:*",), ("marked", "keeps_mark")), Grant(("eks:*",), ("request_marked", "not_others"))),
    "eks:UntagResource": (_own("*"),),
    **{
        f"autoscaling:{name}": (GROUPS,)
        for name in ("DeletePolicy", "DeleteScheduledAction", "PutScalingPolicy", "PutScheduledUpdateGroupAction")
    },
    "ec2:CreateLaunchTemplate": (Grant(tuple(f"ec2:{name}" for name in TEMPLATES), ("request_marked",)),),
    "ec2:CreateLaunchTemplateVersion": (OWN_TEMPLATE,),
    "ec2:DeleteLaunchTemplate": (OWN_TEMPLATE,),
    "ec2:RunInstances": (Grant(("ec2:*", "ec2_images"), ("from_template",)),),
    "kms:CreateGrant": (Grant(("key",), ("marked",)),),
    "iam:CreateOpenIDConnectProvider": (Grant(("oidc_provider",), ("request_marked",)),),
    **{
        f"iam:{name}": (PROVIDER,)
        for name in (
            *("AddClientIDToOpenIDConnectProvider", "DeleteOpenIDConnectProvider"),
            *("RemoveClientIDFromOpenIDConnectProvider", "UntagOpenIDConnectProvider"),
        )
    },
    "iam:TagOpenIDConnectProvider": (
        Grant(("oidc_provider",), ("marked", "keeps_mark")),
        Grant(("oidc_provider",), ("request_marked", "not_others")),
    ),
}

READS_EKS: Mapping[str, tuple[Grant, ...]] = {
    # Whatever has a name that is wanted is looked at, to say whose it is; what is in a cluster, to see what is ours.
    **{
        f"eks:{name}": (REGIONAL,)
        for name in (
            *("DescribeAccessEntry", "DescribeAddon", "DescribeAddonVersions", "DescribeCluster", "DescribeClusterVersions"),
            *("DescribeFargateProfile", "DescribeNodegroup", "DescribePodIdentityAssociation", "DescribeUpdate", "ListAccessEntries"),
            *("ListAddons", "ListAssociatedAccessPolicies", "ListClusters", "ListFargateProfiles", "ListNodegroups"),
            "ListPodIdentityAssociations",
        )
    },
    **{f"autoscaling:{name}": (REGIONAL,) for name in ("DescribePolicies", "DescribeScheduledActions")},
    **{
        f"ec2:{name}": (REGIONAL,)
        for name in ("DescribeInstances", "DescribeInstanceTypes", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions")
    },
    "iam:GetOpenIDConnectProvider": (Grant(("oidc_provider",)),),
    "iam:ListOpenIDConnectProviders": (GLOBAL,),
}
