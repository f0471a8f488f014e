# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Streams through their life, seen by boto3 alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.integration.site import Requests, summary

from .streams import StreamSite

EVENTS: dict[str, Any] = {"instance_type": "kafka.m5.large", "version": "3.9"}
CLUSTER = "msk_cluster.events"


def events(**more: Any) -> dict[str, Any]:
    return {"events": {**EVENTS, **more}}


@pytest.fixture
def streams(cloud: Any) -> StreamSite:
    site = StreamSite(cloud)
    site.prepare()
    return site


def test_planned_created_unchanged_changed_and_removed(streams: StreamSite) -> None:
    both = {**events(auth={"scram": {"worker": {}}}), "clicks": {"serverless": True}}
    desired = streams.desired(both)
    planned = summary(streams.plan(desired))
    assert set(planned.values()) == {"create"}
    streams.apply(desired)
    assert set(streams.ids()) == set(planned)
    assert streams.bring(both) == []
    found = streams.provisioned()
    assert found["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "3.9.x.kraft"
    assert found["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS", "InCluster": True}
    assert ":key/" in found["EncryptionInfo"]["EncryptionAtRest"]["DataVolumeKMSKeyId"]
    assert found["NumberOfBrokerNodes"] == 2
    assert streams.cluster("prod-clicks")["ClusterType"] == "SERVERLESS"
    assert found["LoggingInfo"]["BrokerLogs"]["CloudWatchLogs"] == {"Enabled": True, "LogGroup": "/aws/vendedlogs/msk/prod-events"}
    streams.apply(list(streams.desired({})), purge=("*", "kms_key.*", "msk_cluster.*", "stream_secret.*"))
    kafka = streams.cloud.client("kafka")
    assert (kafka.list_clusters_v2()["ClusterInfoList"], kafka.list_configurations()["Configurations"]) == ([], [])


def test_one_change_after_the_other(streams: StreamSite) -> None:
    streams.bring(events())
    changed = events(
        storage_gib=200,
        instance_type="kafka.m7g.large",
        brokers=4,
        configuration={"num.partitions": 6},
        auth={"iam": True, "unauthenticated": True},
        in_transit="tls_plaintext",
        monitoring="per_broker",
        open_monitoring={"jmx": True},
    )
    assert streams.bring(changed) == [
        "kafka:UpdateConfiguration",
        "kafka:UpdateBrokerStorage",
        "kafka:UpdateBrokerType",
        "kafka:UpdateBrokerCount",
        "kafka:UpdateClusterConfiguration",
        "kafka:UpdateSecurity",
        "kafka:UpdateMonitoring",
    ]
    assert streams.bring(changed) == []
    found = streams.provisioned()
    assert found["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]["VolumeSize"] == 200
    assert found["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 2
    assert found["EncryptionInfo"]["EncryptionInTransit"] == {"ClientBroker": "TLS_PLAINTEXT", "InCluster": True}


def secrets_of(streams: StreamSite) -> list[str]:
    found = streams.cloud.client("kafka").list_scram_secrets(ClusterArn=streams.cluster()["ClusterArn"])["SecretArnList"]
    return sorted(one.partition("AmazonMSK_")[2].rpartition("-")[0] for one in found)


def test_users_with_scram_beside_those_of_others(streams: StreamSite) -> None:
    streams.bring(events(auth={"scram": {"worker": {}, "reader": {}}}))
    assert secrets_of(streams) == ["prod/queues/events/reader", "prod/queues/events/worker"]
    value = '{"username": "theirs", "password": "theirs"}'
    key, manager = streams.ids()["kms_key.streams"], streams.cloud.client("secretsmanager")
    theirs = manager.create_secret(Name="AmazonMSK_other/x", SecretString=value, KmsKeyId=key)["ARN"]
    streams.cloud.client("kafka").batch_associate_scram_secret(ClusterArn=streams.cluster()["ClusterArn"], SecretArnList=[theirs])
    fewer = events(auth={"scram": {"worker": {"rotation": "2"}}})
    streams.bring(fewer, purge=("stream_secret.*",))
    assert secrets_of(streams) == ["other/x", "prod/queues/events/worker"]
    assert streams.bring(fewer) == []


def test_a_secret_that_msk_does_not_take_is_an_error(streams: StreamSite) -> None:
    users = events(auth={"scram": {"worker": {}}})
    streams.bring(users)
    secret = next(one.id for one in streams.observed() if one.kind == "stream_secret")
    kafka, arn = streams.cloud.client("kafka"), streams.cluster()["ClusterArn"]
    streams.cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString="by hand")
    kafka.batch_disassociate_scram_secret(ClusterArn=arn, SecretArnList=kafka.list_scram_secrets(ClusterArn=arn)["SecretArnList"])
    (failed,) = streams.try_apply(streams.desired(users)).failures
    assert "MSK did not take every secret" in failed.message
    assert "must hold username and password" in failed.message


def test_upward_with_consent_only(streams: StreamSite) -> None:
    streams.bring(events())
    assert ["messaging_allow_upgrade" in one for one in streams.problems(events(version="4.1"))] == [True]
    assert streams.bring(events(version="4.1"), allow_upgrade=["events"]) == ["kafka:UpdateClusterKafkaVersion"]
    # there is no way back: the earlier version is left alone
    assert streams.bring(events()) == []
    assert streams.provisioned()["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "4.1.x.kraft"


def test_what_others_do_meanwhile_is_waited_for(streams: StreamSite) -> None:
    streams.bring(events())
    there = streams.cluster()
    streams.cloud.admin.settings(transition_seconds={"default": 0.0, "msk_cluster": 0.3})
    streams.cloud.client("kafka").update_monitoring(
        ClusterArn=there["ClusterArn"], CurrentVersion=there["CurrentVersion"], EnhancedMonitoring="PER_BROKER"
    )
    assert streams.bring(events(storage_gib=150, monitoring="per_broker")) == ["kafka:UpdateBrokerStorage"]
    assert streams.provisioned()["EnhancedMonitoring"] == "PER_BROKER"


def test_a_renamed_configuration_keeps_its_revision_in_the_cluster(streams: StreamSite) -> None:
    """Marking is another revision: the cluster is not restarted for it."""
    streams.bring(events(configuration={"num.partitions": 6}))
    (seen,) = [one for one in streams.observed() if one.kind == "msk_configuration"]
    aws = streams.aws()
    streams.kinds()["msk_configuration"].claim(aws, seen, seen.address)
    aws.close()
    assert streams.cloud.client("kafka").describe_configuration(Arn=seen.id)["LatestRevision"]["Revision"] == 2
    assert streams.bring(events(configuration={"num.partitions": 6})) == []
    streams.bring(events(configuration={"num.partitions": 9}))
    assert streams.provisioned()["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 3


def test_addresses_in_a_plan_and_after_it(streams: StreamSite) -> None:
    described = {**events(auth={"unauthenticated": True}), "clicks": {"serverless": True}}
    result = streams.apply(streams.desired(described))
    assert streams.domain is not None
    attributes = {one.address: {**one.attributes, "id": one.id} for one in result.final}
    outputs = streams.domain.outputs(attributes)["streams"]
    assert outputs["events"]["bootstrap"]["iam"].endswith(":9098")
    assert outputs["events"]["bootstrap"]["tls"].endswith(":9094")
    assert outputs["events"]["bootstrap"]["plaintext"] is None
    assert (outputs["clicks"]["serverless"], outputs["clicks"]["brokers"]) == (True, None)


def test_without_streams_msk_is_not_asked(streams: StreamSite) -> None:
    requests = Requests(streams.cloud)
    streams.plan(streams.desired({}))
    assert [one for one in requests.reads() if one.startswith("kafka:")] == []


def test_a_replacement_loses_data_and_needs_consent_that_says_so(streams: StreamSite) -> None:
    streams.bring(events(logs={"broker": False}))
    renamed = streams.desired(events(cluster_name="other", logs={"broker": False}))
    assert summary(streams.plan(renamed, allow_replace=("*",))) == {CLUSTER: "replace (no consent)"}
    assert summary(streams.plan(renamed, allow_replace=("msk_cluster.*",))) == {CLUSTER: "replace"}


def topic(streams: StreamSite, name: str) -> dict[str, Any]:
    found = dict(streams.cloud.client("kafka").describe_topic(ClusterArn=streams.cluster()["ClusterArn"], TopicName=name))
    return {**found, "Configs": sorted(base64.b64decode(found["Configs"]).decode().split())}


def test_topics_are_made_grown_and_configured_and_never_deleted(streams: StreamSite) -> None:
    orders = {"partitions": 2, "configuration": {"retention.ms": 604800000}}
    described = events(topics={"orders": orders, "mail": {}})
    assert set(summary(streams.plan(streams.desired(described))).values()) == {"create"}
    streams.cloud.admin.settings(transition_seconds={"default": 0.0, "msk_cluster": 0.3})
    assert [one for one in streams.bring(described) if "Topic" in one] == ["kafka:CreateTopic"] * 2
    assert streams.bring(described) == []
    found = topic(streams, "orders")
    assert (found["PartitionCount"], found["ReplicationFactor"], found["Configs"]) == (2, 2, ["retention.ms=604800000"])
    grown = events(topics={"orders": {"partitions": 6, "configuration": {"cleanup.policy": "compact"}}})
    assert streams.bring(grown) == ["kafka:UpdateTopic"] * 2
    assert streams.bring(grown) == []
    found = topic(streams, "orders")
    assert (found["PartitionCount"], found["Configs"]) == (6, ["cleanup.policy=compact", "retention.ms=604800000"])
    assert topic(streams, "mail")["PartitionCount"] == 1


def test_a_topic_that_exists_is_taken_over_and_those_of_others_stay(streams: StreamSite) -> None:
    streams.bring(events())
    kafka, arn = streams.cloud.client("kafka"), streams.cluster()["ClusterArn"]
    for name in ("theirs", "orders"):
        kafka.create_topic(ClusterArn=arn, TopicName=name, PartitionCount=3, ReplicationFactor=1)
    described = events(topics={"orders": {"partitions": 4}})
    streams.desired(described)
    assert ["the topic orders exists and is taken over" in one for one in streams.domain_notes()] == [True]
    assert streams.bring(described) == ["kafka:UpdateTopic"]
    assert streams.bring(described) == []
    assert topic(streams, "theirs")["PartitionCount"] == 3
    refused = streams.problems(events(topics={"orders": {"partitions": 2, "replication": 2}}))
    assert ["Kafka removes none; set 4" in refused[0], "set 1, or move its replicas" in refused[1]] == [True, True]
