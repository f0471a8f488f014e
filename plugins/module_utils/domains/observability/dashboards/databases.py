# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Sections on databases, caches, queues, brokers, and clusters of MSK."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..alarms.building import GIB
from ..alarms.model import AnyAlarm, Metric
from ..platform import Broker, Cache, Database, Queue, Stream
from .building import LineOf, by_item, marks, metric_line, usual
from .model import RED, Graph, Line, Mark, Section

RDS, CACHE, SQS = "AWS/RDS", "AWS/ElastiCache", "AWS/SQS"


def database_metric(one: Database, name: str, statistic: str = "Average") -> Metric:
    return Metric(RDS, name, (("DBInstanceIdentifier", one.identifier),), statistic, 60)


def databases(items: Sequence[Database], alarms: Sequence[AnyAlarm], region: str, title: str = "Databases") -> Section:
    return Section(title, tuple(database_graphs(items, alarms, region)))


def database_graphs(items: Sequence[Database], alarms: Sequence[AnyAlarm], region: str) -> Iterator[Graph]:
    def share(one: Database, name: str, total: float) -> Line | None:
        if not total:
            return None
        return Line(one.name, None, f"100 * (1 - free / {total:.0f})", (("free", database_metric(one, name)),))

    def iops(one: Database) -> Line:
        parts = (("reads", database_metric(one, "ReadIOPS")), ("writes", database_metric(one, "WriteIOPS")))
        return Line(one.name, None, "reads + writes", parts)

    yield from by_item(
        usual("CPU", "%", region, highest=100, marks=marks(alarms, "databases", "cpu")),
        items,
        lambda one: Line(one.name, database_metric(one, "CPUUtilization")),
    )
    yield from by_item(
        usual("Memory in use", "%", region, highest=100, marks=share_marks(80)),
        items,
        lambda one: share(one, "FreeableMemory", one.memory_bytes or 0),
    )
    yield from by_item(
        usual("Connections", "connections", region, marks=marks(alarms, "databases", "connections")),
        items,
        lambda one: Line(one.name, database_metric(one, "DatabaseConnections", "Maximum")),
    )
    yield from by_item(usual("IOPS, reads and writes", "operations/s", region), items, iops)
    yield from by_item(
        usual("Storage in use", "%", region, highest=100, marks=share_marks(80, 90)),
        items,
        lambda one: share(one, "FreeStorageSpace", one.storage_gib * GIB),
    )
    replicas = [one for one in items if one.replica_of]
    if replicas:
        yield from by_item(
            usual("Replica lag", "s", region, marks=marks(alarms, "databases", "replica-lag")),
            replicas,
            lambda one: Line(one.name, database_metric(one, "ReplicaLag", "Maximum")),
        )
    else:
        yield from by_item(
            usual("Write latency", "ms", region),
            items,
            lambda one: Line(one.name, None, "1000 * seconds", (("seconds", database_metric(one, "WriteLatency")),)),
        )


def caches(items: Sequence[Cache], alarms: Sequence[AnyAlarm], region: str, title: str = "Caches") -> Section:
    nodes = [node for one in items for node in one.nodes]

    def graph(title: str, unit: str, metric: str, statistic: str, kind: str, highest: float | None = None) -> Iterator[Graph]:
        yield from by_item(
            usual(title, unit, region, highest=highest, marks=marks(alarms, "caches", kind)),
            nodes,
            lambda node: metric_line(node, CACHE, metric, statistic, 60, CacheClusterId=node),
        )

    graphs = (
        *graph("Engine CPU", "%", "EngineCPUUtilization", "Average", "engine-cpu", 100),
        *graph("Memory in use", "%", "DatabaseMemoryUsagePercentage", "Average", "memory", 100),
        *graph("Evictions", "keys/min", "Evictions", "Sum", ""),
    )
    return Section(title, graphs)


