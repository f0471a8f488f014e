"""What an alarm says when its state changes: to SNS, and to EventBridge. The shapes are those of AWS's messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rehearsal.extensions.cloudwatch_store import Alarm, State, Store, as_json, at
from rehearsal.monitoring.evaluation import Window
from rehearsal.monitoring.queries import Query
from rehearsal.monitoring.statistics import SIMPLE
from rehearsal.registry import backend

REGION_NAMES = {
    "af-south-1": "Africa (Cape Town)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-2": "US West (Oregon)",
}
"""As alarms name them; other regions have their code as name here."""


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def reason_data(alarm: Alarm, datapoints: Sequence[tuple[Window, float | None]]) -> dict[str, Any]:
    present = [(window, value) for window, value in datapoints if value is not None]
    query = alarm.result
    return {
        "version": "1.0",
        "queryDate": text(at(datapoints[-1][0].end)) if datapoints else "",
        "startDate": text(at(present[0][0].start)) if present else "",
        **({"statistic": query.statistic} if query.statistic else {}),
        "period": query.period,
        "recentDatapoints": [value for _window, value in present],
        "threshold": alarm.given.get("Threshold"),
        "evaluatedDatapoints": [{"timestamp": text(at(window.start)), "value": value} for window, value in reversed(present)],
    }


def summary(state: State) -> dict[str, Any]:
    return {"stateValue": state.value, "stateReason": state.reason, **({"stateReasonData": state.data} if state.data else {})}


def subject(alarm: Alarm, region: str) -> str:
    """SNS allows 100 characters."""
    return f'{alarm.state.value}: "{alarm.name}" in {REGION_NAMES.get(region, region)}'[:100]


def notification(kept: Store, alarm: Alarm, before: str) -> str:
    """The message of an alarm's SNS action, in JSON."""
    given = alarm.given
    found: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": given.get("AlarmDescription"),
        "AWSAccountId": kept.account_id,
        "AlarmConfigurationUpdatedTimestamp": text(alarm.configured),
        "NewStateValue": alarm.state.value,
        "NewStateReason": alarm.state.reason,
        "StateChangeTime": text(alarm.state.transitioned),
        "Region": REGION_NAMES.get(kept.region, kept.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before,
        "OKActions": given.get("OKActions") or [],
        "AlarmActions": given.get("AlarmActions") or [],
        "InsufficientDataActions": given.get("InsufficientDataActions") or [],
    }
    if alarm.rule is not None:
        children = alarm.state.data.get("triggeringAlarms") or []
        triggering = [
            {"Arn": one["arn"], "State": {"Value": one["state"]["value"], "Timestamp": one["state"]["timestamp"]}} for one in children
        ]
        return as_json({**found, "AlarmRule": alarm.rule.text, "TriggeringChildren": triggering})
    return as_json({**found, "Trigger": _trigger(alarm)})


def _trigger(alarm: Alarm) -> dict[str, Any]:
    given, query = alarm.given, alarm.watched[0]
    common = {
        "Period": alarm.result.period,
        "EvaluationPeriods": given["EvaluationPeriods"],
        **({"DatapointsToAlarm": given["DatapointsToAlarm"]} if given.get("DatapointsToAlarm") else {}),
        "ComparisonOperator": given["ComparisonOperator"],
        "Threshold": given["Threshold"],
        "TreatMissingData": given.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": given.get("EvaluateLowSampleCountPercentile", ""),
    }
    if given.get("Metrics"):
        return {**common, "Metrics": [_sns_metric(one) for one in alarm.watched]}
    simple = query.statistic in SIMPLE
    statistic = {"StatisticType": "Statistic", "Statistic": query.statistic.upper()} if simple else {}
    extended = {} if simple else {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": query.statistic}
    assert query.metric is not None
    return {
        "MetricName": query.metric.name,
        "Namespace": query.metric.namespace,
        **statistic,
        **extended,
        "Unit": query.unit or None,
        "Dimensions": [{"value": value, "name": name} for name, value in query.metric.dimensions],
        **common,
    }


def _sns_metric(query: Query) -> dict[str, Any]:
    if query.metric is None:
        assert query.expression is not None
        return {"Expression": query.expression.text, "Id": query.id, "Label": query.label, "ReturnData": query.returned}
    dimensions = [{"value": value, "name": name} for name, value in query.metric.dimensions]
    metric = {"Dimensions": dimensions, "MetricName": query.metric.name, "Namespace": query.metric.namespace}
    return {"Id": query.id, "MetricStat": {"Metric": metric, "Period": query.period, "Stat": query.statistic}, "ReturnData": query.returned}


def send_event(kept: Store, alarm: Alarm, before: State) -> None:
    """Puts "CloudWatch Alarm State Change" on the default event bus of the alarm's account and region."""
    from rehearsal.extensions.events_delivery import put

    configuration: dict[str, Any] = {"description": alarm.given.get("AlarmDescription") or ""}
    if alarm.rule is not None:
        configuration["alarmRule"] = alarm.rule.text
    else:
        configuration["metrics"] = [_event_metric(query) for query in alarm.watched]
    detail = {
        "alarmName": alarm.name,
        "configuration": configuration,
        "previousState": _event_state(before),
        "state": _event_state(alarm.state),
    }
    if shared := _shared_tags(kept, alarm):
        detail["alarmTags"] = shared
    put(kept.account_id, kept.region, "aws.cloudwatch", "CloudWatch Alarm State Change", [alarm.arn], detail)


def _shared_tags(kept: Store, alarm: Alarm) -> dict[str, str]:
    """The tags that the alarm adds to its events ("Alarm tags in action payloads" in the CloudWatch User Guide)."""
    wanted = (alarm.given.get("ActionConfiguration") or {}).get("AlarmTagsPropagation") or {}
    if not wanted.get("Enabled"):
        return {}
    tags = backend("cloudwatch", kept.account_id, kept.region).tagger.get_tag_dict_for_resource(alarm.arn)
    included, excluded = wanted.get("IncludedTagKeys"), wanted.get("ExcludedTagKeys") or ()
    return {name: value for name, value in tags.items() if name not in excluded and (not included or name in included)}


def _event_state(state: State) -> dict[str, Any]:
    data = {"reasonData": as_json(state.data)} if state.data else {}
    return {"value": state.value, "reason": state.reason, **data, "timestamp": text(state.updated)}


def _event_metric(query: Query) -> dict[str, Any]:
    if query.metric is None:
        assert query.expression is not None
        return {"id": query.id, "expression": query.expression.text, "label": query.label, "returnData": query.returned}
    metric = {"namespace": query.metric.namespace, "name": query.metric.name, "dimensions": dict(query.metric.dimensions)}
    return {"id": query.id, "metricStat": {"metric": metric, "period": query.period, "stat": query.statistic}, "returnData": query.returned}
