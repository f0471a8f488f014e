# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What API operations are called in policies, and how closely each action can be confined. Tables; the pages they come from are named.

The source of what is not said otherwise is AWS's Service Authorization Reference, whose tables say for every action which resource types
it is checked against, which condition keys each of them has, and what else a call needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from .actions_drain import READS_DRAIN, WRITES_DRAIN
from .actions_eks import EKS_LOGS, LINKED, PASSED, READS_EKS, TOGETHER_EKS, WRITES_EKS
from .grants import GLOBAL, OWN, REGIONAL, Grant

FREE = frozenset({"sts:GetCallerIdentity"})
"""Allowed to everybody; a policy cannot even deny it (STS API reference, GetCallerIdentity)."""

NAT_SERVICE = "ec2-nat-gateway.amazonaws.com"
FLOW_LOG_SERVICE = "vpc-flow-logs.amazonaws.com"

TOGETHER: Mapping[str, tuple[str, ...]] = {
    # Tags in a create call are checked as an action of their own (EC2 User Guide, tagging on creation; the same in the other services).
    **{f"ec2:{name}": ("ec2:CreateTags",) for name in ("AllocateAddress", "CreateInternetGateway", "CreateNetworkAcl", "CreateRouteTable")},
    **{f"ec2:{name}": ("ec2:CreateTags",) for name in ("CreateSecurityGroup", "CreateSubnet", "CreateVpc")},
    # A regional NAT gateway needs a service-linked role, made by the first one of an account (VPC User Guide, service-linked roles).
    "ec2:CreateNatGateway": ("ec2:CreateTags", "iam:CreateServiceLinkedRole"),
    # Private DNS names are a hosted zone of AWS's that the VPC is associated with.
    "ec2:CreateVpcEndpoint": ("ec2:CreateTags", "route53:AssociateVPCWithHostedZone"),
    # The role that delivers the log is handed over (VPC User Guide, IAM role for publishing flow logs).
    "ec2:CreateFlowLogs": ("ec2:CreateTags", "iam:PassRole"),
    "iam:CreateRole": ("iam:TagRole",),
    "kms:CreateKey": ("kms:TagResource",),
    "logs:CreateLogGroup": ("logs:TagResource",),
    **TOGETHER_EKS,
}
"""What else a call is checked for."""


ROLE = Grant(("role",))
BOUNDED_ROLE = Grant(("role",), ("boundary",))
GROUP = Grant(("log_group",))
OWN_KEY = Grant(("key",), ("marked",))
ANY_KEY = Grant(("key",))
ALIAS = Grant(("alias",))
LOCK = Grant(("lock",))

ROOTS = ("vpc",)
INNER = ("subnet", "route-table", "network-acl", "security-group", "internet-gateway", "elastic-ip")
LEAVES = ("natgateway", "vpc-endpoint")
LOGS = ("vpc-flow-log",)
"""What can be created, so divided that nothing is made inside a thing of its own group. A new resource is allowed by the mark in the
request; what it is made in must be allowed by its own mark, or one could make a subnet in somebody else's VPC."""


def _new(types: tuple[str, ...]) -> Grant:
    return Grant(tuple(f"ec2:{name}" for name in types), ("request_marked",))


