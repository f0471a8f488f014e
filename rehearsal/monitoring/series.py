"""Metric data: what was observed in each minute (or second), by metric and unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

MINUTE = 60
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Metric:
    """A metric's identity; ``dimensions`` are (name, value) pairs, sorted by name. Other dimensions are another metric."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


def metric(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] = ()) -> Metric:
    """``dimensions``: as in AWS's calls, each {"Name", "Value"}."""
    return Metric(namespace, name, tuple(sorted((one["Name"], one["Value"]) for one in dimensions)))


@dataclass
class Sample:
    """What was observed in some time. ``values``: how often each value; None if only statistics were given, which have no percentiles."""

    total: float = 0.0
    count: float = 0.0
    lowest: float = float("inf")
    highest: float = float("-inf")
    values: Counter[float] | None = field(default_factory=Counter)

    def add(self, other: Sample) -> None:
        self.total += other.total
        self.count += other.count
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)
        if other.values is None:
            self.values = None
        elif self.values is not None:
            self.values.update(other.values)


def observed(values: Mapping[float, float]) -> Sample:
    """A sample of single values, each with the number of times that it was observed."""
    total = sum(value * times for value, times in values.items())
    return Sample(total, sum(values.values()), min(values), max(values), Counter(values))


def summarized(total: float, count: float, lowest: float, highest: float) -> Sample:
    """A sample of which only statistics are known. Where all values are the same, they are known too."""
    values = Counter({lowest: count}) if lowest == highest else None
    return Sample(total, count, lowest, highest, values)


class Series:
    """The data of one metric by the start of their minute, or of their second for data of high resolution, and by unit."""

    def __init__(self) -> None:
        self.points: dict[int, dict[str, Sample]] = {}
        self.fine = False

    def add(self, at: float, unit: str, sample: Sample, *, fine: bool = False) -> None:
        start = int(at) if fine else int(at) // MINUTE * MINUTE
        self.fine = self.fine or fine
        units = self.points.setdefault(start, {})
        if unit in units:
            units[unit].add(sample)
        else:
            units[unit] = sample

    def between(self, start: float, end: float, unit: str = "") -> Sample | None:
        """What was observed from `start` until before `end`, in one unit, or in any; None without data."""
        found: Sample | None = None
        for units in self._within(start, end):
            for name, sample in units.items():
                if not unit or name == unit:
                    found = found or Sample()
                    found.add(sample)
        return found

    def _within(self, start: float, end: float) -> Iterator[dict[str, Sample]]:
        if self.fine or (end - start) / MINUTE > len(self.points):
            yield from (units for at, units in self.points.items() if start <= at < end)
            return
        for at in range(-(-int(start) // MINUTE) * MINUTE, int(end), MINUTE):
            if at in self.points:
                yield self.points[at]

    @property
    def last(self) -> int:
        """The start of the last minute with data."""
        return max(self.points)


class Metrics:
    """All metrics of an account in a region."""

    def __init__(self) -> None:
        self.series: dict[Metric, Series] = {}

    def add(self, of: Metric, at: float, unit: str, sample: Sample, *, fine: bool = False) -> None:
        self.series.setdefault(of, Series()).add(at, unit, sample, fine=fine)

    def between(self, of: Metric, start: float, end: float, unit: str = "") -> Sample | None:
        found = self.series.get(of)
        return found.between(start, end, unit) if found else None
