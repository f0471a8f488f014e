# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions for networks can be scoped."""

from __future__ import annotations

from ...aws.grants import (
    REGIONAL,
    Conditions,
    Confine,
    Grant,
    Permissions,
    Scope,
    arn,
    each,
    equals,
    iam,
    merged,
    request_marked,
    tagged_with,
    typed,
    unmarked,
)
from ...aws.owner import TAG_PREFIX
from ...kinds.permissions import EC2_TAGS, KEYS, OWN_EC2, ROLE, ROLES, log_groups, new_ec2

NAT_SERVICE = "ec2-nat-gateway.amazonaws.com"

ROOTS = ("vpc",)
INNER = ("subnet", "route-table", "network-acl", "security-group", "internet-gateway", "egress-only-internet-gateway", "elastic-ip")
LEAVES = ("natgateway", "vpc-endpoint")
LOGS = ("vpc-flow-log",)
"""The resource types that can be created, grouped so that no resource is created within another one of the same group."""

CREATES = (
    "AllocateAddress CreateEgressOnlyInternetGateway CreateInternetGateway CreateNetworkAcl CreateRouteTable CreateSecurityGroup "
    "CreateSubnet CreateVpc"
)

DEFAULTS = {"security-group": "default_security_group", "network-acl": "default_network_acl"}
"""The types of resources that AWS creates with each VPC, and the kinds that take them over."""


def default_of(kind: str) -> Confine:
    """Requires that the request tags the AWS-created resource with one of the networks that the inventory names."""

    def confine(scope: Scope) -> Conditions | None:
        addresses = [f"{kind}.{network}/default" for network in scope.names.networks]
        return {"StringEquals": {f"aws:RequestTag/{TAG_PREFIX}address": addresses}} if addresses else None

    return confine


def unnamed(_scope: Scope) -> Conditions:
    """Requires that the resource has no name: AWS creates its defaults without tags."""
    return {"Null": {"aws:ResourceTag/Name": "true"}}


BROUGHT = (
    Grant((arn("ec2", "elastic-ip/{allocation}"),)),
    Grant((typed("ec2", "elastic-ip"),), (tagged_with("Name", "address_name"),)),
)
"""The user's own addresses that the inventory names for NAT gateways. Nothing else is allowed with them."""

NETWORK = Permissions(
    reads={
        # EC2's describe calls do not support resource-level permissions; the few that do gain nothing from them.
        **each(
            "ec2",
            "DescribeAddresses DescribeAvailabilityZones DescribeEgressOnlyInternetGateways DescribeFlowLogs DescribeInternetGateways "
            "DescribeManagedPrefixLists "
            "DescribeNatGateways DescribeNetworkAcls DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeSubnets "
            "DescribeVpcAttribute DescribeVpcEndpoints DescribeVpcEndpointServices DescribeVpcs",
            REGIONAL,
        ),
        # Clusters may exist in a network that is to be destroyed or replaced.
        **each("eks", "DescribeCluster ListClusters", REGIONAL),
        "rds:DescribeDBInstances": (Grant((arn("rds", "db:*"),)),),
    },
    writes={
        "ec2:CreateVpc": (new_ec2(*ROOTS),),
        **each(
            "ec2",
            "CreateEgressOnlyInternetGateway CreateNetworkAcl CreateRouteTable CreateSecurityGroup CreateSubnet",
            new_ec2(*INNER),
            OWN_EC2,
        ),
        **each("ec2", "AllocateAddress CreateInternetGateway", new_ec2(*INNER)),
        "ec2:CreateNatGateway": (new_ec2(*LEAVES), OWN_EC2, *BROUGHT),
        "ec2:CreateVpcEndpoint": (new_ec2(*LEAVES), OWN_EC2),
        "ec2:AssociateNatGatewayAddress": (OWN_EC2, *BROUGHT),
        "ec2:CreateFlowLogs": (new_ec2(*LOGS), OWN_EC2),
        # The defaults of a new VPC have no tags that identify them.
        "ec2:CreateTags": tuple(
            Grant((typed("ec2", name),), (request_marked, default_of(kind), unmarked, unnamed)) for name, kind in DEFAULTS.items()
        ),
        **each(
            "ec2",
            "AssociateRouteTable AssociateSubnetCidrBlock AssociateVpcCidrBlock AttachInternetGateway AuthorizeSecurityGroupEgress "
            "AuthorizeSecurityGroupIngress CreateNetworkAclEntry CreateRoute DeleteEgressOnlyInternetGateway DeleteFlowLogs "
            "DeleteInternetGateway DeleteNatGateway DeleteNetworkAcl DeleteNetworkAclEntry DeleteRoute DeleteRouteTable "
            "DeleteSecurityGroup DeleteSubnet DeleteVpc DeleteVpcEndpoints DetachInternetGateway DisassociateRouteTable "
            "DisassociateSubnetCidrBlock DisassociateVpcCidrBlock ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint "
            "ReleaseAddress ReplaceNetworkAclEntry ReplaceRoute ReplaceRouteTableAssociation RevokeSecurityGroupEgress "
            "RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            OWN_EC2,
        ),
        # A subnet that returns to the VPC's default ACL may move to an untagged ACL. The subnet itself must be ours.
        "ec2:ReplaceNetworkAclAssociation": (OWN_EC2, Grant((typed("ec2", "network-acl"),))),
        # The network interface of a NAT gateway belongs to AWS and has no tags. The gateway and the address must be ours.
        "ec2:DisassociateNatGatewayAddress": (OWN_EC2, *BROUGHT, Grant((typed("ec2", "network-interface"),))),
        "iam:CreateServiceLinkedRole": (
            Grant((iam(f"role/aws-service-role/{NAT_SERVICE}/*"),), (equals("iam:AWSServiceName", NAT_SERVICE),)),
        ),
        "iam:PassRole": (Grant((ROLE,), (equals("iam:PassedToService", "vpc-flow-logs.amazonaws.com"),)),),
        "route53:AssociateVPCWithHostedZone": (Grant((arn("route53", "hostedzone/*", region="", account_id=""),)),),
    },
    together={
        # IAM checks the tags in a create call as a separate action (EC2 User Guide, tagging on creation).
        **{f"ec2:{name}": ("ec2:CreateTags",) for name in CREATES.split()},
        # A regional NAT gateway needs a service-linked role, which the account's first one creates (VPC User Guide, service-linked roles).
        "ec2:CreateNatGateway": ("ec2:CreateTags", "iam:CreateServiceLinkedRole"),
        # Private DNS names live in an AWS hosted zone that the VPC is associated with.
        "ec2:CreateVpcEndpoint": ("ec2:CreateTags", "route53:AssociateVPCWithHostedZone"),
        # The call passes the role that delivers the log (VPC User Guide, IAM role for publishing flow logs).
        "ec2:CreateFlowLogs": ("ec2:CreateTags", "iam:PassRole"),
    },
)

PERMISSIONS = merged((ROLES, KEYS, log_groups("{path}"), EC2_TAGS, NETWORK))
