# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Kinds that make calls in every way that kinds do. They are read, never run."""

from __future__ import annotations

from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.ec2_kind import ec2

SERVICE = "kms"


class Base:
    calls = ec2("route_table")

    def find(self, aws: Any) -> Any:
        return aws.list_all(self.calls.service, self.calls.list, self.calls.items)

    def set_tags(self, aws: Any) -> None:
        aws.change("ec2", "create_tags", Resources=[])

    def delete(self, aws: Any) -> None:
        aws.remove(self.calls.service, self.calls.delete)


class Inherits(Base):
    calls = ec2("vpc")


class Overrides(Base):
    def find(self, aws: Any) -> Any:
        return aws.read("iam", "get_role", RoleName="x")

    def set_tags(self, aws: Any) -> None:
        """Nothing to tag."""

    def delete(self, aws: Any) -> None:
        super().delete(aws)


class Either:
    def set_rotation(self, aws: Any, value: bool) -> None:
        aws.change(SERVICE, "enable_key_rotation" if value else "disable_key_rotation")

    def set_rules(self, aws: Any, side: str) -> None:
        aws.change("ec2", f"authorize_security_group_{side}")


class Tables:
    READS = (("list_roles", {}), ("get_role", {"PolicyName": "get_user_elsewhere"}))

    def look(self, aws: Any) -> Any:
        return aws.map(lambda want: aws.find("iam", want[0], **want[1]), self.READS)


class Helped:
    @staticmethod
    def change(aws: Any, side: str) -> None:
        for method in (f"revoke_security_group_{side}", "create_tags"):
            helper(aws, method)


def helper(aws: Any, method: str) -> None:
    aws.change("ec2", method)


class Hidden:
    def change(self, aws: Any, method: str) -> None:
        aws.change("ec2", method)


class Misspelt:
    def change(self, aws: Any) -> None:
        aws.change("ec2", "create_vcp")


class Unlisted:
    def change(self, aws: Any) -> None:
        aws.change("sqs", "create_queue")


def question(aws: Any) -> Any:
    return aws.list_all("ec2", "describe_regions", "Regions")
