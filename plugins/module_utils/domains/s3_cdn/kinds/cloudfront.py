# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the kinds of CloudFront share: lists in pages, versions (ETags), owners of what has no tags, and refusals that pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....aws.connection import Aws
from ....reconcile.errors import CallFailed, NotYet

HOME = "us-east-1"
"""The region of what belongs to a distribution but is regional elsewhere: certificates, web ACLs, log deliveries, plans, and the index of
tags."""
STALE = ("PreconditionFailed", "InvalidIfMatchVersion")
SPREADING = ("InvalidFunctionAssociation", "InvalidViewerCertificate", "InvalidWebACLId")
"""What CloudFront answers about something that was made a moment ago elsewhere (hashicorp/terraform-provider-aws#4698,
aws/aws-sdk-java#2901). Plans have checked certificates by then."""
IN_USE = (
    "CachePolicyInUse",
    "CannotDeleteEntityWhileInUse",
    "DistributionNotDisabled",
    "FunctionInUse",
    "OriginAccessControlInUse",
    "OriginRequestPolicyInUse",
    "ResponseHeadersPolicyInUse",
)
TYPES = ("cloudfront:distribution", "logs:delivery", "logs:delivery-destination", "logs:delivery-source")
"""What the index of tags is asked for, as the tagging API names it."""


def at_home(aws: Aws) -> Aws:
    """The connection to where CloudFront's regional companions live."""
    return aws.in_region(HOME)


def marked_at_home(aws: Aws) -> list[str]:
    """The ARNs of the component's distributions and deliveries: one call for all. The index lags: what is new may be missing."""
    there = at_home(aws)
    filters = [{"Key": key, "Values": [value]} for key, value in aws.owner.scope().items()]

    def ask() -> list[str]:
        found = there.list_all(
            "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=filters, ResourceTypeFilters=list(TYPES)
        )
        return [str(entry["ResourceARN"]) for entry in found]

    return there.once(f"marked for CloudFront {sorted(aws.owner.scope().items())}", ask)


def listed(aws: Aws, method: str, member: str, **params: Any) -> list[dict[str, Any]]:
    """All entries of a list call; botocore pages only some of CloudFront's."""
    found: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        page = aws.read("cloudfront", method, **params, **marker)[member]
        found += page.get("Items") or []
        if not page.get("NextMarker"):
            return found
        marker = {"Marker": page["NextMarker"]}


def counted(values: Any) -> dict[str, Any]:
    """A list as CloudFront takes it."""
    entries = list(values)
    return {"Quantity": len(entries), **({"Items": entries} if entries else {})}


def items(value: Mapping[str, Any] | None) -> list[Any]:
    return list((value or {}).get("Items") or [])


def removed(remove: Callable[[], None]) -> None:
    """Make a call that removes something. Raises NotYet while something still uses it, or another change came in between."""
    try:
        remove()
    except CallFailed as error:
        if error.code in (*IN_USE, *STALE):
            raise NotYet(error.message, error.operation, error.code, error.hint, dependency=True) from error
        raise


def accepted(write: Callable[[], Any]) -> Any:
    """Make a call that may name something new. Raises NotYet if CloudFront does not know it, which is final only if it lasts."""
    try:
        return write()
    except CallFailed as error:
        if error.code in SPREADING:
            raise NotYet(error.message, error.operation, error.code, error.hint) from error
        raise


def changed(
    read: Callable[[], Mapping[str, Any]], write: Callable[[Mapping[str, Any]], Any], same: Callable[[Mapping[str, Any]], bool]
) -> Any:
    """Change something under the version that it has right now.

    ``read`` returns what is there, with its ``ETag``. If the version has changed by the time of ``write``, both are done once more,
    provided that ``same`` says that what the plan was based on is still there. Otherwise raises CallFailed: the plan is no longer right.
    """
    there = read()
    try:
        return write(there)
    except CallFailed as error:
        if error.code not in STALE:
            raise
        there = read()
        if not same(there):
            error.hint = "Somebody else has changed it since it was planned. Nothing was changed by this run; run again for a new plan."
            raise
        return write(there)
