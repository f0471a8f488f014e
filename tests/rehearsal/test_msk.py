# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Amazon MSK: states, one change at a time under the current version, and what it refuses."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .conftest import CheckedCloud, refused

BAD = "BadRequestException"


class Clusters:
    def __init__(self, cloud: CheckedCloud, subnets: list[str]) -> None:
        self.cloud, self.kafka, self.subnets = cloud, cloud.client("kafka"), subnets

    def create(self, name: str = "events", **more: Any) -> str:
        nodes = {"ClientSubnets": self.subnets, "InstanceType": "kafka.m7g.large", "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 100}}}
        given = {"BrokerNodeGroupInfo": nodes, "KafkaVersion": "3.9.x.kraft", "NumberOfBrokerNodes": 2, **more}
        return str(self.kafka.create_cluster_v2(ClusterName=name, Provisioned=given, Tags={"team": "one"})["ClusterArn"])

    def one(self, arn: str) -> dict[str, Any]:
        return dict(self.kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"])

    def change(self, method: str, arn: str, **params: Any) -> Any:
        return getattr(self.kafka, method)(ClusterArn=arn, CurrentVersion=self.one(arn)["CurrentVersion"], **params)


@pytest.fixture
def clusters(cloud: CheckedCloud, subnet_ids: list[str]) -> Clusters:
    return Clusters(cloud, subnet_ids)


def test_one_change_at_a_time_and_each_gives_another_version(clusters: Clusters) -> None:
    arn = clusters.create()
    before = clusters.one(arn)
    clusters.cloud.admin.settings(transition_seconds={"default": 0.0, "msk_cluster": 60.0})
    clusters.change("update_broker_type", arn, TargetInstanceType="kafka.m7g.xlarge")
    assert clusters.one(arn)["State"] == "UPDATING"
    monitoring = {"ClusterArn": arn, "CurrentVersion": before["CurrentVersion"], "EnhancedMonitoring": "PER_BROKER"}
    assert refused(clusters.kafka.update_monitoring, **monitoring) == BAD
    clusters.cloud.admin.reset()


def test_what_a_change_does(clusters: Clusters) -> None:
    arn = clusters.create()
    stale = clusters.one(arn)["CurrentVersion"]
    clusters.change("update_broker_storage", arn, TargetBrokerEBSVolumeInfo=[{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 110}])
    info = clusters.one(arn)["Provisioned"]["BrokerNodeGroupInfo"]["StorageInfo"]["EbsStorageInfo"]
    assert info["VolumeSize"] == 110
    assert refused(clusters.kafka.update_broker_type, ClusterArn=arn, CurrentVersion=stale, TargetInstanceType="kafka.m5.large") == BAD
    small = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 115}]
    assert refused(clusters.change, method="update_broker_storage", arn=arn, TargetBrokerEBSVolumeInfo=small) == BAD
    assert refused(clusters.change, method="update_cluster_kafka_version", arn=arn, TargetKafkaVersion="3.9.x") == BAD
    assert refused(clusters.change, method="update_broker_count", arn=arn, TargetNumberOfBrokerNodes=3) == BAD
    clusters.kafka.delete_cluster(ClusterArn=arn)
    assert clusters.kafka.list_clusters_v2()["ClusterInfoList"] == []


def test_serverless_clusters_have_an_address_for_iam(clusters: Clusters) -> None:
    given = {"VpcConfigs": [{"SubnetIds": clusters.subnets}]}
    arn = clusters.kafka.create_cluster_v2(ClusterName="events", Serverless=given)["ClusterArn"]
    assert clusters.one(arn)["ClusterType"] == "SERVERLESS"
    found = clusters.kafka.get_bootstrap_brokers(ClusterArn=arn)["BootstrapBrokerStringSaslIam"]
    assert found.endswith(":9098")


