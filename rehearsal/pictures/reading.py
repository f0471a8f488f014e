"""Reads what a dashboard shows from CloudWatch: its body, the data of its metrics, the states of its alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rehearsal.pictures.model import Chart, Content, Mark, Note, Picture, Placed, Series, Span, State, States, Text

Client = Any
"""A CloudWatch client of boto3, or anything with its methods."""
ClientOf = Callable[[str], Client]
"""From a region to its client."""

PAGE = 100
SHORTEST = 900
"""Seconds that a picture covers at least."""
AGO = re.compile(r"-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
LOGS = "The rehearsal does not run queries of Logs Insights. In CloudWatch, this widget shows what they find."


def picture(name: str, client_of: ClientOf, region: str, where: str, now: float | None = None) -> Picture:
    """The dashboard of this name as it is now."""
    body = json.loads(client_of(region).get_dashboard(DashboardName=name)["DashboardBody"])
    return drawn(name, body, client_of, where, now if now is not None else datetime.now(UTC).timestamp())


def drawn(name: str, body: Mapping[str, Any], client_of: ClientOf, where: str, now: float) -> Picture:
    whole = Span(now - ago(body.get("start", "-PT3H")), now)
    alarms = states_of(body, client_of)
    widgets = [Placed(one["x"], one["y"], one["width"], content(one, whole, client_of, alarms)) for one in body["widgets"]]
    span = zoomed(widgets, whole)
    return Picture(name, where, span, tuple(in_time(one, span) for one in widgets))


def ago(text: str) -> float:
    """Seconds of a relative time of a dashboard, such as -PT3H or -P14D."""
    found = AGO.fullmatch(text)
    days, hours, minutes = (int(one or 0) for one in found.groups()) if found else (0, 3, 0)
    return timedelta(days=days, hours=hours, minutes=minutes).total_seconds()


def content(widget: Mapping[str, Any], span: Span, client_of: ClientOf, alarms: Mapping[str, State]) -> Content:
    kind, properties = widget["type"], widget["properties"]
    if kind == "text":
        return Text(properties["markdown"])
    if kind == "alarm":
        return States(properties["title"], tuple(alarms[arn] for arn in properties["alarms"]))
    if kind == "metric":
        return chart(properties, span, client_of)
    return Note(properties.get("title", kind), LOGS)


def chart(properties: Mapping[str, Any], span: Span, client_of: ClientOf) -> Chart:
    own = properties.get("start")
    span = Span(span.end - ago(own), span.end) if own else span
    axis = (properties.get("yAxis") or {}).get("left") or {}
    horizontal = (properties.get("annotations") or {}).get("horizontal") or ()
    problem, series = "", [Series(label) for label in labels(properties["metrics"])]
    try:
        series = read(properties, span, client_of(properties["region"]))
    except Exception as error:  # noqa: BLE001 - one widget that CloudWatch cannot compute must not cost the whole picture
        problem = str(error)[:120]
    return Chart(
        title=properties["title"],
        unit=axis.get("label", ""),
        series=tuple(series),
        span=span,
        marks=tuple(Mark(one["value"], one.get("label", ""), one.get("color", "#888888")) for one in horizontal),
        period=properties.get("period", 300),
        highest=axis.get("max"),
        view=properties.get("view", "timeSeries"),
        problem=problem,
        own_time=bool(own),
    )


def labels(metrics: Sequence[Sequence[Any]]) -> list[str]:
    return [entry[-1].get("label", "") for entry in metrics if entry[-1].get("visible", True)]


def queries(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The MetricDataQueries of a metric widget; those that are drawn return data."""
    found = []
    for number, entry in enumerate(properties["metrics"]):
        *names, options = entry
        query: dict[str, Any] = {"Id": options.get("id", f"q{number}"), "ReturnData": options.get("visible", True)}
        if "label" in options:
            query["Label"] = options["label"]
        if "expression" in options:
            query["Expression"] = options["expression"]
        else:
            dimensions = [{"Name": name, "Value": value} for name, value in zip(names[2::2], names[3::2], strict=True)]
            metric = {"Namespace": names[0], "MetricName": names[1], "Dimensions": dimensions}
            query["MetricStat"] = {"Metric": metric, "Period": properties["period"], "Stat": options.get("stat", "Average")}
        found.append(query)
    return found


def read(properties: Mapping[str, Any], span: Span, client: Client) -> list[Series]:
    """The series of a widget in the order of its lines; without points where there was no data."""
    asked = queries(properties)
    start, end = (datetime.fromtimestamp(one, UTC) for one in (span.start, span.end))
    found: dict[str, list[tuple[float, float]]] = {}
    more: dict[str, Any] = {}
    while True:
        reply = client.get_metric_data(MetricDataQueries=asked, StartTime=start, EndTime=end, ScanBy="TimestampAscending", **more)
        for one in reply["MetricDataResults"]:
            points = zip(one["Timestamps"], one["Values"], strict=True)
            found.setdefault(one["Id"], []).extend((when.timestamp(), float(value)) for when, value in points)
        if not reply.get("NextToken"):
            break
        more = {"NextToken": reply["NextToken"]}
    return [Series(one.get("Label", one["Id"]), tuple(sorted(found.get(one["Id"], ())))) for one in asked if one["ReturnData"]]


def states_of(body: Mapping[str, Any], client_of: ClientOf) -> dict[str, State]:
    """ARN -> state of every alarm on the dashboard, read a hundred at a time in each region."""
    arns = [arn for one in body["widgets"] if one["type"] == "alarm" for arn in one["properties"]["alarms"]]
    found = {arn: State(arn.rpartition(":")[2], "") for arn in arns}
    for region in dict.fromkeys(arn.split(":")[3] for arn in arns):
        names = [arn.rpartition(":")[2] for arn in arns if arn.split(":")[3] == region]
        found |= {arn: state for arn, state in described(client_of(region), names) if arn in found}
    return found


def described(client: Client, names: Sequence[str]) -> Iterator[tuple[str, State]]:
    for start in range(0, len(names), PAGE):
        types = ["MetricAlarm", "CompositeAlarm"]
        reply = client.describe_alarms(AlarmNames=list(names[start : start + PAGE]), AlarmTypes=types, MaxRecords=PAGE)
        for one in [*reply.get("MetricAlarms", ()), *reply.get("CompositeAlarms", ())]:
            since = one.get("StateTransitionedTimestamp") or one.get("StateUpdatedTimestamp")
            when = since.timestamp() if since else 0.0
            yield one["AlarmArn"], State(one["AlarmName"], one["StateValue"], when, one.get("StateReason", ""))


def zoomed(widgets: Iterable[Placed], whole: Span) -> Span:
    """From the first datum on, but at least a quarter of an hour: a rehearsal is short, and its traffic would be a dot at the edge."""
    charts = [one.content for one in widgets if isinstance(one.content, Chart) and not one.content.own_time]
    first = min((series.points[0][0] for one in charts for series in one.series if series.points), default=whole.start)
    return Span(max(whole.start, min(first - 60, whole.end - SHORTEST)), whole.end)


def in_time(one: Placed, span: Span) -> Placed:
    if isinstance(one.content, Chart) and not one.content.own_time:
        return replace(one, content=replace(one.content, span=span))
    return one
