# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CloudWatch refuses in a dashboard's body, checked before the call. Pure functions.

PutDashboard refuses a body as a whole. Source: "Dashboard body structure and syntax" in the CloudWatch API reference, and CloudWatch's
quotas.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .model import COLUMNS

MOST_WIDGETS, MOST_METRICS, MOST_BYTES, MOST_ALARMS = 500, 500, 1_048_576, 100
TYPES = ("metric", "text", "log", "alarm", "explorer", "chart", "custom")
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
METRIC_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
STATISTIC = re.compile(r"SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d+)?|(TM|TC|TS|WM|PR)\(.*\)")
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def problems(name: str, body: Mapping[str, Any]) -> list[str]:
    """One sentence for each thing that CloudWatch would refuse."""
    return list(_problems(name, body))


def _problems(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield f"dashboard {name}: the name may have up to 255 letters, digits, hyphens, and underscores"
    widgets = body.get("widgets")
    if not isinstance(widgets, Sequence) or isinstance(widgets, str):
        yield f"dashboard {name}: widgets must be a list"
        return
    if len(widgets) > MOST_WIDGETS:
        yield f"dashboard {name} has {len(widgets)} widgets, and CloudWatch accepts {MOST_WIDGETS}; watch less in one environment"
    if len(json.dumps(body)) > MOST_BYTES:
        yield f"dashboard {name} is larger than {MOST_BYTES} bytes"
    for number, widget in enumerate(widgets, 1):
        if not isinstance(widget, Mapping):
            yield f"dashboard {name}, widget {number}: it must be a mapping"
            continue
        title = (widget.get("properties") or {}).get("title") or widget.get("type")
        yield from (f"dashboard {name}, widget {number} ({title}): {problem}" for problem in widget_problems(widget))


def widget_problems(widget: Mapping[str, Any]) -> Iterator[str]:
    kind = widget.get("type")
    if kind not in TYPES:
        yield f"type is {kind!r}; it must be one of {', '.join(TYPES)}"
    yield from place_problems(widget)
    properties = widget.get("properties")
    if not isinstance(properties, Mapping):
        yield "properties are missing"
    elif kind == "text" and not properties.get("markdown"):
        yield "a text widget needs markdown"
    elif kind == "alarm":
        yield from alarm_problems(properties)
    elif kind == "log" and not (properties.get("query") and properties.get("region")):
        yield "a log widget needs a query and a region"
    elif kind == "metric":
        yield from metric_problems(properties)


def place_problems(widget: Mapping[str, Any]) -> Iterator[str]:
    x, width = widget.get("x", 0), widget.get("width", 6)
    for key, low, high in (("x", 0, COLUMNS - 1), ("y", 0, None), ("width", 1, COLUMNS), ("height", 1, 1_000)):
        value = widget.get(key, low)
        if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
            yield f"{key} is {value!r}; it must be a whole number from {low}{f' to {high}' if high is not None else ''}"
            return
    if x + width > COLUMNS:
        yield f"it ends in column {x + width} of {COLUMNS}"


def alarm_problems(properties: Mapping[str, Any]) -> Iterator[str]:
    alarms = properties.get("alarms")
    if not isinstance(alarms, Sequence) or not 1 <= len(alarms) <= MOST_ALARMS:
        yield f"an alarm widget needs 1 to {MOST_ALARMS} ARNs of alarms"
    elif wrong := [one for one in alarms if not str(one).startswith("arn:")]:
        yield f"{wrong[0]!r} is not the ARN of an alarm"


def metric_problems(properties: Mapping[str, Any]) -> Iterator[str]:
    metrics = properties.get("metrics")
    if not isinstance(metrics, Sequence) or not metrics:
        yield "a metric widget needs metrics"
        return
    if len(metrics) > MOST_METRICS:
        yield f"it has {len(metrics)} metrics, and CloudWatch accepts {MOST_METRICS}"
    if not properties.get("region"):
        yield "region is missing"
    if properties.get("view", "timeSeries") not in VIEWS:
        yield f"view is {properties['view']!r}; it must be one of {', '.join(VIEWS)}"
    period = properties.get("period", 300)
    if not isinstance(period, int) or (period not in (1, 5, 10, 20, 30) and (period < 60 or period % 60)):
        yield f"period is {period!r}; it must be 1, 5, 10, 20, 30, or a multiple of 60"
    yield from entry_problems(metrics)
    yield from mark_problems((properties.get("annotations") or {}).get("horizontal") or ())


def entry_problems(metrics: Sequence[Any]) -> Iterator[str]:
    ids: list[str] = []
    for entry in metrics:
        options = entry[-1] if entry and isinstance(entry[-1], Mapping) else {}
        names = entry[:-1] if options else entry
        if "expression" not in options and (len(names) < 2 or len(names) % 2):
            yield f"a metric must be a namespace, a name, and pairs of dimensions, not {list(names)}"
        if empty := [one for one in names if one == ""]:
            yield f"a metric has {len(empty)} empty names or values of dimensions: {list(names)}"
        if (stat := options.get("stat")) and not STATISTIC.fullmatch(stat):
            yield f"{stat!r} is not a statistic"
        ids += [str(options["id"])] if "id" in options else []
    yield from (f"the ID {one!r} must begin with a lower-case letter" for one in ids if not METRIC_ID.fullmatch(one))
    yield from (f"the ID {one!r} is there twice" for one in sorted(set(ids)) if ids.count(one) > 1)


def mark_problems(marks: Sequence[Any]) -> Iterator[str]:
    for one in marks:
        if not isinstance(one.get("value"), int | float):
            yield f"an annotation needs a number as its value, not {one.get('value')!r}"
        if "color" in one and not COLOR.fullmatch(one["color"]):
            yield f"{one['color']!r} is not a color such as #d13212"
