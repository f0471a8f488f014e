# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How closely the actions on instances can be confined: RDS, Secrets Manager, and what RDS does with the caller's rights."""

from __future__ import annotations

from ...aws.grants import (
    REGIONAL,
    Grant,
    Permissions,
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
    typed,
)
from ...kinds.permissions import EC2_TAGS, KEYS, OWN_EC2, OWN_KEY, ROLE, ROLES, named_log_groups, new_ec2
from .replication import REPLICATIONS

PASSED_TO = ("monitoring.rds.amazonaws.com", "rds.amazonaws.com")
"""The services that the roles for monitoring and of proxies are passed to."""

TYPES = ("db", "subgrp", "pg", "db-proxy", "target-group", "snapshot")


def rds(kind: str) -> str:
    """Every resource of a type in the region: RDS separates type and name by a colon."""
    return arn("rds", f"{kind}:*")


def own(*kinds: str) -> Grant:
    return Grant(tuple(rds(kind) for kind in kinds), (marked,))


def new(*kinds: str) -> Grant:
    return Grant(tuple(rds(kind) for kind in kinds), (request_marked,))


def any_of(*kinds: str) -> Grant:
    return Grant(tuple(rds(kind) for kind in kinds))


OPTION_GROUPS = Grant((arn("rds", "og:default*"), arn("rds", "secgrp:default*")))
"""AWS's own groups, against which creating and changing an instance is checked as well."""
SECRETS = Grant((arn("secretsmanager", "secret:{path}*"),))
MANAGED_SECRETS = Grant((arn("secretsmanager", "secret:rds!db-*"),))
"""The secrets in which RDS keeps master passwords. They carry its own tags, not ours."""
VIA_SECRETS = Grant(OWN_KEY.resources, (marked,))

