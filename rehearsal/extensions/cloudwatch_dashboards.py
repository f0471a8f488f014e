"""Dashboards: their body is checked as a whole, after "Dashboard body structure and syntax" in the CloudWatch API Reference."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.extensions.cloudwatch_store import Dashboard, page, store, wrong_value
from rehearsal.query_api import check_tags, pairs
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

COLUMNS, HIGHEST, MOST_WIDGETS, LONGEST_BODY, MOST_METRICS = 24, 1000, 500, 1_000_000, 500
TYPES = ("metric", "text", "log", "alarm", "explorer", "chart")
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PERIODS = (1, 5, 10, 20, 30)
Problem = tuple[str, str]
"""The path in the body, and what is wrong there."""


def problems(body: Any) -> Iterator[Problem]:
    """What CloudWatch refuses in a body."""
    if not isinstance(body, dict):
        yield "", "The dashboard body must be a JSON object"
        return
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        yield "/widgets", "Should be an array"
        return
    if len(widgets) > MOST_WIDGETS:
        yield "/widgets", f"Should NOT have more than {MOST_WIDGETS} items"
    if body.get("periodOverride", "auto") not in ("auto", "inherit"):
        yield "/periodOverride", "Should be one of auto, inherit"
    for number, widget in enumerate(widgets):
        yield from _of_widget(f"/widgets/{number}", widget)


def _of_widget(path: str, widget: Any) -> Iterator[Problem]:
    if not isinstance(widget, dict):
        yield path, "Should be an object"
        return
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in TYPES:
        yield f"{path}/type", f"Should be one of {', '.join(TYPES)}"
        return
    yield from _of_place(path, widget)
    if not isinstance(properties, dict):
        yield f"{path}/properties", "Should be an object"
        return
    checks = {"metric": _of_metrics, "text": _of_text, "log": _of_logs, "alarm": _of_alarms}
    yield from checks[kind](f"{path}/properties", properties) if kind in checks else ()


def _of_place(path: str, widget: Mapping[str, Any]) -> Iterator[Problem]:
    limits = {"x": (0, COLUMNS - 1), "y": (0, 10_000_000), "width": (1, COLUMNS), "height": (1, HIGHEST)}
    for name, (least, most) in limits.items():
        value = widget.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"{path}/{name}", f"Should be an integer from {least} to {most}"
    if ("x" in widget) != ("y" in widget):
        yield path, "Should have both x and y, or none of them"
    if isinstance(widget.get("x"), int) and isinstance(widget.get("width"), int) and widget["x"] + widget["width"] > COLUMNS:
        yield f"{path}/width", f"Should end within {COLUMNS} columns"


def _of_text(path: str, properties: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(properties.get("markdown"), str):
        yield f"{path}/markdown", "Should be a string"


def _of_logs(path: str, properties: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(properties.get("query"), str):
        yield f"{path}/query", "Should be a string"
    if not isinstance(properties.get("region"), str):
        yield f"{path}/region", "Should be a string"


def _of_alarms(path: str, properties: Mapping[str, Any]) -> Iterator[Problem]:
    alarms = properties.get("alarms")
    if not isinstance(alarms, list) or not 1 <= len(alarms) <= 100:
        yield f"{path}/alarms", "Should have 1 to 100 items"
        return
    for number, arn in enumerate(alarms):
        if not re.fullmatch(r"arn:aws[\w-]*:cloudwatch:[\w-]+:\d{12}:alarm:.+", str(arn)):
            yield f"{path}/alarms/{number}", "Should be the ARN of an alarm"


def _of_metrics(path: str, properties: Mapping[str, Any]) -> Iterator[Problem]:
    metrics, annotated = properties.get("metrics"), (properties.get("annotations") or {}).get("alarms")
    if not isinstance(properties.get("region"), str):
        yield f"{path}/region", "Should be a string"
    if properties.get("view", "timeSeries") not in VIEWS:
        yield f"{path}/view", f"Should be one of {', '.join(VIEWS)}"
    if (period := properties.get("period")) is not None and not _is_period(period):
        yield f"{path}/period", "Should be 1, 5, 10, 20, 30 or a multiple of 60"
    if annotated and not metrics:
        return
    if not isinstance(metrics, list) or not 1 <= len(metrics) <= MOST_METRICS:
        yield f"{path}/metrics", f"Should have 1 to {MOST_METRICS} items"
        return
    for number, row in enumerate(metrics):
        yield from _of_row(f"{path}/metrics/{number}", row, first=number == 0)


def _of_row(path: str, row: Any, *, first: bool) -> Iterator[Problem]:
    """[namespace, name, dimension, value, ..., {options}]; a dot repeats what the row before has, and three dots its beginning."""
    if not isinstance(row, list) or not row:
        yield path, "Should be a non-empty array"
        return
    options = row[-1] if isinstance(row[-1], dict) else {}
    named = row[:-1] if isinstance(row[-1], dict) else row
    if any(not isinstance(part, str) for part in named):
        yield path, "Should have strings before its options"
    if not named:
        if not isinstance(options.get("expression"), str):
            yield path, "Should have a metric or an expression"
    elif named[0] != "..." and len(named) % 2:
        yield path, "Invalid metric field type: a dimension lacks its value"
    elif first and any(part in (".", "...") for part in named):
        yield path, "Should not refer to a row before the first one"
    if (period := options.get("period")) is not None and not _is_period(period):
        yield f"{path}/{len(row) - 1}/period", "Should be 1, 5, 10, 20, 30 or a multiple of 60"
    if options.get("yAxis", "left") not in ("left", "right"):
        yield f"{path}/{len(row) - 1}/yAxis", "Should be one of left, right"


def _is_period(value: Any) -> bool:
    return isinstance(value, int) and (value in _PERIODS or (value > 0 and value % 60 == 0))


@answers("cloudwatch", "PutDashboard")
def put(call: Call) -> Any:
    name, text, kept = str(call.get("DashboardName")), str(call.get("DashboardBody") or ""), store(call)
    if not _NAME.fullmatch(name):
        raise wrong_value(
            f"The value {name} for field DashboardName contains invalid characters. It can only contain alphanumerics, - and _."
        )
    try:
        found = list(problems(json.loads(text)))
    except ValueError:
        found = [("", "The field DashboardBody must be a valid JSON object")]
    if len(text.encode()) > LONGEST_BODY:
        found.append(("", f"The dashboard body has more than {LONGEST_BODY} bytes"))
    if found:
        listed = "; ".join(f"{path or '/'}: {message}" for path, message in found[:20])
        raise Refusal("InvalidParameterInput", f"The dashboard body is invalid, there are {len(found)} validation errors: {listed}")
    check_tags(call.get("Tags"))
    before = kept.dashboards.get(name)
    tags = before.tags if before else pairs(call.get("Tags"))
    kept.dashboards[name] = Dashboard(name, f"arn:aws:cloudwatch::{call.account_id}:dashboard/{name}", text, moment(), tags)
    return {"DashboardValidationMessages": []}


def _missing(name: str) -> Refusal:
    return Refusal("ResourceNotFound", f"Dashboard {name} does not exist", 404)


@answers("cloudwatch", "GetDashboard")
def get(call: Call) -> Any:
    found = store(call).dashboards.get(str(call.get("DashboardName")))
    if found is None:
        raise _missing(str(call.get("DashboardName")))
    return {"DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": found.name}


@answers("cloudwatch", "ListDashboards")
def list_dashboards(call: Call) -> Any:
    prefix = call.get("DashboardNamePrefix") or ""
    found = [
        {"DashboardName": name, "DashboardArn": one.arn, "LastModified": one.modified, "Size": len(one.body.encode())}
        for name, one in sorted(store(call).dashboards.items())
        if name.startswith(prefix)
    ]
    shown, more = page(call, found, 1000)
    return {"DashboardEntries": shown, **more}


@answers("cloudwatch", "DeleteDashboards")
def delete(call: Call) -> Any:
    """All of them, or none."""
    kept, names = store(call), [str(name) for name in call.get("DashboardNames") or []]
    for name in names:
        if name not in kept.dashboards:
            raise _missing(name)
    for name in names:
        del kept.dashboards[name]
    return {}
