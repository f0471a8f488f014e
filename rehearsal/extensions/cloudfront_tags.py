"""Tags: of distributions, functions, and VPC origins. Access controls and policies have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.cloudfront_common import Document, items, store, store_at
from rehearsal.registry import Call, answers, lists_tags
from rehearsal.replies import Refusal

MOST_TAGS = 50


def _tags(call: Call) -> dict[str, str]:
    arn = str(call.get("Resource") or "")
    found = {
        **{one.arn: one.tags for one in store(call).distributions.values()},
        **{one.arn: one.tags for one in store(call).functions.values()},
        **{one.arn: one.tags for one in store(call).vpc_origins.values()},
    }
    if arn not in found:
        raise Refusal("NoSuchResource", "The specified resource does not exist.", 404)
    return found[arn]


@answers("cloudfront", "TagResource")
def tag(call: Call) -> Document:
    there, given = _tags(call), items(call.get("Tags"))
    if any(str(one["Key"]).lower().startswith("aws:") for one in given):
        raise Refusal("InvalidTagging", "A tag key must not begin with aws:.", 400)
    if len({*there, *(one["Key"] for one in given)}) > MOST_TAGS:
        raise Refusal("InvalidTagging", f"A resource has at most {MOST_TAGS} tags.", 400)
    there.update({one["Key"]: one.get("Value") or "" for one in given})
    return {}


@answers("cloudfront", "UntagResource")
def untag(call: Call) -> Document:
    there = _tags(call)
    for name in items(call.get("TagKeys")):
        there.pop(name, None)
    return {}


@answers("cloudfront", "ListTagsForResource")
def listed(call: Call) -> Document:
    return {"Tags": {"Items": [{"Key": key, "Value": value} for key, value in sorted(_tags(call).items())]}}


@lists_tags("cloudfront")
def distributions_and_functions(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    found = store_at(backend)
    yield from ((one.arn, one.tags) for one in found.distributions.values())
    yield from ((one.arn, one.tags) for one in found.functions.values())
