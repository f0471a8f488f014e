"""Statistics of a sample, after "CloudWatch statistics definitions" in the Amazon CloudWatch User Guide."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from rehearsal.monitoring.series import Sample

SIMPLE: Mapping[str, Callable[[Sample], float]] = {
    "Sum": lambda sample: sample.total,
    "Average": lambda sample: sample.total / sample.count,
    "Minimum": lambda sample: sample.lowest,
    "Maximum": lambda sample: sample.highest,
    "SampleCount": lambda sample: sample.count,
}
_PERCENT = r"\d{1,2}(?:\.\d+)?|100"
_PERCENTILE = re.compile(rf"p({_PERCENT})")
_TRIMMED = re.compile(rf"(tm|tc|ts|wm)({_PERCENT})")
_BETWEEN = re.compile(r"(TM|TC|TS|WM)\((\d+(?:\.\d+)?)?%?:(\d+(?:\.\d+)?)?%?\)")
_RANK = re.compile(r"PR\((-?\d+(?:\.\d+)?)?:(-?\d+(?:\.\d+)?)?\)")
INTERQUARTILE = "IQM"


def is_extended(statistic: str) -> bool:
    """Whether CloudWatch knows this percentile or trimmed statistic."""
    return statistic == INTERQUARTILE or any(form.fullmatch(statistic) for form in (_PERCENTILE, _TRIMMED, _BETWEEN, _RANK))


def percent_of(statistic: str) -> float | None:
    """99.0 of p99; None of any other statistic."""
    match = _PERCENTILE.fullmatch(statistic)
    return float(match[1]) if match else None


def computed(statistic: str, sample: Sample) -> float | None:
    """The statistic; None if it needs the values themselves, and only their summary is known."""
    if statistic in SIMPLE:
        return SIMPLE[statistic](sample)
    if not sample.values:
        return None
    if (percent := percent_of(statistic)) is not None:
        return _percentile(sample.values, percent)
    if match := _RANK.fullmatch(statistic):
        low, high = float(match[1] or "-inf"), float(match[2] or "inf")
        return 100 * sum(times for value, times in sample.values.items() if low < value <= high) / sample.count
    return _trimmed(statistic, sample.values)


def _trimmed(statistic: str, values: Mapping[float, float]) -> float:
    """Mean, count, sum, or winsorized mean of what lies between two percentiles."""
    if statistic == INTERQUARTILE:
        kind, low, high = "tm", 25.0, 75.0
    elif match := _TRIMMED.fullmatch(statistic):
        kind, low, high = match[1], 0.0, float(match[2])
    elif match := _BETWEEN.fullmatch(statistic):
        kind, low, high = match[1].lower(), float(match[2] or 0), float(match[3] or 100)
    else:
        raise ValueError(f"CloudWatch has no statistic {statistic!r}")
    least, most = _percentile(values, low) if low else min(values), _percentile(values, high)
    if kind == "wm":
        return sum(min(max(value, least), most) * times for value, times in values.items()) / sum(values.values())
    kept = {value: times for value, times in values.items() if least <= value <= most}
    total, count = sum(value * times for value, times in kept.items()), sum(kept.values())
    return {"tm": total / count, "tc": count, "ts": total}[kind]


def _percentile(values: Mapping[float, float], percent: float) -> float:
    """The smallest value that at least this share of the observations does not exceed."""
    least, seen = sum(values.values()) * percent / 100, 0.0
    for value in sorted(values):
        seen += values[value]
        if seen >= least:
            return value
    return max(values)
