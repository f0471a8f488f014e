# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How closely the actions on caches can be confined: ElastiCache, Secrets Manager, and what ElastiCache does with the caller's rights."""

from __future__ import annotations

from ...aws.grants import REGIONAL, Grant, Permissions, arn, each, equals, iam, keeps_mark, marked, merged, not_others, request_marked
from ...kinds.permissions import KEYS, OWN_KEY, named_log_groups
from .kinds.cache_log_group import PREFIX


def cache(kind: str) -> str:
    """Every resource of a type in the region: ElastiCache separates type and name by a colon."""
    return arn("elasticache", f"{kind}:*")


def own(*kinds: str) -> Grant:
    return Grant(tuple(cache(kind) for kind in kinds), (marked,))


def new(*kinds: str) -> Grant:
    return Grant(tuple(cache(kind) for kind in kinds), (request_marked,))


def any_of(*kinds: str) -> Grant:
    return Grant(tuple(cache(kind) for kind in kinds))


TYPES = ("replicationgroup", "subnetgroup", "parametergroup", "user", "usergroup")
MEMBERS = any_of("cluster")
"""The nodes of a replication group: changes are checked against them too, and they have no tags of ours."""
SECRETS = Grant((arn("secretsmanager", "secret:{path}*"),))
GIVEN_SECRETS = Grant((arn("secretsmanager", "secret:*"),))
"""Secrets that others keep, with a token: only their values are read."""

CACHES = Permissions(
    reads={
        **each(
            "elasticache",
            "DescribeCacheClusters DescribeCacheParameterGroups DescribeCacheParameters DescribeCacheSubnetGroups "
            "DescribeEngineDefaultParameters DescribeReplicationGroups DescribeSnapshots DescribeUserGroups DescribeUsers "
            "ListTagsForResource",
            REGIONAL,
        ),
        "secretsmanager:ListSecrets": (REGIONAL,),
        "secretsmanager:DescribeSecret": (SECRETS,),
        # A plan looks whether ElastiCache would take the values that log in.
        "secretsmanager:GetSecretValue": (GIVEN_SECRETS,),
        "kms:Decrypt": (OWN_KEY,),
    },
    writes={
        "elasticache:CreateReplicationGroup": (
            new("replicationgroup"),
            own("subnetgroup", "parametergroup", "usergroup"),
            any_of("snapshot", "parametergroup"),
        ),
        "elasticache:CreateCacheParameterGroup": (new("parametergroup"),),
        "elasticache:CreateCacheSubnetGroup": (new("subnetgroup"),),
        "elasticache:CreateUser": (new("user"),),
        "elasticache:CreateUserGroup": (new("usergroup"), own("user")),
        "elasticache:DeleteReplicationGroup": (own("replicationgroup"), any_of("snapshot")),
        **each("elasticache", "DeleteCacheParameterGroup ModifyCacheParameterGroup ResetCacheParameterGroup", own("parametergroup")),
        **each("elasticache", "DeleteCacheSubnetGroup ModifyCacheSubnetGroup", own("subnetgroup")),
        "elasticache:DeleteUser": (own("user"),),
        "elasticache:ModifyUser": (own("user"),),
        "elasticache:DeleteUserGroup": (own("usergroup"),),
        "elasticache:ModifyUserGroup": (own("usergroup"), any_of("user")),
        "elasticache:ModifyReplicationGroup": (own("replicationgroup"), any_of("parametergroup", "usergroup"), MEMBERS),
        **each(
            "elasticache",
            "DecreaseReplicaCount IncreaseReplicaCount ModifyReplicationGroupShardConfiguration",
            own("replicationgroup"),
        ),
        # Also checked as part of the create calls, when the new resource has no tags yet.
        "elasticache:AddTagsToResource": (
            Grant(tuple(cache(kind) for kind in TYPES), (marked, keeps_mark)),
            Grant(tuple(cache(kind) for kind in TYPES), (request_marked, not_others)),
        ),
        "elasticache:RemoveTagsFromResource": (own(*TYPES),),
        "secretsmanager:CreateSecret": (Grant(SECRETS.resources, (request_marked,)),),
        **each(
            "secretsmanager",
            "DeleteSecret PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage",
            SECRETS,
        ),
        **each("kms", "CreateGrant GenerateDataKey", OWN_KEY),
        # ElastiCache delivers logs with the caller's rights (CloudWatch Logs User Guide, "Logs sent to CloudWatch Logs").
        **each(
            "logs",
            "CreateLogDelivery DeleteLogDelivery DescribeResourcePolicies GetLogDelivery ListLogDeliveries PutResourcePolicy "
            "UpdateLogDelivery",
            REGIONAL,
        ),
        "iam:CreateServiceLinkedRole": (
            Grant((iam("role/aws-service-role/elasticache*"),), (equals("iam:AWSServiceName", "elasticache.amazonaws.com"),)),
        ),
    },
    together={
        "elasticache:CreateReplicationGroup": (
            "elasticache:AddTagsToResource",
            "iam:CreateServiceLinkedRole",
            "kms:CreateGrant",
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "logs:CreateLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:PutResourcePolicy",
        ),
        "elasticache:ModifyReplicationGroup": (
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        "elasticache:CreateCacheParameterGroup": ("elasticache:AddTagsToResource",),
        "elasticache:CreateCacheSubnetGroup": ("elasticache:AddTagsToResource",),
        "elasticache:CreateUser": ("elasticache:AddTagsToResource",),
        "elasticache:CreateUserGroup": ("elasticache:AddTagsToResource",),
        "secretsmanager:CreateSecret": ("secretsmanager:TagResource", "kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:PutSecretValue": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:UpdateSecret": ("kms:GenerateDataKey", "kms:Decrypt"),
        "secretsmanager:GetSecretValue": ("kms:Decrypt",),
    },
)

PERMISSIONS = merged((KEYS, named_log_groups(PREFIX, PREFIX), CACHES))
