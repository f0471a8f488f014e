"""One graph as SVG: axes with round numbers, thresholds, lines, and what has no data. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from .data import Line

COLORS = ("#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#17becf", "#e377c2", "#7f7f7f", "#bcbd22", "#393b79", "#637939")
"""Of lines. Red and orange are those of thresholds."""
LEFT, RIGHT, TOP, BOTTOM = 52.0, 10.0, 8.0, 20.0
HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True)
class Frame:
    """The area of a graph, in pixels, and what its axes cover."""

    width: float
    height: float
    start: float
    end: float
    most: float

    def x(self, moment: float) -> float:
        return LEFT + (moment - self.start) / ((self.end - self.start) or 1) * (self.width - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = min(max(value / self.most, 0.0), 1.0)
        return self.height - BOTTOM - share * (self.height - TOP - BOTTOM)


def color_of(line: Line, number: int) -> str:
    return line.color or COLORS[number % len(COLORS)]


def chart(properties: Mapping[str, Any], lines: Sequence[Line], span: tuple[float, float], size: tuple[float, float]) -> str:
    """A time series as an SVG element of ``size``, in pixels."""
    marks = (properties.get("annotations") or {}).get("horizontal") or []
    fixed = ((properties.get("yAxis") or {}).get("left") or {}).get("max")
    highest = max([0.0, *(value for line in lines for _moment, value in line.points), *(float(one["value"]) for one in marks)])
    steps = ticks(float(fixed) if fixed else highest)
    frame = Frame(*size, *span, steps[-1])
    parts = [*y_axis(frame, steps), *x_axis(frame), *thresholds(frame, marks)]
    for number, line in enumerate(lines):
        parts += path(frame, line, color_of(line, number), float(properties.get("period", 300)))
    if not any(line.points for line in lines):
        middle = (frame.width + LEFT) / 2
        parts.append(f'<text class="empty" x="{middle:.0f}" y="{frame.height / 2:.0f}" text-anchor="middle">No data in this time</text>')
    width, height = size
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(properties.get("title", ""))}">{"".join(parts)}</svg>'


def ticks(highest: float, about: int = 4) -> list[float]:
    """Round values from 0 to at least ``highest``: 0 to 1 if there is nothing to show."""
    if highest <= 0:
        return [0.0, 0.5, 1.0]
    rough = highest / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    return [round(number * step, 10) for number in range(math.ceil(highest / step - 1e-9) + 1)]


def short(value: float) -> str:
    """1500000 -> 1.5M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def y_axis(frame: Frame, steps: Iterable[float]) -> Iterator[str]:
    for value in steps:
        y = frame.y(value)
        yield f'<line class="grid" x1="{LEFT:g}" x2="{frame.width - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="axis" x="{LEFT - 6:g}" y="{y + 3.5:.1f}" text-anchor="end">{short(value)}</text>'


def x_axis(frame: Frame) -> Iterator[str]:
    """About four times of day, or dates if more than two days are shown."""
    span = frame.end - frame.start
    step = next((one for one in (300, 900, 1800, HOUR, 3 * HOUR, 6 * HOUR, DAY, 2 * DAY, 7 * DAY) if span / one <= 5), 30 * DAY)
    moment = math.ceil(frame.start / step) * step
    while moment <= frame.end:
        text = datetime.fromtimestamp(moment, UTC).strftime("%b %-d" if span > 2 * DAY else "%H:%M")
        x = min(max(frame.x(moment), LEFT + 12), frame.width - RIGHT - 14)
        yield f'<text class="axis" x="{x:.1f}" y="{frame.height - 5:g}" text-anchor="middle">{text}</text>'
        moment += step


def thresholds(frame: Frame, marks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in marks:
        y, color = frame.y(float(one["value"])), escape(one.get("color", "#d13212"))
        yield f'<line class="mark" stroke="{color}" x1="{LEFT:g}" x2="{frame.width - RIGHT:g}" y1="{y:.1f}" y2="{y:.1f}"/>'
        below = y < TOP + 12
        place = y + 11 if below else y - 3
        text = escape(str(one.get("label", "")))
        yield f'<text class="label" fill="{color}" x="{frame.width - RIGHT - 2:g}" y="{place:.1f}" text-anchor="end">{text}</text>'


def path(frame: Frame, line: Line, color: str, period: float) -> Iterator[str]:
    """The line, interrupted where data is missing for longer than three periods; a lone point is a dot."""
    pieces: list[list[tuple[float, float]]] = []
    for moment, value in line.points:
        if pieces and moment - pieces[-1][-1][0] <= 3 * period:
            pieces[-1].append((moment, value))
        else:
            pieces.append([(moment, value)])
    for piece in pieces:
        at = [(frame.x(moment), frame.y(value)) for moment, value in piece]
        if len(at) == 1:
            yield f'<circle fill="{color}" cx="{at[0][0]:.1f}" cy="{at[0][1]:.1f}" r="2.5"/>'
        else:
            yield f'<polyline stroke="{color}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>'
