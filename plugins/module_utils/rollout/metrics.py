# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Evaluate the measurements taken during a bake. Independent of any provider or clock."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Outcome = Literal["success", "failure", "inconclusive", "error"]
Policy = Literal["fail", "pass", "extend"]


@dataclass(frozen=True)
class Metric:
    """``maximum``, ``minimum``: fixed bounds. ``max_ratio``, ``max_increase``: bounds relative to the same metric before the rollout.

    ``gross``: a value beyond this fails at once. ``min_samples``: fewer samples than this prove nothing.
    ``failure_limit``: tolerated bad measurements in a row. ``error_limit``: tolerated provider errors in a row.
    ``lag``: seconds until the provider's data is complete. ``period``: seconds that one sample covers.
    """

    name: str
    source: Mapping[str, Any]
    maximum: float | None = None
    minimum: float | None = None
    max_ratio: float | None = None
    max_increase: float | None = None
    gross: float | None = None
    min_samples: int = 1
    failure_limit: int = 0
    error_limit: int = 4
    on_no_data: Policy = "fail"
    interval: float = 60.0
    period: int = 60
    lag: float = 0.0

    @property
    def relative(self) -> bool:
        return self.max_ratio is not None or self.max_increase is not None


@dataclass(frozen=True)
class Reading:
    """A provider's answer: the samples of one series, or an error. ``series``: how many series the query returned."""

    samples: tuple[float, ...] = ()
    series: int = 1
    error: str = ""


@dataclass(frozen=True)
class Measurement:
    outcome: Outcome
    text: str
    value: float | None = None
    gross: bool = False


def value_of(reading: Reading, metric: Metric) -> Measurement | float:
    """The mean of the samples, or a measurement that explains why there is no value. Missing data never counts as good."""
    if reading.error:
        return Measurement("error", reading.error)
    if reading.series > 1:
        return Measurement("inconclusive", f"{reading.series} series came back, one is needed: aggregate them in the query")
    if any(not math.isfinite(sample) for sample in reading.samples):
        return Measurement("inconclusive", "not a number came back, as when there was no traffic to divide by")
    if len(reading.samples) < max(1, metric.min_samples):
        return Measurement("inconclusive", f"{len(reading.samples)} samples, {max(1, metric.min_samples)} needed")
    return sum(reading.samples) / len(reading.samples)


def measure(reading: Reading, metric: Metric, baseline: Reading | None) -> Measurement:
    """Compare one reading with the bounds."""
    value = value_of(reading, metric)
    if isinstance(value, Measurement):
        return value
    gross = metric.gross is not None and (
        value < metric.gross if metric.maximum is None and metric.minimum is not None else value > metric.gross
    )
    if gross:
        return Measurement("failure", f"{value:g} is beyond {metric.gross:g}", value, gross=True)
    if said := _beyond(value, metric):
        return Measurement("failure", said, value)
    if not metric.relative:
        return Measurement("success", f"{value:g}", value)
    before = value_of(baseline or Reading(), metric)
    if isinstance(before, Measurement):
        return Measurement("inconclusive", f"there is nothing to compare with: before the rollout {before.text}", value)
    if said := _worse(value, before, metric):
        return Measurement("failure", said, value)
    return Measurement("success", f"{value:g}, {before:g} before the rollout", value)


def _beyond(value: float, metric: Metric) -> str:
    if metric.maximum is not None and value > metric.maximum:
        return f"{value:g} is above {metric.maximum:g}"
    if metric.minimum is not None and value < metric.minimum:
        return f"{value:g} is below {metric.minimum:g}"
    return ""


def _worse(value: float, before: float, metric: Metric) -> str:
    if metric.max_ratio is not None and value > before * metric.max_ratio and value - before > (metric.max_increase or 0.0):
        return f"{value:g} is more than {metric.max_ratio:g} times what it was before the rollout, {before:g}"
    if metric.max_ratio is None and metric.max_increase is not None and value > before + metric.max_increase:
        return f"{value:g} is more than {metric.max_increase:g} above what it was before the rollout, {before:g}"
    return ""


