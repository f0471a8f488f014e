# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The names of API operations in IAM policies."""

from __future__ import annotations

from collections.abc import Mapping

PREFIXES: Mapping[str, str] = {
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "pricing-plan-manager": "pricingplanmanager",
    "resourcegroupstaggingapi": "tag",
    "s3control": "s3",
    "service-quotas": "servicequotas",
}
"""botocore's name of a service -> the prefix of its actions, where the two differ."""

ACTIONS: Mapping[str, str] = {
    "cloudfront:CreateDistributionWithTags": "CreateDistribution",
    "s3:DeleteBucketCors": "PutBucketCORS",
    "s3:DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "s3:DeleteBucketReplication": "PutReplicationConfiguration",
    "s3:DeleteObjects": "DeleteObject",
    "s3:GetBucketCors": "GetBucketCORS",
    "s3:GetBucketEncryption": "GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "s3:GetBucketReplication": "GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3:HeadBucket": "ListBucket",
    "s3:ListBuckets": "ListAllMyBuckets",
    "s3:ListObjectVersions": "ListBucketVersions",
    "s3:ListObjectsV2": "ListBucket",
    "s3:PutBucketCors": "PutBucketCORS",
    "s3:PutBucketEncryption": "PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "s3:PutBucketReplication": "PutReplicationConfiguration",
    "s3:PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "s3control:GetPublicAccessBlock": "GetAccountPublicAccessBlock",
}
"""service:operation -> the action that it is checked for, where their names differ (Service Authorization Reference)."""


def action_of(service: str, operation: str) -> str:
    """The IAM action of an operation: ``action_of("elbv2", "DescribeTags")`` -> elasticloadbalancing:DescribeTags."""
    return f"{PREFIXES.get(service, service)}:{ACTIONS.get(f'{service}:{operation}', operation)}"
