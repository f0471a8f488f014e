# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Brokers of MSK: which exist is asked, since their IDs have gaps after some were removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarm_sets import completed
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.described import Settings
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.questions import brokers, questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.all import metric_alarms

from . import platforms as p

ARN = "arn:aws:kafka:eu-west-1:123456789012:cluster"
BROKERS = {"BrokerNodeGroupInfo": {"ClientSubnets": ["a"], "InstanceType": "kafka.m7g.large"}, "NumberOfBrokerNodes": 2}


class Kafka:
    """Answers that agree with the API's model."""

    def __init__(self) -> None:
        session = botocore.session.get_session()
        self.client = session.create_client("kafka", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        clusters = [
            {"ClusterName": "prod-clicks", "ClusterArn": f"{ARN}/prod-clicks/1", "Provisioned": BROKERS},
            {
                "ClusterName": "prod-audit",
                "ClusterArn": f"{ARN}/prod-audit/1",
                "ClusterType": "SERVERLESS",
                "Serverless": {"VpcConfigs": []},
            },
            {"ClusterName": "dev-clicks", "ClusterArn": f"{ARN}/dev-clicks/1", "Provisioned": BROKERS},
        ]
        nodes = [
            {"NodeType": "BROKER", "BrokerNodeInfo": {"BrokerId": 4.0}},
            {"NodeType": "BROKER", "BrokerNodeInfo": {"BrokerId": 1.0}},
            {"ControllerNodeInfo": {"Endpoints": ["c-10001"]}},
        ]
        self.stub = Stubber(self.client)
        self.stub.add_response("list_clusters_v2", {"ClusterInfoList": clusters}, {})
        self.stub.add_response("list_nodes", {"NodeInfoList": nodes}, {"ClusterArn": f"{ARN}/prod-clicks/1"})
        self.stub.activate()

    def list_all(self, service: str, method: str, items: str, **params: Any) -> list[Any]:
        assert service == "kafka"
        return list(getattr(self.client, method)(**params)[items])

    def map(self, call: Callable[[str], Any], values: Iterable[str]) -> list[Any]:
        return [call(value) for value in values]


def test_the_brokers_of_a_cluster_are_asked_for() -> None:
    aws: Any = Kafka()
    assert brokers(aws, ["prod-clicks", "prod-audit", "prod-gone"]) == {"prod-clicks": (1, 4)}
    aws.stub.assert_no_pending_responses()


@pytest.mark.parametrize(("answers", "expected"), [({}, {"1", "2"}), ({"streams": {"prod-clicks": (1, 4)}}, {"1", "4"})])
def test_each_broker_that_exists_has_its_alarms(answers: dict[str, Any], expected: set[str]) -> None:
    platform = completed(p.having(streams=(p.KAFKA,)), Place("prod", "watch", "eu-west-1", "123456789012"), answers)
    assert {one.kind.rpartition("-")[2] for one in metric_alarms(platform) if one.kind.startswith("disk-")} == expected


def test_nothing_is_asked_without_brokers() -> None:
    assert "streams" not in questions(Settings(platform=p.having(streams=(p.SERVERLESS,))))
    assert "streams" in questions(Settings(platform=p.having(streams=(p.KAFKA,))))
