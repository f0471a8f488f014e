"""What is built in a component of its own, without a network: its options, and the input of both subjects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from benchmarks import alarms, storage, zones


@dataclass(frozen=True)
class Part:
    """``folder`` of terraform/ and the role ``group`` build the same. ``for_role`` and ``for_terraform`` return their variables."""

    noun: str
    help: str
    group: str
    component: str
    folder: str
    for_role: Callable[[int], dict[str, Any]]
    for_terraform: Callable[[int, Place], dict[str, Any]]


PARTS: Mapping[str, Part] = {
    "records": Part("record", "a zone with so many records", "dns", "zones", "zone", zones.for_role, zones.for_terraform),
    "alarms": Part("alarm", "so many alarms with a topic", "observability", "alarms", "alarms", alarms.for_role, alarms.for_terraform),
    "buckets": Part(
        "bucket",
        "so many buckets with all their settings, and one for their logs",
        "s3_cdn",
        "storage",
        "buckets",
        storage.buckets_for_role,
        storage.buckets_for_terraform,
    ),
    "behaviors": Part(
        "behavior",
        "a distribution with so many behaviors",
        "s3_cdn",
        "cdn",
        "distribution",
        storage.distribution_for_role,
        storage.distribution_for_terraform,
    ),
}
"""By the option of the command that gives their sizes."""
