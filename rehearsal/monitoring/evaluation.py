"""The state of a metric alarm from its datapoints. Pure.

After "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data" in the Amazon CloudWatch User Guide, whose tables
are this module's tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = (OK, ALARM, INSUFFICIENT_DATA)
MISSING, IGNORE, BREACHING, NOT_BREACHING = "missing", "ignore", "breaching", "notBreaching"
TREATMENTS = (BREACHING, NOT_BREACHING, IGNORE, MISSING)
FURTHER_PERIODS = 2
"""How many datapoints before its evaluation periods an alarm takes into account where later ones are missing, as in AWS's tables."""

COMPARISONS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", lambda value, threshold: value >= threshold),
    "GreaterThanThreshold": ("greater than", lambda value, threshold: value > threshold),
    "LessThanThreshold": ("less than", lambda value, threshold: value < threshold),
    "LessThanOrEqualToThreshold": ("less than or equal to", lambda value, threshold: value <= threshold),
}


@dataclass(frozen=True)
class Window:
    """The time of one datapoint: from `start` until before `end`."""

    start: float
    end: float


def windows(now: float, period: int, count: int, *, complete: bool, aligned: bool = False) -> list[Window]:
    """The times of an alarm's datapoints, oldest first.

    An alarm is evaluated every minute, or every period if that is shorter, and its windows end with the minute; with `aligned`, they begin
    at multiples of the period. Not `complete`: the last one includes the minute that has not ended yet.
    """
    step = period if aligned else min(period, 60)
    end = now // step * step + (0 if complete else step)
    return [Window(end - period * (number + 1), end - period * number) for number in reversed(range(count))]


@dataclass(frozen=True)
class Criteria:
    """An alarm's comparison, and how many of its last datapoints must be breaching: `needed` of `periods`."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    missing: str = MISSING

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison][1](value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """The state that the datapoints call for, and why; None: the alarm keeps its state."""

    state: str | None
    reason: str = ""


def judge(criteria: Criteria, datapoints: Sequence[float | None]) -> Verdict:
    """``datapoints``: oldest first, None where there is none; those of the evaluation periods and a few before."""
    present = [value for value in datapoints if value is not None]
    if not present:
        return _without_data(criteria)
    if len(present) >= criteria.periods:
        return _counted(criteria, present[-criteria.periods :], 0)
    unknown = criteria.periods - len(present)
    breaching = sum(criteria.breaches(value) for value in present)
    if criteria.missing in (BREACHING, NOT_BREACHING):
        return _counted(criteria, present, unknown)
    if breaching >= criteria.needed or breaching < len(present):
        return _counted(criteria, present, 0)
    oldest = len(datapoints) - next(number for number, value in enumerate(datapoints) if value is not None)
    if criteria.missing == MISSING and oldest >= criteria.needed:
        return Verdict(ALARM, _crossed(criteria, present, breaching, ALARM))
    return Verdict(None)


def _without_data(criteria: Criteria) -> Verdict:
    if criteria.missing == IGNORE:
        return Verdict(None)
    state = {BREACHING: ALARM, NOT_BREACHING: OK}.get(criteria.missing, INSUFFICIENT_DATA)
    plural = "datapoint was" if criteria.periods == 1 else "datapoints were"
    if state == INSUFFICIENT_DATA:
        return Verdict(state, f"Insufficient Data: {criteria.periods} {plural} unknown.")
    kind = {BREACHING: "Breaching", NOT_BREACHING: "NonBreaching"}[criteria.missing]
    datapoint = "datapoint" if criteria.periods == 1 else "datapoints"
    text = f"no datapoints were received for {criteria.periods} {datapoint} and {criteria.periods} missing {plural} treated as [{kind}]."
    return Verdict(state, f"Threshold Crossed: {text}")


def _counted(criteria: Criteria, values: Sequence[float], filled: int) -> Verdict:
    breaching = sum(criteria.breaches(value) for value in values) + (filled if criteria.missing == BREACHING else 0)
    state = ALARM if breaching >= criteria.needed else OK
    return Verdict(state, _crossed(criteria, values, breaching, state))


def _crossed(criteria: Criteria, values: Sequence[float], breaching: int, state: str) -> str:
    """AWS's words: the datapoints that decided, and the threshold."""
    words = COMPARISONS[criteria.comparison][0]
    deciding = [value for value in values if criteria.breaches(value) == (state == ALARM)] or list(values)
    listed = ", ".join(str(value) for value in reversed(deciding))
    verb = ("was" if len(deciding) == 1 else "were") + ("" if state == ALARM else " not")
    count = f"{min(breaching, criteria.periods) if state == ALARM else len(deciding)} out of the last {criteria.periods} datapoints"
    before = "OK -> ALARM" if state == ALARM else "ALARM -> OK"
    least = criteria.needed if state == ALARM else criteria.periods - criteria.needed + 1
    plural = "datapoint" if least == 1 else "datapoints"
    compared = f"{count} [{listed}] {verb} {words} the threshold ({criteria.threshold})"
    return f"Threshold Crossed: {compared} (minimum {least} {plural} for {before} transition)."
