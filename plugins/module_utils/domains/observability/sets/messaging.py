# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms on queues of SQS, brokers of Amazon MQ for RabbitMQ, and clusters of MSK."""

from __future__ import annotations

from collections.abc import Iterator

from ..alarms.building import BYTES_PER_SECOND, COUNT, LASTING, MIB, PERCENT, SECONDS, SOON, Limit, Span, Subject, ratio
from ..alarms.classes import broker_connections
from ..alarms.model import AT_MOST, BELOW, CRITICAL, WARNING, Alarm
from ..platform import Broker, Platform, Queue, Stream

RETENTION_USED = 0.80
CONNECTIONS_USED = 0.80
DEFAULT_VHOST = "/"
AT_ONCE = Span(60, 1, 1)
PARTITION_RATE = 5 * MIB
"""MSK Serverless accepts 5 MiB a second for each partition (MSK Developer Guide, "quota")."""
KAFKA_CPU, KAFKA_HEAP, KAFKA_DISK = 60, 60, 80
"""MSK Developer Guide, "Best practices": a broker that restarts leaves its load to the others, so 60 % of processor and heap is the "
"limit."""
DISK_RESERVE = 2.0
"""RabbitMQ blocks publishers when the free disk reaches its limit; this many times the limit is the time to act."""


def queue_alarms(one: Queue, platform: Platform) -> Iterator[Alarm]:
    subject = Subject("queues", one.name, "queue", platform.region, "AWS/SQS", (("QueueName", one.queue_name),))
    if one.dead_letter:
        yield from dead_letter_alarms(one, subject)
        return
    yield subject.alarm(
        "depth",
        WARNING,
        subject.metric("ApproximateNumberOfMessagesVisible", "Maximum"),
        Limit(one.depth, COUNT),
        LASTING,
        f"More than {one.depth} messages have waited in queue {one.queue_name} for 15 minutes: its consumers are too few, too slow, or "
        "gone.",
    )
    yield subject.alarm(
        "age",
        WARNING,
        subject.metric("ApproximateAgeOfOldestMessage", "Maximum", SOON),
        Limit(one.age, SECONDS),
        SOON,
        f"The oldest message of queue {one.queue_name} is more than {one.age} s old. Look at its consumers, and for a message that fails "
        "again and again.",
    )
    yield losing(one, subject)


def losing(one: Queue, subject: Subject) -> Alarm:
    limit = round(one.retention * RETENTION_USED)
    return subject.alarm(
        "losing",
        CRITICAL,
        subject.metric("ApproximateAgeOfOldestMessage", "Maximum"),
        Limit(limit, SECONDS),
        Span(300, 1, 1),
        f"The oldest message of queue {one.queue_name} is older than {limit} s: SQS deletes it after {one.retention} s. Process or save "
        "the messages, or raise the retention.",
    )


def dead_letter_alarms(one: Queue, subject: Subject) -> Iterator[Alarm]:
    yield subject.alarm(
        "messages",
        WARNING,
        subject.metric("ApproximateNumberOfMessagesVisible", "Maximum", AT_ONCE),
        Limit(0, COUNT),
        AT_ONCE,
        f"There are messages in dead-letter queue {one.queue_name}: a consumer failed to process them as often as it may try. Read one, "
        "repair "
        "the consumer, then start a redrive.",
    )
    yield losing(one, subject)


def broker_alarms(one: Broker, platform: Platform) -> Iterator[Alarm]:
    subject = Subject("brokers", one.name, "broker", platform.region, "AWS/AmazonMQ", (("Broker", one.broker_name),))
    yield subject.alarm(
        "cpu",
        WARNING,
        subject.metric("SystemCpuUtilization"),
        Limit(80, PERCENT),
        LASTING,
        f"The processors of broker {one.broker_name} have been busy over 80 % for 15 minutes. Look at connections and rates in its "
        "console; "
        "choose a larger instance type.",
    )
    used, most = subject.metric("RabbitMQMemUsed", "Maximum"), subject.metric("RabbitMQMemLimit", "Minimum")
    yield subject.alarm(
        "memory",
        WARNING,
        ratio("100 * used / limit", "memory in use (%)", used=used, limit=most),
        Limit(80, PERCENT),
        LASTING,
        f"Broker {one.broker_name} has used over 80 % of its memory limit for 15 minutes. At 100 % it blocks publishers and cannot be "
        "rebooted: drain its queues.",
    )
    free, least = subject.metric("RabbitMQDiskFree", "Minimum"), subject.metric("RabbitMQDiskFreeLimit", "Maximum")
    yield subject.alarm(
        "disk",
        CRITICAL,
        ratio("free / limit", "free disk / limit", free=free, limit=least),
        Limit(DISK_RESERVE, COUNT, BELOW),
        LASTING,
        f"The free disk of broker {one.broker_name} is below twice its limit. At the limit it blocks publishers: drain its queues.",
    )
    yield subject.alarm(
        "depth",
        WARNING,
        subject.metric("MessageReadyCount", "Maximum"),
        Limit(one.depth, COUNT),
        LASTING,
        f"More than {one.depth} messages have been ready in the queues of broker {one.broker_name} for 15 minutes: consumers are missing.",
    )
    limit = CONNECTIONS_USED * one.nodes * (one.node_connections or broker_connections(one.instance_type, one.version))
    if limit:
        yield subject.alarm(
            "connections",
            WARNING,
            subject.metric("ConnectionCount", "Maximum"),
            Limit(limit, COUNT),
            LASTING,
            f"Broker {one.broker_name} has more than 80 % of the connections that it accepts, and refuses clients beyond them. Look for "
            "clients that open one for each message; then raise connection_max, or choose a larger instance type.",
        )
    yield from broker_queue_alarms(one, platform)