def test_topics_and_what_is_refused(clusters: Clusters) -> None:
    arn, kafka = clusters.create(), clusters.kafka
    orders = {"ClusterArn": arn, "TopicName": "orders"}
    configs = base64.b64encode(b"retention.ms=1").decode()
    made = kafka.create_topic(**orders, PartitionCount=3, ReplicationFactor=2, Configs=configs)
    assert made["TopicArn"] == arn.replace(":cluster/", ":topic/") + "/orders"
    assert kafka.describe_topic(**orders)["Configs"] == configs
    assert refused(kafka.create_topic, **orders, PartitionCount=3, ReplicationFactor=2) == "TopicExistsException"
    assert refused(kafka.create_topic, ClusterArn=arn, TopicName="mail", PartitionCount=1, ReplicationFactor=3) == BAD
    assert refused(kafka.update_topic, **orders, PartitionCount=2) == BAD
    assert refused(kafka.update_topic, **orders, PartitionCount=4, Configs=configs) == BAD
    kafka.update_topic(**orders, PartitionCount=4)
    (listed,) = kafka.list_topics(ClusterArn=arn, TopicNameFilter="ord")["Topics"]
    assert (listed["PartitionCount"], listed["ReplicationFactor"]) == (4, 2)
    assert [len(one["Replicas"]) for one in kafka.describe_topic_partitions(**orders)["Partitions"]] == [2] * 4
    kafka.delete_topic(**orders)
    assert refused(kafka.describe_topic, **orders) == "NotFoundException"


def test_what_is_read_of_topics_lags_and_needs_an_active_cluster(clusters: Clusters) -> None:
    arn = clusters.create()
    orders = {"ClusterArn": arn, "TopicName": "orders"}
    clusters.cloud.admin.settings(transition_seconds={"default": 0.0, "msk_cluster": 60.0})
    clusters.kafka.create_topic(**orders, PartitionCount=3, ReplicationFactor=2)
    assert refused(clusters.kafka.describe_topic, **orders) == "NotFoundException"
    clusters.change("update_monitoring", arn, EnhancedMonitoring="PER_BROKER")
    assert refused(clusters.kafka.describe_topic, **orders) == BAD
    clusters.cloud.admin.reset()


CREATE: list[tuple[str, dict[str, Any]]] = [
    ("an Express broker without its rules", {"BrokerNodeGroupInfo": {"InstanceType": "express.m7g.large"}}),
    ("unknown version", {"KafkaVersion": "2.0.0"}),
    ("brokers that do not fill the zones", {"NumberOfBrokerNodes": 3}),
]


@pytest.mark.parametrize("options", [case[1] for case in CREATE], ids=[case[0] for case in CREATE])
def test_refused(clusters: Clusters, options: dict[str, Any]) -> None:
    if nodes := options.get("BrokerNodeGroupInfo"):
        options = {**options, "BrokerNodeGroupInfo": {"ClientSubnets": clusters.subnets, **nodes}}
    assert refused(clusters.create, **options) == BAD


def test_a_configuration_stays_while_it_is_used(clusters: Clusters) -> None:
    made = clusters.kafka.create_configuration(Name="events", ServerProperties=b"num.partitions=6\n")
    arn = clusters.create(ConfigurationInfo={"Arn": made["Arn"], "Revision": 1})
    assert refused(clusters.kafka.delete_configuration, Arn=made["Arn"]) == BAD
    assert clusters.kafka.update_configuration(Arn=made["Arn"], ServerProperties=b"num.partitions=7\n")["LatestRevision"]["Revision"] == 2
    clusters.change("update_cluster_configuration", arn, ConfigurationInfo={"Arn": made["Arn"], "Revision": 2})
    assert clusters.one(arn)["Provisioned"]["CurrentBrokerSoftwareInfo"]["ConfigurationRevision"] == 2
    assert clusters.kafka.describe_configuration_revision(Arn=made["Arn"], Revision=1)["ServerProperties"] == b"num.partitions=6\n"


def test_secrets_for_scram_that_are_not_taken_are_in_the_reply(clusters: Clusters) -> None:
    arn = clusters.create()
    secret = clusters.cloud.client("secretsmanager").create_secret(Name="jobs", SecretString="{}")["ARN"]
    reply = clusters.kafka.batch_associate_scram_secret(ClusterArn=arn, SecretArnList=[secret])
    assert [one["ErrorCode"] for one in reply["UnprocessedScramSecrets"]] == ["INVALID_SECRET_NAME"]
    assert clusters.kafka.list_scram_secrets(ClusterArn=arn)["SecretArnList"] == []
