"""Authorization checks for CloudFront calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, pairs
from rehearsal.extensions.cloudfront_common import items, tags_of_arn
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

KINDS = {
    "OriginAccessControl": "origin-access-control",
    "CloudFrontOriginAccessIdentity": "origin-access-identity",
    "CachePolicy": "cache-policy",
    "OriginRequestPolicy": "origin-request-policy",
    "ResponseHeadersPolicy": "response-headers-policy",
    "VpcOrigin": "vpcorigin",
}
"""Part of an operation's name -> the type of its resource."""
WITH_TAGS = "CreateDistributionWithTags"


@authorizes("cloudfront")
def asked(call: Call) -> Iterator[Ask]:
    if call.operation.startswith("List") and call.operation != "ListTagsForResource" and not call.get("DistributionId"):
        yield ask(call, "*")
        return
    resource, given = _resource(call), (call.get("DistributionConfigWithTags") or {}).get("Tags") or call.get("Tags") or {}
    request, there = pairs(items(given)), tags_of_arn(resource)
    action = "cloudfront:CreateDistribution" if call.operation == WITH_TAGS else ""
    yield ask(call, resource, action, request=request, there=there)
    if call.operation == "AssociateAlias":
        yield ask(call, resource, "cloudfront:UpdateDistribution", there=there)
    if call.operation in (WITH_TAGS, "CreateFunction", "CreateVpcOrigin") and request:
        yield ask(call, resource, "cloudfront:TagResource", request=request)


def _resource(call: Call) -> str:
    if call.get("Resource"):
        return str(call.get("Resource"))
    if "Function" in call.operation:
        return arn(call, "cloudfront", f"function/{call.get('Name') or '*'}", region="")
    kind = next((kind for part, kind in KINDS.items() if part in call.operation), "distribution")
    named = call.get("Id") if kind != "distribution" or "Invalidation" not in call.operation else None
    return arn(call, "cloudfront", f"{kind}/{named or call.get('DistributionId') or call.get('TargetDistributionId') or '*'}", region="")
