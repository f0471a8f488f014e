"""Topics of clusters with brokers of their own. What is read of them lags behind by the time that a change of their cluster takes."""

from __future__ import annotations

import base64
import binascii
import re
import time
from typing import Any

from rehearsal.extensions.kafka_common import bad, cluster_of, conflict, missing, page
from rehearsal.extensions.kafka_record import ACTIVE, CLUSTER, CREATING, DELETING, UPDATING, Cluster, Topic
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import delays

_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")


def _within(call: Call) -> Cluster:
    """The cluster of a call, if MSK knows its topics. All versions that the cloud offers have them."""
    one = cluster_of(call)
    if one.serverless:
        raise bad("Topic operations are not supported for serverless clusters.")
    if one.status != ACTIVE:
        raise bad(f"The cluster is in state [{one.status}]; topic operations need an ACTIVE one.")
    return one


def _topic(call: Call) -> Topic:
    found = _within(call).topics.get(str(call.get("TopicName")))
    if found is None:
        raise missing("The topic does not exist.")
    return found


def _configs(call: Call) -> dict[str, str]:
    try:
        text = base64.b64decode(str(call.get("Configs") or ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad("The configs must be encoded in Base64.") from error
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    if wrong := [name for name, equals, _value in lines if not equals]:
        raise bad(f"Invalid topic configuration: {wrong[0]}")
    return {name.strip(): value.strip() for name, _equals, value in lines}


def _written(one: Topic, status: str) -> dict[str, Any]:
    one.shows_at = time.monotonic() + delays.seconds_for(CLUSTER)
    return {"TopicArn": one.arn, "TopicName": one.name, "Status": status}


def _shown(one: Topic) -> dict[str, Any] | None:
    """The topic as it is read; None for one that is not shown yet."""
    if time.monotonic() >= one.shows_at:
        text = "\n".join(f"{name}={value}" for name, value in one.configs.items())
        one.shown = {
            "TopicArn": one.arn,
            "TopicName": one.name,
            "PartitionCount": one.partitions,
            "ReplicationFactor": one.replication,
            "Configs": base64.b64encode(text.encode()).decode(),
            "Status": ACTIVE,
        }
    return one.shown


@answers("kafka", "CreateTopic")
def create(call: Call) -> Any:
    cluster, name = _within(call), str(call.get("TopicName"))
    if not _NAME.fullmatch(name):
        raise bad(f"Invalid topic name [{name}].")
    if name in cluster.topics:
        raise Refusal("TopicExistsException", f"Topic '{name}' already exists.", 409)
    if any(other.replace(".", "_") == name.replace(".", "_") for other in cluster.topics):
        raise conflict(f"Topic '{name}' collides with an existing topic.")
    replication, brokers = int(call.get("ReplicationFactor")), int(cluster.members["NumberOfBrokerNodes"])
    if not 1 <= replication <= brokers:
        raise bad(f"Replication factor: {replication} larger than available brokers: {brokers}.")
    own = f"{cluster.arn.replace(':cluster/', ':topic/', 1)}/{name}"
    cluster.topics[name] = made = Topic(name, own, int(call.get("PartitionCount")), replication, _configs(call))
    return _written(made, CREATING)


@answers("kafka", "UpdateTopic")
def update(call: Call) -> Any:
    """The partitions or the configuration, which replaces the former one."""
    one, partitions, configs = _topic(call), call.get("PartitionCount"), call.get("Configs")
    if (partitions is None) == (configs is None):
        raise bad("Specify either the partition count or the configs.")
    if partitions is not None and int(partitions) <= one.partitions:
        raise bad(f"The topic currently has {one.partitions} partitions, which {partitions} would not increase.")
    _shown(one)
    if partitions is not None:
        one.partitions = int(partitions)
    else:
        one.configs = _configs(call)
    return _written(one, UPDATING)


@answers("kafka", "DeleteTopic")
def delete(call: Call) -> Any:
    one = _topic(call)
    _within(call).topics.pop(one.name)
    return _written(one, DELETING)


@answers("kafka", "DescribeTopic")
def describe(call: Call) -> Any:
    found = _shown(_topic(call))
    if found is None:
        raise missing("The topic does not exist.")
    return found


@answers("kafka", "ListTopics")
def listed(call: Call) -> Any:
    begins, members = str(call.get("TopicNameFilter") or ""), ("TopicArn", "TopicName", "PartitionCount", "ReplicationFactor")
    shown = [found for one in _within(call).topics.values() if one.name.startswith(begins) and (found := _shown(one))]
    return page(call, "Topics", [{**{name: one[name] for name in members}, "OutOfSyncReplicaCount": 0} for one in shown])


@answers("kafka", "DescribeTopicPartitions")
def partitions(call: Call) -> Any:
    one, brokers = _topic(call), int(_within(call).members["NumberOfBrokerNodes"])
    replicas = [[(number + step) % brokers + 1 for step in range(one.replication)] for number in range(one.partitions)]
    return page(call, "Partitions", [{"Partition": at, "Leader": on[0], "Replicas": on, "Isr": on} for at, on in enumerate(replicas)])
