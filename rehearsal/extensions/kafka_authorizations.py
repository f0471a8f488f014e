"""Authorization checks for Amazon MSK calls, after the Apache Kafka APIs part of the Service Authorization Reference.

Tags in a create call also require kafka:TagResource, and a cluster what Amazon MSK does in EC2, with a key, and with logs in the caller's
name. A call about topics requires what a client of Kafka would need for it (MSK Developer Guide, "Topic Operations").
"""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import arn, ask, service_linked_role
from rehearsal.extensions.kafka_tags import tags_of_arn
from rehearsal.extensions.kms_access import key_resource, tags_of_key
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend

LOOKS = ("DescribeSubnets", "DescribeVpcs", "DescribeSecurityGroups", "DescribeRouteTables", "DescribeVpcEndpoints", "DescribeVpcAttribute")
MANAGED = {"AWSMSKManaged": "true"}
"""The tag of the endpoints that Amazon MSK makes in the network."""
DELIVERY = (
    *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"),
    *("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
)

TOPICS = {
    "ListTopics": ("DescribeTopic",),
    "DescribeTopic": ("DescribeTopic", "DescribeTopicDynamicConfiguration"),
    "DescribeTopicPartitions": ("DescribeTopic", "DescribeTopicDynamicConfiguration"),
    "CreateTopic": ("CreateTopic",),
    "UpdateTopic": ("DescribeTopic", "AlterTopic", "AlterTopicDynamicConfiguration"),
    "DeleteTopic": ("DescribeTopic", "DeleteTopic"),
}
"""What a call about topics is checked for on the topic, besides its own action and kafka-cluster:Connect on the cluster."""


@authorizes("kafka")
def asked(call: Call) -> Iterator[Ask]:
    if call.operation in TOPICS:
        yield from _about_topics(call)
        return
    request = dict(call.get("Tags") or {})
    resource = str(call.get("ResourceArn") or call.get("ClusterArn") or call.get("Arn") or "*")
    yield ask(call, resource, request=request, there=tags_of_arn(call.backend, resource) or {})
    if call.operation == "DeleteCluster":
        yield ask(call, arn(call, "ec2", "vpc-endpoint/*"), "ec2:DeleteVpcEndpoints", there=MANAGED)
    if call.operation == "BatchAssociateScramSecret":
        yield from _grants(call)
    if call.operation != "CreateClusterV2":
        if (call.get("LoggingInfo") or {}).get("BrokerLogs"):
            yield from (ask(call, "*", f"logs:{name}") for name in DELIVERY)
        return
    if request:
        yield ask(call, arn(call, "kafka", "cluster/*"), "kafka:TagResource", request=request)
    yield service_linked_role(call, "kafka.amazonaws.com", "AWSServiceRoleForKafka")
    yield from (ask(call, "*", f"ec2:{name}") for name in (*LOOKS, "CreateVpcEndpoint"))
    yield ask(call, arn(call, "ec2", "vpc-endpoint/*"), "ec2:CreateTags", request=MANAGED)
    given = call.get("Provisioned") or {}
    key = ((given.get("EncryptionInfo") or {}).get("EncryptionAtRest") or {}).get("DataVolumeKMSKeyId")
    if key:
        for action in ("kms:DescribeKey", "kms:CreateGrant"):
            for_service = "true" if action == "kms:CreateGrant" else ""
            yield ask(call, key_resource(call, str(key)), action, there=tags_of_key(call, str(key)), kms_grantisforawsresource=for_service)
    if ((given.get("LoggingInfo") or {}).get("BrokerLogs") or {}).get("CloudWatchLogs", {}).get("Enabled"):
        yield from (ask(call, "*", f"logs:{name}") for name in DELIVERY)


def _about_topics(call: Call) -> Iterator[Ask]:
    cluster = str(call.get("ClusterArn"))
    tags = tags_of_arn(call.backend, cluster) or {}
    topic = f"{cluster.replace(':cluster/', ':topic/', 1)}/{call.get('TopicName') or '*'}"
    yield ask(call, cluster, there=tags)
    yield ask(call, cluster, "kafka-cluster:Connect", there=tags)
    yield from (ask(call, topic, f"kafka-cluster:{name}") for name in TOPICS[call.operation])


def _grants(call: Call) -> Iterator[Ask]:
    """A grant of the key of each secret, with which Amazon MSK reads it."""
    secrets = dict.values(backend("secretsmanager", call.account_id, call.region).secrets)
    for key in {str(one.kms_key_id) for one in secrets if one.arn in (call.get("SecretArnList") or []) and one.kms_key_id}:
        for action in ("kms:CreateGrant", "kms:RetireGrant"):
            for_service = "true" if action == "kms:CreateGrant" else ""
            yield ask(call, key_resource(call, key), action, there=tags_of_key(call, key), kms_grantisforawsresource=for_service)
