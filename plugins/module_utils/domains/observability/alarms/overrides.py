# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a user changes about generated alarms, by name: threshold, severity, periods, treatment of missing data, or not at all.

A key is the name of an alarm (``database-main-cpu``) or a pattern (``database-*-cpu``). A name counts more than a pattern that matches it.
Two patterns that match the same alarm are an error, since which of them counts would depend on nothing that a reader sees.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ....inputs.problems import Problems, shown
from ....inputs.reader import Reader
from .building import BYTES, BYTES_PER_SECOND, COUNT, DAYS, GIB, MIB, MILLISECONDS, PERCENT, SECONDS
from .model import BELOW, BREACHING, IGNORE, MISSING, NOT_BREACHING, SEVERITIES, Alarm

TREATMENTS = {"ignore": IGNORE, "missing": MISSING, "breaching": BREACHING, "not_breaching": NOT_BREACHING}
"""What a user writes -> what CloudWatch takes."""
SIZES = {"MiB": MIB, "GiB": GIB, "TiB": 1_024 * GIB}
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?(MiB|GiB|TiB)")
MOST_PERIODS = 86_400
"""Seconds that all periods together may cover; 604,800 if a period is an hour or longer (PutMetricAlarm)."""
MOST_LONG_PERIODS = 604_800
WILD = ("*", "?", "[")

RANGES: Mapping[str, tuple[float, float, str]] = {
    PERCENT: (0, 100, "a percentage from 0 to 100"),
    BYTES: (0, 2**63, 'a number of bytes, or a size such as "2 GiB"'),
    BYTES_PER_SECOND: (0, 2**63, "a number of bytes per second"),
    SECONDS: (0, 1_209_600, "a number of seconds from 0 to 1209600 (14 days)"),
    MILLISECONDS: (0, 3_600_000, "a number of milliseconds from 0 to 3600000 (an hour)"),
    COUNT: (0, 2**63, "a number that is not negative"),
    DAYS: (1, 825, "a number of days from 1 to 825"),
}
"""Unit of a threshold -> smallest and largest value, and how to say so."""


@dataclass(frozen=True)
class Override:
    """None: as generated. ``threshold``: as the user wrote it; its unit is that of the alarm."""

    enabled: bool | None = None
    threshold: Any = None
    severity: str | None = None
    evaluation_periods: int | None = None
    datapoints: int | None = None
    missing_data: str | None = None


def read_override(reader: Reader) -> Override:
    """One override; errors that do not depend on the alarm are recorded."""
    given = Override(
        enabled=reader.boolean("enabled", True) if "enabled" in reader.given else None,
        threshold=reader.take("threshold"),
        severity=reader.choice("severity", SEVERITIES, "") or None,
        evaluation_periods=reader.integer("evaluation_periods", 0, 1, 1_440) or None,
        datapoints=reader.integer("datapoints", 0, 1, 1_440) or None,
        missing_data=reader.choice("missing_data", TREATMENTS, "") or None,
    )
    reader.take("enabled")
    reader.finish()
    return given


def read_overrides(given: Any, path: str, problems: Problems) -> dict[str, Override]:
    """Key (name or pattern) -> override."""
    reader = Reader(given, path, problems)
    return {str(key): read_override(Reader(value, reader.at(str(key)), problems)) for key, value in reader.given.items()}


def is_pattern(key: str) -> bool:
    return any(sign in key for sign in WILD)


def matching(key: str, names: Iterable[str]) -> list[str]:
    """The names that a key stands for."""
    return [name for name in names if fnmatch.fnmatchcase(name, key)] if is_pattern(key) else [name for name in names if name == key]


def threshold_of(alarm: Alarm, value: Any) -> float | None:
    """A user's threshold in the alarm's unit; None if it is outside of it."""
    if alarm.unit == BYTES and isinstance(value, str) and (found := SIZE.fullmatch(value.strip())):
        return float(found[1]) * SIZES[found[2]]
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        value = float(value)
    low, high = RANGES[alarm.unit][:2]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return float(value)


