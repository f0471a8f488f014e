# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dashboards: what is on them, where, and that CloudWatch accepts them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.model import AnyAlarm
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.every import (
    application_dashboard,
    dashboards_of,
    environment_dashboard,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.validate import problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.logs.queries import metric_filters, saved_queries
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform import Database, Platform
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of

from . import platforms as p

EVERY = alarms_of(p.FULL)
BODIES = dashboards_of(p.FULL, EVERY)
BODY = BODIES["prod"]


def widgets(body: Mapping[str, Any], kind: str = "metric") -> dict[str, Mapping[str, Any]]:
    """Title -> properties of the widgets of a type; the first of each title."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in body["widgets"]:
        if one["type"] == kind:
            found.setdefault(one["properties"]["title"], one["properties"])
    return found


def names(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(namespace, metric) of everything that is drawn or computed with."""
    metrics = [entry for one in body["widgets"] if one["type"] == "metric" for entry in one["properties"]["metrics"]]
    return {(entry[0], entry[1]) for entry in metrics if len(entry) > 1}


def test_there_is_one_for_the_environment_and_one_for_each_application() -> None:
    assert list(BODIES) == ["prod", "prod-shop", "prod-site"]


@pytest.mark.parametrize("name", sorted(BODIES))
def test_cloudwatch_accepts_them(name: str) -> None:
    assert problems(name, BODIES[name]) == []


@pytest.mark.parametrize("name", sorted(BODIES))
def test_widgets_are_aligned_and_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for one in BODIES[name]["widgets"]:
        cells = {(x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])}
        assert not cells & taken
        taken |= cells
    height = max(y for dummy, y in taken) + 1
    assert len(taken) == 24 * height


