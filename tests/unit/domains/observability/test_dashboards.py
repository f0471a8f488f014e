# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Dashboards generated from a platform: their place on the grid, what they show, and what CloudWatch would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.every import dashboards_of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.model import COLUMNS, MOST_LINES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.validate import problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform import Platform
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of

from . import platforms as p

Body = Mapping[str, Any]


def bodies(platform: Platform = p.FULL) -> dict[str, Body]:
    return dict(dashboards_of(platform, alarms_of(platform)))


def widgets(body: Body, kind: str) -> dict[str, dict[str, Any]]:
    """Title -> properties of the widgets of a kind."""
    return {one["properties"].get("title", ""): one["properties"] for one in body["widgets"] if one["type"] == kind}


def test_one_for_the_environment_and_one_for_each_application() -> None:
    assert list(bodies()) == ["prod", "prod-shop"]
    assert [name for name, body in bodies().items() if problems(name, body)] == []


def test_widgets_fill_the_grid_and_do_not_overlap() -> None:
    for body in bodies().values():
        taken: set[tuple[int, int]] = set()
        for one in body["widgets"]:
            cells = {(x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])}
            assert not taken & cells
            taken |= cells
        rows = {y for _x, y in taken}
        assert taken == {(x, y) for x in range(COLUMNS) for y in rows}
        assert rows == set(range(len(rows)))


def test_the_states_of_all_alarms_that_send_messages_come_first() -> None:
    body, alarms = bodies()["prod"], alarms_of(p.FULL)
    kinds = [one["type"] for one in body["widgets"]]
    assert kinds[:4] == ["text", "alarm", "alarm", "alarm"]
    shown = [arn.rpartition(":alarm:")[2] for one in widgets(body, "alarm").values() for arn in one["alarms"]]
    assert sorted(shown) == sorted(f"prod-{one.name}" for one in alarms if not one.silent)
    assert {arn.split(":")[3] for one in widgets(body, "alarm").values() for arn in one["alarms"]} == {p.FULL.region, "us-east-1"}


@pytest.mark.parametrize(
    ("title", "namespaces"),
    [
        ("IOPS, reads and writes", {"AWS/RDS"}),
        ("Connections", {"AWS/RDS"}),
        ("Messages waiting", {"AWS/SQS"}),
        ("Messages in dead-letter queues", {"AWS/SQS"}),
        ("Size in standard storage", {"AWS/S3"}),
        ("Engine CPU", {"AWS/ElastiCache"}),
        ("5xx errors", {"AWS/CloudFront"}),
        ("Throughput", {"AWS/ApplicationELB"}),
        ("CPU of pods", {"ContainerInsights"}),
    ],
)
def test_graphs(title: str, namespaces: set[str]) -> None:
    graph = widgets(bodies()["prod"], "metric")[title]
    assert {entry[0] for entry in graph["metrics"] if isinstance(entry[0], str)} == namespaces
    assert graph["region"] == ("us-east-1" if namespaces == {"AWS/CloudFront"} else p.FULL.region)


def test_thresholds_of_alarms_are_drawn_until_they_are_too_many_to_read() -> None:
    drawn = widgets(bodies()["prod"], "metric")["Latency"]["annotations"]["horizontal"]
    assert [(one["value"], one["label"]) for one in drawn] == [(2, "critical 2")]
    many = replace(p.FULL, databases=tuple(replace(p.MAIN, name=f"db{n}", identifier=f"db{n}", max_connections=100 + n) for n in range(6)))
    assert "annotations" not in widgets(bodies(many)["prod"], "metric")["Connections"]


def test_more_items_than_a_graph_takes_get_another_one() -> None:
    count = MOST_LINES + 2
    many = replace(p.FULL, queues=tuple(replace(p.ORDERS, name=f"q{n}", queue_name=f"prod-q{n}") for n in range(count)))
    found = widgets(bodies(many)["prod"], "metric")
    lines = [len(found[f"Messages waiting ({number} of 2)"]["metrics"]) for number in (1, 2)]
    assert lines == [MOST_LINES, 2]


def test_an_application_shows_what_it_uses_and_nothing_else() -> None:
    other = replace(p.MAIN, name="other", identifier="prod-other")
    body = bodies(replace(p.FULL, databases=(*p.FULL.databases, other)))["prod-shop"]
    text = str(body)
    assert "prod-other" not in text
    assert all(name in text for name in p.SHOP.databases)
    assert "SOURCE" in text


def test_an_empty_environment_has_a_heading_only() -> None:
    empty = Platform("dev", "eu-west-1", "123456789012")
    assert [one["type"] for one in bodies(empty)["dev"]["widgets"]] == ["text"]


METRIC = {"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6}


def metric(entries: list[Any], **more: Any) -> Body:
    return {"widgets": [{**METRIC, "properties": {"region": "eu-west-1", "metrics": entries, **more}}]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"widgets": {}}, "widgets must be a list"),
        ({"widgets": [{"type": "graph", "properties": {}}]}, "type is 'graph'; it must be one of metric, text"),
        ({"widgets": [{**METRIC, "x": 20, "properties": {"region": "a", "metrics": [["AWS/SQS", "Sent"]]}}]}, "it ends in column 28 of 24"),
        (metric([]), "a metric widget needs metrics"),
        (metric([["AWS/SQS", "Sent", "QueueName"]]), "pairs of dimensions"),
        (metric([["AWS/SQS", "Sent", "QueueName", ""]]), "empty names or values"),
        (metric([["AWS/SQS", "Sent", {"stat": "Mean"}]]), "'Mean' is not a statistic"),
        (metric([["AWS/SQS", "Sent", {"id": "M1"}]]), "must begin with a lower-case letter"),
        (metric([["AWS/SQS", "Sent", {"id": "a"}], ["AWS/SQS", "Got", {"id": "a"}]]), "the ID 'a' is there twice"),
        (metric([["AWS/SQS", "Sent"]], period=90), "period is 90"),
        (metric([["AWS/SQS", "Sent"]], annotations={"horizontal": [{"value": 1, "color": "red"}]}), "'red' is not a color"),
        ({"widgets": [{"type": "alarm", "properties": {"alarms": ["cpu"]}}]}, "'cpu' is not the ARN of an alarm"),
        ({"widgets": [{"type": "log", "properties": {"query": "fields @message"}}]}, "a log widget needs a query and a region"),
    ],
)
def test_what_cloudwatch_refuses(body: Body, said: str) -> None:
    (problem,) = problems("mine", body)
    assert said in problem
    assert problem.startswith("dashboard mine")
