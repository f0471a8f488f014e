"""Shared code of the Amazon MSK files: lookups, versions, instance types, and errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rehearsal.extensions.kafka_record import Cluster, Configuration, Store, store_of
from rehearsal.registry import Call
from rehearsal.replies import Refusal

VERSIONS = ("3.6.0", "3.7.x", "3.7.x.kraft", "3.8.x", "3.8.x.kraft", "3.9.x", "3.9.x.kraft", "4.0.x.kraft", "4.1.x.kraft")
"""The versions that are offered. Those of 4 have no ZooKeeper."""
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
TYPES = (
    *("kafka.t3.small", "kafka.m5.24xlarge"),
    *(f"kafka.{family}.{size}" for family in ("m5", "m7g") for size in SIZES),
)
PAGE = 100


def bad(text: str) -> Refusal:
    return Refusal("BadRequestException", text, 400)


def conflict(text: str) -> Refusal:
    return Refusal("ConflictException", text, 409)


def missing(text: str) -> Refusal:
    return Refusal("NotFoundException", text, 404)


def store(call: Call) -> Store:
    return store_of(call.backend)


def cluster_of(call: Call) -> Cluster:
    found = store(call).clusters.get(str(call.get("ClusterArn")))
    if found is None:
        raise missing("The cluster does not exist, or you do not have permission to it.")
    return found


def configuration_of(call: Call, arn: Any) -> Configuration:
    found = store(call).configurations.get(str(arn))
    if found is None:
        raise missing("The configuration ARN does not exist.")
    return found


def is_kraft(version: str) -> bool:
    return version.endswith(".kraft")


def page(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    """One page of a list."""
    begin, size = int(call.get("NextToken") or 0), int(call.get("MaxResults") or PAGE)
    end = begin + size
    return {member: list(items[begin:end])} | ({"NextToken": str(end)} if end < len(items) else {})
