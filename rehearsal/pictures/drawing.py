"""One chart as inline SVG. Pure functions: the chart in, text out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from rehearsal.pictures.model import Chart, Mark, Series
from rehearsal.pictures.numbers import clock, on_axis, runs, shown, ticks, time_ticks

HEIGHT = 190
COLUMN = 58
"""Pixels of a column of the grid on a page of full width: text keeps its size in every chart."""
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 10, 24
COLORS = ("#3b78d8", "#e08214", "#1a9e77", "#a6529b", "#12a5b8", "#8a6d3b", "#6b6ecf", "#7f9a1f", "#c2569a", "#7d8794")
"""Of lines. Red stays for thresholds and alarms."""
FAR = 8
"""A threshold this many times as high as everything drawn would flatten the lines: it is named at the upper edge instead."""


@dataclass(frozen=True)
class Scale:
    """From times and values to pixels."""

    chart: Chart
    width: int
    top: float

    def x(self, when: float) -> float:
        span = self.chart.span
        share = (when - span.start) / max(span.end - span.start, 1)
        return round(LEFT + min(max(share, 0), 1) * (self.width - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = min(max(value / self.top, 0), 1)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def data(chart: Chart) -> bool:
    return any(one.points for one in chart.series)


def near(chart: Chart) -> tuple[Mark, ...]:
    """The thresholds that fit on the axis."""
    most = max((value for one in chart.series for _when, value in one.points), default=0.0)
    if chart.highest is not None or not most:
        return chart.marks
    return tuple(one for one in chart.marks if one.value <= most * FAR)


def axis(chart: Chart) -> list[float]:
    """The values at which the axis has lines; the last one is its end."""
    values = [value for one in chart.series for _when, value in one.points]
    reach = max([*values, *(one.value for one in near(chart))], default=0.0)
    if chart.highest is not None and reach <= chart.highest:
        return ticks(chart.highest)
    return ticks(reach * 1.08)


def svg(chart: Chart, columns: int) -> str:
    """The plot of a chart that is so many columns wide."""
    width = columns * COLUMN
    lines = axis(chart)
    scale = Scale(chart, width, lines[-1])
    title = escape(f"{chart.title} ({chart.unit})")
    body = "".join([*grid(scale, lines), *thresholds(scale), *curves(scale)]) if data(chart) else "".join([*frame(scale), *empty(scale)])
    return f'<svg viewBox="0 0 {width} {HEIGHT}" role="img" aria-label="{title}" preserveAspectRatio="xMidYMid meet">{body}</svg>'


def grid(scale: Scale, lines: list[float]) -> Iterator[str]:
    for value in lines:
        y = scale.y(value)
        kind = "base" if value == 0 else "grid"
        yield f'<line class="{kind}" x1="{LEFT}" x2="{scale.width - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{on_axis(value, scale.chart.unit)}</text>'
    yield from frame(scale)


def frame(scale: Scale) -> Iterator[str]:
    """The times below."""
    span = scale.chart.span
    for when in time_ticks(span.start, span.end, max(3, scale.width // 90)):
        x = scale.x(when)
        if LEFT + 4 <= x <= scale.width - RIGHT:
            at = min(x, scale.width - RIGHT - 14)
            yield f'<line class="base" x1="{x}" x2="{x}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 4}"/>'
            yield f'<text class="tick" x="{at}" y="{HEIGHT - 6}" text-anchor="middle">{clock(when, span.end - span.start)}</text>'


def thresholds(scale: Scale) -> Iterator[str]:
    drawn = near(scale.chart)
    for one in drawn:
        y = scale.y(one.value)
        above = y - 4 if y > TOP + 14 else y + 12
        yield f'<line class="mark" stroke="{escape(one.color)}" x1="{LEFT}" x2="{scale.width - RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="limit" style="fill: {escape(one.color)}" x="{LEFT + 4}" y="{above}">{escape(one.label)}</text>'
    far = [one for one in scale.chart.marks if one not in drawn]
    for number, one in enumerate(far):
        x = scale.width - RIGHT - 2
        yield (
            f'<text class="limit" style="fill: {escape(one.color)}" x="{x}" y="{TOP + 8 + number * 13}" text-anchor="end">'
            f"&#8593; {escape(one.label)}</text>"
        )


def curves(scale: Scale) -> Iterator[str]:
    for number, one in enumerate(scale.chart.series):
        yield "".join([f'<g stroke="{color(number)}" fill="{color(number)}">', *curve(scale, one), "</g>"])


def curve(scale: Scale, series: Series) -> Iterator[str]:
    """Lines between neighboring points; a point without neighbors is a dot."""
    for run in runs(series.points, scale.chart.period):
        if len(run) > 1:
            points = " ".join(f"{scale.x(when)},{scale.y(value)}" for when, value in run)
            yield f'<polyline class="line" points="{points}"/>'
        for when, value in run if len(run) == 1 else run[-1:]:
            yield f'<circle cx="{scale.x(when)}" cy="{scale.y(value)}" r="2.6" stroke="none"/>'
    if series.points:
        yield f"<title>{escape(series.label)}: {escape(shown(series.points[-1][1], scale.chart.unit))}</title>"


def empty(scale: Scale) -> Iterator[str]:
    middle = (LEFT + scale.width - RIGHT) / 2
    y = HEIGHT - BOTTOM
    yield f'<line class="base" x1="{LEFT}" x2="{scale.width - RIGHT}" y1="{y}" y2="{y}"/>'
    yield f'<text class="empty" x="{middle}" y="{HEIGHT / 2 - 8}" text-anchor="middle">{escape(scale.chart.problem or "No data")}</text>'
    limits = ", ".join(one.label for one in scale.chart.marks)
    if limits:
        yield f'<text class="tick" x="{middle}" y="{HEIGHT / 2 + 12}" text-anchor="middle">thresholds: {escape(limits)}</text>'