def choose(name: str, overrides: Mapping[str, Override]) -> Override:
    """What applies to an alarm: the values of its own entry, then those of the pattern that matches it."""
    patterns = [value for key, value in overrides.items() if is_pattern(key) and fnmatch.fnmatchcase(name, key)]
    layers = [overrides[name]] if name in overrides else []
    layers += patterns[:1]
    chosen = {
        one.name: next((value for layer in layers if (value := getattr(layer, one.name)) is not None), None) for one in fields(Override)
    }
    return Override(**chosen)


def overridden(alarm: Alarm, override: Override) -> Alarm | None:
    """The alarm with what the user changed; None if the user does not want it. The override must have passed ``problems_of``."""
    if override.enabled is False:
        return None
    periods = override.evaluation_periods or alarm.evaluation_periods
    datapoints = override.datapoints or (periods if override.evaluation_periods else alarm.datapoints)
    threshold = alarm.threshold if override.threshold is None else threshold_of(alarm, override.threshold)
    reason = "the user chose it" if override.missing_data else alarm.missing_reason
    return replace(
        alarm,
        threshold=alarm.threshold if threshold is None else threshold,
        severity=override.severity or alarm.severity,
        evaluation_periods=periods,
        datapoints=min(datapoints, periods),
        missing_data=TREATMENTS[override.missing_data] if override.missing_data else alarm.missing_data,
        missing_reason=reason,
        description=described(alarm, threshold),
    )


def described(alarm: Alarm, threshold: float | None) -> str:
    """The text of a generated alarm names its usual threshold, so a changed one is stated too."""
    if threshold is None or threshold == alarm.threshold:
        return alarm.description
    side = "below" if alarm.comparison == BELOW else "above"
    return f"{alarm.description} (This environment's own threshold: {side} {threshold:g} {alarm.unit}.)"


def problems_of(alarms: Sequence[Alarm], overrides: Mapping[str, Override], path: str) -> Iterator[str]:
    """What is wrong with overrides in view of the alarms that there are."""
    names = [one.name for one in alarms]
    for key, override in overrides.items():
        found = matching(key, names)
        if not found:
            yield from unknown(key, names, path)
        for alarm in (one for one in alarms if one.name in found):
            yield from problems_with(alarm, override, f"{path}.{key}")
    for name in names:
        keys = [key for key in overrides if is_pattern(key) and fnmatch.fnmatchcase(name, key)]
        if len(keys) > 1:
            yield f"{path} has {' and '.join(keys)}, but both match alarm {name}; make one of them narrower"
            return


def unknown(key: str, names: Sequence[str], path: str) -> Iterator[str]:
    """A key that stands for no alarm, with the name that was probably meant."""
    if not names:
        yield f"{path}.{key} is not the name of an alarm: this environment has nothing to watch"
    elif is_pattern(key):
        yield f"{path}.{key} matches no alarm; names of alarms are such as {', '.join(names[:3])}"
    else:
        near = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"names of alarms are such as {', '.join(names[:3])}"
        yield f"{path}.{key} is not the name of a generated alarm, and has no metric to become one of your own; {hint}"


def problems_with(alarm: Alarm, override: Override, path: str) -> Iterator[str]:
    if override.threshold is not None and threshold_of(alarm, override.threshold) is None:
        yield (
            f"{path}.threshold is {shown(override.threshold)}, but {alarm.name} is measured in {alarm.unit}; it must be "
            f"{RANGES[alarm.unit][2]} (usually {alarm.threshold:g})"
        )
    periods = override.evaluation_periods or alarm.evaluation_periods
    if override.datapoints and override.datapoints > periods:
        yield f"{path}.datapoints is {override.datapoints}, but {alarm.name} looks at {periods} periods; it must not be more"
    most = MOST_LONG_PERIODS if alarm.period >= 3_600 else MOST_PERIODS
    if periods * alarm.period > most:
        yield (
            f"{path}.evaluation_periods is {periods}, but {alarm.name} has periods of {alarm.period} s, and CloudWatch looks back at most "
            f"{most} s; it must be at most {most // alarm.period}"
        )
