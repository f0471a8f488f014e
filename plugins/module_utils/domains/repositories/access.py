# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The policy of a repository, which lets other accounts use it. Pure.

An account is named by its root, so that its own policies decide which of its identities may pull. GetAuthorizationToken is not allowed in a
repository policy; identities get it from their own account (Amazon ECR User Guide, "Private repository policies in Amazon ECR").
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...aws.place import Place
from ...aws.policies import policy
from .settings.repositories import Access

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer")
DEPLOY = (
    *PULL,
    "ecr:BatchDeleteImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:ListImages",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
"""To push, and to protect what is deployed and lift that again. ECR has no narrower permission for removing a tag."""


def repository_policy(access: Access, place: Place) -> dict[str, Any] | None:
    """The policy document; None if nothing but the repository's own account uses it."""
    statements = []
    if access.pull_accounts:
        statements.append(_allow("PullAccounts", _roots(access.pull_accounts, place), PULL))
    if access.pull_organization:
        within = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": access.pull_organization}}}
        statements.append({**_allow("PullOrganization", "*", PULL), **within})
    if access.deploy_accounts:
        statements.append(_allow("DeployAccounts", _roots(access.deploy_accounts, place), DEPLOY))
    return policy(*statements) if statements else None


def _roots(accounts: Iterable[str], place: Place) -> dict[str, list[str]]:
    return {"AWS": [f"arn:{place.partition}:iam::{one}:root" for one in sorted(accounts)]}


def _allow(sid: str, principal: Any, actions: Iterable[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": list(actions)}
