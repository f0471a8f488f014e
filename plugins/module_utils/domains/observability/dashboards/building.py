# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the sections of dashboards build their graphs: one line for each item, and the thresholds of the alarms on what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..alarms.model import CRITICAL, NOTICE, WARNING, Alarm, AnyAlarm, Metric, full_name
from ..platform import Platform
from .model import MOST_LINES, RED, Graph, Line, Mark, States

LineOf = Callable[[Any], "Line | None"]
"""From one item to its line."""
MOST_STATES = 100
"""Alarms in one widget (dashboard body, alarm widget)."""
MOST_MARKS = 3
TITLES = {CRITICAL: "Critical: someone has to act at once", WARNING: "Warnings: within the working day", NOTICE: "Notices"}


def marks(alarms: Iterable[AnyAlarm], section: str, *kinds: str, factor: float = 1) -> tuple[Mark, ...]:
    """The different thresholds of the alarms of these kinds on items of a section; none if there are too many to read.

    ``factor``: from the unit of the threshold to that of the graph.
    """
    found: dict[float, Mark] = {}
    for one in alarms:
        if isinstance(one, Alarm) and one.subject[0] == section and one.kind in kinds and not (one.threshold == 0 and len(kinds) == 1):
            value = round(one.threshold * factor, 4)
            color = RED if one.severity == CRITICAL else Mark(0, "").color
            found.setdefault(value, Mark(value, f"{one.severity} {value:g}", color))
    return tuple(found.values()) if len(found) <= MOST_MARKS else ()


def by_item(graph: Graph, items: Sequence[Any], line: LineOf) -> Iterator[Graph]:
    """The graph with a line for each item; several if there are more items than a graph takes. Items without a line are left out."""
    lines = [found for one in items if (found := line(one)) is not None]
    chunks = [tuple(lines[start : start + MOST_LINES]) for start in range(0, len(lines), MOST_LINES)]
    for number, chunk in enumerate(chunks, 1):
        title = graph.title if len(chunks) == 1 else f"{graph.title} ({number} of {len(chunks)})"
        yield replace(graph, title=title, lines=chunk)


def metric_line(label: str, namespace: str, name: str, statistic: str, period: int, **dimensions: str) -> Line:
    return Line(label, Metric(namespace, name, tuple(dimensions.items()), statistic, period))


def arn(platform: Platform, alarm: AnyAlarm) -> str:
    name = full_name(platform.environment, alarm.name)
    return f"arn:{platform.partition}:cloudwatch:{alarm.region}:{platform.account_id}:alarm:{name}"


def states(platform: Platform, alarms: Iterable[AnyAlarm]) -> Iterator[States]:
    """The states of the alarms that send messages, the most urgent first."""
    loud = [one for one in alarms if not one.silent]
    for severity, title in TITLES.items():
        arns = [arn(platform, one) for one in loud if one.severity == severity]
        chunks = [tuple(arns[start : start + MOST_STATES]) for start in range(0, len(arns), MOST_STATES)]
        for number, chunk in enumerate(chunks, 1):
            yield States(title if len(chunks) == 1 else f"{title} ({number} of {len(chunks)})", chunk)


def usual(title: str, unit: str, region: str, **more: Any) -> Graph:
    return Graph(title, unit, region, (), **more)
