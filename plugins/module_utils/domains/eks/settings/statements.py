# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the policies of controllers are made of: their scope, and statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Statement = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """The scope of a policy."""

    cluster: str
    """The AWS name of the cluster."""
    environment: str
    region: str
    account_id: str
    partition: str
    node_role: Any = ""
    """The ARN of the role of the nodes that Karpenter launches, or a reference to it."""
    queue: str = ""
    """The name of Karpenter's queue."""

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account_id}:{resource}"


def allow(sid: str, actions: list[str], resources: Any = "*", **condition: Mapping[str, Any]) -> Statement:
    """``resources``: an ARN, a list of ARNs, or a reference to one."""
    found: Statement = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**found, "Condition": dict(condition)} if condition else found
