"""The printed report: pure functions of the samples."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from benchmarks.measure import Sample, Spread, ratios, spread
from benchmarks.subjects import Step


@dataclass(frozen=True)
class Result:
    """The samples of one scenario, by the name of the subject. ``size``: the number of networks or clusters.

    A result that is not ``counted`` was only a prerequisite: its resources are known, but its times are not shown.
    """

    size: int
    latency_ms: int
    step: Step
    samples: Mapping[str, Sequence[Sample]]
    counted: bool = True


def ratio(result: Result) -> Spread | None:
    """This collection's time divided by the other's, pair by pair; None if there is no other."""
    found = list(result.samples.values())
    return ratios(found[0], found[1]) if len(found) == 2 else None


def line(result: Result) -> str:
    times = ", ".join(f"{name} {spread(walls(found)).text()} s{throttled(found)}" for name, found in result.samples.items())
    compared = ratio(result)
    return f"{result.step:<9} {times}{f'; ratio {compared.text()}' if compared else ''}"


def throttled(samples: Sequence[Sample]) -> str:
    """The number of requests rejected by rate limits, if there were any."""
    count = statistics.median_low([sample.throttled for sample in samples])
    return f", {count} of {statistics.median_low([sample.requests for sample in samples])} requests throttled" if count else ""


def walls(samples: Sequence[Sample]) -> list[float]:
    return [sample.wall for sample in samples]


@dataclass(frozen=True)
class Waits:
    """A cold run with emulated creation times. ``critical``: the longest chain of them in seconds, described by ``chain``."""

    result: Result
    critical: float
    chain: str


def render(results: Sequence[Result], waits: Sequence[Waits], counts: Mapping[int, Mapping[str, int]], noun: str = "network") -> str:
    """All tables. Times are wall-clock seconds of whole processes: median (least-most). ``noun``: the unit of size."""
    parts = []
    if results:
        parts = [built(counts, results, noun), times(results, noun), where(results, noun), marginal(results, noun)]
    parts += [waiting(one) for one in waits]
    return "\n\n".join(part for part in parts if part)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; the first two are left-aligned, figures are right-aligned."""
    widths = [max(len(row[index]) for row in (header, *rows)) for index in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if index == 0 else cell.rjust(width) for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (header, *rows)
    ]
    return "\n".join([title, *(line.rstrip() for line in [lines[0], "-" * len(lines[0]), *lines[1:]])])


def built(counts: Mapping[int, Mapping[str, int]], results: Sequence[Result], noun: str) -> str:
    """The resources that both subjects built, as read back from the cloud."""
    sizes = sorted(counts)
    kinds = list(counts[sizes[0]])
    rows = [[kind, *(str(counts[size][kind]) for size in sizes)] for kind in kinds]
    rows += [[f"resources of {name}", *(str(resources(results, name, size)) for size in sizes)] for name in results[0].samples]
    return table(f"Built, by number of {noun}s", ["", *map(str, sizes)], rows)


def resources(results: Sequence[Result], name: str, size: int) -> int:
    """The number of resources that the subject itself reports at this size."""
    created = next(result for result in results if result.size == size and result.step == "create")
    return int(created.samples[name][0].said["resources"])


def times(results: Sequence[Result], noun: str = "network") -> str:
    names = list(results[0].samples)
    compared = len(names) == 2
    limited = any(sample.throttled for result in results for found in result.samples.values() for sample in found)
    header = ["step", f"{noun}s", "ms"]
    for name in names:
        header += [f"{name} s", "requests", *(["throttled"] if limited else [])]
    rows = []
    for result in (one for one in results if one.counted):
        row = [result.step, str(result.size), str(result.latency_ms)]
        for name in names:
            found = result.samples[name]
            row += [spread(walls(found)).text(), str(statistics.median_low([sample.requests for sample in found]))]
            row += [str(statistics.median_low([sample.throttled for sample in found]))] if limited else []
        found_ratio = ratio(result)
        rows.append([*row, found_ratio.text()] if found_ratio else row)
    return table("Whole processes", [*header, *(["ratio"] if compared else [])], rows)


def where(results: Sequence[Result], noun: str) -> str:
    """Where the time goes in unchanged runs."""
    rows = []
    for result in results:
        if result.step == "create":
            continue
        for name, found in result.samples.items():
            module = [sample.said["module_seconds"] for sample in found if "module_seconds" in sample.said]
            cells = [statistics.median(getattr(sample, part) for sample in found) for part in ("before", "asking", "after", "cpu")]
            rows.append(
                [
                    name,
                    result.step,
                    str(result.size),
                    str(result.latency_ms),
                    *(f"{cell:.2f}" for cell in cells[:3]),
                    f"{statistics.median(module):.2f}" if module else "",
                    f"{cells[3]:.2f}",
                ]
            )
    header = ["", "step", f"{noun}s", "ms", "before 1st request", "asking", "after last", "in the module", "CPU"]
    return table("Where the seconds of an unchanged run and of a plan go (medians)", header, rows)


def marginal(results: Sequence[Result], noun: str = "network") -> str:
    """The cost of one more resource in an unchanged run: from the smallest to the largest component."""
    rows = []
    for latency in sorted({result.latency_ms for result in results}):
        same = sorted((r for r in results if r.latency_ms == latency and r.step == "unchanged"), key=lambda result: result.size)
        for few, many in pairwise([same[0], same[-1]] if len(same) > 1 else []):
            for name in few.samples:
                more = resources(results, name, many.size) - resources(results, name, few.size)
                seconds = statistics.median(walls(many.samples[name])) - statistics.median(walls(few.samples[name]))
                requests = many.samples[name][0].requests - few.samples[name][0].requests
                per = [
                    f"{1000 * seconds / more:.1f} ms",
                    f"{requests / more:.2f}",
                    f"{1000 * seconds / (many.size - few.size):.0f} ms",
                ]
                rows.append([name, str(latency), str(more), *per])
    header = ["", "ms", "further resources", "each", "requests each", f"each {noun}"]
    return table("One resource more, unchanged run", header, rows) if rows else ""


def waiting(one: Waits) -> str:
    """How much longer a cold run takes than the longest chain of emulated waits."""
    rows: list[Sequence[Any]] = []
    for name, found in one.result.samples.items():
        wall = statistics.median(walls(found))
        over = f"{wall - one.critical:.2f}"
        rows.append([name, f"{wall:.2f}", f"{one.critical:.2f}", over, f"{wall / one.critical:.3f}", str(found[0].requests)])
    title = f"Cold run with waits, {one.result.latency_ms} ms a request. Longest chain: {one.chain}"
    return table(title, ["", "seconds", "critical path", "over it", "times it", "requests"], rows)
