"""Metric data: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics.

On AWS, only AWS itself writes to namespaces that begin with `AWS/`. Here everyone may, because there is no other way to have a database's
processor busy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.extensions.cloudwatch_rings import evaluate
from rehearsal.extensions.cloudwatch_store import Store, at, invalid, page, seconds, store, wrong_combination, wrong_value
from rehearsal.monitoring import expressions, series
from rehearsal.monitoring.evaluation import Window
from rehearsal.monitoring.functions import ExpressionError
from rehearsal.monitoring.queries import Query, reader, series_of, unknown_ids, values
from rehearsal.monitoring.series import Sample, metric
from rehearsal.monitoring.statistics import SIMPLE, computed, is_extended
from rehearsal.registry import Call, answers
from rehearsal.transitions import moment

UNITS = frozenset(
    {
        *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
        *(
            f"{prefix}{kind}{suffix}"
            for kind in ("bytes", "bits")
            for prefix in ("Kilo", "Mega", "Giga", "Tera")
            for suffix in ("", "/Second")
        ),
        *("Bytes", "Bits", "Bytes/Second", "Bits/Second"),
    }
)
OLDEST, LATEST = 14 * 86400, 2 * 3600
"""Timestamps of new data may be this many seconds ago, and ahead."""
VISIBLE = 14 * 86400
"""Metrics without data for longer than this are not listed."""
RECENT = 3 * 3600
MOST_DATAPOINTS = 1440
PAGE = 500


@answers("cloudwatch", "PutMetricData")
def put_data(call: Call) -> Any:
    kept, namespace = store(call), str(call.get("Namespace"))
    data = list(call.get("MetricData") or [])
    for group in call.get("EntityMetricData") or []:
        data += group.get("MetricData") or []
    samples = [_sample(number, datum) for number, datum in enumerate(data, 1)]
    for datum, sample in zip(data, samples, strict=True):
        of = metric(namespace, datum["MetricName"], datum.get("Dimensions") or ())
        when = seconds(datum["Timestamp"]) if datum.get("Timestamp") is not None else moment().timestamp()
        kept.metrics.add(of, when, datum.get("Unit") or "None", sample, fine=datum.get("StorageResolution") == 1)
        kept.arrived(of)
    evaluate(kept)
    return {}


def _sample(number: int, datum: Mapping[str, Any]) -> Sample:
    """What a datum says was observed; refuses what AWS refuses."""
    where = f"MetricData.member.{number}"
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) > 1:
        raise wrong_combination(
            f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive and you have specified both."
        )
    if not given:
        raise wrong_combination(
            f"At least one of the parameters {where}.Value, {where}.Values or {where}.StatisticValues must be specified."
        )
    if datum.get("Unit", "None") not in UNITS:
        raise wrong_value(f"The value {datum['Unit']} for parameter {where}.Unit is invalid.")
    _check_time(where, datum)
    if given == ["StatisticValues"]:
        found = {name: _finite(where, datum["StatisticValues"][name]) for name in ("Sum", "SampleCount", "Minimum", "Maximum")}
        return series.summarized(found["Sum"], found["SampleCount"], found["Minimum"], found["Maximum"])
    numbers = datum["Values"] if given == ["Values"] else [datum["Value"]]
    counts = datum.get("Counts") or [1.0] * len(numbers)
    if len(counts) != len(numbers):
        raise wrong_value(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    times_of: dict[float, float] = {}
    for value, times in zip(numbers, counts, strict=True):
        times_of[_finite(where, value)] = times_of.get(float(value), 0.0) + float(times)
    return series.observed(times_of)


def _finite(where: str, value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise wrong_value(f"The value {value} for parameter {where}.Value is invalid.")
    return number


def _check_time(where: str, datum: Mapping[str, Any]) -> None:
    if datum.get("Timestamp") is None:
        return
    when, now = seconds(datum["Timestamp"]), moment().timestamp()
    if not now - OLDEST <= when <= now + LATEST:
        raise wrong_value(f"The parameter {where}.Timestamp must specify a time within the past two weeks, or the next two hours.")


def query_of(given: Mapping[str, Any]) -> Query:
    """A MetricDataQuery of a call's. Raises a refusal."""
    identity, stat, text = str(given.get("Id") or ""), given.get("MetricStat"), given.get("Expression")
    if (stat is None) == (text is None):
        raise invalid(f"Invalid metrics list: {identity} must have either MetricStat or Expression.")
    returned = given.get("ReturnData")
    common: dict[str, Any] = {"id": identity, "label": given.get("Label") or "", "returned": True if returned is None else bool(returned)}
    if stat is None:
        try:
            expression = expressions.parsed(str(text))
        except ExpressionError as error:
            raise invalid(f"Error in expression '{identity}': {error}") from None
        return Query(**common, expression=expression, period=int(given.get("Period") or 0))
    if stat["Stat"] not in SIMPLE and not is_extended(stat["Stat"]):
        raise invalid(f"The value {stat['Stat']} for parameter MetricStat.Stat of {identity} is not supported.")
    named = stat["Metric"]
    return Query(
        **common,
        metric=metric(named["Namespace"], named["MetricName"], named.get("Dimensions") or ()),
        statistic=stat["Stat"],
        unit=stat.get("Unit") or "",
        period=int(stat["Period"]),
    )


