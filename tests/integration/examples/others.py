# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The IAM identities of an account that are not the collection's, such as those of a seed, and what bounds those that are."""

from __future__ import annotations

from typing import Any

from rehearsal.testing import Cloud

OURS = "/mainstay/"


def identities(cloud: Cloud) -> dict[str, Any]:
    """Everything about others' policies and roles that a run could have changed, by ARN."""
    iam = cloud.client("iam")
    found: dict[str, Any] = {}
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        if not policy["Path"].startswith(OURS):
            counted = ("PermissionsBoundaryUsageCount", "AttachmentCount")
            found[policy["Arn"]] = {name: value for name, value in policy.items() if name not in counted}
    for role in iam.list_roles()["Roles"]:
        if not role["Path"].startswith((OURS, "/aws-service-role/")):
            found[role["Arn"]] = (role, iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"])
    return found


def boundaries(cloud: Cloud) -> set[str | None]:
    """The permissions boundaries of the collection's roles; None: a role has none."""
    iam = cloud.client("iam")
    ours = [role["RoleName"] for role in iam.list_roles(PathPrefix=OURS)["Roles"]]
    return {iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for name in ours}
