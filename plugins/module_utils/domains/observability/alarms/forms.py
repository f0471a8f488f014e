# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms in the forms that others take: the properties of the kinds ``metric_alarm`` and ``composite_alarm``. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Alarm, Composite, Metric, full_name

LONGEST_DESCRIPTION = 1_024
"""Characters (PutMetricAlarm)."""


def metric_form(metric: Metric) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "statistic": metric.statistic,
        "period": metric.period,
    }


def measure_of(alarm: Alarm) -> dict[str, Any]:
    """One metric, or {"queries": [...]} for metric math, as the kind metric_alarm takes it."""
    if alarm.metric is not None:
        return metric_form(alarm.metric)
    queries = []
    for one in alarm.metrics:
        query: dict[str, Any] = {"id": one.id, "returned": one.returns}
        if one.metric is not None:
            query["metric"] = metric_form(one.metric)
        else:
            query |= {"expression": one.expression, "label": one.label}
        queries.append(query)
    return {"queries": queries}


def alarm_properties(alarm: Alarm, environment: str) -> dict[str, Any]:
    """The properties of a metric alarm, without actions and tags."""
    found: dict[str, Any] = {
        "alarm_name": full_name(environment, alarm.name),
        "alarm_description": alarm.description[:LONGEST_DESCRIPTION],
        "measure": measure_of(alarm),
        "threshold": alarm.threshold,
        "comparison_operator": alarm.comparison,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints_to_alarm": alarm.datapoints,
        "treat_missing_data": alarm.missing_data,
    }
    if alarm.warm_up:
        found["warm_up_minutes"] = alarm.warm_up
    return found


def composite_properties(composite: Composite, names: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a composite alarm, without actions and tags.

    ``names``: name of an alarm -> its name in CloudWatch, or a reference to it.
    """
    any_child: Any = [names[child] for child in composite.children]
    rule = {"all": [any_child, *({"not": names[other]} for other in composite.unless)]} if composite.unless else any_child
    found: dict[str, Any] = {
        "alarm_description": composite.description[:LONGEST_DESCRIPTION],
        "alarm_rule": rule,
    }
    if composite.suppressor:
        found |= {"suppressed_by": names[composite.suppressor], "suppression_wait": 60, "suppression_extension": 60}
    return found
