# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How narrowly the IAM permissions of brokers can be scoped (Service Authorization Reference, Amazon MQ and AWS Secrets Manager).

Amazon MQ makes network interfaces and a grant of the key with the caller's rights ("API authentication and authorization for Amazon MQ").
"""

from __future__ import annotations

from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, equals, iam, keeps_mark, marked, not_others, request_marked
from ...kinds.permissions import OWN_KEY

ANY = Grant((arn("mq", "broker:*"), arn("mq", "configuration:*")))
OWN = Grant(ANY.resources, (marked,))
SECRETS = Grant((arn("secretsmanager", "secret:{path}*"),))
FOR_MQ = equals("ec2:AuthorizedService", "mq.amazonaws.com")

BROKERS = Permissions(
    reads={
        "mq:ListBrokers": (REGIONAL,),
        "mq:ListConfigurations": (REGIONAL,),
        # The holder of a wanted name is read to find its owner, and every broker for its tags, which the list leaves out.
        **each("mq", "DescribeBroker DescribeConfiguration DescribeConfigurationRevision", ANY),
        "secretsmanager:ListSecrets": (REGIONAL,),
        "secretsmanager:DescribeSecret": (SECRETS,),
        # What is inside a broker is compared with the secrets of its users.
        "secretsmanager:GetSecretValue": (SECRETS,),
        "kms:Decrypt": (OWN_KEY,),
        **each(
            "ec2",
            "DescribeInternetGateways DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcs",
            REGIONAL,
        ),
        "tag:GetResources": (REGIONAL,),
    },
    writes={
        "mq:CreateBroker": (Grant(("*",), (*REGIONAL.conditions, request_marked)),),
        "mq:CreateConfiguration": (Grant(("*",), (*REGIONAL.conditions, request_marked)),),
        **each("mq", "DeleteBroker DeleteConfiguration DeleteTags RebootBroker UpdateBroker UpdateConfiguration", OWN),
        # Also checked as part of the create calls, when the new resource has no tags yet.
        "mq:CreateTags": (Grant(ANY.resources, (marked, keeps_mark)), Grant(ANY.resources, (request_marked, not_others))),
        "secretsmanager:CreateSecret": (Grant(SECRETS.resources, (request_marked,)),),
        **each("secretsmanager", "DeleteSecret PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret", SECRETS),
        **each("kms", "CreateGrant GenerateDataKey", OWN_KEY),
        **each("ec2", "CreateNetworkInterface CreateVpcEndpoint", REGIONAL),
        "ec2:CreateNetworkInterfacePermission": (Grant(("*",), (*REGIONAL.conditions, FOR_MQ)),),
        "iam:CreateServiceLinkedRole": (
            Grant((iam("role/aws-service-role/mq.amazonaws.com/*"),), (equals("iam:AWSServiceName", "mq.amazonaws.com"),)),
        ),
    },
    together={
        "mq:CreateBroker": (
            "mq:CreateTags",
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:CreateVpcEndpoint",
            "ec2:DescribeInternetGateways",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeRouteTables",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ),
        # An upgrade to RabbitMQ 4 makes another grant.
        "mq:UpdateBroker": ("kms:CreateGrant", "kms:DescribeKey"),
        "mq:CreateConfiguration": ("mq:CreateTags",),
        "secretsmanager:CreateSecret": ("secretsmanager:TagResource", "kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    },
)
