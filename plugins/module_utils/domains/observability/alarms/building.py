# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How the sets of alarms build one alarm: what is the same for all alarms on an item is said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .missing import treatment
from .model import ABOVE, Alarm, Metric, Query


class Span(NamedTuple):
    """Out of how many periods how many must be over the threshold. ``period`` in seconds."""

    period: int
    periods: int
    datapoints: int


ONCE = Span(60, 1, 1)
SOON = Span(60, 5, 3)
"""Three bad minutes out of five: for what users notice."""
LASTING = Span(300, 3, 3)
"""A quarter of an hour: for what has to last before somebody should look."""
LONG = Span(300, 6, 6)
DAY = Span(86_400, 1, 1)

PERCENT, BYTES, SECONDS, COUNT, DAYS, MILLISECONDS, BYTES_PER_SECOND = (
    "Percent",
    "Bytes",
    "Seconds",
    "Count",
    "Days",
    "Milliseconds",
    "Bytes/Second",
)
"""Units of thresholds. Except for days, CloudWatch's own."""

MIB, GIB = 2**20, 2**30


class Limit(NamedTuple):
    """When an alarm is over: ``value`` in ``unit``."""

    value: float
    unit: str
    comparison: str = ABOVE


@dataclass(frozen=True)
class Subject:
    """One item to watch. ``prefix`` begins the names of its alarms; ``dimensions``: of its metrics; ``region``: where they are."""

    section: str
    name: str
    prefix: str
    region: str
    namespace: str
    dimensions: tuple[tuple[str, str], ...]

    def metric(self, name: str, statistic: str = "Average", span: Span = LASTING, dimensions: tuple[tuple[str, str], ...] = ()) -> Metric:
        return Metric(self.namespace, name, dimensions or self.dimensions, statistic, span.period)

    def alarm(
        self,
        kind: str,
        severity: str,
        metric: Metric | tuple[Query, ...],
        limit: Limit,
        span: Span,
        description: str,
        warm_up: int = 0,
    ) -> Alarm:
        """One alarm. Missing data is treated as the first metric demands. ``description``: what is wrong and what to do about it."""
        queries = (Query("m1", metric, returns=True),) if isinstance(metric, Metric) else metric
        first = next(query.metric for query in queries if query.metric)
        missing = treatment(first)
        return Alarm(
            name=f"{self.prefix}-{self.name}-{kind}",
            severity=severity,
            subject=(self.section, self.name),
            kind=kind,
            metrics=queries,
            comparison=limit.comparison,
            threshold=float(limit.value),
            unit=limit.unit,
            period=span.period,
            evaluation_periods=span.periods,
            datapoints=span.datapoints,
            missing_data=missing.missing_data,
            missing_reason=missing.reason,
            description=description,
            region=self.region,
            warm_up=warm_up,
        )


def greatest(label: str, metrics: Sequence[Metric]) -> Metric | tuple[Query, ...]:
    """The greatest of several metrics in each period; of one, the metric itself. Those that do not exist count as 0."""
    if len(metrics) == 1:
        return metrics[0]
    named = {f"m{number}": metric for number, metric in enumerate(metrics, 1)}
    return ratio(f"MAX([{', '.join(f'FILL({name}, 0)' for name in named)}])", label, **named)


def ratio(expression: str, label: str, **metrics: Metric) -> tuple[Query, ...]:
    """Metric math: the metrics by their IDs, and the expression over them that the alarm watches."""
    parts = tuple(Query(name, metric) for name, metric in metrics.items())
    return (*parts, Query("result", expression=expression, label=label, returns=True))
