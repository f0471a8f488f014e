# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Saved queries of Logs Insights, and metric filters that count in JSON logs. Pure functions.

Applications that this collection deploys are asked to log JSON objects with ``level`` (DEBUG, INFO, WARN, ERROR, FATAL), ``message``,
``correlation_id``, and ``request_id``. Log shippers put them either at the top of an event, as the Fluent Bit of role eks does, or, as that
of CloudWatch's add-on, below ``log_processed``. Both tell the namespace, by which applications share a log group.
"""

from __future__ import annotations

from ....inputs.log_metrics import FATAL, JSON_PATTERN, LogMetric
from ..platform import Application, Platform
from ..sets.applications import LOG_NAMESPACE, metric_of
from ..settings.logs import MetricFilter, SavedQuery

ERRORS = '| filter severity in ["ERROR", "FATAL"]\n'


def saved_queries(platform: Platform) -> tuple[SavedQuery, ...]:
    """For each application with a log: its errors, one request by its correlation ID, its most frequent errors, its levels."""
    return tuple(query for one in platform.applications if one.log_group for query in of_application(one))


def events_of(one: Application) -> str:
    """The beginning of a query on the application's own events."""
    own = f'| filter kubernetes.namespace_name = "{one.namespace}"\n' if one.log_shared else ""
    return (
        "fields @timestamp, coalesce(level, log_processed.level) as severity, coalesce(message, log_processed.message) as text, "
        f"coalesce(correlation_id, log_processed.correlation_id) as correlation\n{own}"
    )


def newest_errors(one: Application, limit: int) -> str:
    return f"{events_of(one)}{ERRORS}| sort @timestamp desc\n| limit {limit}"


def of_application(one: Application) -> list[SavedQuery]:
    events = events_of(one)
    texts = {
        "errors": newest_errors(one, 200),
        "request": f'{events}| filter correlation = "replace with a correlation ID"\n| sort @timestamp asc\n| limit 1000',
        "errors-by-message": f"{events}{ERRORS}| stats count(*) as events by text\n| sort events desc\n| limit 50",
        "levels": f"{events}| stats count(*) as events by severity, bin(5m)",
    }
    return [SavedQuery(f"{one.name}/{name}", text, (one.log_group,)) for name, text in texts.items()]


FATAL_EVENTS = LogMetric(FATAL, '{ ($.level = "FATAL") || ($.log_processed.level = "FATAL") }')


def metric_filters(platform: Platform) -> tuple[MetricFilter, ...]:
    """For each application with a log: its fatal events, on which there is an alarm, and what it counts itself.

    The metrics have no dimensions: with them they could have no default value (PutMetricFilter), and no data while nothing matches.
    """
    return tuple(
        MetricFilter(
            name=f"{one.name}-{counted.name}",
            log_group=one.log_group,
            pattern=within(one, counted.pattern),
            metric={
                "name": metric_of(one.name, counted.name, platform.environment),
                "namespace": LOG_NAMESPACE,
                "value": counted.value,
                "unit": counted.unit,
                "default": 0.0,
            },
        )
        for one in platform.applications
        if one.log_group
        for counted in (FATAL_EVENTS, *one.metrics)
    )


def within(one: Application, pattern: str) -> str:
    """The pattern, of the application's own events alone."""
    condition = JSON_PATTERN.fullmatch(pattern)
    if not one.log_shared or condition is None:
        return pattern
    return f'{{ ($.kubernetes.namespace_name = "{one.namespace}") && ({condition[1].strip()}) }}'
