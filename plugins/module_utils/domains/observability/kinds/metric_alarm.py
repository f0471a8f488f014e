# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch alarms on a metric or on metric math, hundreds of them in a few reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....aws.kind import Calls
from ....reconcile.model import given
from .alarm_base import AlarmBase
from .alarm_forms import measure, measure_of, sent_measure

SENT: Mapping[str, str] = {
    "alarm_name": "AlarmName",
    "alarm_description": "AlarmDescription",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "actions_enabled": "ActionsEnabled",
    "threshold": "Threshold",
    "comparison_operator": "ComparisonOperator",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "treat_missing_data": "TreatMissingData",
}
"""Property -> parameter, of those that are sent as they are."""


WARM_UP = "WarmUpPeriodDurationInMinutes"


class MetricAlarm(AlarmBase):
    """``measure``: see alarm_forms.py. Several small alarms cost the reads of one page; creating takes a call each."""

    name = "metric_alarm"
    type = "MetricAlarm"
    calls = Calls(service="cloudwatch", create="put_metric_alarm", delete="delete_alarms", id="AlarmName")

    measure = given(canonical=measure)
    threshold = given(canonical=float)
    comparison_operator = given()
    evaluation_periods = given(canonical=int)
    datapoints_to_alarm = given(canonical=int)
    treat_missing_data = given()
    warm_up_minutes = given("WarmUpConfiguration", canonical=int)

    def get_measure(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return measure_of(raw)

    def get_warm_up_minutes(self, raw: Mapping[str, Any]) -> Any:
        return (raw.get("WarmUpConfiguration") or {}).get(WARM_UP)

    def get_treat_missing_data(self, raw: Mapping[str, Any]) -> str:
        return str(raw.get("TreatMissingData") or "missing")

    def get_datapoints_to_alarm(self, raw: Mapping[str, Any]) -> Any:
        """CloudWatch takes all periods if it is told none."""
        return raw.get("DatapointsToAlarm") or raw.get("EvaluationPeriods")

    def request(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        sent = {api: properties[name] for name, api in SENT.items() if properties.get(name) is not None}
        warm_up = {"WarmUpConfiguration": {WARM_UP: int(properties["warm_up_minutes"])}} if properties.get("warm_up_minutes") else {}
        return {**sent, **self.shared(properties), **warm_up, **sent_measure(properties["measure"])}

    def trouble_of(self, raw: Mapping[str, Any]) -> str:
        """Its evaluation fails, which no alarm reports."""
        state = str(raw.get("EvaluationState") or "")
        return f"CloudWatch cannot evaluate it ({state}): {raw.get('StateReason', '')}" if state == "EVALUATION_ERROR" else ""
