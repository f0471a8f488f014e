"""What a picture shows: the widgets of a dashboard with the data that they had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
Point = tuple[float, float]
"""(seconds since the epoch, value)."""


@dataclass(frozen=True)
class Series:
    """One line of a graph. Without points, the metric had no data."""

    label: str
    points: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Mark:
    value: float
    label: str
    color: str


@dataclass(frozen=True)
class Span:
    """From when to when, in seconds since the epoch."""

    start: float
    end: float


@dataclass(frozen=True)
class Chart:
    """A metric widget with its data. `highest`: the end of its axis if the dashboard fixes it. `problem`: why there is no data."""

    title: str
    unit: str
    series: tuple[Series, ...]
    span: Span
    marks: tuple[Mark, ...] = ()
    period: int = 60
    highest: float | None = None
    view: str = "timeSeries"
    problem: str = ""
    own_time: bool = False


@dataclass(frozen=True)
class State:
    """One alarm. `since`: seconds since the epoch; `state` is empty if there is no such alarm."""

    name: str
    state: str
    since: float = 0.0
    reason: str = ""


@dataclass(frozen=True)
class States:
    title: str
    alarms: tuple[State, ...]


@dataclass(frozen=True)
class Text:
    markdown: str


@dataclass(frozen=True)
class Note:
    """A widget that cannot be drawn here, and why."""

    title: str
    text: str


Content = Chart | States | Text | Note


@dataclass(frozen=True)
class Placed:
    """A widget on the grid of 24 columns."""

    x: int
    y: int
    width: int
    content: Content


@dataclass(frozen=True)
class Picture:
    """A dashboard at one moment."""

    name: str
    where: str
    span: Span
    widgets: tuple[Placed, ...]


def counts(picture: Picture) -> Mapping[str, int]:
    """State -> how many alarms on the dashboard are in it."""
    found = {ALARM: 0, INSUFFICIENT: 0, OK: 0}
    for one in picture.widgets:
        if isinstance(one.content, States):
            for alarm in one.content.alarms:
                found[alarm.state] = found.get(alarm.state, 0) + 1
    return found
