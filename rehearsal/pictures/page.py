"""A dashboard as one HTML page. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .chart import chart, color_of, short
from .data import AlarmState, Content, Line

COLUMN, ROW = 54, 44
"""Pixels of a cell of CloudWatch's grid."""
TITLE, LEGEND = 26, 22
FIRST = ("ALARM", "MISSING", "INSUFFICIENT_DATA", "OK")
SAID = {"ALARM": "in alarm", "MISSING": "does not exist", "INSUFFICIENT_DATA": "no data", "OK": "ok"}

STYLE = (Path(__file__).parent / "style.css").read_text()


def page(name: str, content: Content) -> str:
    """The whole page: no scripts, and nothing to load."""
    widgets = "".join(widget(number, one, content) for number, one in enumerate(content.body["widgets"]))
    when = f"{content.now:%Y-%m-%d %H:%M} UTC"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title><style>{STYLE}</style></head>'
        f'<body><main><p class="when">Dashboard {escape(name)} at {when}</p><div class="grid">{widgets}</div></main></body></html>\n'
    )


def widget(number: int, one: Mapping[str, Any], content: Content) -> str:
    kind, properties = one["type"], one["properties"]
    where = f"grid-column: {one['x'] + 1} / span {one['width']}; grid-row: {one['y'] + 1} / span {one['height']};"
    if kind == "text":
        return f'<section class="widget text" style="{where}">{markdown(properties["markdown"])}</section>'
    if kind == "alarm":
        inner = alarms(properties, [content.alarms[arn] for arn in properties["alarms"]])
    elif kind == "metric":
        size = (one["width"] * COLUMN - 22.0, one["height"] * ROW - TITLE - LEGEND - 12.0)
        inner = graph(properties, content.lines[number], content.spans[number], size)
    else:
        inner = f'{title(properties)}<p class="none">A query of Logs Insights: {escape(str(properties.get("query", "")))}</p>'
    return f'<section class="widget" style="{where}">{inner}</section>'


def markdown(text: str) -> str:
    """The headings that generated dashboards have; anything else as it is written."""
    found = re.fullmatch(r"(#{1,2}) (.+)", text.strip())
    return f"<h{len(found[1])}>{escape(found[2])}</h{len(found[1])}>" if found else f"<p>{escape(text)}</p>"


def title(properties: Mapping[str, Any], more: str = "") -> str:
    return f"<h3>{escape(str(properties.get('title', '')))}{more}</h3>"


def graph(properties: Mapping[str, Any], lines: Sequence[Line], span: tuple[float, float], size: tuple[float, float]) -> str:
    unit = ((properties.get("yAxis") or {}).get("left") or {}).get("label", "")
    heading = title(properties, f" <small>{escape(str(unit))}</small>" if unit else "")
    if properties.get("view") == "singleValue":
        return heading + single_values(lines)
    return heading + chart(properties, lines, span, size) + f'<div class="legend">{"".join(legend(lines))}</div>'


def legend(lines: Sequence[Line]) -> Iterator[str]:
    """Each line with its newest value."""
    for number, line in enumerate(lines):
        newest = f"<b>{short(line.points[-1][1])}</b>" if line.points else '<span class="none">no data</span>'
        yield f'<span><i style="background: {color_of(line, number)}"></i>{escape(line.label)} {newest}</span>'


def single_values(lines: Sequence[Line]) -> str:
    def value(line: Line) -> str:
        return (
            f"{short(line.points[-1][1])}<span>{escape(line.label)}</span>"
            if line.points
            else f"-<span>{escape(line.label)}: no data</span>"
        )

    return f'<div class="values">{"".join(f"<div>{value(line)}</div>" for line in lines)}</div>'


def alarms(properties: Mapping[str, Any], found: Sequence[AlarmState]) -> str:
    """The states, those that need someone first."""
    ordered = sorted(found, key=lambda one: (FIRST.index(one.state), one.name))
    counts = ", ".join(f"{number} {SAID[state]}" for state in FIRST if (number := sum(one.state == state for one in found)))
    tiles = "".join(f'<span class="state {one.state}" title="{escape(one.reason)}">{escape(one.name)}</span>' for one in ordered)
    return title(properties, f' <span class="count">{counts}</span>') + f'<div class="states">{tiles}</div>'
