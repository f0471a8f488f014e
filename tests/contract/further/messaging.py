# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What queues depend on: how they are counted, and cases that the smallest resource of a kind does not cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.mainstay.aws.plugins.module_utils.aws.operations import Operation
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.samples import Drift, Sample
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.mq_broker import MqBroker
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.msk_cluster import MskCluster
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.stream_log_group import PREFIX
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.kinds.stream_secret import StreamSecret
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.queue_documents import by_queue
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.samples_brokers import broker
from ansible_collections.mainstay.aws.plugins.module_utils.domains.messaging.samples_streams import cluster, secret
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.samples import NAME, key, log_group
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from tests.contract.account import listed
from tests.contract.further.shared import FEW, MANY


def fed_queue(place: Place) -> Sample:
    """A FIFO queue with a dead-letter queue, under a key of the component's; the key goes, and a tag is changed by hand."""
    encrypted = key(place).resource
    source, target = "jobs.fifo", "failed.fifo"
    failed = Resource(
        "message_queue",
        "failed",
        {"queue_name": target, "encryption": {"type": "sqs"}, "redrive_allow_policy": by_queue([place.arn("sqs", source)])},
    )
    properties = {
        "queue_name": source,
        "encryption": {"type": "kms", "key": ref(encrypted.address, "arn")},
        "content_based_deduplication": True,
        "redrive_policy": {"deadLetterTargetArn": ref(failed.address, "arn"), "maxReceiveCount": 3},
        "tags": MANY,
    }
    return Sample(
        Resource("message_queue", "jobs", properties),
        needs=(encrypted, failed),
        change={"encryption": {"type": "sqs"}, "redrive_policy": None, "tags": FEW},
        drift=Drift(Operation("sqs", "untag_queue"), lambda one: {"QueueUrl": one.id, "TagKeys": ["team"]}, "tags"),
    )


def rebooted(place: Place) -> Sample:
    """With consent to a reboot, nothing may be left pending."""
    small = broker(place)
    return replace(
        small, resource=Resource("mq_broker", "rebooted", {**small.resource.properties, "broker_name": "rebooted", "pending_changes": {}})
    )


def tagged_broker(place: Place) -> Sample:
    """Tags, one of them removed by hand; and its logs and window change."""
    small = broker(place)
    return replace(
        small,
        resource=replace(small.resource, properties={**small.resource.properties, "tags": MANY}),
        change={"general_logs": True, "maintenance_window": "mon:04:00", "tags": FEW},
        drift=Drift(Operation("mq", "delete_tags"), lambda one: {"ResourceArn": one.attributes["arn"], "TagKeys": ["team"]}, "tags"),
    )


def tagged_cluster(place: Place) -> Sample:
    """Another configuration, other logins, a log group, and tags, one of them removed by hand."""
    small, encrypted = cluster(place), key(place).resource
    user = secret(place).resource
    user = replace(user, properties={**user.properties, "kms_key_id": ref(encrypted.address, "arn")})
    logs = log_group(place, "stream_log_group", PREFIX).resource
    scram = {"iam": True, "scram": True, "tls": [], "unauthenticated": False}
    from_begin = {"authentication": scram, "scram_secrets": [ref(user.address, "arn")], "broker_log_group": ref(logs.address)}
    other = Resource("msk_configuration", "other", {"configuration_name": "other", "options": {"num.partitions": "9"}})
    return replace(
        small,
        resource=replace(small.resource, properties={**small.resource.properties, **from_begin, "tags": MANY}),
        needs=(*small.needs, other, encrypted, user, logs),
        change={
            "configuration": {"arn": ref(other.address, "arn"), "revision": ref(other.address, "revision")},
            "client_broker": "TLS_PLAINTEXT",
            "authentication": {"iam": True, "scram": False, "tls": [], "unauthenticated": True},
            "scram_secrets": [],
            "broker_log_group": "",
            "tags": FEW,
        },
        drift=Drift(Operation("kafka", "untag_resource"), lambda one: {"ResourceArn": one.id, "TagKeys": ["team"]}, "tags"),
    )


def grown_cluster(place: Place) -> Sample:
    """What never gets smaller or older."""
    return replace(cluster(place), change={"storage_gib": 20, "broker_count": 4, "kafka_version": "4.1.x.kraft"})


def topics_of_cluster(place: Place) -> Sample:
    """One more, more partitions, and an option."""
    one = cluster(place)
    orders = {"partitions": 1, "replication": 2, "configuration": {}}
    more = {"partitions": 3, "replication": 2, "configuration": {"retention.ms": "60000"}}
    resource = replace(one.resource, properties={**one.resource.properties, "topics": {"orders": orders}})
    return replace(one, resource=resource, change={"topics": {"orders": more, "mail": orders}})


def described_names(desired: Sequence[Resource]) -> list[str]:
    return [one.properties["secret_name"] for one in desired if one.kind == "stream_secret"]


COUNTS = {
    "message_queue": listed("sqs", "list_queues", "QueueUrls"),
    "mq_broker": listed("mq", "list_brokers", "BrokerSummaries"),
    "mq_configuration": listed("mq", "list_configurations", "Configurations"),
    "stream_log_group": listed("logs", "describe_log_groups", "logGroups"),
    "stream_secret": listed("secretsmanager", "list_secrets", "SecretList"),
    "msk_cluster": listed("kafka", "list_clusters_v2", "ClusterInfoList"),
    "msk_configuration": listed("kafka", "list_configurations", "Configurations"),
}
CONFIGURED = {"stream_secret": lambda desired: StreamSecret(described_names(desired))}
KINDS = {"mq_broker": MqBroker(reboot=["rebooted"]), "msk_cluster": MskCluster(topics={f"msk_cluster.{NAME}": ["mail", "orders"]})}
FURTHER = {
    "messaging": {
        "fed": fed_queue,
        "tags": tagged_broker,
        "reboot": rebooted,
        "logins": tagged_cluster,
        "grown": grown_cluster,
        "topics": topics_of_cluster,
    }
}
ONE_WAY = ("grown", "topics")
