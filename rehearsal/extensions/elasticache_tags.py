"""Tags of everything in ElastiCache that has an ARN, and the tagging API. A member cluster has the tags of its replication group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.elasticache_clusters import arn_of
from rehearsal.extensions.elasticache_record import GROUP, Tags, phase, store_of
from rehearsal.life import life_of
from rehearsal.query_api import check_tags, listed, pairs
from rehearsal.registry import Call, answers, lists_tags
from rehearsal.replies import Refusal

NOT_FOUND = {
    "replicationgroup": ("ReplicationGroupNotFoundFault", 404),
    "cluster": ("CacheClusterNotFound", 404),
    "snapshot": ("SnapshotNotFoundFault", 404),
    "user": ("UserNotFound", 404),
    "usergroup": ("UserGroupNotFound", 404),
    "parametergroup": ("CacheParameterGroupNotFound", 404),
    "subnetgroup": ("CacheSubnetGroupNotFoundFault", 400),
}


@lists_tags("elasticache")
def tagged(backend: Any) -> Iterator[tuple[str, Tags]]:
    store = store_of(backend)
    for resource in store.resources():
        yield resource.arn, resource.tags
    for group in store.groups.values():
        for node in group.nodes:
            yield arn_of(group, node), group.tags


def tags_of_arn(backend: Any, arn: str) -> Tags | None:
    return next((tags for each, tags in tagged(backend) if each == arn), None)


def _found(call: Call) -> Tags:
    arn = str(call.get("ResourceName") or "")
    parts = arn.split(":")
    if len(parts) != 7 or parts[0] != "arn" or parts[2] != "elasticache" or parts[5] not in NOT_FOUND:
        raise Refusal("InvalidARN", f"The ARN is not valid: {arn}")
    store_of(call.backend)
    tags = tags_of_arn(call.backend, arn)
    if tags is None:
        code, status = NOT_FOUND[parts[5]]
        raise Refusal(code, f"{parts[6]} is either not present or not available.", status)
    return tags


TAGGING_SHARE = 0.1


def _begin(call: Call) -> None:
    """Tags of a replication group and of its clusters change only while it is available, and it is `modifying` for a moment."""
    arn = str(call.get("ResourceName"))
    for group in store_of(call.backend).groups.values():
        if arn not in (group.arn, *(arn_of(group, node) for node in group.nodes)):
            continue
        if group.status != "available":
            raise Refusal("InvalidReplicationGroupState", f"Replication group must be in available state to modify. ({group.id})")
        life_of(group).play([phase(GROUP, "modifying", TAGGING_SHARE)], "available")


@answers("elasticache", "AddTagsToResource")
def add(call: Call) -> Any:
    tags, given = _found(call), call.get("Tags") or []
    check_tags(given)
    check_tags(listed(tags | pairs(given)))
    _begin(call)
    tags.update(pairs(given))
    return {"TagList": listed(tags)}


@answers("elasticache", "RemoveTagsFromResource")
def remove(call: Call) -> Any:
    tags, keys = _found(call), [str(key) for key in call.get("TagKeys") or []]
    if missing := [key for key in keys if key not in tags]:
        raise Refusal("TagNotFound", f"The tag {missing[0]} is not found on the resource.", 404)
    _begin(call)
    for key in keys:
        tags.pop(key)
    return {"TagList": listed(tags)}


@answers("elasticache", "ListTagsForResource")
def list_tags(call: Call) -> Any:
    return {"TagList": listed(_found(call))}
