"""Metric filters: put again, one replaces the one of that name; what arrives in its log group counts in its metric."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.monitoring.log_patterns import Fields, Pattern, PatternError, parsed, selected
from rehearsal.registry import Call, adjusts, answers, prepare
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

MOST_FILTERS, MOST_DIMENSIONS = 100, 3
_NAME = re.compile(r"[^:*]{1,512}")


def invalid(message: str) -> Refusal:
    return Refusal("InvalidParameterException", message)


def absent(what: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"The specified {what} does not exist.")


def pattern_of(text: str) -> Pattern:
    try:
        return parsed(text)
    except PatternError as error:
        raise invalid(f"Invalid metric filter pattern: {error}") from None


@answers("logs", "PutMetricFilter")
def put(call: Call) -> Any:
    group, name = str(call.get("logGroupName")), str(call.get("filterName"))
    if group not in call.backend.groups:
        raise absent("log group")
    if not _NAME.fullmatch(name):
        raise invalid("1 validation error detected: Value at 'filterName' failed to satisfy regular expression pattern: [^:*]*")
    transformations = list(call.get("metricTransformations") or [])
    if len(transformations) != 1:
        raise invalid("1 validation error detected: Value at 'metricTransformations' must have length 1")
    text = str(call.get("filterPattern") or "")
    _check(pattern_of(text), transformations[0])
    filters: list[dict[str, Any]] = call.backend.filters.metric_filters
    before = next((one for one in filters if (one["logGroupName"], one["filterName"]) == (group, name)), None)
    if before is None and len([one for one in filters if one["logGroupName"] == group]) >= MOST_FILTERS:
        raise Refusal("LimitExceededException", "Resource limit exceeded.")
    found = {
        "filterName": name,
        "filterPattern": text,
        "logGroupName": group,
        "metricTransformations": transformations,
        "creationTime": before["creationTime"] if before else int(moment().timestamp() * 1000),
        **{member: call.get(member) for member in ("applyOnTransformedLogs",) if call.get(member) is not None},
    }
    if before is None:
        filters.append(found)
    else:
        filters[filters.index(before)] = found
    return {}


def _check(pattern: Pattern, transformation: Mapping[str, Any]) -> None:
    dimensions, value = transformation.get("dimensions") or {}, str(transformation.get("metricValue"))
    if dimensions and transformation.get("defaultValue") is not None:
        raise invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
    if len(dimensions) > MOST_DIMENSIONS:
        raise invalid(f"Invalid metric transformation: at most {MOST_DIMENSIONS} dimensions are allowed.")
    if str(transformation.get("metricNamespace")).startswith("AWS/"):
        raise invalid("Invalid metric transformation: the metric namespace cannot begin with AWS/.")
    if not pattern.structured and (dimensions or value.startswith("$")):
        raise invalid("Invalid metric transformation: dimensions and values from fields need a JSON or space-delimited filter pattern.")
    if not value.startswith("$") and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise invalid(f"Invalid metric transformation: the metric value {value} is neither a number nor a field.")


@answers("logs", "DescribeMetricFilters")
def describe(call: Call) -> Any:
    group, prefix = call.get("logGroupName"), call.get("filterNamePrefix") or ""
    if group is not None and group not in call.backend.groups:
        raise absent("log group")
    wanted = {"metricName": call.get("metricName"), "metricNamespace": call.get("metricNamespace")}
    found = [
        one
        for one in call.backend.filters.metric_filters
        if group in (None, one["logGroupName"])
        and one["filterName"].startswith(prefix)
        and all(value in (None, one["metricTransformations"][0][member]) for member, value in wanted.items())
    ]
    found.sort(key=lambda one: (one["logGroupName"], one["filterName"]))
    begin, size = int(call.get("nextToken") or 0), int(call.get("limit") or 50)
    more = {"nextToken": str(begin + size)} if len(found) > begin + size else {}
    return {"metricFilters": found[begin : begin + size], **more}


@answers("logs", "DeleteMetricFilter")
def delete(call: Call) -> Any:
    group, name = call.get("logGroupName"), call.get("filterName")
    if group not in call.backend.groups:
        raise absent("log group")
    filters: list[dict[str, Any]] = call.backend.filters.metric_filters
    kept = [one for one in filters if (one["logGroupName"], one["filterName"]) != (group, name)]
    if len(kept) == len(filters):
        raise absent("metric filter")
    filters[:] = kept
    return {}


@answers("logs", "TestMetricFilter")
def try_out(call: Call) -> Any:
    pattern = pattern_of(str(call.get("filterPattern") or ""))
    found = [(number, text, pattern.match(text)) for number, text in enumerate(call.get("logEventMessages") or [], 1)]
    return {
        "matches": [
            {
                "eventNumber": number,
                "eventMessage": text,
                "extractedValues": {name if name.startswith("$") else f"${name}": str(value) for name, value in fields.items()}
                if "[" in pattern.text[:1]
                else {},
            }
            for number, text, fields in found
            if fields is not None
        ]
    }


@adjusts("logs")
def count() -> None:
    """Events that moto has accepted into a log group count in the metrics of its filters."""
    from moto.logs.models import LogGroup, logs_backends

    original = LogGroup.put_log_events

    def put_log_events(self: Any, log_stream_name: str, log_events: Sequence[Mapping[str, Any]]) -> Any:
        answer = original(self, log_stream_name, log_events)
        filters = logs_backends[self.account_id][self.region].filters.metric_filters
        for one in [one for one in filters if one["logGroupName"] == self.name]:
            _count(self, one, log_events)
        return answer

    LogGroup.put_log_events = put_log_events


def _count(group: Any, one: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> None:
    from rehearsal.extensions.cloudwatch_counting import add

    prepare("cloudwatch")
    transformation, pattern = one["metricTransformations"][0], parsed(one["filterPattern"])
    namespace, name, unit = transformation["metricNamespace"], transformation["metricName"], transformation.get("unit") or "None"
    data = [(event["timestamp"] / 1000, *found) for event in events for found in _values(pattern, transformation, event["message"])]
    if not data and events and transformation.get("defaultValue") is not None:
        data = [(events[-1]["timestamp"] / 1000, {}, float(transformation["defaultValue"]))]
    for when, dimensions, value in data:
        add(group.account_id, group.region, namespace, name, dimensions, value, when, unit)


def _values(pattern: Pattern, transformation: Mapping[str, Any], message: str) -> Iterator[tuple[dict[str, str], float]]:
    """The dimensions and the value of a matching event; none if its value is no number, or a dimension is missing."""
    fields = pattern.match(message)
    if fields is None:
        return
    value = _value(fields, str(transformation["metricValue"]))
    dimensions = {name: selected(fields, selector) for name, selector in (transformation.get("dimensions") or {}).items()}
    if value is not None and all(one is not None for one in dimensions.values()):
        yield {name: str(one) for name, one in dimensions.items()}, value


def _value(fields: Fields, given: str) -> float | None:
    found = selected(fields, given) if given.startswith("$") else given
    try:
        return float(found)
    except (TypeError, ValueError):
        return None