SHOWN = [
    ("throughput", ("AWS/ApplicationELB", "RequestCount")),
    ("latency", ("AWS/ApplicationELB", "TargetResponseTime")),
    ("errors", ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count")),
    ("CPU of services", ("ContainerInsights", "pod_cpu_utilization_over_pod_limit")),
    ("memory of services", ("ContainerInsights", "pod_memory_utilization_over_pod_limit")),
    ("IOPS of databases", ("AWS/RDS", "ReadIOPS")),
    ("connections of databases", ("AWS/RDS", "DatabaseConnections")),
    ("depth of queues", ("AWS/SQS", "ApproximateNumberOfMessagesVisible")),
    ("size of buckets", ("AWS/S3", "BucketSizeBytes")),
    ("CPU of nodes", ("AWS/EC2", "CPUUtilization")),
    ("evictions", ("AWS/ElastiCache", "Evictions")),
    ("distributions", ("AWS/CloudFront", "5xxErrorRate")),
]


@pytest.mark.parametrize(("what", "metric"), SHOWN, ids=[what for what, dummy in SHOWN])
def test_the_environment_shows(what: str, metric: tuple[str, str]) -> None:
    assert metric in names(BODY)


def test_the_states_of_all_alarms_that_ring_are_on_top() -> None:
    kinds = [one["type"] for one in BODY["widgets"]]
    assert kinds[:2] == ["text", "alarm"]
    listed = [arn.rpartition(":")[2] for one in widgets(BODY, "alarm").values() for arn in one["alarms"]]
    assert sorted(listed) == sorted(f"prod-{one.name}" for one in EVERY if not one.silent)
    assert all(":us-east-1:" in arn for one in widgets(BODY, "alarm").values() for arn in one["alarms"] if "distribution" in arn)


MARKS = [
    ("CPU", [80]),
    ("Memory in use", [80]),
    ("Storage in use", [80, 90]),
    ("Errors", [1]),
    ("Latency", [2]),
    ("Messages waiting", [1_000]),
    ("Messages in dead-letter queues", []),
]


@pytest.mark.parametrize(("title", "expected"), MARKS)
def test_thresholds_are_drawn(title: str, expected: list[float]) -> None:
    marks = widgets(BODY)[title].get("annotations", {}).get("horizontal", [])
    assert [one["value"] for one in marks] == expected
    assert all(one["label"] and one["color"] for one in marks)


def test_thresholds_are_drawn_until_they_are_too_many_to_read() -> None:
    many = tuple(replace(p.MAIN, name=f"db{n}", identifier=f"db{n}", max_connections=100 + n) for n in range(6))
    platform = replace(p.FULL, databases=many)
    assert "annotations" not in widgets(environment_dashboard(platform, alarms_of(platform)))["Connections"]


def test_a_changed_threshold_is_drawn_where_it_is() -> None:
    changed = tuple(replace(one, threshold=70.0) if one.kind == "cpu" else one for one in EVERY)  # type: ignore[call-arg]
    marks = widgets(environment_dashboard(p.FULL, changed))["CPU"]["annotations"]["horizontal"]
    assert [one["value"] for one in marks] == [70]


def test_every_axis_has_a_unit_and_begins_at_zero() -> None:
    for title, one in widgets(BODY).items():
        if one["view"] == "timeSeries":
            assert one["yAxis"]["left"]["label"], title
            assert one["yAxis"]["left"]["min"] == 0, title


def test_what_is_published_once_a_day_looks_back_far_enough() -> None:
    daily = [one for one in widgets(BODY).values() if one["period"] == 86_400]
    assert len(daily) == 3
    assert all(one["start"] == "-P14D" for one in daily)


def test_global_metrics_are_read_in_us_east_1() -> None:
    assert widgets(BODY)["5xx errors"]["region"] == "us-east-1"
    assert widgets(BODY)["CPU"]["region"] == "eu-west-1"


def test_ids_in_expressions_are_those_of_their_own_line() -> None:
    metrics = widgets(BODY)["IOPS, reads and writes"]["metrics"]
    hidden = {entry[-1]["id"]: entry[3] for entry in metrics if len(entry) > 1}
    lines = [entry[0] for entry in metrics if len(entry) == 1]
    assert [(one["label"], one["expression"]) for one in lines] == [("main", "reads_1 + writes_1"), ("main-reader", "reads_2 + writes_2")]
    assert hidden["reads_2"] == "prod-main-reader"


def test_a_service_with_colors_is_one_line() -> None:
    lines = [entry for entry in widgets(application_dashboard(p.FULL, p.SITE_APP, EVERY))["Throughput"]["metrics"] if len(entry) == 1]
    assert [(one["label"], one["expression"]) for (one,) in lines] == [("page", "SUM([FILL(m1_1, 0), FILL(m2_1, 0)])")]


def test_an_application_has_its_own_and_what_it_uses() -> None:
    other = replace(p.MAIN, name="other", identifier="prod-other")
    body = application_dashboard(replace(p.FULL, databases=(*p.FULL.databases, other)), p.SHOP, EVERY)
    assert "prod-other" not in str(body)
    listed = [arn.rpartition(":")[2] for one in widgets(body, "alarm").values() for arn in one["alarms"]]
    assert {"prod-database-main-cpu", "prod-queue-orders-depth", "prod-application-shop-critical"} <= set(listed)
    assert not [one for one in listed if "broker" in one or "orders-failed" in one]
    assert "/prod/shop" in widgets(body, "log")["ERROR and FATAL"]["query"]
    assert {entry[-1]["label"] for entry in widgets(body)["CPU"]["metrics"]} == {"main", "main-reader"}


def test_an_empty_environment_has_a_dashboard_too() -> None:
    platform = Platform("dev", "eu-west-1")
    assert [one["type"] for one in environment_dashboard(platform, alarms_of(platform))["widgets"]] == ["text"]


def test_many_items_are_split_into_graphs_that_can_be_read() -> None:
    many = tuple(Database(f"d{number}", f"d{number}", "db.m7g.large") for number in range(25))
    platform = p.having(databases=many)
    body = environment_dashboard(platform, alarms_of(platform))
    titles = [title for title in widgets(body) if title.startswith("CPU")]
    assert titles == ["CPU (1 of 3)", "CPU (2 of 3)", "CPU (3 of 3)"]
    assert all(len(widgets(body)[title]["metrics"]) <= 10 for title in titles)
    assert problems("prod", body) == []


def test_more_than_a_hundred_alarms_take_several_widgets() -> None:
    many = tuple(Database(f"d{number}", f"d{number}", "db.m7g.large") for number in range(60))
    alarms: tuple[AnyAlarm, ...] = alarms_of(p.having(databases=many))
    shown = widgets(environment_dashboard(p.having(databases=many), alarms), "alarm")
    assert len(shown) > 2
    assert all(len(one["alarms"]) <= 100 for one in shown.values())


def widget(**changes: Any) -> dict[str, Any]:
    properties = {"metrics": [["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", "a"]], "region": "eu-west-1", "period": 60}
    place = {key: changes.pop(key) for key in ("type", "x", "y", "width", "height") if key in changes}
    return {"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {**properties, **changes}, **place}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a type", widget(type="graph"), "type is 'graph'"),
    ("too wide", widget(x=20, width=8), "it ends in column 28 of 24"),
    ("no height", widget(height=0), "height is 0"),
    ("no region", widget(region=""), "region is missing"),
    ("a period", widget(period=45), "period is 45"),
    ("no metrics", widget(metrics=[]), "needs metrics"),
    ("half a dimension", widget(metrics=[["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier"]]), "pairs of dimensions"),
    ("an empty dimension", widget(metrics=[["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier", ""]]), "1 empty names or values"),
    ("a statistic", widget(metrics=[["A", "B", {"stat": "mean"}]]), "'mean' is not a statistic"),
    ("an ID", widget(metrics=[["A", "B", {"id": "M1"}]]), "the ID 'M1' must begin with a lower-case letter"),
    ("an ID twice", widget(metrics=[["A", "B", {"id": "m"}], ["A", "C", {"id": "m"}]]), "the ID 'm' is there twice"),
    ("a color", widget(annotations={"horizontal": [{"value": 1, "color": "red"}]}), "'red' is not a color"),
    ("no alarms", widget(type="alarm", alarms=[]), "needs 1 to 100 ARNs"),
    ("an alarm's name", widget(type="alarm", alarms=["prod-a"]), "'prod-a' is not the ARN of an alarm"),
    ("an empty text", widget(type="text", markdown=""), "needs markdown"),
    ("a log without query", widget(type="log"), "needs a query"),
]


