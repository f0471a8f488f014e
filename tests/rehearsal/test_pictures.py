"""Dashboards as pictures: what is read from CloudWatch, what is drawn, and that the file needs nothing else."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.every import environment_dashboard
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of
from rehearsal.pictures.drawing import axis, svg
from rehearsal.pictures.model import Chart, Mark, Picture, Series, Span
from rehearsal.pictures.numbers import plain, runs, shown, ticks
from rehearsal.pictures.page import page
from rehearsal.pictures.reading import ago, picture
from rehearsal.testing import Cloud
from scripts.picture import draw
from tests.unit.domains.observability import platforms as p

NOW = 1_780_000_000.0


class CloudWatch:
    """Answers as CloudWatch does: five minutes of data for each metric but those of queues; one alarm rings."""

    def __init__(self, region: str) -> None:
        self.region = region

    def get_dashboard(self, **_name: Any) -> dict[str, Any]:
        return {"DashboardBody": json.dumps(environment_dashboard(p.FULL, alarms_of(p.FULL)))}

    def get_metric_data(self, **asked: Any) -> dict[str, Any]:
        times = [datetime.fromtimestamp(NOW - 60 * minute, UTC) for minute in range(5, 0, -1)]
        found = []
        for number, one in enumerate(one for one in asked["MetricDataQueries"] if one["ReturnData"]):
            silent = (one.get("MetricStat") or {"Metric": {"Namespace": ""}})["Metric"]["Namespace"] == "AWS/SQS"
            values = [20.0 + 15 * number + minute for minute in range(5)]
            found.append({"Id": one["Id"], "Timestamps": [] if silent else times, "Values": [] if silent else values})
        return {"MetricDataResults": found}

    def describe_alarms(self, **asked: Any) -> dict[str, Any]:
        states = {"prod-application-shop-critical": "ALARM", "prod-cluster-main-api-errors": "INSUFFICIENT_DATA"}
        alarms = [
            {
                "AlarmName": name,
                "AlarmArn": f"arn:aws:cloudwatch:{self.region}:123456789012:alarm:{name}",
                "StateValue": states.get(name, "OK"),
                "StateReason": "errors <5 %> & latency",
                "StateUpdatedTimestamp": datetime.fromtimestamp(NOW - 120, UTC),
            }
            for name in asked["AlarmNames"]
        ]
        return {"MetricAlarms": alarms, "CompositeAlarms": []}


@pytest.fixture(scope="module")
def seen() -> Picture:
    return picture("prod", CloudWatch, "eu-west-1", "account 123456789012", NOW)


def test_the_file_is_whole_and_asks_for_nothing_from_elsewhere(seen: Picture) -> None:
    text = page(seen)
    assert not re.search(r"(src|href)=|url\(|@import|<script|https?://", text)
    for drawing in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(drawing)
    assert text.count("<svg") > 20


def test_the_states_come_first_and_what_rings_has_its_reason(seen: Picture) -> None:
    text = page(seen)
    assert "1 ringing" in text
    assert "errors &lt;5 %&gt; &amp; latency" in text
    assert text.index("prod-application-shop-critical") < text.index("<svg")


def test_a_metric_without_data_is_named(seen: Picture) -> None:
    text = page(seen)
    assert "No data" in text
    assert "orders no data" in text


def test_a_short_rehearsal_fills_its_charts(seen: Picture) -> None:
    assert seen.span.end - seen.span.start == 900


CHART = Chart("Latency", "s", (Series("web", ((NOW - 60, 0.2), (NOW, 0.4))),), Span(NOW - 900, NOW), (Mark(2, "critical 2", "#d13212"),))


def test_a_near_threshold_is_drawn_and_a_far_one_is_named() -> None:
    assert 'class="mark"' in svg(CHART, 8)
    far = Chart(**{**CHART.__dict__, "marks": (Mark(50, "critical 50", "#d13212"),)})
    assert 'class="mark"' not in svg(far, 8)
    assert "critical 50" in svg(far, 8)
    assert axis(far)[-1] < 1


@pytest.mark.parametrize(
    ("highest", "expected"), [(0, [0, 1]), (3.2, [0, 1, 2, 3, 4]), (100, [0, 25, 50, 75, 100]), (0.02, [0, 0.005, 0.01, 0.015, 0.02])]
)
def test_ticks_are_round(highest: float, expected: list[float]) -> None:
    assert ticks(highest) == expected


SHOWN = [
    (0.085, "s", "85 ms"),
    (2.5, "s", "2.5 s"),
    (42.0, "%", "42 %"),
    (2.0**31, "bytes/s", "2 GiB/s"),
    (12_345, "requests/min", "12.3k"),
    (3, "GiB", "3 GiB"),
]


@pytest.mark.parametrize(("value", "unit", "expected"), SHOWN)
def test_values_have_units(value: float, unit: str, expected: str) -> None:
    assert shown(value, unit) == expected


def test_a_line_has_gaps_where_there_was_no_data() -> None:
    assert [len(one) for one in runs([(0, 1), (60, 1), (300, 1)], 60)] == [2, 1]


@pytest.mark.parametrize(("text", "seconds"), [("-PT3H", 10_800), ("-P14D", 1_209_600), ("-PT15M", 900)])
def test_relative_times(text: str, seconds: float) -> None:
    assert ago(text) == seconds
    assert plain(0) == "0"


def test_a_rehearsal_has_its_dashboard_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Cloud(account_id="123456789012", region="eu-west-1") as cloud:
        monkeypatch.setattr("scripts.picture.ROOT", tmp_path)
        running = cloud.description
        assert draw(running, "prod") is None
        client = cloud.client("cloudwatch")
        client.put_dashboard(DashboardName="prod", DashboardBody=json.dumps(environment_dashboard(p.FULL, alarms_of(p.FULL))))
        main = [{"Name": "DBInstanceIdentifier", "Value": "prod-main"}]
        client.put_metric_data(
            Namespace="AWS/RDS", MetricData=[{"MetricName": "CPUUtilization", "Dimensions": main, "Value": 42.0, "Unit": "Percent"}]
        )
        path = draw(running, "prod")
    assert path is not None
    assert "main <b>42 %</b>" in path.read_text()
