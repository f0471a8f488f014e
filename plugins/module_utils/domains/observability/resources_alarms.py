# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Alarms as resources: from the pure values of alarms/ to the properties of the kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Ref, Resource, ref
from .alarms.model import Alarm, AnyAlarm, Composite, Metric, full_name
from .names import elsewhere, part

SEVERITY_TAG = "severity"
"""The tag by which EventBridge tells severities apart. Silent alarms do not share it, so that no event of theirs is sent on."""
SUPPRESSION_WAIT, SUPPRESSION_EXTENSION = 120, 60
"""Seconds that a composite waits for its suppressor to go into alarm, and that it stays silent after it (PutCompositeAlarm)."""


@dataclass(frozen=True)
class Alarms:
    """``wanted``: all alarms of the component, whose names are unique."""

    place: Place
    wanted: tuple[AnyAlarm, ...]

    def resources(self) -> Iterator[Resource]:
        kinds = {one.name: address_of(one) for one in self.wanted}
        for one in self.wanted:
            yield self.metric(one) if isinstance(one, Alarm) else self.composite(one, kinds)

    def shared(self, one: AnyAlarm) -> dict[str, Any]:
        topic = ref(f"alarm_topic.{part(one.severity, one.region, self.place.region)}", "arn")
        actions: list[Ref] = [] if one.silent else [topic]
        found = {
            "alarm_name": full_name(self.place.environment, one.name),
            "alarm_description": one.description,
            "alarm_actions": actions,
            "ok_actions": list(actions),
            "actions_enabled": True,
            "tags": {**self.place.tags, SEVERITY_TAG: one.severity},
            **({} if one.silent else {"shared_tags": [SEVERITY_TAG]}),
        }
        return elsewhere(found, one.region, self.place.region)

    def metric(self, one: Alarm) -> Resource:
        properties = {
            **self.shared(one),
            "measure": measure_of(one),
            "threshold": float(one.threshold),
            "comparison_operator": one.comparison,
            "evaluation_periods": one.evaluation_periods,
            "datapoints_to_alarm": one.datapoints,
            "treat_missing_data": one.missing_data,
            **({"warm_up": one.warm_up} if one.warm_up else {}),
        }
        return Resource("metric_alarm", one.name, properties)

    def composite(self, one: Composite, addresses: Mapping[str, str]) -> Resource:
        any_of: Any = [ref(addresses[name]) for name in one.children]
        rule = any_of
        if one.unless:
            rule = {"all": [any_of if len(any_of) > 1 else any_of[0], *({"not": ref(addresses[name])} for name in one.unless)]}
        suppressed = {
            "suppressed_by": ref(addresses[one.suppressor]),
            "suppression_wait": SUPPRESSION_WAIT,
            "suppression_extension": SUPPRESSION_EXTENSION,
        }
        return Resource("composite_alarm", one.name, {**self.shared(one), "alarm_rule": rule, **(suppressed if one.suppressor else {})})


def address_of(one: AnyAlarm) -> str:
    return f"{'metric_alarm' if isinstance(one, Alarm) else 'composite_alarm'}.{one.name}"


def measure_of(one: Alarm) -> dict[str, Any]:
    """See kinds/alarm_forms.py."""
    if one.metric is not None:
        return _metric(one.metric)
    queries: list[dict[str, Any]] = []
    for query in one.metrics:
        label = {"label": query.label} if query.label else {}
        what = {"metric": _metric(query.metric)} if query.metric else {"expression": query.expression}
        queries.append({"id": query.id, "returned": query.returns, **label, **what})
    return {"queries": queries}


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "statistic": metric.statistic,
        "period": metric.period,
    }
