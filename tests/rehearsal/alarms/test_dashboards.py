# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dashboards, tags, permissions, and reading metrics back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.every import (
    application_dashboard,
    environment_dashboard,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of
from tests.unit.domains.observability.platforms import FULL

from ..conftest import ACCOUNT, REGION, refused
from .monitored import CPU, DATABASE, Monitored, alarm_arn

METRIC = {"metrics": [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "main"]], "region": REGION, "period": 60}
DENIED = ("AccessDenied", "AccessDeniedException")
ARN = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/prod"


def widget(kind: str = "metric", properties: Any = METRIC, **place: Any) -> dict[str, Any]:
    return {"type": kind, "x": 0, "y": 0, "width": 12, "height": 6, "properties": properties, **place}


BODY = {
    "widgets": [
        widget(),
        widget(properties={**METRIC, "metrics": [*METRIC["metrics"], ["...", "reader", {"stat": "p99"}], [{"expression": "m1 * 2"}]]}),  # type: ignore[misc]
        widget("text", {"markdown": "# prod"}),
        widget("log", {"query": "SOURCE '/app' | fields @message", "region": REGION}),
        widget("alarm", {"alarms": [alarm_arn("cpu")], "title": "Alarms"}),
    ]
}


def test_a_dashboard_and_its_tags(monitored: Monitored) -> None:
    """Its tags are its own, and not in the tagging API."""
    cloudwatch, tags = monitored.cloudwatch, [{"Key": "owner", "Value": "us"}]
    put = {"DashboardName": "prod", "DashboardBody": json.dumps(BODY)}
    assert cloudwatch.put_dashboard(**put, Tags=tags)["DashboardValidationMessages"] == []
    found = cloudwatch.get_dashboard(DashboardName="prod")
    assert (found["DashboardArn"], json.loads(found["DashboardBody"])) == (ARN, BODY)
    cloudwatch.put_dashboard(**put, Tags=[{"Key": "owner", "Value": "others"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=ARN)["Tags"] == tags
    cloudwatch.tag_resource(ResourceARN=ARN, Tags=[{"Key": "a", "Value": "b"}])
    cloudwatch.untag_resource(ResourceARN=ARN, TagKeys=["owner"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=ARN)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [one["DashboardName"] for one in cloudwatch.list_dashboards(DashboardNamePrefix="pr")["DashboardEntries"]] == ["prod"]
    monitored.alarm(Tags=tags)
    listed = monitored.cloud.client("resourcegroupstaggingapi").get_resources()["ResourceTagMappingList"]
    assert [(one["ResourceARN"], one["Tags"]) for one in listed] == [(alarm_arn("cpu"), tags)]
    assert refused(cloudwatch.delete_dashboards, DashboardNames=["prod", "none"]) == "ResourceNotFound"
    cloudwatch.delete_dashboards(DashboardNames=["prod"])
    assert refused(cloudwatch.get_dashboard, DashboardName="prod") == "ResourceNotFound"
    assert refused(cloudwatch.list_tags_for_resource, ResourceARN=ARN) == "ResourceNotFoundException"


WRONG: dict[str, Any] = {
    "no widgets": {},
    "an unknown type": [widget("graph")],
    "beyond the columns": [widget(x=20)],
    "no region": [widget(properties={"metrics": METRIC["metrics"]})],
    "no metrics": [widget(properties={"region": REGION})],
    "half a dimension": [widget(properties={**METRIC, "metrics": [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier"]]})],
    "a reference to nothing": [widget(properties={**METRIC, "metrics": [["...", "reader"]]})],
    "an odd period": [widget(properties={**METRIC, "period": 45})],
    "no text": [widget("text", {})],
    "no query": [widget("log", {"region": REGION})],
    "an alarm by name": [widget("alarm", {"alarms": ["cpu"]})],
}


@pytest.mark.parametrize("why", WRONG)
def test_bodies_that_are_refused_as_a_whole(monitored: Monitored, why: str) -> None:
    body = WRONG[why] if isinstance(WRONG[why], dict) else {"widgets": [widget(), *WRONG[why]]}
    put = monitored.cloudwatch.put_dashboard
    assert refused(put, DashboardName="prod", DashboardBody=json.dumps(body)) == "InvalidParameterInput"
    assert monitored.cloudwatch.list_dashboards()["DashboardEntries"] == []


def test_the_dashboards_of_a_platform_are_accepted(monitored: Monitored) -> None:
    alarms = alarms_of(FULL)
    bodies = {"prod": environment_dashboard(FULL, alarms)}
    bodies |= {f"prod-{one.name}": application_dashboard(FULL, one, alarms) for one in FULL.applications}
    for name, body in bodies.items():
        monitored.cloudwatch.put_dashboard(DashboardName=name, DashboardBody=json.dumps(body))
    assert len(monitored.cloudwatch.list_dashboards()["DashboardEntries"]) == 1 + len(FULL.applications)
    monitored.cloud.problems = [one for one in monitored.cloud.problems if "another account" not in one]


def test_other_refusals_of_dashboards(monitored: Monitored) -> None:
    put = monitored.cloudwatch.put_dashboard
    assert refused(put, DashboardName="prod/eu", DashboardBody=json.dumps(BODY)) == "InvalidParameterValue"
    assert refused(put, DashboardName="prod", DashboardBody="{") == "InvalidParameterInput"


def test_data_are_read_back(monitored: Monitored) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for minutes, value in ((3, 10), (2, 20), (2, 40)):
        monitored.put(value, Timestamp=now - timedelta(minutes=minutes), Unit="Percent")
    stat = {"Metric": CPU, "Period": 60, "Stat": "Average"}
    queries = [{"Id": "a", "MetricStat": stat}, {"Id": "b", "Expression": "a * 2", "Label": "Doubled"}]
    span = {"StartTime": now - timedelta(minutes=5), "EndTime": now}
    first, second = monitored.cloudwatch.get_metric_data(MetricDataQueries=queries, **span)["MetricDataResults"]
    assert (first["Label"], first["Values"], first["Timestamps"][0]) == ("CPUUtilization", [30, 10], now - timedelta(minutes=2))
    assert (second["Label"], second["Values"]) == ("Doubled", [60, 20])
    (ascending,) = monitored.cloudwatch.get_metric_data(MetricDataQueries=queries[:1], ScanBy="TimestampAscending", **span)[
        "MetricDataResults"
    ]
    assert ascending["Values"] == [10, 30]
    found = monitored.cloudwatch.get_metric_statistics(
        **CPU, **span, Period=300, Statistics=["Maximum", "SampleCount"], ExtendedStatistics=["p50"]
    )
    assert sum(one["SampleCount"] for one in found["Datapoints"]) == 3
    assert {one["Unit"] for one in found["Datapoints"]} == {"Percent"}
    nothing = {"Id": "c", "MetricStat": {**stat, "Unit": "Bytes"}}
    assert monitored.cloudwatch.get_metric_data(MetricDataQueries=[nothing], **span)["MetricDataResults"][0]["Values"] == []
    recent = monitored.cloudwatch.list_metrics(RecentlyActive="PT3H", Dimensions=[{"Name": "DBInstanceIdentifier"}])["Metrics"]
    assert [one["Dimensions"] for one in recent] == [DATABASE]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({}, "InvalidParameterCombination"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue"),
        ({"Value": 1, "Unit": "Furlongs"}, "InvalidParameterValue"),
        ({"Value": 1, "Timestamp": datetime(2020, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
    ],
)
def test_data_that_are_refused(monitored: Monitored, datum: dict[str, Any], code: str) -> None:
    assert refused(monitored.cloudwatch.put_metric_data, Namespace="a", MetricData=[{"MetricName": "b", **datum}]) == code


def test_calls_are_checked_on_their_own_arn(monitored: Monitored) -> None:
    cloud, cloudwatch = monitored.cloud, monitored.cloudwatch
    allow = {"Effect": "Allow", "Action": "cloudwatch:*", "Resource": alarm_arn("prod-*")}
    cloud.admin.policies(apply=[{"Version": "2012-10-17", "Statement": [allow]}])
    monitored.alarm("prod-cpu", Tags=[{"Key": "owner", "Value": "us"}])
    assert cloud.admin.requests()[-1]["checked_for"] == ["cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"]
    assert refused(monitored.alarm, name="dev-cpu") in DENIED
    assert refused(cloudwatch.put_dashboard, DashboardName="prod", DashboardBody=json.dumps(BODY)) in DENIED
    schedule = {"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT1H"}}
    mute = {"Name": "night", "Rule": schedule, "MuteTargets": {"AlarmNames": ["prod-cpu"]}}
    assert refused(cloudwatch.put_alarm_mute_rule, **mute) in DENIED
