"""The functions of metric math. Pure. See `expressions.py` for what a value is."""

from __future__ import annotations

import inspect
import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

Series = dict[float, float]
"""A time series: values by time."""
Value = Any
"""A number, a series, a list of series, or a text."""


class ExpressionError(ValueError):
    """An expression that CloudWatch would refuse, or that is not played here."""


@dataclass(frozen=True)
class Context:
    """What an expression is computed over. ``times``: of all datapoints that were asked for, ascending, `period` seconds each.

    ``value`` gives the value of an ID. ``metrics``: the series of all metrics among the queries, by ID.
    """

    times: tuple[float, ...]
    period: float
    value: Callable[[str], Value]
    metrics: Mapping[str, Series]


def elementwise(operate: Callable[..., float | None], *values: Value) -> Value:
    """Applies an operation at each time; a number counts at every time, and a list gives a list."""
    for position, value in enumerate(values):
        if isinstance(value, str):
            raise ExpressionError(f"'{value}' is no number")
        if isinstance(value, list):
            return [elementwise(operate, *values[:position], one, *values[position + 1 :]) for one in value]
    series = [value for value in values if isinstance(value, dict)]
    if not series:
        found = operate(*values)
        return {} if found is None else found
    times = [time for time in series[0] if all(time in other for other in series[1:])]
    each = {time: operate(*(value[time] if isinstance(value, dict) else value for value in values)) for time in times}
    return {time: value for time, value in each.items() if value is not None}


FUNCTIONS: dict[str, Callable[..., Value]] = {}


