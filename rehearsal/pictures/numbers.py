"""Numbers and times as an axis and a legend show them, and where the lines of an axis are. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

STEPS = (1, 2, 2.5, 5, 10)
TIME_STEPS = (60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)
BINARY = ("", "Ki", "Mi", "Gi", "Ti")
DECIMAL = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def ticks(highest: float, wanted: int = 4) -> list[float]:
    """Round values from 0 to at least `highest`, about `wanted` of them above 0."""
    if highest <= 0:
        return [0.0, 1.0]
    rough = highest / wanted
    power = 10 ** math.floor(math.log10(rough))
    step = next(one * power for one in STEPS if one * power >= rough * 0.999)
    count = math.ceil(highest / step - 1e-9)
    return [round(number * step, 12) for number in range(count + 1)]


def time_ticks(start: float, end: float, wanted: int = 5) -> list[float]:
    """Round times within a span, at most about `wanted`."""
    step = next((one for one in TIME_STEPS if (end - start) / one <= wanted), TIME_STEPS[-1])
    first = math.ceil(start / step) * step
    return [first + number * step for number in range(int((end - first) // step) + 1)]


def clock(when: float, span: float) -> str:
    """A time on an axis, in UTC: with the date if the span is longer than two days."""
    return datetime.fromtimestamp(when, UTC).strftime("%b %-d" if span > 172_800 else "%H:%M")


def plain(value: float) -> str:
    """A number with about three significant digits: 0.003, 4.2, 81, 1.2k."""
    size = abs(value)
    for factor, letter in DECIMAL:
        if size >= factor:
            return f"{trimmed(value / factor)}{letter}"
    return trimmed(value)


def trimmed(value: float) -> str:
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 0.1 else 3
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: float, unit: str) -> str:
    """A value of a legend with its unit, where that is short: 42 %, 1.2 GiB, 85 ms."""
    if unit.startswith("bytes"):
        return f"{binary(value)}B{unit.removeprefix('bytes')}"
    if unit.startswith("%"):
        return f"{plain(value)} %"
    if unit == "s":
        return f"{plain(value * 1_000)} ms" if 0 < abs(value) < 1 else f"{plain(value)} s"
    return f"{plain(value)} {unit}" if unit in ("ms", "GiB", "days") else plain(value)


def binary(value: float) -> str:
    power = 0
    while abs(value) >= 1_024 and power < len(BINARY) - 1:
        value, power = value / 1_024, power + 1
    return f"{trimmed(value)} {BINARY[power]}"


def on_axis(value: float, unit: str) -> str:
    return binary(value).strip().replace(" ", "") if unit.startswith("bytes") else plain(value)


def runs(points: Sequence[tuple[float, float]], period: float) -> list[list[tuple[float, float]]]:
    """Points in runs without a gap: a line must not invent values between them."""
    found: list[list[tuple[float, float]]] = []
    for point in points:
        if found and point[0] - found[-1][-1][0] <= period * 1.5:
            found[-1].append(point)
        else:
            found.append([point])
    return found
