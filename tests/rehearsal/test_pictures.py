# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pictures of dashboards: what is read from CloudWatch, and how it is drawn."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from rehearsal.pictures.chart import chart, short, ticks
from rehearsal.pictures.data import Line, history, read
from rehearsal.pictures.page import page

from .conftest import CheckedCloud

SPAN, SIZE = (0.0, 10_800.0), (432.0, 200.0)
RED = "#d13212"
CPU = ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "prod-main", {"stat": "Average", "label": "main"}]


@pytest.mark.parametrize(
    ("text", "hours"), [("-PT3H", 3), ("-P14D", 336), ("-P1W", 168), ("-P1DT30M", 24.5), ("", 3), ("2026-01-01T00:00:00Z", 3)]
)
def test_history(text: str, hours: float) -> None:
    assert history(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("highest", "found"),
    [
        (0, [0, 0.5, 1]),
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 25, 50, 75, 100]),
        (1_300_000, [0, 500_000, 1_000_000, 1_500_000]),
        (0.003, [0, 0.001, 0.002, 0.003]),
    ],
)
def test_axes_have_round_numbers(highest: float, found: list[float]) -> None:
    assert ticks(highest) == pytest.approx(found)


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (0.25, "0.25"), (1500, "1.5k"), (1_500_000, "1.5M"), (2e9, "2G")])
def test_short(value: float, text: str) -> None:
    assert short(value) == text


def drawn(lines: list[Line], **properties: Any) -> ElementTree.Element:
    return ElementTree.fromstring(chart({"title": "CPU <of> databases", "period": 60, **properties}, lines, SPAN, SIZE))


def texts(found: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in found.iter("text")]


def test_a_line_is_interrupted_where_data_is_missing() -> None:
    points = tuple((float(moment), 5.0) for moment in (*range(0, 600, 60), *range(3000, 3600, 60), 9000))
    found = drawn([Line("main", points)])
    assert [len((one.get("points") or "").split()) for one in found.iter("polyline")] == [10, 10]
    assert len(list(found.iter("circle"))) == 1, "a lone point"


def test_thresholds_are_in_the_picture_even_far_above_the_data() -> None:
    marks = {"horizontal": [{"value": 80, "label": "critical 80", "color": RED}]}
    found = drawn([Line("main", ((0.0, 1.0), (60.0, 2.0)))], annotations=marks)
    assert [one.get("stroke") for one in found.iter("line") if one.get("class") == "mark"] == [RED]
    assert {"critical 80", "80"} <= set(texts(found))


def test_no_data_is_said() -> None:
    assert "No data in this time" in texts(drawn([Line("main", ())]))
    assert "No data in this time" not in texts(drawn([Line("main", ((0.0, 0.0),))]))


def test_a_dashboard_of_the_account(cloud: CheckedCloud) -> None:
    cloudwatch = cloud.client("cloudwatch")
    now = datetime.now(UTC)
    moments = [now - timedelta(minutes=minutes) for minutes in range(40, 1, -1)]
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": "prod-main"}]
    for name, value in (("CPUUtilization", 42.0), ("ReadIOPS", 3.0), ("WriteIOPS", 4.0)):
        data = [{"MetricName": name, "Dimensions": dimensions, "Timestamp": moment, "Value": value} for moment in moments]
        cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=data)
    alarm = {"Namespace": "AWS/RDS", "MetricName": "CPUUtilization", "Dimensions": dimensions, "Statistic": "Average", "Period": 60}
    over = "GreaterThanThreshold"
    for name, threshold in (("prod-high", 40), ("prod-low", 80)):
        cloudwatch.put_metric_alarm(AlarmName=name, EvaluationPeriods=1, Threshold=threshold, ComparisonOperator=over, **alarm)
    iops = [
        ["AWS/RDS", "ReadIOPS", "DBInstanceIdentifier", "prod-main", {"stat": "Average", "id": "r", "visible": False}],
        ["AWS/RDS", "WriteIOPS", "DBInstanceIdentifier", "prod-main", {"stat": "Average", "id": "w", "visible": False}],
        [{"id": "both", "label": "reads and writes", "expression": "r + w"}],
        ["AWS/RDS", "ReadIOPS", "DBInstanceIdentifier", "prod-old", {"stat": "Average", "label": "old"}],
    ]
    arns = [one["AlarmArn"] for one in cloudwatch.describe_alarms()["MetricAlarms"]]
    graph = {"region": cloud.region, "period": 60, "yAxis": {"left": {"label": "%", "max": 100}}}
    widgets = [
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 1, "properties": {"markdown": "# prod <here>"}},
        {
            "type": "alarm",
            "x": 0,
            "y": 1,
            "width": 24,
            "height": 2,
            "properties": {"title": "States", "alarms": [*arns, f"{arns[0]}-gone"]},
        },
        {"type": "metric", "x": 0, "y": 3, "width": 12, "height": 6, "properties": {**graph, "title": "CPU", "metrics": [CPU]}},
        {"type": "metric", "x": 12, "y": 3, "width": 12, "height": 6, "properties": {**graph, "title": "IOPS", "metrics": iops}},
    ]
    cloudwatch.put_dashboard(DashboardName="prod", DashboardBody=json.dumps({"start": "-PT1H", "widgets": widgets}))

    content = read(lambda region: cloud.client("cloudwatch", region=region), cloud.region, "prod", now)
    assert [(one.label, {value for _moment, value in one.points}) for one in content.lines[2]] == [("main", {42.0})]
    assert [(one.label, {value for _moment, value in one.points}) for one in content.lines[3]] == [
        ("reads and writes", {7.0}),
        ("old", set()),
    ]
    html = page("prod", content)
    assert "<h1>prod &lt;here&gt;</h1>" in html
    assert re.findall(r'class="state (\w+)"[^>]*>([\w-]+)<', html) == [
        ("ALARM", "prod-high"),
        ("MISSING", f"{content.alarms[arns[0]].name}-gone"),
        ("OK", "prod-low"),
    ]
    assert 'old <span class="none">no data</span>' in html
    assert [word for word in ("<script", "http://", "https://", "src=") if word in html] == [], "it is complete in itself"
