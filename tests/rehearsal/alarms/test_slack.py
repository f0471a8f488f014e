# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metric -> alarm -> rule -> API destination -> connection -> Slack, and what breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.monitoring.event_inputs import InputError, filled, found, target_input

from ..conftest import ACCOUNT, REGION, refused, trust
from .monitored import Monitored, alarm_arn

ENDPOINT = "https://slack.com/api/chat.postMessage"
TOKEN = "Bearer xoxb-0123456789"
PATTERN = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
TRANSFORMER = {
    "InputPathsMap": {"name": "$.detail.alarmName", "state": "$.detail.state.value", "reason": "$.detail.state.reason"},
    "InputTemplate": '{"channel": "#alarms", "text": "<state>: <name> (<reason>)"}',
}


@dataclass
class Chain:
    """Everything between an alarm and Slack, made by boto3."""

    monitored: Monitored

    def __post_init__(self) -> None:
        cloud = self.monitored.cloud
        self.events, self.iam = cloud.client("events"), cloud.client("iam")
        key = {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": TOKEN}}
        made = self.events.create_connection(Name="slack", AuthorizationType="API_KEY", AuthParameters=key)
        self.destination = str(
            self.events.create_api_destination(
                Name="slack", ConnectionArn=made["ConnectionArn"], InvocationEndpoint=ENDPOINT, HttpMethod="POST"
            )["ApiDestinationArn"]
        )
        self.role = str(self.iam.create_role(RoleName="slack", AssumeRolePolicyDocument=trust("events.amazonaws.com"))["Role"]["Arn"])
        self.allow("events:InvokeApiDestination")
        self.events.put_rule(Name="alarms", EventPattern=json.dumps(PATTERN))
        self.target(InputTransformer=TRANSFORMER)

    def allow(self, action: str) -> None:
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": self.destination}]}
        self.iam.put_role_policy(RoleName="slack", PolicyName="invoke", PolicyDocument=json.dumps(document))

    def target(self, **more: Any) -> None:
        self.events.put_targets(Rule="alarms", Targets=[{"Id": "slack", "Arn": self.destination, "RoleArn": self.role, **more}])

    def posts(self) -> list[str]:
        return [json.loads(one["body"])["text"] for one in self.monitored.cloud.admin.arrived("slack")]

    def failed(self) -> int:
        """How many deliveries of the rule failed."""
        self.monitored.cloud.admin.arrived()
        names = [one["MetricName"] for one in self.monitored.cloudwatch.list_metrics(Namespace="AWS/Events")["Metrics"]]
        return names.count("FailedInvocations")


@pytest.fixture
def chain(monitored: Monitored) -> Chain:
    return Chain(monitored)


def test_each_change_of_state_is_one_message(chain: Chain) -> None:
    chain.monitored.alarm()
    chain.monitored.put(95)
    chain.monitored.later()
    chain.monitored.put(20)
    first, second = chain.posts()
    assert first.startswith("ALARM: cpu (Threshold Crossed: 1 out of the last 1 datapoints [95.0] was greater than the threshold (80.0)")
    assert second.startswith("OK: cpu (")
    (alarmed, _back) = chain.monitored.cloud.admin.arrived("slack.com")
    assert (alarmed["method"], alarmed["path"], alarmed["headers"]["authorization"]) == ("POST", "/api/chat.postMessage", TOKEN)
    assert chain.failed() == 0


def test_the_event_is_that_of_cloudwatch(chain: Chain) -> None:
    chain.target(InputPath="$")
    chain.monitored.alarm(AlarmDescription="See the runbook.")
    chain.monitored.put(95)
    event = json.loads(chain.monitored.cloud.admin.arrived("slack")[0]["body"])
    assert (event["source"], event["region"], event["account"], event["resources"]) == (
        "aws.cloudwatch",
        REGION,
        ACCOUNT,
        [alarm_arn("cpu")],
    )
    detail = event["detail"]
    assert (detail["alarmName"], detail["state"]["value"], detail["previousState"]["value"]) == ("cpu", "ALARM", "INSUFFICIENT_DATA")
    assert detail["configuration"]["description"] == "See the runbook."
    (watched,) = detail["configuration"]["metrics"]
    assert watched["metricStat"]["metric"]["dimensions"] == {"DBInstanceIdentifier": "main"}


def break_role(chain: Chain) -> None:
    chain.allow("events:PutEvents")


def break_trust(chain: Chain) -> None:
    chain.iam.update_assume_role_policy(RoleName="slack", PolicyDocument=trust("ec2.amazonaws.com"))


def break_connection(chain: Chain) -> None:
    chain.events.delete_connection(Name="slack")


def break_receiver(chain: Chain) -> None:
    chain.monitored.cloud.admin.settings(receivers={"slack.com": "failing"})


def break_template(chain: Chain) -> None:
    chain.target(InputTransformer={**TRANSFORMER, "InputTemplate": '{"text": <nothing>}'})


def break_host(chain: Chain) -> None:
    chain.events.update_api_destination(Name="slack", InvocationEndpoint="https://chat.example.com/")


BREAKS: list[Callable[[Chain], None]] = [break_role, break_trust, break_connection, break_receiver, break_template, break_host]


@pytest.mark.parametrize("breaks", BREAKS)
def test_a_broken_link_is_seen_in_failed_invocations_alone(chain: Chain, breaks: Callable[[Chain], None]) -> None:
    breaks(chain)
    chain.monitored.alarm()
    chain.monitored.put(95)
    assert (chain.monitored.state(), chain.failed()) == ("ALARM", 1)
    assert [one for one in chain.monitored.cloud.admin.arrived() if one["status"] < 300] == []


def test_other_states_other_rules(chain: Chain) -> None:
    """A pattern can choose states and names; a disabled rule does nothing."""
    pattern = {**PATTERN, "detail": {"alarmName": [{"prefix": "prod-"}], "state": {"value": ["ALARM"]}}}
    chain.events.put_rule(Name="alarms", EventPattern=json.dumps(pattern))
    for name in ("prod-cpu", "dev-cpu"):
        chain.monitored.alarm(name)
    chain.monitored.put(95)
    chain.monitored.later()
    chain.monitored.put(20)
    assert [text.partition(" (")[0] for text in chain.posts()] == ["ALARM: prod-cpu"]
    chain.events.disable_rule(Name="alarms")
    chain.monitored.later()
    chain.monitored.put(95)
    assert len(chain.posts()) == 1


def test_a_webhook_with_its_secret_in_the_path(chain: Chain) -> None:
    chain.events.update_api_destination(Name="slack", InvocationEndpoint="https://hooks.slack.com/services/*/*/*")
    chain.target(HttpParameters={"PathParameterValues": ["T0", "B0", "s3cret"]}, InputTransformer=TRANSFORMER)
    chain.monitored.alarm()
    chain.monitored.put(95)
    (arrived,) = chain.monitored.cloud.admin.arrived("hooks.slack.com")
    assert (arrived["path"], arrived["status"]) == ("/services/T0/B0/s3cret", 200)


def test_a_connection_keeps_its_secret(chain: Chain) -> None:
    found = chain.events.describe_connection(Name="slack")
    assert found["AuthParameters"] == {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization"}}
    assert found["ConnectionState"] == "AUTHORIZED"
    assert ":secret:events!connection/slack/" in found["SecretArn"]
    other = {"ApiKeyAuthParameters": {"ApiKeyValue": "Bearer xoxb-other"}}
    after = chain.events.update_connection(Name="slack", AuthParameters=other)
    assert after["LastAuthorizedTime"] > found["LastAuthorizedTime"]
    chain.monitored.alarm()
    chain.monitored.put(95)
    assert chain.monitored.cloud.admin.arrived("slack")[0]["headers"]["authorization"] == "Bearer xoxb-other"
    header = [{"Key": "X-Key", "Value": "hidden", "IsValueSecret": True}]
    chain.events.update_connection(Name="slack", AuthParameters={"InvocationHttpParameters": {"HeaderParameters": header}})
    shown = chain.events.describe_connection(Name="slack")["AuthParameters"]["InvocationHttpParameters"]["HeaderParameters"]
    assert shown == [{"Key": "X-Key", "IsValueSecret": True}]
    chain.events.delete_connection(Name="slack")
    assert chain.events.describe_api_destination(Name="slack")["ApiDestinationState"] == "INACTIVE"


def test_what_eventbridge_refuses(chain: Chain) -> None:
    events, key = chain.events, {"ApiKeyAuthParameters": {"ApiKeyName": "a", "ApiKeyValue": "b"}}
    assert (
        refused(events.create_connection, Name="slack", AuthorizationType="API_KEY", AuthParameters=key) == "ResourceAlreadyExistsException"
    )
    assert refused(events.create_connection, Name="b", AuthorizationType="BASIC", AuthParameters=key) == "ValidationException"
    assert refused(events.describe_connection, Name="none") == "ResourceNotFoundException"
    destination = {"Name": "d", "HttpMethod": "POST", "InvocationEndpoint": ENDPOINT}
    gone = f"arn:aws:events:{REGION}:{ACCOUNT}:connection/none/0123"
    assert refused(events.create_api_destination, **destination, ConnectionArn=gone) == "ResourceNotFoundException"
    plain = {"Name": "slack", "InvocationEndpoint": "http://slack.com/"}
    assert refused(events.update_api_destination, **plain) == "ValidationException"
    target = {"Id": "slack", "Arn": chain.destination}
    assert refused(events.put_targets, Rule="alarms", Targets=[target]) == "ValidationException"


@pytest.mark.parametrize(("service", "arrives"), [("events.amazonaws.com", True), ("cloudwatch.amazonaws.com", False)])
def test_a_topic_as_a_target_needs_policy_and_key(monitored: Monitored, service: str, arrives: bool) -> None:
    topic = monitored.paged_topic(KmsMasterKeyId=monitored.key(service))
    statement = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    monitored.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    events = monitored.cloud.client("events")
    events.put_rule(Name="alarms", EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule="alarms", Targets=[{"Id": "topic", "Arn": topic}])
    monitored.alarm()
    monitored.put(95)
    assert bool(monitored.cloud.admin.arrived("pagerduty")) == arrives


def test_failed_deliveries_end_in_the_dead_letter_queue(chain: Chain) -> None:
    sqs = chain.monitored.cloud.client("sqs")
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    url = sqs.create_queue(QueueName="dead", Attributes={"Policy": policy})["QueueUrl"]
    chain.target(DeadLetterConfig={"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"})
    break_role(chain)
    chain.monitored.alarm()
    chain.monitored.put(95)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["detail"]["alarmName"] == "cpu"


EVENT = {"time": "now", "resources": ["a", "b"], "detail": {"name": 'say "hi"', "count": 3, "state": {"value": "OK"}}}


@pytest.mark.parametrize(
    ("path", "expected"), [("$.resources[1]", "b"), ("$.detail.state.value", "OK"), ("$.detail['count']", 3), ("$.detail.none", None)]
)
def test_paths(path: str, expected: Any) -> None:
    assert found(EVENT, path) == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{"text": "<name>!"}', {"text": 'say "hi"!'}),
        ('{"text": <name>, "n": <count>}', {"text": 'say "hi"', "n": 3}),
        ('{"text": "n is <count>", "state": <state>}', {"text": "n is 3", "state": {"value": "OK"}}),
        ('"<name>"', 'say "hi"'),
        ('"one <count>"\n"two"', "one 3\ntwo"),
        ('{"text": "<unknown>"}', {"text": "<unknown>"}),
        ('{"rule": "<aws.events.rule-name>"}', {"rule": "r"}),
    ],
)
def test_templates(template: str, expected: Any) -> None:
    paths = {"name": "$.detail.name", "count": "$.detail.count", "state": "$.detail.state"}
    transformer = {"InputPathsMap": paths, "InputTemplate": template}
    assert json.loads(target_input({"InputTransformer": transformer}, EVENT, {"name": "r", "arn": "x"})) == expected


def test_a_template_must_give_json() -> None:
    with pytest.raises(InputError):
        filled('{"text": <missing>}', {"missing": None})
