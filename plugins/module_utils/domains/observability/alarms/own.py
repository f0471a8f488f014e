# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms that a user describes in full, on metrics that this collection does not know: business metrics, other services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ....inputs.problems import Problems
from ....inputs.reader import Reader
from .building import BYTES, BYTES_PER_SECOND, COUNT, MILLISECONDS, PERCENT, SECONDS
from .missing import LOGS, OWN, TREATMENTS
from .model import ABOVE, AT_LEAST, AT_MOST, BELOW, SEVERITIES, WARNING, Alarm, Metric, Query
from .overrides import TREATMENTS as MISSING_DATA
from .overrides import Override, read_override, threshold_of

COMPARISONS = {"above": ABOVE, "below": BELOW, "at_least": AT_LEAST, "at_most": AT_MOST}
STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
PERCENTILE = re.compile(r"(?:p|tm|tc|ts|wm)(?:\d{1,2}(?:\.\d{1,10})?|100)")
UNITS = (COUNT, PERCENT, SECONDS, MILLISECONDS, BYTES, BYTES_PER_SECOND)
PERIODS = (10, 20, 30)
LONGEST_PERIOD = 86_400
NAMESPACE = re.compile(r"[^:].{0,254}")
SECTION = "own"


def read_alarms(
    given: Any, path: str, region: str, problems: Problems, environment: str = ""
) -> tuple[dict[str, Override], tuple[Alarm, ...]]:
    """Splits a user's map of alarms by whether an entry has a metric: (overrides by name or pattern, own alarms)."""
    changes: dict[str, Override] = {}
    own: list[Alarm] = []
    for key, value in Reader(given, path, problems).given.items():
        reader = Reader(value, f"{path}.{key}", problems)
        if isinstance(value, Mapping) and "metric" in value:
            if (alarm := read_own(str(key), reader, region, environment)) is not None:
                own.append(alarm)
        else:
            changes[str(key)] = read_override(reader)
    return changes, tuple(own)


def read_own(name: str, reader: Reader, region: str, environment: str = "") -> Alarm | None:
    """An alarm of the user's own; None if it has errors, which are recorded."""
    before = len(reader.problems.messages)
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,199}", name):
        remedy = "the name of an alarm must be at most 200 lower-case letters, digits and hyphens, starting with a letter"
        reader.problems.add(reader.path, name, remedy)
    metric = read_metric(reader.section("metric"), environment)
    periods = reader.integer("evaluation_periods", 3, 1, 1_440)
    missing = reader.choice("missing_data", MISSING_DATA, "")
    usual = TREATMENTS.get(metric.namespace, {}).get(metric.name, OWN)
    alarm = Alarm(
        name=name,
        severity=reader.choice("severity", SEVERITIES, WARNING),
        subject=(SECTION, name),
        kind=name,
        metrics=(Query("m1", metric, returns=True),),
        comparison=COMPARISONS[reader.choice("comparison", COMPARISONS, "above")],
        threshold=0.0,
        unit=reader.choice("unit", UNITS, COUNT),
        period=metric.period,
        evaluation_periods=periods,
        datapoints=reader.integer("datapoints", periods, 1, periods),
        missing_data=MISSING_DATA[missing] if missing else usual.missing_data,
        missing_reason="the user chose it" if missing else usual.reason,
        description=reader.text("description", f"Metric {metric.name} of {metric.namespace} is beyond its threshold.")[:1_024],
        region=reader.text("region", region),
    )
    limit = read_threshold(reader, alarm)
    reader.finish()
    return replace(alarm, threshold=limit) if len(reader.problems.messages) == before else None


def read_threshold(reader: Reader, alarm: Alarm) -> float:
    value = reader.take("threshold")
    if value is None:
        reader.problems.missing(reader.at("threshold"), f"give it in {alarm.unit}")
        return 0.0
    limit = value if isinstance(value, int | float) and not isinstance(value, bool) and alarm.unit == COUNT else threshold_of(alarm, value)
    if limit is None:
        reader.problems.add(reader.at("threshold"), value, f"the alarm is measured in {alarm.unit}; see the units in the role's README")
    return float(limit or 0)


def read_metric(reader: Reader, environment: str = "") -> Metric:
    """{namespace, name, dimensions: {name: value}, statistic, period}; {application, name, ...} for what one counts in its log."""
    dimensions: tuple[tuple[str, str], ...] = ()
    if application := reader.text("application", ""):
        namespace = LOGS
        name = f"{environment}-{application}-{reader.required_text('name', 'the name in its app_deploy_metrics')}"
    else:
        namespace = reader.required_text("namespace", "such as Shop/Orders", NAMESPACE)
        name = reader.required_text("name", "the metric's name")
        dimensions = tuple(sorted(reader.string_map("dimensions").items()))
    statistic = reader.text("statistic", "Sum" if application else "Average")
    if statistic not in STATISTICS and not PERCENTILE.fullmatch(statistic):
        reader.problems.add(reader.at("statistic"), statistic, f"it must be one of {', '.join(STATISTICS)}, or a percentile such as p99")
    period = reader.integer("period", 300, 10, LONGEST_PERIOD)
    if period not in PERIODS and period % 60:
        reader.problems.add(reader.at("period"), period, "it must be 10, 20, 30, or a multiple of 60 seconds")
    reader.finish()
    return Metric(namespace, name, dimensions, statistic, period)
