"""Caches for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.settings.cache import Cache
from ansible_collections.mainstay.aws.plugins.module_utils.domains.redis.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.networks import Network
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed

PLACE = Place("prod", "cache", "eu-west-1", "123456789012")
NETWORK = Network(("subnet-0123456789abcdef0", "subnet-0123456789abcdef1"), ("sg-0123456789abcdef0",), ("eu-west-1a", "eu-west-1b"))
MINIMAL: Mapping[str, Any] = {"node_type": "cache.t4g.small", "snapshots": {"retention_days": 7}}


def settings(**more: Any) -> dict[str, Any]:
    return {"main": {**MINIMAL, **more}}


def complaints(environment: str = "prod", **more: Any) -> list[str]:
    return validate(settings(**more), "redis_caches", environment, NETWORK)[1]


def cache(environment: str = "prod", **more: Any) -> Cache:
    found, problems = validate(settings(**more), "redis_caches", environment, NETWORK)
    assert not problems, problems
    return found["main"]


def seen(**properties: Any) -> Observed:
    """The replication group of the cache, as AWS has it."""
    usual = {
        "engine": "valkey",
        "engine_version": "8.2.0",
        "transit_encryption": "required",
        "cluster_mode": "disabled",
        "shards": {"0001": 1},
        "login": {"user_group_id": "users-prod-main"},
    }
    return Observed("replication_group", "replication_group.main", "prod-main", {**usual, **properties})
