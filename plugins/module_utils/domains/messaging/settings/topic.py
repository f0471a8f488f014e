# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The settings of the topics of a stream. Kafka decides what a name may be and which options a topic has; MSK, how many partitions fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ....inputs.problems import suggestion
from ....inputs.reader import Reader
from .broker import read_options, refuse_elsewhere

NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
RESERVED = "__"
"""What the names of the topics of Kafka and MSK themselves begin with."""
MOST_PARTITIONS = 100_000
USUAL_REPLICATION = 3
OPTION = re.compile(r"[a-z][a-z0-9]*(\.[a-z0-9]+)*")
IN_SYNC = "min.insync.replicas"
OPTIONS = (
    *("cleanup.policy", "compression.gzip.level", "compression.lz4.level", "compression.type", "compression.zstd.level"),
    *("delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms", "index.interval.bytes", "max.compaction.lag.ms"),
    *("max.message.bytes", "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "message.timestamp.type"),
    *("min.cleanable.dirty.ratio", "min.compaction.lag.ms", IN_SYNC, "preallocate", "retention.bytes", "retention.ms"),
    *("segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms", "unclean.leader.election.enable"),
)
"""Options of a topic (Apache Kafka documentation, "Topic configs"), without those of tiered storage and of a reassignment under way."""
ELSEWHERE: Mapping[str, str] = {
    "partition_count": "this role calls it partitions; rename it",
    "replication_factor": "this role calls it replication; rename it",
    "config": "this role calls it configuration; rename it",
    "configs": "this role calls it configuration; rename it",
}


@dataclass(frozen=True)
class Topic:
    """``own_replication``: whether ``replication`` is given. Otherwise a topic that exists keeps the one that it has."""

    name: str
    path: str
    partitions: int = 1
    replication: int = USUAL_REPLICATION
    own_replication: bool = False
    configuration: Mapping[str, str] = field(default_factory=dict)


def read_topics(reader: Reader, zones: int) -> dict[str, Topic]:
    """The setting ``topics``. ``zones``: of the cluster; a topic has a replica in each, and three at most, unless it says otherwise."""
    section, found = reader.section("topics"), {}
    usual = min(USUAL_REPLICATION, max(zones, 1))
    for name, given in section.given.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            section.problems.add(section.path, name, "the name of a topic must be 1 to 249 letters, digits, and . _ -, and not . or ..")
        elif name.startswith(RESERVED):
            section.problems.add(section.path, name, f"names that begin with {RESERVED} are those of Kafka itself; choose another one")
        else:
            found[str(name)] = read_topic(str(name), Reader(given, section.at(name), section.problems), usual)
    return found


def read_topic(name: str, reader: Reader, usual: int) -> Topic:
    refuse_elsewhere(reader, ELSEWHERE)
    options = read_options(reader, OPTION, "retention.ms")
    for option in options:
        if option not in OPTIONS:
            reader.problems.add(reader.at("configuration"), option, f"a topic has no such option; {suggestion(option, OPTIONS)}")
    found = Topic(
        name=name,
        path=reader.path,
        partitions=reader.integer("partitions", 1, 1, MOST_PARTITIONS),
        replication=reader.integer("replication", usual, 1, 32767),
        own_replication=reader.given.get("replication") is not None,
        configuration=options,
    )
    reader.finish()
    return found


def partitions_per_broker(instance_type: str) -> int:
    """How many partitions, replicas included, a broker can have and still be updated (MSK Developer Guide, "Best practices for Standard
    brokers").
    """
    size = instance_type.rpartition(".")[2]
    return {"small": 300, "large": 1500, "xlarge": 1500, "2xlarge": 3000}.get(size, 6000)
