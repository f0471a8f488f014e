# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on replication groups of ElastiCache: each node is watched, since one full or busy node fails its share of the keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..alarms.building import BYTES, COUNT, LASTING, LONG, MIB, PERCENT, SECONDS, Limit, Subject
from ..alarms.classes import credits_per_hour, size
from ..alarms.model import BELOW, CRITICAL, NOTICE, WARNING, Alarm
from ..platform import Cache, Platform
from .databases import CREDITS

SWAP = 50 * MIB
"""ElastiCache User Guide, "Which Metrics Should I Monitor?"."""
EVICTIONS = 1_000
CONNECTIONS_USED = 0.80
LAG = 30


def cache_alarms(one: Cache, platform: Platform) -> Iterator[Alarm]:
    for node in one.nodes:
        suffix = node.removeprefix(f"{one.identifier}-")
        subject = Subject("caches", one.name, "cache", platform.region, "AWS/ElastiCache", (("CacheClusterId", node),))
        for alarm in node_alarms(one, node, subject):
            yield named_for_node(alarm, suffix)


def named_for_node(alarm: Alarm, suffix: str) -> Alarm:
    return replace(alarm, name=f"{alarm.name}-{suffix}")


def node_alarms(one: Cache, node: str, subject: Subject) -> Iterator[Alarm]:
    yield subject.alarm(
        "cpu",
        WARNING,
        subject.metric("CPUUtilization"),
        Limit(80, PERCENT),
        LASTING,
        f"The processors of cache node {node} ({one.node_type}) have been busy over 80 % for 15 minutes. Look for expensive commands in "
        "the "
        "slow log; add shards or choose a larger node type.",
    )
    yield subject.alarm(
        "engine-cpu",
        WARNING,
        subject.metric("EngineCPUUtilization"),
        Limit(80, PERCENT),
        LASTING,
        f"The engine of cache node {node} has used over 80 % of its one processor for 15 minutes: commands wait. Look for KEYS, large "
        "ranges, "
        "and hot keys; read from replicas or add shards.",
    )
    yield from memory(one, node, subject)
    most = int(one.max_connections * CONNECTIONS_USED)
    yield subject.alarm(
        "connections",
        WARNING,
        subject.metric("CurrConnections", "Maximum"),
        Limit(most, COUNT),
        LASTING,
        f"Cache node {node} has more than {most} of {one.max_connections} connections: a client opens them without closing, or without a "
        "pool.",
    )
    if one.replicas:
        yield subject.alarm(
            "replica-lag",
            WARNING,
            subject.metric("ReplicationLag", "Maximum"),
            Limit(LAG, SECONDS),
            LASTING,
            f"Cache node {node} has been more than {LAG} s behind its primary for 15 minutes. A failover to it would lose those writes.",
        )
    if earned := credits_per_hour(one.node_type):
        yield subject.alarm(
            "cpu-credits",
            WARNING,
            subject.metric("CPUCreditBalance", span=CREDITS),
            Limit(earned / 2, COUNT, BELOW),
            CREDITS,
            f"Cache node {node} ({one.node_type}) has had less than half an hour's worth of CPU credits for an hour: it needs more "
            "processor "
            "than its type earns. Choose a type that does not burst.",
        )


def memory(one: Cache, node: str, subject: Subject) -> Iterator[Alarm]:
    full = "then it evicts keys" if one.evicts else "then it refuses writes"
    yield subject.alarm(
        "memory",
        WARNING,
        subject.metric("DatabaseMemoryUsagePercentage"),
        Limit(80, PERCENT),
        LASTING,
        f"Cache node {node} has used over 80 % of its memory for keys for 15 minutes. At 100 % it is full: {full}. Set expiry times, add "
        "shards, or choose a larger node type.",
    )
    if not one.evicts:
        yield subject.alarm(
            "memory-full",
            CRITICAL,
            subject.metric("DatabaseMemoryUsagePercentage", "Maximum"),
            Limit(95, PERCENT),
            LASTING,
            f"Cache node {node} is 95 % full, and its policy is noeviction: at 100 % every write fails. Remove keys or scale it now.",
        )
    else:
        yield subject.alarm(
            "evictions",
            NOTICE,
            subject.metric("Evictions", "Sum"),
            Limit(EVICTIONS, COUNT),
            LASTING,
            f"Cache node {node} has evicted more than {EVICTIONS} keys in each of three periods of five minutes: keys that are still used "
            "may be among them, and their readers go to the database.",
        )
    yield subject.alarm(
        "swap",
        NOTICE,
        subject.metric("SwapUsage", "Maximum"),
        Limit(SWAP, BYTES),
        LONG,
        f"Cache node {node} has swapped more than {size(SWAP)} for 30 minutes. Raise reserved-memory-percent or choose a larger node type.",
    )
