"""Tags of alarms, mute rules, and dashboards. The tagging API lists those of alarms only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.cloudwatch_store import Store, store, store_of, wrong_value
from rehearsal.query_api import check_tags, listed, pairs
from rehearsal.registry import Call, answers, lists_tags
from rehearsal.replies import Refusal

MOST_TAGS = 50


def _tags(call: Call) -> dict[str, str]:
    """The tags of the resource that a call names, as an object that can be changed."""
    arn, kept = str(call.get("ResourceARN")), store(call)
    if arn.startswith("arn:aws:cloudwatch::") and ":dashboard/" in arn:
        name = arn.partition(":dashboard/")[2]
        if name in kept.dashboards:
            return kept.dashboards[name].tags
    elif arn in {one.arn for one in kept.alarms.values()} | {one.arn for one in kept.mute_rules.values()}:
        found: dict[str, str] = call.backend.tagger.tags.setdefault(arn, {})
        return found
    raise Refusal("ResourceNotFoundException", "Unknown", 404)


@answers("cloudwatch", "TagResource")
def tag(call: Call) -> Any:
    check_tags(call.get("Tags"))
    tags, added = _tags(call), pairs(call.get("Tags"))
    if len({*tags, *added}) > MOST_TAGS:
        raise wrong_value(f"A resource can have at most {MOST_TAGS} tags.")
    tags.update(added)
    return {}


@answers("cloudwatch", "UntagResource")
def untag(call: Call) -> Any:
    tags = _tags(call)
    for key in call.get("TagKeys") or []:
        tags.pop(key, None)
    return {}


@answers("cloudwatch", "ListTagsForResource")
def list_tags(call: Call) -> Any:
    return {"Tags": listed(_tags(call))}


@lists_tags("cloudwatch")
def of_alarms(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    kept: Store = store_of(backend.account_id, backend.region_name)
    for alarm in kept.alarms.values():
        yield alarm.arn, backend.tagger.tags.setdefault(alarm.arn, {})