@answers("cloudwatch", "GetMetricData")
def get_data(call: Call) -> Any:
    """Every query over the windows of the longest period among them, unless all that it needs has a shorter one."""
    start, end = seconds(call.get("StartTime")), seconds(call.get("EndTime"))
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    queries = [query_of(given) for given in call.get("MetricDataQueries") or []]
    if unknown := unknown_ids(queries):
        raise invalid(f"Error in expression: the ID '{unknown[0]}' does not exist.")
    kept = store(call)
    found: list[dict[str, Any]] = []
    for query in queries:
        if query.returned:
            found += _results(kept, queries, query, (start, end), str(call.get("ScanBy") or "TimestampDescending"))
    return {"MetricDataResults": found, "Messages": []}


def _results(kept: Store, queries: list[Query], query: Query, time: tuple[float, float], order: str) -> Iterable[dict[str, Any]]:
    period = query.period or max((one.period for one in queries if one.metric), default=60)
    needed = [one for one in queries if one.metric or one is query or one.expression]
    windows = _windows(*time, period)
    try:
        value = values([one for one in needed if one is query or query.expression], windows, reader(kept.metrics))[query.id]
        several = value if isinstance(value, list) else [value]
        listed = [series_of(one, (window.start for window in windows)) for one in several]
    except ExpressionError as error:
        raise invalid(f"Error in expression '{query.id}': {error}") from None
    for one in listed:
        times = sorted(one, reverse=order == "TimestampDescending")
        yield {
            "Id": query.id,
            "Label": query.label or (query.metric.name if query.metric else query.id),
            "Timestamps": [at(each) for each in times],
            "Values": [one[each] for each in times],
            "StatusCode": "Complete",
        }


def _windows(start: float, end: float, period: int) -> list[Window]:
    """The periods of this time, aligned as AWS aligns them."""
    first = start // period * period
    count = max(1, math.ceil((end - first) / period))
    return [Window(first + number * period, first + (number + 1) * period) for number in range(count)]


@answers("cloudwatch", "GetMetricStatistics")
def get_statistics(call: Call) -> Any:
    start, end, period = seconds(call.get("StartTime")), seconds(call.get("EndTime")), int(call.get("Period"))
    if start >= end:
        raise wrong_combination("The parameter StartTime must be less than the parameter EndTime.")
    simple, extended = list(call.get("Statistics") or []), list(call.get("ExtendedStatistics") or [])
    if not simple and not extended:
        raise invalid("At least one of the parameters Statistics and ExtendedStatistics must be specified.")
    windows = _windows(start, end, period)
    if len(windows) > MOST_DATAPOINTS:
        raise wrong_combination(
            f"You have requested up to {len(windows)} datapoints, which exceeds the limit of {MOST_DATAPOINTS}. You may reduce the"
            " datapoints requested by increasing Period, or decreasing the time range."
        )
    of = metric(str(call.get("Namespace")), str(call.get("MetricName")), call.get("Dimensions") or ())
    found = []
    for window in windows:
        sample = store(call).metrics.between(of, window.start, window.end, call.get("Unit") or "")
        if sample is not None:
            unit = call.get("Unit") or _unit(store(call), of, window)
            datapoint = {"Timestamp": at(window.start), "Unit": unit, **{name: computed(name, sample) for name in simple}}
            more = {name: value for name in extended if (value := computed(name, sample)) is not None}
            found.append({**datapoint, **({"ExtendedStatistics": more} if extended else {})})
    return {"Label": of.name, "Datapoints": found}


def _unit(kept: Store, of: series.Metric, window: Window) -> str:
    points = kept.metrics.series[of].points
    return next((unit for when, units in points.items() if window.start <= when < window.end for unit in units), "None")


@answers("cloudwatch", "ListMetrics")
def list_metrics(call: Call) -> Any:
    now, wanted = moment().timestamp(), [(one["Name"], one.get("Value")) for one in call.get("Dimensions") or []]
    since = now - (RECENT if call.get("RecentlyActive") else VISIBLE)
    found = [
        {"Namespace": of.namespace, "MetricName": of.name, "Dimensions": [{"Name": name, "Value": value} for name, value in of.dimensions]}
        for of, data in store(call).metrics.series.items()
        if call.get("Namespace") in (None, of.namespace)
        and call.get("MetricName") in (None, of.name)
        and all(any(name == known and value in (None, is_) for known, is_ in of.dimensions) for name, value in wanted)
        and data.last >= since
    ]
    shown, more = page(call, found, PAGE)
    return {"Metrics": shown, **more}
