"""Tags of clusters, and the tagging API. Configurations have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.kafka_common import missing
from rehearsal.extensions.kafka_record import Tags, store_of
from rehearsal.registry import Call, answers, lists_tags


@lists_tags("kafka")
def tagged(backend: Any) -> Iterator[tuple[str, Tags]]:
    for one in store_of(backend).resources():
        yield one.arn, one.tags


def tags_of_arn(backend: Any, arn: str) -> Tags | None:
    return next((tags for each, tags in tagged(backend) if each == arn), None)


def _found(call: Call) -> Tags:
    tags = tags_of_arn(call.backend, str(call.get("ResourceArn")))
    if tags is None:
        raise missing("The resource does not exist.")
    return tags


@answers("kafka", "TagResource")
def add(call: Call) -> Any:
    _found(call).update(call.get("Tags") or {})
    return {}


@answers("kafka", "UntagResource")
def remove(call: Call) -> Any:
    tags = _found(call)
    for key in call.get("TagKeys") or []:
        tags.pop(key, None)
    return {}


@answers("kafka", "ListTagsForResource")
def listed(call: Call) -> Any:
    return {"Tags": dict(_found(call))}