@pytest.mark.parametrize(("case", "given", "expected"), REFUSED, ids=[case for case, *dummy in REFUSED])
def test_what_cloudwatch_would_refuse(case: str, given: dict[str, Any], expected: str) -> None:
    (found,) = problems("prod", {"widgets": [given]})
    assert found.startswith("dashboard prod, widget 1 (")
    assert expected in found


def test_widgets_that_are_no_list() -> None:
    assert problems("prod", {"widgets": {}}) == ["dashboard prod: widgets must be a list"]


def test_the_name_of_a_dashboard_and_the_number_of_widgets() -> None:
    assert "the name may have" in problems("prod/shop", {"widgets": []})[0]
    assert "has 501 widgets" in problems("prod", {"widgets": [widget()] * 501})[0]


def test_queries_and_filters_of_applications_with_a_log() -> None:
    assert [one.name for one in saved_queries(p.FULL)] == [
        "shop/errors",
        "shop/request",
        "shop/errors-by-message",
        "shop/levels",
    ]
    (counted,) = metric_filters(p.FULL)
    (watched,) = [one for one in EVERY if one.name == "application-shop-fatal"]
    metric = watched.metrics[0].metric  # type: ignore[union-attr]
    assert (counted.metric["namespace"], counted.metric["name"], ()) == (metric.namespace, metric.name, metric.dimensions)
    assert saved_queries(p.having(applications=(replace(p.SHOP, log_group=""),))) == ()
