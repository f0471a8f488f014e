# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an alarm is: plain values, before anything is sent to CloudWatch.

An ``Alarm`` watches one metric, or an expression over several. A ``Composite`` watches the states of other alarms. forms.py turns both into
the parameters of CloudWatch's calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

CRITICAL, WARNING, NOTICE = "critical", "warning", "notice"
SEVERITIES = (CRITICAL, WARNING, NOTICE)
"""critical: someone has to act at once. warning: within the working day. notice: worth knowing."""

ABOVE, BELOW, AT_LEAST, AT_MOST = (
    "GreaterThanThreshold",
    "LessThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanOrEqualToThreshold",
)
"""CloudWatch's ComparisonOperator."""

IGNORE, MISSING, BREACHING, NOT_BREACHING = "ignore", "missing", "breaching", "notBreaching"
"""CloudWatch's TreatMissingData."""

LONGEST_NAME = 255
"""Characters of an alarm's name (PutMetricAlarm)."""


@dataclass(frozen=True)
class Metric:
    """One metric with its statistic: Average, Sum, Minimum, Maximum, SampleCount, or a percentile such as p99. ``period`` in seconds."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Average"
    period: int = 60


@dataclass(frozen=True)
class Query:
    """One entry of an alarm's metrics: a metric, or an expression over the IDs of others. Exactly one entry of an alarm ``returns``."""

    id: str
    metric: Metric | None = None
    expression: str = ""
    label: str = ""
    returns: bool = False


@dataclass(frozen=True)
class Alarm:
    """One metric alarm.

    ``name``: unique in the environment, such as ``database-main-cpu``; ``full_name`` is the one in CloudWatch. ``subject``: the field of
    Platform and the name of the item that it watches. ``kind``: the last part of the name, such as ``cpu``. ``unit``: of the threshold.
    ``missing_reason``: why missing data is treated as it is. ``warm_up``: for how many minutes after its creation CloudWatch does not
    evaluate it. ``silent``: it sends no message itself, because a composite alarm does.
    """

    name: str
    severity: str
    subject: tuple[str, str]
    kind: str
    metrics: tuple[Query, ...]
    comparison: str
    threshold: float
    unit: str
    period: int
    evaluation_periods: int
    datapoints: int
    missing_data: str
    missing_reason: str
    description: str
    region: str
    warm_up: int = 0
    silent: bool = False

    @property
    def metric(self) -> Metric | None:
        """The only metric; None if the alarm watches an expression."""
        return self.metrics[0].metric if len(self.metrics) == 1 else None


@dataclass(frozen=True)
class Composite:
    """One composite alarm: in state ALARM while any of ``children`` is and none of ``unless`` is. All are names of alarms in its region.

    ``suppressor``: the name of an alarm that holds its messages back while it is in state ALARM.
    """

    name: str
    severity: str
    subject: tuple[str, str]
    kind: str
    children: tuple[str, ...]
    description: str
    region: str
    unless: tuple[str, ...] = ()
    suppressor: str = ""
    silent: bool = False


AnyAlarm: TypeAlias = "Alarm | Composite"


def full_name(environment: str, name: str) -> str:
    """The name in CloudWatch: names are shared by all environments of an account and region."""
    return f"{environment}-{name}"
