# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metric -> alarm -> topic -> key -> PagerDuty: each link, and what breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..conftest import ACCOUNT, REGION, refused, until
from .monitored import CPU, DATABASE, Monitored, alarm_arn

CLOUDWATCH = "cloudwatch.amazonaws.com"


def test_one_message_over_the_threshold_and_one_when_back(monitored: Monitored) -> None:
    topic = monitored.paged_topic(KmsMasterKeyId=monitored.key(CLOUDWATCH))
    monitored.alarm(AlarmActions=[topic], OKActions=[topic], AlarmDescription="See the runbook.")
    assert monitored.state() == "INSUFFICIENT_DATA"
    monitored.put(95)
    monitored.put(97)
    assert monitored.pages() == [("cpu", "INSUFFICIENT_DATA", "ALARM")]
    monitored.later()
    monitored.put(96)
    assert len(monitored.pages()) == 1, "the alarm stays in ALARM"
    monitored.later()
    monitored.put(20)
    assert monitored.pages() == [("cpu", "INSUFFICIENT_DATA", "ALARM"), ("cpu", "ALARM", "OK")]
    assert monitored.actions() == [f"Successfully executed action {topic}"] * 2
    assert monitored.state() == "OK"


def test_the_message_names_alarm_metric_and_datapoints(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic], DatapointsToAlarm=1)
    monitored.put(95.5)
    (arrived,) = monitored.cloud.admin.arrived("events.pagerduty.com")
    headers, envelope = arrived["headers"], json.loads(arrived["body"])
    assert (headers["x-amz-sns-message-type"], headers["x-amz-sns-topic-arn"]) == ("Notification", topic)
    assert (envelope["Type"], envelope["Subject"]) == ("Notification", 'ALARM: "cpu" in Africa (Cape Town)')
    message = json.loads(envelope["Message"])
    assert message["AlarmArn"] == alarm_arn("cpu")
    assert message["NewStateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoints [95.5] was greater than the threshold (80.0)"
    )
    assert message["Trigger"] == {
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/RDS",
        "StatisticType": "Statistic",
        "Statistic": "AVERAGE",
        "Unit": None,
        "Dimensions": [{"value": "main", "name": "DBInstanceIdentifier"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 80.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


UNUSABLE = {
    "a key that does not name CloudWatch": ("logs.amazonaws.com", "AccessDeniedException"),
    "a key that is disabled": (CLOUDWATCH, "KMSInvalidStateException"),
    "the key of SNS": ("alias/aws/sns", "AccessDeniedException"),
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_key_that_cloudwatch_cannot_use_drops_the_message(monitored: Monitored, why: str) -> None:
    named, code = UNUSABLE[why]
    key = named if named.startswith("alias/") else monitored.key(named)
    topic = monitored.paged_topic(KmsMasterKeyId=key)
    if "disabled" in why:
        monitored.cloud.client("kms").disable_key(KeyId=key)
    monitored.alarm(AlarmActions=[topic])
    monitored.put(95)
    assert monitored.state() == "ALARM"
    assert monitored.pages() == []
    (action,) = monitored.actions()
    assert action.startswith(f"Failed to execute action {topic}. Received error: ")
    assert f"Service: AWSKMS; Status Code: 400; Error Code: {code}" in action


@pytest.mark.parametrize(("condition", "rings"), [({"aws:SourceAccount": ACCOUNT}, True), ({"aws:SourceAccount": "111111111111"}, False)])
def test_the_topic_policy_must_admit_cloudwatch(monitored: Monitored, condition: dict[str, str], rings: bool) -> None:
    topic = monitored.paged_topic()
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": CLOUDWATCH},
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"StringEquals": condition},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    monitored.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    monitored.alarm(AlarmActions=[topic])
    monitored.put(95)
    assert bool(monitored.pages()) == rings
    refusal = f"Resource: {alarm_arn('cpu')} is not authorized to perform: SNS:Publish on resource: {topic}"
    assert (refusal in monitored.actions()[0]) == (not rings)


def test_a_topic_that_is_gone_is_a_failed_action(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic])
    monitored.sns.delete_topic(TopicArn=topic)
    monitored.put(95)
    assert "Topic does not exist" in monitored.actions()[0]


def test_a_topic_of_another_region_is_refused(monitored: Monitored) -> None:
    topic = monitored.cloud.client("sns", region="us-east-1").create_topic(Name="critical")["TopicArn"]
    assert refused(monitored.alarm, AlarmActions=[topic]) == "ValidationError"


def test_silence_rings_without_any_call(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(TreatMissingData="breaching", AlarmActions=[topic])
    monitored.put(20)
    monitored.cloud.admin.clear_arrived()
    monitored.cloud.admin.settings(clock_ahead_seconds=600)
    until(lambda: bool(monitored.pages()))
    assert monitored.pages() == [("cpu", "OK", "ALARM")]


def test_a_queue_measures_itself(monitored: Monitored) -> None:
    """A dead-letter queue rings with its first message, and is silent once that is gone."""
    topic, sqs = monitored.paged_topic(), monitored.cloud.client("sqs")
    url = sqs.create_queue(QueueName="orders-failed")["QueueUrl"]
    watched = {"Namespace": "AWS/SQS", "Dimensions": [{"Name": "QueueName", "Value": "orders-failed"}], "Statistic": "Maximum"}
    comparison = {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 1, "TreatMissingData": "notBreaching"}
    actions = {"AlarmActions": [topic], "OKActions": [topic]}
    monitored.alarm("failed", **watched, MetricName="ApproximateNumberOfMessagesVisible", **comparison, **actions)
    monitored.later()
    monitored.cloud.admin.clear_arrived()
    sqs.send_message(QueueUrl=url, MessageBody="x")
    monitored.later()
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    monitored.later()
    assert monitored.pages() == [("failed", "OK", "ALARM"), ("failed", "ALARM", "OK")]


def test_a_misspelt_dimension_is_silent_with_not_breaching(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    wrong = [{"Name": "DBInstanceIdentifer", "Value": "main"}]
    monitored.alarm(Dimensions=wrong, AlarmActions=[topic], TreatMissingData="notBreaching")
    for _minute in range(3):
        monitored.put(99)
        monitored.later()
    assert monitored.state() == "OK"
    assert monitored.pages() == []
    never = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": wrong}
    assert monitored.cloudwatch.list_metrics(**never)["Metrics"] == []
    assert [one["Dimensions"] for one in monitored.cloudwatch.list_metrics(**{**never, "Dimensions": DATABASE})["Metrics"]] == [DATABASE]


def test_m_out_of_n(monitored: Monitored) -> None:
    monitored.alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (20, 20, 95):
        monitored.put(value)
        assert monitored.state() == "OK"
        monitored.later()
    monitored.put(95)
    assert monitored.state() == "ALARM"
    for state in ("ALARM", "OK"):
        monitored.later()
        monitored.put(20)
        assert monitored.state() == state


def test_silence_is_an_alarm_where_missing_data_breach(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm("heartbeat", TreatMissingData="breaching", AlarmActions=[topic], ComparisonOperator="LessThanThreshold", Threshold=1)
    monitored.put(1)
    assert monitored.state("heartbeat") == "OK"
    monitored.cloud.admin.clear_arrived()
    monitored.later(600)
    assert monitored.pages() == [("heartbeat", "OK", "ALARM")]


def test_insufficient_data_when_nothing_is_heard(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(InsufficientDataActions=[topic])
    monitored.put(20)
    monitored.later(600)
    assert monitored.pages() == [("cpu", "OK", "INSUFFICIENT_DATA")]


def test_percentiles(monitored: Monitored) -> None:
    monitored.alarm(Statistic=None, ExtendedStatistic="p99", Threshold=2)
    slow = {"Values": [0.1, 3.0], "Counts": [995.0, 5.0]}
    monitored.cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[{"MetricName": "CPUUtilization", "Dimensions": DATABASE, **slow}])
    assert monitored.state() == "OK"
    monitored.later()
    slow["Counts"] = [980.0, 20.0]
    monitored.cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[{"MetricName": "CPUUtilization", "Dimensions": DATABASE, **slow}])
    assert monitored.state() == "ALARM"


def test_a_percentile_of_few_values_can_be_ignored(monitored: Monitored) -> None:
    monitored.alarm(Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore")
    monitored.put(95)
    assert monitored.state() == "INSUFFICIENT_DATA"


def test_a_new_alarm_warms_up(monitored: Monitored) -> None:
    """Missing data would be breaching; it has ten minutes, or until there are data."""
    for name, only in (("early", False), ("late", True)):
        warm_up = {"WarmUpPeriodDurationInMinutes": 10, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": only}
        monitored.alarm(name, TreatMissingData="breaching", WarmUpConfiguration=warm_up)
    monitored.later(300)
    assert (monitored.state("early"), monitored.state("late")) == ("INSUFFICIENT_DATA", "INSUFFICIENT_DATA")
    monitored.put(20)
    assert (monitored.state("early"), monitored.state("late")) == ("OK", "INSUFFICIENT_DATA")
    monitored.later(360)
    assert (monitored.state("early"), monitored.state("late")) == ("ALARM", "ALARM")


def stat(name: str, metric: str, statistic: str = "Sum") -> dict[str, Any]:
    measured = {"Metric": {**CPU, "MetricName": metric}, "Period": 60, "Stat": statistic}
    return {"Id": name, "MetricStat": measured, "ReturnData": False}


def test_metric_math(monitored: Monitored) -> None:
    """An error rate: nothing requested is no error, and one error of a hundred requests is not more than one percent."""
    topic = monitored.paged_topic()
    rate = "IF(FILL(requests, 0) > 0, 100 * FILL(errors, 0) / requests, 0)"
    queries = [stat("errors", "Errors"), stat("requests", "Requests"), {"Id": "rate", "Expression": rate, "Label": "Error rate"}]
    monitored.alarm("errors", Metrics=queries, Threshold=1, AlarmActions=[topic], OKActions=[topic], TreatMissingData="notBreaching")
    monitored.state("errors")
    monitored.cloud.admin.clear_arrived()
    for errors in (1, 2, 0):
        monitored.put(100, "Requests")
        if errors:
            monitored.put(errors, "Errors")
        monitored.later()
    assert monitored.pages() == [("errors", "OK", "ALARM"), ("errors", "ALARM", "OK")]
    trigger = json.loads(json.loads(monitored.cloud.admin.arrived("pagerduty")[0]["body"])["Message"])["Trigger"]
    assert [one.get("Expression") for one in trigger["Metrics"]] == [None, None, rate]


def test_a_changed_alarm_keeps_its_state_until_it_is_evaluated_and_its_tags(monitored: Monitored) -> None:
    monitored.alarm(Tags=[{"Key": "owner", "Value": "us"}])
    monitored.put(85)
    assert monitored.state() == "ALARM"
    monitored.alarm(Threshold=90, Tags=[{"Key": "owner", "Value": "others"}])
    assert monitored.state() == "OK"
    tags = monitored.cloudwatch.list_tags_for_resource(ResourceARN=alarm_arn("cpu"))["Tags"]
    assert tags == [{"Key": "owner", "Value": "us"}]


def test_disabled_actions_are_silent(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic])
    monitored.cloudwatch.disable_alarm_actions(AlarmNames=["cpu"])
    monitored.put(95)
    assert (monitored.state(), monitored.pages(), monitored.actions()) == ("ALARM", [], [])
    assert monitored.cloudwatch.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"] is False


def test_an_alarm_can_be_set_to_a_state(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic])
    monitored.state()
    monitored.cloudwatch.set_alarm_state(AlarmName="cpu", StateValue="ALARM", StateReason="drill")
    assert monitored.pages() == [("cpu", "INSUFFICIENT_DATA", "ALARM")]
    assert refused(monitored.cloudwatch.set_alarm_state, AlarmName="no", StateValue="OK", StateReason="x") == "ResourceNotFound"


WRONG: dict[str, dict[str, Any]] = {
    "no statistic": {"Statistic": None},
    "two statistics": {"ExtendedStatistic": "p99"},
    "an unknown statistic": {"Statistic": None, "ExtendedStatistic": "p101"},
    "an odd period": {"Period": 45},
    "more datapoints than periods": {"DatapointsToAlarm": 2},
    "more than a day": {"Period": 300, "EvaluationPeriods": 289},
    "an unknown treatment": {"TreatMissingData": "maybe"},
    "a unit that does not exist": {"Unit": "Furlongs"},
    "no comparison": {"ComparisonOperator": "Above"},
    "too many actions": {"AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:t{number}" for number in range(6)]},
    "a long description": {"AlarmDescription": "x" * 1025},
    "an expression without a metric": {"Metrics": [{"Id": "e", "Expression": "1 + 1"}]},
    "an expression over nothing": {"Metrics": [stat("a", "A"), {"Id": "e", "Expression": "a / b"}]},
    "two results": {"Metrics": [{**stat("a", "A"), "ReturnData": True}, {"Id": "e", "Expression": "a * 2"}]},
    "a metric beside queries": {"Metrics": [{**stat("a", "A"), "ReturnData": True}], "MetricName": "B"},
    "a warm-up of three days": {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 3 * 1440}},
    "an id in capitals": {"Metrics": [{**stat("A", "A"), "ReturnData": True}]},
}


@pytest.mark.parametrize("why", WRONG)
def test_alarms_that_are_refused(monitored: Monitored, why: str) -> None:
    assert refused(monitored.alarm, **WRONG[why]) == "ValidationError"
