"""Metrics with percentiles: a datum that holds how often each value was observed, and statistics such as p99 over it."""

from __future__ import annotations

import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from rehearsal.registry import adjusts

if TYPE_CHECKING:
    from rehearsal.traffic.metrics import Datum

PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


def single(datum: Datum) -> Any:
    from moto.cloudwatch.models import MetricDatum

    return MetricDatum(datum.namespace, datum.name, datum.value, _dimensions(datum), datum.at, datum.unit)


def observed(datum: Datum) -> Any:
    """moto's aggregate, with the values themselves in `distribution`."""
    from moto.cloudwatch.models import MetricAggregatedDatum

    values, count = datum.observed, sum(datum.observed.values())
    total = sum(value * times for value, times in values.items())
    made = MetricAggregatedDatum(
        datum.namespace, datum.name, min(values), max(values), count, total, _dimensions(datum), datum.at, datum.unit
    )
    made.distribution = dict(values)
    return made


def _dimensions(datum: Datum) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in datum.dimensions]


def percentile(values: Counter[float], wanted: float) -> float:
    """The smallest value that at least this share (in percent) of the observations do not exceed."""
    least, seen = sum(values.values()) * wanted / 100, 0
    for value in sorted(values):
        seen += values[value]
        if seen >= least:
            return value
    return max(values)


@adjusts("cloudwatch")
def compute_percentiles() -> None:
    from moto.cloudwatch.models import Statistics

    original = Statistics.get_statistics_for_type

    @functools.wraps(original)
    def get_statistics_for_type(self: Any, stat: str) -> Any:
        match = PERCENTILE.fullmatch(stat)
        if match is None:
            return original(self, stat)
        values = Counter(self.metric_single_values_list)
        for aggregate in self.metric_aggregated_list:
            values.update(getattr(aggregate, "distribution", {}))
        return percentile(values, float(match[1])) if values else None

    Statistics.get_statistics_for_type = get_statistics_for_type