def broker_queue_alarms(one: Broker, platform: Platform) -> Iterator[Alarm]:
    """Amazon MQ publishes metrics of single queues only for RabbitMQ 3."""
    if not one.version.startswith("3."):
        return
    for queue in one.queues:
        dimensions = (("Broker", one.broker_name), ("VirtualHost", queue.virtual_host), ("Queue", queue.name))
        subject = Subject("brokers", one.name, "broker", platform.region, "AWS/AmazonMQ", dimensions)
        inside = "" if queue.virtual_host == DEFAULT_VHOST else f"{queue.virtual_host}-"
        yield subject.alarm(
            f"queue-{inside}{queue.name}",
            WARNING,
            subject.metric("MessageReadyCount", "Maximum"),
            Limit(queue.depth, COUNT),
            LASTING,
            f"More than {queue.depth} messages have been ready in queue {queue.name} of broker {one.broker_name} for 15 minutes.",
        )


def stream_alarms(one: Stream, platform: Platform) -> Iterator[Alarm]:
    cluster = ("Cluster Name", one.cluster_name)
    subject = Subject("streams", one.name, "stream", platform.region, "AWS/Kafka", (cluster,))
    if one.serverless:
        yield from serverless_alarms(one, subject, cluster)
    else:
        yield from cluster_alarms(one, subject)
        for broker in one.brokers:
            yield from broker_node_alarms(one, subject, broker, (cluster, ("Broker ID", str(broker))))
    for group, topic in one.consumers:
        dimensions = (cluster, ("Consumer Group", group), ("Topic", topic))
        yield subject.alarm(
            f"lag-{group}-{topic}",
            WARNING,
            subject.metric("EstimatedMaxTimeLag", "Maximum", SOON, dimensions),
            Limit(one.lag, SECONDS),
            SOON,
            f"Consumer group {group} is more than {one.lag} s behind on topic {topic} of {one.cluster_name}: it is too slow, or gone.",
        )


def serverless_alarms(one: Stream, subject: Subject, cluster: tuple[str, str]) -> Iterator[Alarm]:
    for topic, partitions in one.topics:
        limit = 0.8 * PARTITION_RATE * partitions
        yield subject.alarm(
            f"throughput-{topic}",
            WARNING,
            subject.metric("BytesInPerSec", "Average", LASTING, (cluster, ("Topic", topic))),
            Limit(limit, BYTES_PER_SECOND),
            LASTING,
            f"Topic {topic} of {one.cluster_name} takes over 80 % of what its {partitions} partitions accept: add partitions.",
        )


def cluster_alarms(one: Stream, subject: Subject) -> Iterator[Alarm]:
    yield subject.alarm(
        "offline-partitions",
        CRITICAL,
        subject.metric("OfflinePartitionsCount", "Maximum", SOON),
        Limit(0, COUNT),
        SOON,
        f"Cluster {one.cluster_name} has partitions without a leader: they can be neither written nor read. Look at its brokers' states.",
    )
    yield subject.alarm(
        "controller",
        CRITICAL,
        subject.metric("ActiveControllerCount", "Maximum", SOON),
        Limit(0, COUNT, AT_MOST),
        SOON,
        f"Cluster {one.cluster_name} has no active controller: no leader can be elected and no topic changed.",
    )


def broker_node_alarms(one: Stream, subject: Subject, broker: int, dimensions: tuple[tuple[str, str], ...]) -> Iterator[Alarm]:
    what = f"Broker {broker} of cluster {one.cluster_name}"
    user, system = (subject.metric(name, dimensions=dimensions) for name in ("CpuUser", "CpuSystem"))
    yield subject.alarm(
        f"cpu-{broker}",
        WARNING,
        ratio("user + system", "CPU (%)", user=user, system=system),
        Limit(KAFKA_CPU, PERCENT),
        LASTING,
        f"{what} has been busy over {KAFKA_CPU} % for 15 minutes; if another one restarts, it gets its load too. Add brokers or a larger "
        "type.",
    )
    yield subject.alarm(
        f"memory-{broker}",
        WARNING,
        subject.metric("HeapMemoryAfterGC", "Maximum", dimensions=dimensions),
        Limit(KAFKA_HEAP, PERCENT),
        LASTING,
        f"{what} uses over {KAFKA_HEAP} % of its heap after garbage collection: too many partitions or connections for its type.",
    )
    yield subject.alarm(
        f"disk-{broker}",
        CRITICAL,
        subject.metric("KafkaDataLogsDiskUsed", "Maximum", dimensions=dimensions),
        Limit(KAFKA_DISK, PERCENT),
        LASTING,
        f"{what} has filled over {KAFKA_DISK} % of its disk. A full disk stops it: lower the retention of topics or raise the storage.",
    )
    yield subject.alarm(
        f"under-replicated-{broker}",
        WARNING,
        subject.metric("UnderReplicatedPartitions", "Maximum", dimensions=dimensions),
        Limit(0, COUNT),
        LASTING,
        f"{what} leads partitions whose replicas have been behind for 15 minutes: one more failure may lose data.",
    )
