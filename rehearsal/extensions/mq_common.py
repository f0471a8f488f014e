"""Shared code of the Amazon MQ files: lookups, versions, instance types, and errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.extensions.mq_record import Broker, Configuration, Store, store_of
from rehearsal.registry import Call
from rehearsal.replies import Refusal

NEWEST: Mapping[str, str] = {"3.13": "3.13.7", "4.2": "4.2.1", "4.3": "4.3.0"}
"""The versions that are offered, with the patch version that Amazon MQ installs."""
NEXT: Mapping[str, str] = {"3.13": "4.2", "4.2": "4.3"}
"""A version is upgraded to the next one only."""
TYPES = (
    *("mq.t3.micro", "mq.m5.large", "mq.m5.xlarge", "mq.m5.2xlarge", "mq.m5.4xlarge"),
    *(f"mq.m7g.{size}" for size in ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")),
)
SMALLEST, GRAVITON = "mq.t3.micro", "mq.m7g."
PAGE = 100


def bad(text: str, attribute: str = "") -> Refusal:
    return Refusal("BadRequestException", f"{text}{f' [{attribute}]' if attribute else ''}", 400)


def conflict(text: str) -> Refusal:
    return Refusal("ConflictException", text, 409)


def missing(text: str) -> Refusal:
    return Refusal("NotFoundException", text, 404)


def store(call: Call) -> Store:
    return store_of(call.backend)


def broker_of(call: Call) -> Broker:
    identity = str(call.get("BrokerId"))
    found = store(call).brokers.get(identity)
    if found is None:
        raise missing(f"Can't find requested broker [{identity}]. Make sure your broker exists.")
    return found


def configuration_of(call: Call, identity: Any) -> Configuration:
    found = store(call).configurations.get(str(identity))
    if found is None:
        raise missing(f"Can't find requested configuration [{identity}]. Make sure your configuration exists.")
    return found


def minor_of(version: str) -> str:
    return ".".join(version.split(".")[:2])


def check_version(version: Any) -> str:
    """The version as Amazon MQ installs it. From 3.13 on, it takes major.minor only and chooses the patch version itself."""
    text = str(version or "")
    if text not in NEWEST:
        raise bad(
            f"Broker engine version [{text}] is invalid for broker type RabbitMQ. Valid values: [{', '.join(NEWEST)}]", "engineVersion"
        )
    return NEWEST[text]


def check_type(instance_type: Any, version: str, deployment: str) -> None:
    if instance_type not in TYPES:
        raise bad(f"Broker instance type [{instance_type}] is not valid for engine type RABBITMQ.", "hostInstanceType")
    if version.startswith("4") and not str(instance_type).startswith(GRAVITON):
        raise bad(f"Broker instance type [{instance_type}] does not support engine version [{version}].", "hostInstanceType")
    if instance_type == SMALLEST and deployment == "CLUSTER_MULTI_AZ":
        raise bad(f"Broker instance type [{instance_type}] does not support deployment mode [{deployment}].", "hostInstanceType")


def page(call: Call, member: str, items: Sequence[Any]) -> dict[str, Any]:
    """One page of a list."""
    begin, size = int(call.get("NextToken") or 0), int(call.get("MaxResults") or PAGE)
    end = begin + size
    return {member: list(items[begin:end])} | ({"NextToken": str(end)} if end < len(items) else {})
