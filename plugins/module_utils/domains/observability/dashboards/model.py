# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The parts of a dashboard as plain values, and their place on CloudWatch's grid of 24 columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..alarms.model import Metric

COLUMNS = 24
GRAPH_WIDTH, GRAPH_HEIGHT = 8, 6
"""Three graphs in a row."""
MOST_LINES = 10
"""In one graph: more cannot be told apart, so further items get another graph."""
RED, ORANGE = "#d13212", "#ff7f0e"
"""Thresholds: critical, and others."""


@dataclass(frozen=True)
class Line:
    """One line of a graph: a metric, or an expression over ``parts``, which are not drawn themselves."""

    label: str
    metric: Metric | None = None
    expression: str = ""
    parts: tuple[tuple[str, Metric], ...] = ()


@dataclass(frozen=True)
class Mark:
    """A horizontal line at a threshold."""

    value: float
    label: str
    color: str = ORANGE


@dataclass(frozen=True)
class Graph:
    """``unit``: what the axis says. ``history``: how far back it looks if not as far as the dashboard, such as "-P14D"."""

    title: str
    unit: str
    region: str
    lines: tuple[Line, ...]
    marks: tuple[Mark, ...] = ()
    period: int = 60
    highest: float | None = None
    stacked: bool = False
    history: str = ""
    view: str = "timeSeries"


@dataclass(frozen=True)
class Heading:
    """Markdown across the dashboard. ``height`` in rows of the grid."""

    markdown: str
    height: int = 1


@dataclass(frozen=True)
class States:
    """The states of alarms, those that ring first."""

    title: str
    arns: tuple[str, ...]


@dataclass(frozen=True)
class Events:
    """The newest events of a log group that match a query of Logs Insights."""

    title: str
    log_group: str
    query: str
    region: str


@dataclass(frozen=True)
class Section:
    """A heading, and graphs below it. A section without graphs is left out."""

    title: str
    graphs: tuple[Graph | Events, ...] = field(default=())


Part: TypeAlias = "Heading | States | Section"


def body(parts: Iterable[Part]) -> dict[str, Any]:
    """The body of a dashboard. Its periods are those of its graphs, and it opens on the last three hours."""
    widgets: list[dict[str, Any]] = []
    row = 0
    for part in parts:
        placed = list(_placed(part, row))
        widgets += placed
        row = max((one["y"] + one["height"] for one in placed), default=row)
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": widgets}


def _placed(part: Part, row: int) -> Iterator[dict[str, Any]]:
    if isinstance(part, Heading):
        yield _widget("text", 0, row, COLUMNS, part.height, {"markdown": part.markdown, "background": "transparent"})
    elif isinstance(part, States):
        height = states_height(len(part.arns))
        properties = {"title": part.title, "alarms": list(part.arns), "sortBy": "stateUpdatedTimestamp"}
        yield _widget("alarm", 0, row, COLUMNS, height, properties)
    elif part.graphs:
        yield _widget("text", 0, row, COLUMNS, 1, {"markdown": f"## {part.title}", "background": "transparent"})
        yield from _grid(part.graphs, row + 1)


def states_height(number: int) -> int:
    """Rows of the grid for so many alarms: CloudWatch shows about six in a line."""
    return 1 + max(1, -(-number // 6))


def _grid(graphs: Sequence[Graph | Events], row: int) -> Iterator[dict[str, Any]]:
    """Graphs side by side. The last line of a section is stretched to the full width, so that there are no gaps."""
    per_row = COLUMNS // GRAPH_WIDTH
    for start in range(0, len(graphs), per_row):
        line = graphs[start : start + per_row]
        width = COLUMNS // len(line)
        for position, one in enumerate(line):
            kind, properties = ("metric", graph_properties(one)) if isinstance(one, Graph) else ("log", log_properties(one))
            yield _widget(kind, position * width, row + start // per_row * GRAPH_HEIGHT, width, GRAPH_HEIGHT, properties)


def _widget(kind: str, x: int, y: int, width: int, height: int, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": dict(properties)}


def log_properties(one: Events) -> dict[str, Any]:
    return {"title": one.title, "region": one.region, "view": "table", "query": f"SOURCE '{one.log_group}' | {one.query}"}


def graph_properties(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": graph.title,
        "view": graph.view,
        "region": graph.region,
        "period": graph.period,
        "stacked": graph.stacked,
        "metrics": [entry for number, line in enumerate(graph.lines, 1) for entry in entries(line, number)],
    }
    if graph.view == "timeSeries":
        highest = {"max": graph.highest} if graph.highest is not None else {}
        found["yAxis"] = {"left": {"min": 0, "label": graph.unit, "showUnits": False, **highest}}
        found["legend"] = {"position": "bottom"}
    if graph.marks:
        found["annotations"] = {"horizontal": [{"value": one.value, "label": one.label, "color": one.color} for one in graph.marks]}
    if graph.history:
        found |= {"start": graph.history, "end": "P0D"}
    return found


def entries(line: Line, number: int) -> Iterator[list[Any]]:
    """The entries of a line in a widget's metrics. IDs are unique in a widget, so those of a line end in its number."""
    if line.metric is not None:
        yield _metric_entry(line.metric, {"label": line.label})
        return
    for name, metric in line.parts:
        yield _metric_entry(metric, {"id": f"{name}_{number}", "visible": False})
    yield [{"id": f"line_{number}", "label": line.label, "expression": numbered(line, number)}]


def numbered(line: Line, number: int) -> str:
    """The expression of a line with the IDs that its parts have in the widget."""
    names = [name for name, _metric in line.parts]
    pattern = re.compile(rf"\b({'|'.join(names)})\b")
    return pattern.sub(lambda found: f"{found[1]}_{number}", line.expression)


def _metric_entry(metric: Metric, options: Mapping[str, Any]) -> list[Any]:
    flat = [value for pair in metric.dimensions for value in pair]
    return [metric.namespace, metric.name, *flat, {"stat": metric.statistic, **options}]
