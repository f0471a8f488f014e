# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Instance profiles: how an EC2 instance gets the permissions of a role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..aws.connection import Aws
from ..aws.named_kind import NamedCalls, NamedKind, Tagging
from ..reconcile.model import Observed, fixed, later
from .iam_role import roles_of


def profile_name(role_name: str) -> str:
    """Not the name of the role itself: each of the two would seem to refer to the other, and neither could be deleted first."""
    return f"{role_name}-profile"


class IamInstanceProfile(NamedKind):
    """The name follows from that of its role, and the component's roles have been listed already: those of ``part`` may have a profile.

    ``part``: the last part of the names of these roles (``prod.cluster.main.karpenter-nodes``). A role is deleted after its profile.
    """

    name = "iam_instance_profile"
    calls = NamedCalls(
        service="iam",
        describe="get_instance_profile",
        item="InstanceProfile",
        create="create_instance_profile",
        delete="delete_instance_profile",
        name="InstanceProfileName",
        id="InstanceProfileName",
        arn="Arn",
    )
    tagging = Tagging(tag="tag_instance_profile", untag="untag_instance_profile", key="InstanceProfileName")
    operations = ("add_role_to_instance_profile", "list_roles", "remove_role_from_instance_profile")
    exclusive = True

    instance_profile_name = fixed()
    role_name = later()

    def __init__(self, part: str) -> None:
        super().__init__()
        self.part = part

    def listed(self, aws: Aws) -> list[dict[str, Any]]:
        names = [str(role["RoleName"]) for role in roles_of(aws)]
        return [{"InstanceProfileName": profile_name(name)} for name in names if name.rpartition(".")[2] == self.part]

    def create_params(self, aws: Aws) -> dict[str, Any]:
        return {"Path": aws.owner.path}

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        return {"InstanceProfileName": properties["instance_profile_name"]}

    def attributes(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"arn": raw.get("Arn"), "name": raw.get("InstanceProfileName")}

    def get_role_name(self, raw: Mapping[str, Any]) -> str | None:
        return next((role["RoleName"] for role in raw.get("Roles") or ()), None)

    def set_role_name(self, aws: Aws, seen: Observed, value: str | None) -> None:
        """A profile has at most one role."""
        before = seen.properties.get("role_name")
        if before and before != value:
            aws.remove("iam", "remove_role_from_instance_profile", InstanceProfileName=seen.id, RoleName=before)
        if value and before != value:
            aws.change("iam", "add_role_to_instance_profile", InstanceProfileName=seen.id, RoleName=value)

    def why_not_adoptable(self, aws: Aws, raw: Mapping[str, Any]) -> str:
        path = raw["Path"]
        return "" if path == aws.owner.path else f"its path is {path}, not {aws.owner.path}, and the path of a profile cannot be changed"

    def delete(self, aws: Aws, seen: Observed) -> None:
        current = self.read(aws, seen)
        if current:
            self.set_role_name(aws, current, None)
            super().delete(aws, seen)
