# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Roles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..aws.canonical import policy, sorted_strings
from ..aws.connection import Aws
from ..aws.kind import AwsKind
from ..aws.tags import tag_changes, tag_dict, tag_list, visible
from ..reconcile.errors import EngineError
from ..reconcile.model import Observed, fixed, given, later

INLINE = "mainstay"
"""The name of the one inline policy that a role of ours has. Any other one on it is drift."""


class IamRole(AwsKind):
    """Found by its path, which only we use. What is attached to it beyond what is wanted is taken off again."""

    name = "iam_role"
    exclusive = True

    role_name = fixed()
    description = given()
    assume_role_policy_document = given(canonical=policy)
    permissions_boundary = given()
    inline_policy = later(canonical=policy)
    managed_policy_arns = later(canonical=sorted_strings)

    READS: tuple[tuple[str, dict[str, str]], ...] = (
        ("get_role", {}),
        ("list_role_policies", {}),
        ("get_role_policy", {"PolicyName": INLINE}),
        ("list_attached_role_policies", {}),
    )

    def find(self, aws: Aws) -> list[Observed]:
        return self._look(aws, [role["RoleName"] for role in aws.list_all("iam", "list_roles", "Roles", PathPrefix=aws.owner.path)])

    def read(self, aws: Aws, seen: Observed) -> Observed | None:
        return next(iter(self._look(aws, [seen.id])), None)

    def _look(self, aws: Aws, names: list[str]) -> list[Observed]:
        wanted = [(name, method, params) for name in names for method, params in self.READS]
        replies = aws.map(lambda want: aws.find("iam", want[1], RoleName=want[0], **want[2]) or {}, wanted)
        size = len(self.READS)
        found = [self._observed(aws, *replies[index * size : (index + 1) * size]) for index in range(len(names))]
        return [seen for seen in found if seen]

    def _observed(
        self, aws: Aws, got: Mapping[str, Any], inline: Mapping[str, Any], ours: Mapping[str, Any], attached: Mapping[str, Any]
    ) -> Observed | None:
        role = got.get("Role")
        tags = tag_dict(role.get("Tags")) if role else {}
        address = aws.owner.address(tags)
        if role is None or address is None:
            return None
        values = {
            "role_name": role["RoleName"],
            "description": role.get("Description"),
            "assume_role_policy_document": role["AssumeRolePolicyDocument"],
            "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "inline_policy": self._inline(inline.get("PolicyNames", []), ours.get("PolicyDocument")),
            "managed_policy_arns": [entry["PolicyArn"] for entry in attached.get("AttachedPolicies", [])],
            "tags": visible(tags),
        }
        kept = {name: value for name, value in values.items() if value is not None}
        return Observed(self.name, address, role["RoleName"], kept, {"arn": role["Arn"]})

    @staticmethod
    def _inline(names: Iterable[str], document: Any) -> Any:
        """Our policy; with foreign ones beside it, something that cannot equal it and names them."""
        foreign = sorted(set(names) - {INLINE})
        return {"foreign policies": foreign, INLINE: document} if foreign else document

    def create(self, aws: Aws, address: str, properties: Mapping[str, Any], token: str) -> Observed:
        tags = {**properties.get("tags", {}), **aws.owner.tags(address)}
        sent = {self.api_name(n): self.sent(n, v) for n, v in properties.items() if n != "tags" and v is not None}
        role = aws.change("iam", "create_role", Path=aws.owner.path, Tags=tag_list(tags), **sent)["Role"]
        return Observed(self.name, address, role["RoleName"], {**properties, "managed_policy_arns": []}, {"arn": role["Arn"]})

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

    def set_tags(self, aws: Aws, seen: Observed, value: Mapping[str, str]) -> None:
        changed, dropped = tag_changes(seen.properties.get("tags", {}), value)
        if changed:
            aws.change("iam", "tag_role", RoleName=seen.id, Tags=tag_list(changed))
        if dropped:
            aws.change("iam", "untag_role", RoleName=seen.id, TagKeys=dropped)

    def claim(self, aws: Aws, seen: Observed, address: str) -> None:
        aws.change("iam", "tag_role", RoleName=seen.id, Tags=tag_list(aws.owner.tags(address)))

    def look_up(self, aws: Aws, identifier: str, address: str) -> Observed | None:
        """By name or ARN. A role keeps its path for life, so only one on our path can ever be ours."""
        name = identifier.rpartition("/")[2]
        role = (aws.find("iam", "get_role", RoleName=name) or {}).get("Role")
        if role and role["Path"] != aws.owner.path:
            raise EngineError(f"its path is {role['Path']}, not {aws.owner.path}, and the path of a role cannot be changed")
        return self._strange(aws, name, address) if role else None

    def holder(self, aws: Aws, properties: Mapping[str, Any]) -> Observed | None:
        """Names of roles are unique in the account, whatever their path."""
        name = properties.get("role_name")
        return self._strange(aws, name, "") if name and aws.find("iam", "get_role", RoleName=name) else None

    def _strange(self, aws: Aws, name: str, address: str) -> Observed | None:
        other, marks = aws.taking_for(address)
        seen = self.read(other, Observed(self.name, address, name))
        return replace(seen, marked=marks[0]) if seen else None

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_managed_policy_arns(aws, current, [])
            self.set_inline_policy(aws, current, None)
            aws.remove("iam", "delete_role", RoleName=seen.id)
