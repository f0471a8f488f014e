# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whose resources a call manages, and where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .owner import Owner


@dataclass(frozen=True)
class Place:
    """One component of one environment, in one region of one account.

    ``tags`` and ``permissions_boundary`` apply to every resource that supports them. ``caller`` is the ARN of the identity that makes the
    calls; ``endpoint`` is None for AWS's own. ``further_regions``: where else the component may have resources.
    """

    environment: str
    component: str
    region: str
    account_id: str
    partition: str = "aws"
    caller: str = ""
    endpoint: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    permissions_boundary: str | None = None
    further_regions: tuple[str, ...] = ()

    @property
    def owner(self) -> Owner:
        return Owner(self.environment, self.component)

    @property
    def path(self) -> str:
        """The IAM path of the component's roles, and the prefix of its other names: ``/mainstay/prod/network/``."""
        return self.owner.path

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this region and account: ``place.arn("logs", "log-group:/mainstay/*")``."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def in_region(self, region: str) -> Place:
        """The same component in another region, for the ARNs and policies of what lives there."""
        return replace(self, region=region, further_regions=())

    def iam_arn(self, resource: str) -> str:
        """An ARN of this account's IAM, which has no regions: ``place.iam_arn("root")``."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    def aws_policy(self, name: str) -> str:
        """The ARN of one of AWS's managed policies."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"

    def role(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties of an IAM role with the permissions boundary, if there is one."""
        return {**properties, **({"permissions_boundary": self.permissions_boundary} if self.permissions_boundary else {})}

    def as_dict(self) -> dict[str, Any]:
        """The place as modules return it in ``target``."""
        further = {"further_regions": list(self.further_regions)} if self.further_regions else {}
        return {"endpoint": self.endpoint, "region": self.region, "account_id": self.account_id, "caller": self.caller, **further}
