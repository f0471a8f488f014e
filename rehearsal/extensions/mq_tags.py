"""Tags of brokers and configurations, and the tagging API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.mq_common import missing
from rehearsal.extensions.mq_record import Tags, store_of
from rehearsal.registry import Call, answers, lists_tags


@lists_tags("mq")
def tagged(backend: Any) -> Iterator[tuple[str, Tags]]:
    for one in store_of(backend).resources():
        yield one.arn, one.tags


def tags_of_arn(backend: Any, arn: str) -> Tags | None:
    return next((tags for each, tags in tagged(backend) if each == arn), None)


def _found(call: Call) -> Tags:
    arn = str(call.get("ResourceArn"))
    tags = tags_of_arn(call.backend, arn)
    if tags is None:
        raise missing(f"Can't find requested resource [{arn}].")
    return tags


@answers("mq", "CreateTags")
def add(call: Call) -> Any:
    _found(call).update(call.get("Tags") or {})
    return {}


@answers("mq", "DeleteTags")
def remove(call: Call) -> Any:
    tags = _found(call)
    for key in call.get("TagKeys") or []:
        tags.pop(key, None)
    return {}


@answers("mq", "ListTags")
def listed(call: Call) -> Any:
    return {"Tags": dict(_found(call))}