def _function[F: Callable[..., Value]](name: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        signature = inspect.signature(function)

        def checked(*given: Value) -> Value:
            try:
                signature.bind(*given)
            except TypeError:
                raise ExpressionError(f"{name} cannot take {len(given) - 1} arguments") from None
            return function(*given)

        FUNCTIONS[name] = checked
        return function

    return register


def _aggregate(name: str, combine: Callable[[Iterable[float]], float]) -> None:
    """A function that makes a number of a series, and a series of several."""

    @_function(name)
    def aggregate(context: Context, *given: Value) -> Value:
        values = [one for value in given for one in (value if isinstance(value, list) else [value])]
        if len(given) == 1 and isinstance(given[0], dict):
            return combine(given[0].values()) if given[0] else {}
        if not any(isinstance(one, dict) for one in values):
            return combine(values)
        columns = ([one[time] if isinstance(one, dict) else one for one in values if _has(one, time)] for time in context.times)
        only_series = [one for one in values if isinstance(one, dict)]
        return {
            time: combine(column) for time, column in zip(context.times, columns, strict=True) if any(time in one for one in only_series)
        }


def _has(value: Value, time: float) -> bool:
    return not isinstance(value, dict) or time in value


def _mean(values: Iterable[float]) -> float:
    return statistics.fmean(values)


def _deviation(values: Iterable[float]) -> float:
    return statistics.pstdev(list(values))


_COMBINE: dict[str, Callable[[Iterable[float]], float]] = {"SUM": math.fsum, "AVG": _mean, "MIN": min, "MAX": max, "STDDEV": _deviation}
for _name, _combine in _COMBINE.items():
    _aggregate(_name, _combine)


@_function("ABS")
def absolute(context: Context, value: Value) -> Value:
    return elementwise(abs, value)


@_function("CEIL")
def ceiling(context: Context, value: Value) -> Value:
    return elementwise(lambda one: float(math.ceil(one)), value)


@_function("FLOOR")
def floor(context: Context, value: Value) -> Value:
    return elementwise(lambda one: float(math.floor(one)), value)


@_function("LOG")
def logarithm(context: Context, value: Value) -> Value:
    return elementwise(lambda one: math.log(one) if one > 0 else None, value)


@_function("LOG10")
def decimal_logarithm(context: Context, value: Value) -> Value:
    return elementwise(lambda one: math.log10(one) if one > 0 else None, value)


@_function("IF")
def choose(context: Context, condition: Value, then: Value, otherwise: Value = None) -> Value:
    """At each time where the condition has a value, one of both; without a third argument, nothing where it does not hold."""
    if not isinstance(condition, dict):
        return then if condition else ({} if otherwise is None else otherwise)
    found = {time: _at(then if holds else otherwise, time) for time, holds in condition.items()}
    return {time: value for time, value in found.items() if value is not None}


def _at(value: Value, time: float) -> float | None:
    return value.get(time) if isinstance(value, dict) else value


@_function("FILL")
def fill(context: Context, value: Value, filler: Value) -> Value:
    if isinstance(value, list):
        return [fill(context, one, filler) for one in value]
    if filler not in ("REPEAT", "LINEAR"):
        return {time: value.get(time, _at(filler, time)) for time in context.times if value.get(time, _at(filler, time)) is not None}
    found: Series = {}
    for time in context.times:
        before = [known for known in value if known <= time]
        after = [known for known in value if known >= time]
        if filler == "REPEAT" and before:
            found[time] = value[max(before)]
        elif before and after:
            start, end = max(before), min(after)
            share = (time - start) / (end - start) if end > start else 0.0
            found[time] = value[start] + (value[end] - value[start]) * share
    return found


@_function("FIRST")
def first(context: Context, value: Value) -> Value:
    series = value[0] if isinstance(value, list) else value
    return series if isinstance(value, list) else (series[min(series)] if series else {})


@_function("LAST")
def last(context: Context, value: Value) -> Value:
    series = value[-1] if isinstance(value, list) else value
    return series if isinstance(value, list) else (series[max(series)] if series else {})


@_function("METRICS")
def metrics(context: Context, part: Value = "") -> Value:
    """All metrics, or those whose ID contains a text."""
    return [series for name, series in context.metrics.items() if part in name]


@_function("METRIC_COUNT")
def metric_count(context: Context, value: Value) -> Value:
    return float(len(value)) if isinstance(value, list) else 1.0


@_function("REMOVE_EMPTY")
def remove_empty(context: Context, value: Value) -> Value:
    return [one for one in value if one] if isinstance(value, list) else value


@_function("TIME_SERIES")
def time_series(context: Context, value: Value) -> Value:
    return dict.fromkeys(context.times, value) if isinstance(value, float) else value


@_function("PERIOD")
def period(context: Context, value: Value) -> Value:
    return context.period


def _differences(context: Context, value: Value, make: Callable[[float, float], float]) -> Value:
    """``make``: of the difference of two consecutive values, and of their times."""
    if isinstance(value, list):
        return [_differences(context, one, make) for one in value]
    times = sorted(value)
    return {time: make(value[time] - value[before], time - before) for before, time in pairwise(times)}


@_function("DIFF")
def difference(context: Context, value: Value) -> Value:
    return _differences(context, value, lambda change, seconds: change)


@_function("DIFF_TIME")
def difference_of_times(context: Context, value: Value) -> Value:
    return _differences(context, value, lambda change, seconds: seconds)


@_function("RATE")
def rate(context: Context, value: Value) -> Value:
    return _differences(context, value, lambda change, seconds: change / seconds)


@_function("RUNNING_SUM")
def running_sum(context: Context, value: Value) -> Value:
    if isinstance(value, list):
        return [running_sum(context, one) for one in value]
    total, found = 0.0, {}
    for time in sorted(value):
        total += value[time]
        found[time] = total
    return found


def _calendar(name: str, part: Callable[[datetime], int]) -> None:
    @_function(name)
    def calendar(context: Context, value: Value) -> Value:
        return {time: float(part(datetime.fromtimestamp(time, UTC))) for time in context.times}


_PARTS: dict[str, Callable[[datetime], int]] = {
    "MINUTE": lambda time: time.minute,
    "HOUR": lambda time: time.hour,
    "DAY": lambda time: time.isoweekday(),
    "DATE": lambda time: time.day,
    "MONTH": lambda time: time.month,
    "YEAR": lambda time: time.year,
    "EPOCH": lambda time: int(time.timestamp()),
}
for _name, _part in _PARTS.items():
    _calendar(_name, _part)