def bad_before(metric: Metric, baseline: Reading) -> str:
    """Describe a fixed bound that was already broken before the rollout, and so proves nothing about it. Empty if there is none."""
    value = value_of(baseline, metric)
    if isinstance(value, Measurement) or metric.relative:
        return ""
    said = _beyond(value, metric)
    return (
        f"{metric.name} was bad before the rollout already: {said}. Compare with the baseline (max_ratio) or fix that first" if said else ""
    )


@dataclass(frozen=True)
class Judged:
    """``outcome`` is None while undecided."""

    outcome: Outcome | None
    text: str = ""


def judge_so_far(metric: Metric, measurements: Sequence[Measurement]) -> Judged:
    """End the bake early: at once on a gross breach, otherwise after more bad measurements in a row than tolerated."""
    if not measurements:
        return Judged(None)
    last = measurements[-1]
    if last.gross or (last.outcome == "failure" and _in_a_row(measurements, "failure") > metric.failure_limit):
        return Judged("failure", f"{metric.name}: {last.text}")
    if last.outcome == "error" and _in_a_row(measurements, "error") > metric.error_limit:
        return Judged("error", f"{metric.name} could not be measured {_in_a_row(measurements, 'error')} times in a row: {last.text}")
    return Judged(None)


def judge_at_end(metric: Metric, measurements: Sequence[Measurement]) -> Judged:
    """Decide after the full bake. Apply the early rules, then require one good measurement; without data, follow ``on_no_data``."""
    early = judge_so_far(metric, measurements)
    if early.outcome is not None:
        return early
    known = [found for found in measurements if found.outcome in ("success", "failure")]
    if not known:
        if measurements and measurements[-1].outcome == "error":
            return Judged("error", f"{metric.name} could not be measured: {measurements[-1].text}")
        said = measurements[-1].text if measurements else "it was never measured"
        if metric.on_no_data == "pass":
            return Judged("success", f"{metric.name}: no data, which passes as asked for ({said})")
        return Judged("inconclusive", f"{metric.name}: {said}")
    if all(found.outcome == "failure" for found in known):
        return Judged("failure", f"{metric.name} was never good: {known[-1].text}")
    return Judged("success", f"{metric.name}: {known[-1].text}")


def extends(metric: Metric, judged: Judged) -> bool:
    """Whether the bake continues because data is missing."""
    return judged.outcome == "inconclusive" and metric.on_no_data == "extend"


def _in_a_row(measurements: Sequence[Measurement], outcome: Outcome) -> int:
    return next((count for count, found in enumerate(reversed(measurements)) if found.outcome != outcome), len(measurements))


def window(metric: Metric, begin: datetime, now: datetime) -> tuple[datetime, datetime] | None:
    """The time range to query: starts no earlier than ``begin``, covers whole periods only, and excludes data that may be incomplete."""
    period = float(metric.period)
    first = -(-begin.timestamp() // period) * period
    last = (now - timedelta(seconds=metric.lag)).timestamp() // period * period
    if last - first < period:
        return None
    return datetime.fromtimestamp(first, begin.tzinfo), datetime.fromtimestamp(last, begin.tzinfo)


def window_before(metric: Metric, begin: datetime, seconds: float) -> tuple[datetime, datetime]:
    """A range of the same length that ends when the rollout began."""
    period = float(metric.period)
    last = begin.timestamp() // period * period
    return datetime.fromtimestamp(last - max(period, seconds), begin.tzinfo), datetime.fromtimestamp(last, begin.tzinfo)


SAFE = re.compile(r"[A-Za-z0-9._-]*")
PLACEHOLDER = re.compile(r"\$\{([a-z_]+)\}")


def filled(query: str, values: Mapping[str, str]) -> str:
    """Substitute ${revision}, ${name} and ${namespace} in a query. Accepts only values that cannot terminate a quoted string."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise ValueError(f"${{{name}}} in a query is not known: {', '.join(sorted(values))} are")
        if not SAFE.fullmatch(values[name]):
            raise ValueError(f"the value of ${{{name}}} cannot be put into a query")
        return values[name]

    return PLACEHOLDER.sub(value, query)
