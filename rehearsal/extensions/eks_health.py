"""Cluster health issues, as DescribeCluster and insights report them: a failed control plane, a missing role, or a missing key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.eks_common import member_of
from rehearsal.registry import backend

STATES_OF_KEYS = {
    "Disabled": ("KmsKeyDisabled", "The KMS key of the cluster is disabled."),
    "PendingDeletion": ("KmsKeyMarkedForDeletion", "The KMS key of the cluster is marked for deletion."),
}


def issues_of(cluster: Any) -> list[dict[str, Any]]:
    return [{"code": code, "message": text, "resourceIds": [identity]} for code, text, identity in _issues(cluster)]


def _issues(cluster: Any) -> Iterator[tuple[str, str, str]]:
    """(code, message, affected resource)."""
    _arn, _aws, _eks, region, account, _rest = cluster.arn.split(":", 5)
    member = member_of(cluster)
    if member is not None and member.phase == "failed":
        yield "Other", member.error, cluster.name
    if not any(role.arn == cluster.role_arn for role in backend("iam", account, region).roles.values()):
        yield "IamRoleNotFound", "The IAM role of the cluster could not be found.", cluster.role_arn
    keys = {key.arn: key for key in backend("kms", account, region).keys.values()}
    for config in cluster.encryption_config:
        arn = config["provider"]["keyArn"]
        if arn in keys and keys[arn].key_state in STATES_OF_KEYS:
            yield (*STATES_OF_KEYS[keys[arn].key_state], arn)