WRITES: Mapping[str, tuple[Grant, ...]] = {
    "ec2:CreateVpc": (_new(ROOTS),),
    **{f"ec2:{name}": (_new(INNER), OWN) for name in ("CreateNetworkAcl", "CreateRouteTable", "CreateSecurityGroup", "CreateSubnet")},
    **{f"ec2:{name}": (_new(INNER),) for name in ("AllocateAddress", "CreateInternetGateway")},
    **{f"ec2:{name}": (_new(LEAVES), OWN) for name in ("CreateNatGateway", "CreateVpcEndpoint")},
    "ec2:CreateFlowLogs": (_new(LOGS), OWN),
    "ec2:CreateTags": (
        Grant(("ec2:*",), ("request_marked", "created")),
        Grant(("ec2:*",), ("marked", "keeps_mark")),
        # The default group of a new VPC carries nothing by which it could be recognised.
        Grant(("ec2:security-group",), ("request_marked", "default_group", "unmarked"), ("ec2:CreateVpc",)),
    ),
    # Every type of resource that these are checked against can carry tags.
    **{
        f"ec2:{name}": (OWN,)
        for name in (
            *("AssociateNatGatewayAddress", "AssociateRouteTable", "AttachInternetGateway", "AuthorizeSecurityGroupEgress"),
            *("AuthorizeSecurityGroupIngress", "CreateNetworkAclEntry", "CreateRoute", "DeleteFlowLogs", "DeleteInternetGateway"),
            *("DeleteNatGateway", "DeleteNetworkAcl", "DeleteNetworkAclEntry", "DeleteRoute", "DeleteRouteTable"),
            *("DeleteSubnet", "DeleteTags", "DeleteVpc", "DeleteVpcEndpoints", "DetachInternetGateway", "DisassociateRouteTable"),
            *("ModifySubnetAttribute", "ModifyVpcAttribute", "ModifyVpcEndpoint", "ReleaseAddress", "ReplaceNetworkAclEntry"),
            *("ReplaceRoute", "ReplaceRouteTableAssociation"),
            *("UpdateSecurityGroupRuleDescriptionsEgress", "UpdateSecurityGroupRuleDescriptionsIngress"),
        )
    },
    # A subnet that goes back to the VPC's default ACL goes to one without tags; the subnet itself must be ours.
    "ec2:ReplaceNetworkAclAssociation": (OWN, Grant(("ec2:network-acl",))),
    # The interface of a NAT gateway belongs to AWS and has no tags; gateway and address must be ours.
    "ec2:DisassociateNatGatewayAddress": (OWN, Grant(("ec2:network-interface",))),
    "iam:AttachRolePolicy": (Grant(("role",), ("boundary", "attachable")),),
    "iam:CreateRole": (Grant(("role",), ("boundary", "request_marked")),),
    "iam:CreateServiceLinkedRole": (Grant(("nat_role",), ("nat_service",), ("ec2:CreateNatGateway",)), LINKED),
    "iam:PassRole": (Grant(("role",), ("flow_log_service",), ("ec2:CreateFlowLogs",)), PASSED),
    "iam:PutRolePermissionsBoundary": (BOUNDED_ROLE,),
    "iam:PutRolePolicy": (BOUNDED_ROLE,),
    **{f"iam:{name}": (ROLE,) for name in ("DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy")},
    **{f"iam:{name}": (ROLE,) for name in ("TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole")},
    "kms:CreateAlias": (ALIAS, OWN_KEY),
    "kms:CreateKey": (Grant(("*",), ("region", "request_marked")),),
    "kms:DeleteAlias": (ALIAS, OWN_KEY),
    # Checked as a part of CreateKey too, when the key has no tags yet: so an unmarked key can be claimed, a marked one of others cannot.
    "kms:TagResource": (OWN_KEY, Grant(("key",), ("request_marked", "not_others"))),
    # The key that the alias leaves need not be ours: somebody may have pointed our alias elsewhere.
    "kms:UpdateAlias": (ALIAS, ANY_KEY),
    **{
        f"kms:{name}": (OWN_KEY,)
        for name in (
            *("DisableKeyRotation", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"),
            *("UntagResource", "UpdateKeyDescription"),
        )
    },
    "logs:CreateLogGroup": (Grant(("log_group",), ("request_marked",)), EKS_LOGS),
    **{
        f"logs:{name}": (GROUP, EKS_LOGS)
        for name in (
            *("AssociateKmsKey", "DeleteLogGroup", "DeleteRetentionPolicy", "DisassociateKmsKey", "PutRetentionPolicy"),
            *("TagResource", "UntagResource"),
        )
    },
    "route53:AssociateVPCWithHostedZone": (Grant(("hosted_zone",)),),
    # The run lock: an entry is never written over, which is what makes it a lock.
    "ssm:DeleteParameter": (LOCK,),
    "ssm:PutParameter": (Grant(("lock",), ("new",)),),
    **WRITES_EKS,
    **WRITES_DRAIN,
}
"""Every action that changes something, and how each is confined."""

READS: Mapping[str, tuple[Grant, ...]] = {
    # EC2's describe calls are checked against no resource, but for a few that gain nothing by it.
    **{
        f"ec2:{name}": (REGIONAL,)
        for name in (
            *("DescribeAddresses", "DescribeAvailabilityZones", "DescribeFlowLogs", "DescribeInternetGateways", "DescribeNatGateways"),
            *("DescribeNetworkAcls", "DescribeRouteTables", "DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcAttribute"),
            *("DescribeVpcEndpoints", "DescribeVpcs"),
        )
    },
    "iam:ListRoles": (GLOBAL,),
    "iam:GetRole": (Grant(("role", "role_name")),),
    **{f"iam:{name}": (ROLE,) for name in ("GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies", "ListRoleTags")},
    "kms:ListAliases": (REGIONAL,),
    # Not by mark: an alias of ours that somebody pointed elsewhere is followed, to say so.
    **{f"kms:{name}": (ANY_KEY,) for name in ("DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags")},
    "logs:DescribeLogGroups": (REGIONAL,),
    "logs:ListTagsForResource": (GROUP, EKS_LOGS),
    **{f"servicequotas:{name}": (REGIONAL,) for name in ("GetAWSDefaultServiceQuota", "GetServiceQuota", "ListServiceQuotas")},
    "ssm:GetParameter": (LOCK,),
    # Checked against the path in the request, not against what lies below it (Parameter Store, authorization of retrieval).
    "ssm:GetParametersByPath": (Grant(("lock_folder", "lock_folders")),),
    "tag:GetResources": (REGIONAL,),
    **READS_EKS,
    **READS_DRAIN,
}
"""Every action that only reads."""


def needed_for(action: str) -> tuple[str, ...]:
    """The actions that a call is checked for: its own, and what comes with it."""
    return () if action in FREE else (action, *TOGETHER.get(action, ()))


def is_known(action: str) -> bool:
    return action in WRITES or action in READS
