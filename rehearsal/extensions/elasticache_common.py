"""Shared code of the ElastiCache files: lookups, ARNs, and errors."""

from __future__ import annotations

from typing import Any

from rehearsal.asking import arn as arn_of
from rehearsal.extensions.elasticache_record import Node, ReplicationGroup, Shard, Store, Tags, store_of
from rehearsal.extensions.kms_access import KeyUnusable, key_arn_for
from rehearsal.query_api import IDENTIFIER, check_tags, invalid, pairs
from rehearsal.registry import Call
from rehearsal.replies import Refusal


def store(call: Call) -> Store:
    return store_of(call.backend)


def arn(call: Call, kind: str, name: str) -> str:
    return arn_of(call, "elasticache", f"{kind}:{name}")


def group_of(call: Call) -> ReplicationGroup:
    name = str(call.get("ReplicationGroupId") or "").lower()
    found = store(call).groups.get(name)
    if found is None:
        raise Refusal("ReplicationGroupNotFoundFault", f"ReplicationGroup {name} not found.", 404)
    return found


def available_group(call: Call) -> ReplicationGroup:
    """The group that a call changes."""
    group = group_of(call)
    if group.status != "available":
        raise Refusal("InvalidReplicationGroupState", f"Replication group must be in available state to modify. ({group.id})")
    return group


def node_of(call: Call, name: Any) -> tuple[ReplicationGroup, Shard, Node]:
    for group in store(call).groups.values():
        for shard in group.shards:
            for node in shard.nodes:
                if node.id == str(name or "").lower():
                    return group, shard, node
    raise Refusal("CacheClusterNotFound", f"CacheCluster not found: {name}", 404)


def identifier(value: Any, parameter: str, longest: int) -> str:
    """The identifier in lowercase, as ElastiCache stores it."""
    text = str(value or "")
    if not IDENTIFIER.fullmatch(text) or len(text) > longest:
        raise invalid(
            f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters,"
            " digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )
    return text.lower()


def given_tags(call: Call) -> Tags:
    check_tags(call.get("Tags"))
    return pairs(call.get("Tags"))


def check_quota(call: Call, quota: str, count: int, code: str, what: str) -> None:
    limit = call.settings.quotas.get(quota)
    if limit is not None and count > limit:
        raise Refusal(code, f"The quota of {limit} {what} has been exceeded.")


def key_arn(call: Call, identity: Any) -> str:
    """The ARN of the key with which ElastiCache is to encrypt what the caller creates."""
    try:
        return key_arn_for(call, identity, "elasticache")
    except KeyUnusable as error:
        text = f"The specified KMS key [{identity}] does not exist, is not enabled or you do not have permissions to access it."
        raise Refusal("InvalidKMSKeyFault", text) from error
