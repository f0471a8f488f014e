# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM roles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..aws.canonical import policy, sorted_strings
from ..aws.connection import Aws
from ..aws.named_kind import NamedCalls, NamedKind, Read, Tagging
from ..reconcile.model import Observed, fixed, given, later

INLINE = "mainstay"
"""The name of the one inline policy that our roles have. Any other inline policy is drift."""


def roles_of(aws: Aws) -> list[Mapping[str, Any]]:
    """What the list call says of the component's roles, which are those on its path. Asked once per observation."""
    path = aws.owner.path
    return aws.once(f"roles on {path}", lambda: aws.list_all("iam", "list_roles", "Roles", PathPrefix=path))


class IamRole(NamedKind):
    """Found by its path, which only we use. Managed policies attached beyond the desired ones are detached."""

    name = "iam_role"
    calls = NamedCalls(
        service="iam",
        list="list_roles",
        items="Roles",
        describe="get_role",
        item="Role",
        create="create_role",
        delete="delete_role",
        name="RoleName",
        id="RoleName",
        arn="Arn",
    )
    tagging = Tagging(tag="tag_role", untag="untag_role", key="RoleName")
    reads = (
        Read("list_role_policies"),
        Read("get_role_policy", {"PolicyName": INLINE}, optional=True),
        Read("list_attached_role_policies"),
    )
    operations = (
        "attach_role_policy",
        "delete_role_permissions_boundary",
        "delete_role_policy",
        "detach_role_policy",
        "put_role_permissions_boundary",
        "put_role_policy",
        "update_assume_role_policy",
        "update_role",
    )
    exclusive = True

    role_name = fixed()
    description = given()
    assume_role_policy_document = given(canonical=policy, document=True)
    permissions_boundary = given()
    inline_policy = later(canonical=policy, document=True)
    managed_policy_arns = later(canonical=sorted_strings)

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        return [dict(role) for role in roles_of(aws)]

    def create_params(self, aws: Aws) -> dict[str, Any]:
        return {"Path": aws.owner.path}

    def get_permissions_boundary(self, raw: Mapping[str, Any]) -> str | None:
        return raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")

    def get_inline_policy(self, raw: Mapping[str, Any]) -> Any:
        """Our policy; if foreign ones exist beside it, a value that cannot equal it and names them."""
        document = raw.get("PolicyDocument")
        foreign = sorted(set(raw.get("PolicyNames", [])) - {INLINE})
        return {"foreign policies": foreign, INLINE: document} if foreign else document

    def get_managed_policy_arns(self, raw: Mapping[str, Any]) -> list[str]:
        return [entry["PolicyArn"] for entry in raw.get("AttachedPolicies", [])]

    def set_description(self, aws: Aws, seen: Observed, value: str | None) -> None:
        aws.change("iam", "update_role", RoleName=seen.id, Description=value or "")

    def set_assume_role_policy_document(self, aws: Aws, seen: Observed, value: Mapping[str, Any]) -> None:
        aws.change("iam", "update_assume_role_policy", RoleName=seen.id, PolicyDocument=json.dumps(value))

    def set_permissions_boundary(self, aws: Aws, seen: Observed, value: str | None) -> None:
        if value:
            aws.change("iam", "put_role_permissions_boundary", RoleName=seen.id, PermissionsBoundary=value)
        else:
            aws.remove("iam", "delete_role_permissions_boundary", RoleName=seen.id)

    def set_inline_policy(self, aws: Aws, seen: Observed, value: Mapping[str, Any] | None) -> None:
        if value:
            aws.change("iam", "put_role_policy", RoleName=seen.id, PolicyName=INLINE, PolicyDocument=json.dumps(value))
        for name in aws.list_all("iam", "list_role_policies", "PolicyNames", RoleName=seen.id):
            if name != INLINE or not value:
                aws.remove("iam", "delete_role_policy", RoleName=seen.id, PolicyName=name)

    def set_managed_policy_arns(self, aws: Aws, seen: Observed, value: Iterable[str]) -> None:
        have = set(seen.properties.get("managed_policy_arns", []))
        for arn in sorted(set(value) - have):
            aws.change("iam", "attach_role_policy", RoleName=seen.id, PolicyArn=arn)
        for arn in sorted(have - set(value)):
            aws.remove("iam", "detach_role_policy", RoleName=seen.id, PolicyArn=arn)

    def why_not_adoptable(self, aws: Aws, raw: Mapping[str, Any]) -> str:
        """A role's path cannot change, so only a role on our path can become ours."""
        path = raw["Path"]
        return "" if path == aws.owner.path else f"its path is {path}, not {aws.owner.path}, and the path of a role cannot be changed"

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_managed_policy_arns(aws, current, [])
            self.set_inline_policy(aws, current, None)
            super().delete(aws, seen)
