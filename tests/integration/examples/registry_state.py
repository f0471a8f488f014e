# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Repositories in AWS, read through boto3 alone, and the checks of the rows about images in the requirements table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Check = Callable[["RegistryState"], None]


class RegistryState:
    """An account's repositories in a region."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.ecr = client("ecr")

    def repositories(self) -> dict[str, dict[str, Any]]:
        return {one["repositoryName"]: one for one in self.ecr.describe_repositories()["repositories"]}

    def first_rule(self, name: str) -> dict[str, Any]:
        rules = json.loads(self.ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"])["rules"]
        found: dict[str, Any] = min(rules, key=lambda rule: rule["rulePriority"])
        return found


def repositories(*names: str) -> Check:
    """Scanned repositories with tags that never move, from which no lifecycle policy removes what is deployed."""

    def check(state: RegistryState) -> None:
        found = state.repositories()
        assert sorted(found) == sorted(names)
        for name, one in found.items():
            assert (one["imageTagMutability"], one["imageScanningConfiguration"]) == ("IMMUTABLE", {"scanOnPush": True})
            assert state.first_rule(name)["selection"]["tagPrefixList"] == ["deployed-"]

    return check


def deployed_from(account_id: str) -> Check:
    """Another account pulls from every repository, and protects what it deploys."""

    def check(state: RegistryState) -> None:
        for name in state.repositories():
            (statement,) = json.loads(state.ecr.get_repository_policy(repositoryName=name)["policyText"])["Statement"]
            assert statement["Principal"] == {"AWS": f"arn:aws:iam::{account_id}:root"}
            assert {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:PutImage"} <= set(statement["Action"])

    return check