INSTANCES = Permissions(
    reads={
        # Any resource with a wanted name is read to find its owner.
        **each(
            "rds",
            "DescribeDBEngineVersions DescribeDBInstances DescribeDBLogFiles DescribeDBMajorEngineVersions DescribeDBParameterGroups "
            "DescribeDBParameters DescribeDBProxies DescribeDBProxyTargetGroups DescribeDBProxyTargets DescribeDBSnapshots "
            "DescribeDBSubnetGroups DescribeEngineDefaultParameters DescribeEvents DescribeOrderableDBInstanceOptions "
            "DescribeDBInstanceAutomatedBackups ListTagsForResource",
            REGIONAL,
        ),
        **each("rds", "DownloadDBLogFilePortion", own("db")),
        "ec2:DescribeSecurityGroups": (REGIONAL,),
        "ec2:DescribeSubnets": (REGIONAL,),
        "secretsmanager:ListSecrets": (REGIONAL,),
        "secretsmanager:DescribeSecret": (SECRETS, MANAGED_SECRETS),
        "secretsmanager:GetSecretValue": (SECRETS,),
        # A plan logs in to see what is inside an instance, and the secret of its login is encrypted with the component's key.
        "kms:Decrypt": (OWN_KEY,),
    },
    writes={
        "rds:CreateDBInstance": (new("db"), own("subgrp", "pg"), OPTION_GROUPS),
        "rds:CreateDBInstanceReadReplica": (new("db"), own("db", "pg", "subgrp"), OPTION_GROUPS),
        "rds:CreateDBParameterGroup": (new("pg"),),
        "rds:CreateDBProxy": (new("db-proxy"),),
        "rds:CreateDBSnapshot": (own("db"), any_of("snapshot")),
        "rds:CreateDBSubnetGroup": (new("subgrp"),),
        "rds:DeleteDBInstance": (own("db"), any_of("snapshot", "auto-backup")),
        **each("rds", "DeleteDBParameterGroup ModifyDBParameterGroup ResetDBParameterGroup", own("pg")),
        **each("rds", "DeleteDBSubnetGroup ModifyDBSubnetGroup", own("subgrp")),
        **each("rds", "DeleteDBProxy ModifyDBProxy", own("db-proxy")),
        # The target group of a proxy and its targets carry no tags.
        **each("rds", "DeregisterDBProxyTargets RegisterDBProxyTargets", own("db-proxy", "db"), any_of("target-group")),
        "rds:ModifyDBProxyTargetGroup": (own("db-proxy"), any_of("target-group")),
        "rds:ModifyDBInstance": (own("db", "pg", "subgrp"), OPTION_GROUPS),
        **each("rds", "PromoteReadReplica RebootDBInstance", own("db")),
        # Also checked as part of the create calls, when the new resource has no tags yet.
        "rds:AddTagsToResource": (
            Grant(tuple(rds(kind) for kind in TYPES), (marked, keeps_mark)),
            Grant(tuple(rds(kind) for kind in TYPES), (request_marked, not_others)),
            Grant((rds("snapshot"),), (keeps_mark,)),
        ),
        "rds:RemoveTagsFromResource": (own(*TYPES),),
        # RDS creates and tags the secret of a managed password with the caller's rights, and its rotation is set on it.
        "secretsmanager:CreateSecret": (Grant(SECRETS.resources, (request_marked,)), MANAGED_SECRETS),
        "secretsmanager:TagResource": (SECRETS, MANAGED_SECRETS),
        **each("secretsmanager", "DeleteSecret PutSecretValue RestoreSecret UntagResource UpdateSecret", SECRETS),
        "secretsmanager:RotateSecret": (MANAGED_SECRETS,),
        "ec2:CreateSecurityGroup": (new_ec2("security-group"), Grant((typed("ec2", "vpc"),), (marked_by_environment,))),
        **each(
            "ec2",
            "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress DeleteSecurityGroup RevokeSecurityGroupEgress "
            "RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
            OWN_EC2,
        ),
        **each("kms", "CreateGrant GenerateDataKey", OWN_KEY),
        "iam:CreateServiceLinkedRole": (Grant((iam("role/aws-service-role/rds*"),), (equals("iam:AWSServiceName", "rds.amazonaws.com"),)),),
        "iam:PassRole": (Grant((ROLE,), (equals("iam:PassedToService", PASSED_TO),)),),
    },
    together={
        # The monitoring role is passed, the key is used on the caller's behalf, the first instance of an account creates a service-linked
        # role, and a managed password becomes a secret (RDS User Guide: "Permissions required for Secrets Manager integration").
        "rds:CreateDBInstance": (
            "rds:AddTagsToResource",
            "iam:PassRole",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:Decrypt",
            "secretsmanager:CreateSecret",
            "secretsmanager:TagResource",
        ),
        "rds:CreateDBInstanceReadReplica": ("rds:AddTagsToResource", "iam:PassRole", "kms:CreateGrant", "kms:DescribeKey"),
        "rds:ModifyDBInstance": (
            "iam:PassRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "secretsmanager:CreateSecret",
            "secretsmanager:RotateSecret",
            "secretsmanager:TagResource",
        ),
        "rds:CreateDBParameterGroup": ("rds:AddTagsToResource",),
        "rds:CreateDBSubnetGroup": ("rds:AddTagsToResource",),
        "rds:CreateDBProxy": ("rds:AddTagsToResource", "iam:PassRole"),
        "rds:CreateDBSnapshot": ("rds:AddTagsToResource",),
        "rds:ModifyDBProxy": ("iam:PassRole",),
        "secretsmanager:CreateSecret": ("secretsmanager:TagResource", "kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:GetSecretValue": ("kms:Decrypt",),
        "ec2:CreateSecurityGroup": ("ec2:CreateTags",),
    },
)

PERMISSIONS = merged((ROLES, KEYS, named_log_groups("/aws/rds/instance/", "/aws/rds/instance/"), EC2_TAGS, INSTANCES, REPLICATIONS))
