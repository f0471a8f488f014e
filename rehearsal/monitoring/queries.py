"""Lists of queries, as alarms and GetMetricData have them: metrics with a statistic, and expressions over them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rehearsal.monitoring import expressions
from rehearsal.monitoring.evaluation import Window
from rehearsal.monitoring.functions import Context, ExpressionError, Series, Value
from rehearsal.monitoring.series import Metric, Metrics
from rehearsal.monitoring.statistics import computed


@dataclass(frozen=True)
class Query:
    """One query: a metric with its statistic, or an expression."""

    id: str
    label: str = ""
    metric: Metric | None = None
    statistic: str = ""
    unit: str = ""
    expression: expressions.Expression | None = None
    period: int = 60
    returned: bool = True


def values(queries: Sequence[Query], windows: Sequence[Window], read: Callable[[Query, Window], float | None]) -> dict[str, Value]:
    """The value of each query by ID, over the same windows. A datapoint has the time at which its window begins.

    Raises ExpressionError, also for an ID that does not exist and for expressions that refer to each other in a circle.
    """
    by_id = {query.id: query for query in queries}
    times = tuple(window.start for window in windows)
    width = windows[0].end - windows[0].start if windows else 60.0
    metrics: dict[str, Series] = {}
    for query in queries:
        if query.metric is not None:
            found = ((window.start, read(query, window)) for window in windows)
            metrics[query.id] = {time: value for time, value in found if value is not None}
    known: dict[str, Value] = dict(metrics)

    def value(name: str, among: tuple[str, ...] = ()) -> Value:
        if name in among:
            raise ExpressionError(f"{name} refers to itself")
        if name not in known:
            query = by_id.get(name)
            if query is None or query.expression is None:
                raise ExpressionError(f"there is no {name}")
            known[name] = query.expression.compute(Context(times, width, lambda other: value(other, (*among, name)), metrics))
        return known[name]

    return {query.id: value(query.id) for query in queries}


def reader(metrics: Metrics) -> Callable[[Query, Window], float | None]:
    """Reads a query's statistic of a window."""

    def read(query: Query, window: Window) -> float | None:
        assert query.metric is not None
        sample = metrics.between(query.metric, window.start, window.end, query.unit)
        return computed(query.statistic, sample) if sample else None

    return read


def unknown_ids(queries: Iterable[Query]) -> list[str]:
    """IDs to which an expression refers and which no query has."""
    listed = list(queries)
    ids = {query.id for query in listed}
    named = {name for query in listed if query.expression for name in query.expression.names if name is not None}
    return sorted(named - ids)


def series_of(value: Value, times: Iterable[float]) -> Mapping[float, float]:
    """A value as one time series; a number has it at every time. Raises ExpressionError for several series."""
    if isinstance(value, list):
        if len(value) > 1:
            raise ExpressionError("the expression returns several time series")
        return series_of(value[0], times) if value else {}
    if isinstance(value, Mapping):
        return value
    constant: dict[float, float] = dict.fromkeys(times, float(value))
    return constant
