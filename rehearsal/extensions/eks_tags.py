"""Tags of every EKS resource that has an ARN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rehearsal.extensions.eks_access import entries_of
from rehearsal.extensions.eks_addons import addons_of
from rehearsal.extensions.eks_pod_identity import associations_of
from rehearsal.registry import Call, answers, lists_tags
from rehearsal.replies import Refusal

MOST = 50


@lists_tags("eks")
def tagged(backend: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """(ARN, tags) of every resource in a region. The tags are the resource's own object, not a copy."""
    for cluster in backend.clusters.values():
        yield cluster.arn, cluster.tags
        parts = (cluster.nodegroups, cluster.fargate_profiles, addons_of(cluster), entries_of(cluster), associations_of(cluster))
        for resources in parts:
            yield from ((resource.arn, _tags(resource)) for resource in resources.values())


def _tags(resource: Any) -> dict[str, str]:
    """moto stores None if a create call set no tags."""
    if resource.tags is None:
        resource.tags = {}
    tags: dict[str, str] = resource.tags
    return tags


def tags_of_arn(backend: Any, arn: str) -> dict[str, str] | None:
    return next((tags for each, tags in tagged(backend) if each == arn), None)


def _found(call: Call) -> dict[str, str]:
    tags = tags_of_arn(call.backend, str(call.get("resourceArn")))
    if tags is None:
        raise Refusal("NotFoundException", f"The resource with ARN {call.get('resourceArn')} was not found", 404)
    return tags


@answers("eks", "TagResource")
def tag(call: Call) -> Any:
    tags, given = _found(call), dict(call.get("tags") or {})
    check(tags | given)
    tags.update(given)
    return {}


@answers("eks", "UntagResource")
def untag(call: Call) -> Any:
    tags = _found(call)
    for key in call.get("tagKeys") or []:
        tags.pop(key, None)
    return {}


@answers("eks", "ListTagsForResource")
def list_tags(call: Call) -> Any:
    return {"tags": _found(call)}


def check(tags: dict[str, str], code: str = "BadRequestException") -> None:
    """Rejects reserved keys and too many tags."""
    if reserved := sorted(key for key in tags if key.lower().startswith("aws:")):
        raise Refusal(code, f"Tag keys that begin with aws: are reserved: {reserved[0]}")
    if len(tags) > MOST:
        raise Refusal(code, f"A resource may have {MOST} tags, not {len(tags)}")