def queues(items: Sequence[Queue], alarms: Sequence[AnyAlarm], region: str, title: str = "Queues") -> Section:
    working, dead = [one for one in items if not one.dead_letter], [one for one in items if one.dead_letter]

    def line(name: str) -> LineOf:
        return lambda one: metric_line(one.name, SQS, name, "Maximum", 60, QueueName=one.queue_name)

    depth, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
    graphs = (
        *by_item(usual("Messages waiting", "messages", region, marks=marks(alarms, "queues", "depth")), working, line(depth)),
        *by_item(usual("Age of the oldest message", "s", region, marks=marks(alarms, "queues", "age")), working, line(age)),
        *by_item(usual("Messages in dead-letter queues", "messages", region), dead, line(depth)),
    )
    return Section(title, graphs)


def brokers(items: Sequence[Broker], alarms: Sequence[AnyAlarm], region: str) -> Section:
    def metric(one: Broker, name: str, statistic: str = "Average") -> Metric:
        return Metric("AWS/AmazonMQ", name, (("Broker", one.broker_name),), statistic, 60)

    def memory(one: Broker) -> Line:
        parts = (("used", metric(one, "RabbitMQMemUsed", "Maximum")), ("limit", metric(one, "RabbitMQMemLimit", "Minimum")))
        return Line(one.name, None, "100 * used / limit", parts)

    graphs = (
        *by_item(
            usual("CPU", "%", region, highest=100, marks=marks(alarms, "brokers", "cpu")),
            items,
            lambda one: Line(one.name, metric(one, "SystemCpuUtilization")),
        ),
        *by_item(usual("Memory in use", "%", region, highest=100, marks=marks(alarms, "brokers", "memory")), items, memory),
        *by_item(
            usual("Messages ready", "messages", region, marks=marks(alarms, "brokers", "depth")),
            items,
            lambda one: Line(one.name, metric(one, "MessageReadyCount", "Maximum")),
        ),
    )
    return Section("Brokers", graphs)


def streams(items: Sequence[Stream], alarms: Sequence[AnyAlarm], region: str) -> Section:
    nodes = [(one, str(number)) for one in items for number in one.brokers]
    readers = [(one, group, topic) for one in items for group, topic in one.consumers]

    def disk(node: tuple[Stream, str]) -> Line:
        dimensions = {"Cluster Name": node[0].cluster_name, "Broker ID": node[1]}
        return metric_line(f"{node[0].name} {node[1]}", "AWS/Kafka", "KafkaDataLogsDiskUsed", "Maximum", 60, **dimensions)

    def lag(reader: tuple[Stream, str, str]) -> Line:
        one, group, topic = reader
        dimensions = {"Cluster Name": one.cluster_name, "Consumer Group": group, "Topic": topic}
        return metric_line(f"{one.name} {group} {topic}", "AWS/Kafka", "EstimatedMaxTimeLag", "Maximum", 60, **dimensions)

    def offline(one: Stream) -> Line:
        return metric_line(one.name, "AWS/Kafka", "OfflinePartitionsCount", "Maximum", 60, **{"Cluster Name": one.cluster_name})

    def incoming(pair: tuple[Stream, str]) -> Line:
        dimensions = {"Cluster Name": pair[0].cluster_name, "Topic": pair[1]}
        return metric_line(f"{pair[0].name} {pair[1]}", "AWS/Kafka", "BytesInPerSec", "Average", 60, **dimensions)

    topics = [(one, topic) for one in items if one.serverless for topic, _partitions in one.topics]
    graphs = (
        *by_item(usual("Disk in use", "%", region, highest=100, marks=share_marks(80)), nodes, disk),
        *by_item(usual("Offline partitions", "partitions", region), [one for one in items if not one.serverless], offline),
        *by_item(usual("Incoming", "bytes/s", region), topics, incoming),
        *by_item(usual("Consumer lag", "s", region), readers, lag),
    )
    return Section("Streams", graphs)


def share_marks(*percents: float) -> tuple[Mark, ...]:
    """Thresholds of alarms that are in bytes, as the share that the graph shows."""
    colors = (Mark(0, "").color, RED)
    return tuple(
        Mark(value, f"{'warning' if number == 0 else 'critical'} {value:g}", colors[number]) for number, value in enumerate(percents)
    )
