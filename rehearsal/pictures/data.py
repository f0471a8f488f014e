"""What a dashboard shows, read from CloudWatch as its console does: the body, the data of its graphs, and the states of its alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ClientIn = Callable[[str], Any]
"""A CloudWatch client of a region."""
MOST_QUERIES, MOST_ALARMS = 500, 100
"""In one GetMetricData call, and names in one DescribeAlarms call (CloudWatch API reference)."""
DURATION = re.compile(r"-P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
DEFAULT = timedelta(hours=3)


@dataclass(frozen=True)
class Line:
    """One line of a graph. ``points``: (seconds since the epoch, value), in order."""

    label: str
    points: tuple[tuple[float, float], ...]
    color: str = ""


@dataclass(frozen=True)
class AlarmState:
    """``state``: OK, ALARM, INSUFFICIENT_DATA, or MISSING if there is no such alarm."""

    name: str
    state: str
    reason: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Content:
    """``lines``: by the number of the widget. ``spans``: the times that its axis covers. ``alarms``: by ARN."""

    body: Mapping[str, Any]
    lines: Mapping[int, tuple[Line, ...]]
    spans: Mapping[int, tuple[float, float]]
    alarms: Mapping[str, AlarmState]
    now: datetime


def read(client_in: ClientIn, region: str, name: str, now: datetime) -> Content:
    """A dashboard of the account in ``region``, with what its widgets show at ``now``, in their own regions."""
    body = json.loads(client_in(region).get_dashboard(DashboardName=name)["DashboardBody"])
    widgets = body["widgets"]
    lines: dict[int, tuple[Line, ...]] = {}
    spans: dict[int, tuple[float, float]] = {}
    for number, widget in enumerate(widgets):
        if widget["type"] == "metric":
            properties = widget["properties"]
            start = now - history(properties.get("start") or body.get("start", ""))
            spans[number] = (start.timestamp(), now.timestamp())
            lines[number] = tuple(lines_of(client_in(properties.get("region") or region), properties, start, now))
    wanted = [arn for widget in widgets if widget["type"] == "alarm" for arn in widget["properties"]["alarms"]]
    return Content(body, lines, spans, states(client_in, wanted), now)


def history(text: str) -> timedelta:
    """ "-PT3H" as a time span; three hours for anything else, as the console does."""
    found = DURATION.fullmatch(text)
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0, 0)
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes) or DEFAULT


def queries(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The queries of GetMetricData for the metrics of a widget."""
    found = []
    for number, entry in enumerate(properties["metrics"]):
        options = entry[-1] if isinstance(entry[-1], Mapping) else {}
        query: dict[str, Any] = {"Id": options.get("id", f"m{number}"), "ReturnData": options.get("visible", True)}
        if "expression" in options:
            query |= {"Expression": options["expression"], "Period": properties.get("period", 300)}
        else:
            namespace, name, *pairs = [one for one in entry if not isinstance(one, Mapping)]
            dimensions = [{"Name": key, "Value": value} for key, value in zip(pairs[::2], pairs[1::2], strict=True)]
            query["MetricStat"] = {
                "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
                "Period": options.get("period", properties.get("period", 300)),
                "Stat": options.get("stat", properties.get("stat", "Average")),
            }
        query["Label"] = options.get("label", query["Id"])
        found.append(query)
    return found


def lines_of(cloudwatch: Any, properties: Mapping[str, Any], start: datetime, end: datetime) -> Iterable[Line]:
    """The visible lines, in the widget's order."""
    wanted = queries(properties)
    colors = {one[-1]["id"]: one[-1].get("color", "") for one in properties["metrics"] if isinstance(one[-1], Mapping) and "id" in one[-1]}
    reply = cloudwatch.get_metric_data(MetricDataQueries=wanted[:MOST_QUERIES], StartTime=start, EndTime=end, ScanBy="TimestampAscending")
    found = {one["Id"]: one for one in reply["MetricDataResults"]}
    for query in wanted:
        if query["ReturnData"] and query["Id"] in found:
            one = found[query["Id"]]
            points = sorted((moment.timestamp(), float(value)) for moment, value in zip(one["Timestamps"], one["Values"], strict=True))
            yield Line(query["Label"], tuple(points), colors.get(query["Id"], ""))


def states(client_in: ClientIn, arns: Sequence[str]) -> dict[str, AlarmState]:
    """The state of each alarm, asked in its own region."""
    found: dict[str, AlarmState] = {}
    by_region: dict[str, list[str]] = {}
    for arn in dict.fromkeys(arns):
        by_region.setdefault(arn.split(":")[3], []).append(arn)
    for region, here in by_region.items():
        for start in range(0, len(here), MOST_ALARMS):
            chunk = here[start : start + MOST_ALARMS]
            names = [arn.rpartition(":alarm:")[2] for arn in chunk]
            reply = client_in(region).describe_alarms(
                AlarmNames=names, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=MOST_ALARMS
            )
            known = {one["AlarmName"]: one for one in (*reply.get("MetricAlarms", ()), *reply.get("CompositeAlarms", ()))}
            for arn, name in zip(chunk, names, strict=True):
                one = known.get(name)
                found[arn] = (
                    AlarmState(name, one["StateValue"], one.get("StateReason", ""), one.get("StateUpdatedTimestamp"))
                    if one
                    else AlarmState(name, "MISSING")
                )
    return found
