# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saved queries of Logs Insights, and metric filters that count in JSON logs. Pure functions.

Applications that this collection deploys are asked to log JSON objects with ``level`` (DEBUG, INFO, WARN, ERROR, FATAL), ``message``,
``correlation_id``, and ``request_id``. Log shippers put them either at the top of an event or, as the Fluent Bit of CloudWatch's add-on
does, below ``log_processed``.
"""

from __future__ import annotations

from dataclasses import dataclass

from .platform import Application, Platform
from .sets.applications import LOG_NAMESPACE, fatal_metric


@dataclass(frozen=True)
class SavedQuery:
    name: str
    log_groups: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class MetricFilter:
    """Counts the events of a log group that match. ``pattern``: CloudWatch's syntax of metric filters for JSON.

    The metric has no dimensions: with them it could have no default value (PutMetricFilter), and no data while nothing matches.
    """

    name: str
    log_group: str
    pattern: str
    namespace: str
    metric: str


def saved_queries(platform: Platform) -> tuple[SavedQuery, ...]:
    """For each application with a log: its errors, one request by its correlation ID, its most frequent errors, its levels."""
    return tuple(query for one in platform.applications if one.log_group for query in of_application(one, platform.environment))


def of_application(one: Application, environment: str) -> list[SavedQuery]:
    events = (
        "fields @timestamp, coalesce(level, log_processed.level) as severity, coalesce(message, log_processed.message) as text, "
        "coalesce(correlation_id, log_processed.correlation_id) as correlation\n"
    )
    errors = '| filter severity in ["ERROR", "FATAL"]\n'
    texts = {
        "errors": f"{events}{errors}| sort @timestamp desc\n| limit 200",
        "request": f'{events}| filter correlation = "replace with a correlation ID"\n| sort @timestamp asc\n| limit 1000',
        "errors-by-message": f"{events}{errors}| stats count(*) as events by text\n| sort events desc\n| limit 50",
        "levels": f"{events}| stats count(*) as events by severity, bin(5m)",
    }
    return [SavedQuery(f"{environment}/{one.name}/{name}", (one.log_group,), text) for name, text in texts.items()]


def metric_filters(platform: Platform) -> tuple[MetricFilter, ...]:
    """The filters that generated alarms need: the fatal events of each application with a log."""
    return tuple(
        MetricFilter(
            name=f"{platform.environment}-{one.name}-fatal",
            log_group=one.log_group,
            pattern='{ ($.level = "FATAL") || ($.log_processed.level = "FATAL") }',
            namespace=LOG_NAMESPACE,
            metric=fatal_metric(one, platform),
        )
        for one in platform.applications
        if one.log_group
    )
