"""Metric alarms: PutMetricAlarm and what it refuses; DescribeAlarms, DeleteAlarms, SetAlarmState, and the history, for all alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.extensions import cloudwatch_clock as clock
from rehearsal.extensions.cloudwatch_metrics import UNITS, query_of
from rehearsal.extensions.cloudwatch_rings import change
from rehearsal.extensions.cloudwatch_store import (
    COMPOSITE_ALARM,
    METRIC_ALARM,
    Alarm,
    Store,
    as_json,
    first_state,
    invalid,
    page,
    seconds,
    store,
)
from rehearsal.monitoring.alarm_rules import name_of
from rehearsal.monitoring.evaluation import COMPARISONS, STATES, TREATMENTS, Criteria
from rehearsal.monitoring.queries import Query, unknown_ids
from rehearsal.monitoring.series import metric
from rehearsal.monitoring.statistics import SIMPLE, is_extended
from rehearsal.query_api import check_tags, pairs
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

DAY, WEEK, HOUR = 86400, 7 * 86400, 3600
MOST_ACTIONS, MOST_QUERIES = 5, 10
LONGEST_WARM_UP = 2880
ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_ID = re.compile(r"[a-z]\w*")
_OF_A_METRIC = ("Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_UNPLAYED = ("EvaluationCriteria", "EvaluationInterval", "ThresholdMetricId")


@answers("cloudwatch", "PutMetricAlarm")
def put_metric_alarm(call: Call) -> Any:
    given = {name: value for name, value in call.parameters.items() if name != "Tags" and value is not None}
    if unplayed := [name for name in _UNPLAYED if name in given]:
        raise Refusal("NotImplemented", f"The rehearsal cloud does not evaluate alarms with {unplayed[0]}.", 501)
    check_alarm(call, given)
    watched = tuple(_queries(given))
    criteria = _criteria(given, next(query for query in watched if query.returned).period)
    keep_alarm(call, METRIC_ALARM, given, watched=watched, criteria=criteria)
    return {}


def keep_alarm(call: Call, kind: str, given: dict[str, Any], **more: Any) -> Alarm:
    """Adds an alarm, or changes it, which leaves its state and its tags as they are."""
    kept, name = store(call), str(given["AlarmName"])
    before = kept.alarms.get(name)
    if before is not None and before.kind != kind:
        raise invalid(f"The alarm {name} exists and is a {before.kind}; its type cannot be changed.")
    arn = f"arn:aws:cloudwatch:{call.region}:{call.account_id}:alarm:{name}"
    state = before.state if before else first_state()
    kept_on: dict[str, Any] = {"muted_from": before.muted_from, "created": before.created} if before else {}
    alarm = Alarm(name, arn, kind, given, state, moment(), **kept_on, **more)
    kept.keep(alarm)
    clock.start()
    if before is None:
        check_tags(call.get("Tags"))
        set_tags(call, arn, pairs(call.get("Tags")))
    verb = "updated" if before else "created"
    kept.record(alarm, "ConfigurationUpdate", f'Alarm "{name}" {verb}', {"version": "1.0", "type": "Update" if before else "Create"})
    return alarm


def set_tags(call: Call, arn: str, tags: Mapping[str, str]) -> None:
    tagger = backend("cloudwatch", call.account_id, call.region).tagger
    tagger.tag_resource(arn, tagger.convert_dict_to_tags_input(tags))


def check_alarm(call: Call, given: Mapping[str, Any]) -> None:
    """What AWS refuses in any alarm."""
    name, description = str(given.get("AlarmName") or ""), str(given.get("AlarmDescription") or "")
    if not 1 <= len(name) <= 255:
        raise invalid("1 validation error detected: Value at 'alarmName' failed to satisfy constraint: Member must have length 1 to 255")
    if len(description) > 1024:
        raise invalid(
            "1 validation error detected: Value at 'alarmDescription' failed to satisfy constraint: Member must have length less than or"
            " equal to 1024"
        )
    for kind in ACTIONS:
        actions = [str(action) for action in given.get(kind) or []]
        if len(actions) > MOST_ACTIONS:
            raise invalid(f"1 validation error detected: Value at '{kind}' failed to satisfy constraint: Member must have length at most 5")
        for action in actions:
            _check_action(call.region, action)


def _check_action(region: str, action: str) -> None:
    parts = action.split(":")
    if len(parts) < 6 or parts[0] != "arn":
        raise invalid(f"Invalid arn syntax: {action}")
    if parts[3] not in ("", region):
        raise invalid(f"Invalid region {parts[3]} specified. Only {region} is supported.")


def _queries(given: Mapping[str, Any]) -> list[Query]:
    """What a metric alarm watches. Raises a refusal."""
    if (given.get("MetricName") is None) == (not given.get("Metrics")):
        raise invalid("Either MetricName or Metrics must be specified, and not both.")
    if given.get("MetricName") is not None:
        return [_single(given)]
    if unexpected := [name for name in _OF_A_METRIC if given.get(name)]:
        raise invalid(f"{unexpected[0]} cannot be specified together with Metrics.")
    queries = [query_of(one) for one in given["Metrics"]]
    ids = [query.id for query in queries]
    if wrong := [one for one in ids if not _ID.fullmatch(one)]:
        raise invalid(
            f"Invalid metrics list: the ID '{wrong[0]}' must begin with a lowercase letter, and have letters, digits and underscores."
        )
    if len(set(ids)) < len(ids):
        raise invalid("Invalid metrics list: IDs must be unique.")
    if len([query for query in queries if query.metric]) > MOST_QUERIES:
        raise invalid(f"Invalid metrics list: an alarm can have at most {MOST_QUERIES} metrics.")
    if len([query for query in queries if query.returned]) != 1:
        raise invalid("Exactly one element of the metrics list should return data.")
    if unknown := unknown_ids(queries):
        raise invalid(f"Invalid metrics list: the expression refers to '{unknown[0]}', which does not exist.")
    periods = {query.period for query in queries if query.metric}
    if len(periods) != 1:
        raise invalid(
            "Invalid metrics list: all metrics must have the same period, and there must be one."
            if periods
            else "Invalid metrics list: a metric is required."
        )
    period = periods.pop()
    return [Query(one.id, one.label, one.metric, one.statistic, one.unit, one.expression, period, one.returned) for one in queries]


def _single(given: Mapping[str, Any]) -> Query:
    statistic, extended = given.get("Statistic"), given.get("ExtendedStatistic")
    if (statistic is None) == (extended is None):
        raise invalid("Either Statistic or ExtendedStatistic must be specified, and not both.")
    if statistic is not None and statistic not in SIMPLE:
        raise invalid(f"1 validation error detected: Value '{statistic}' at 'statistic' failed to satisfy constraint: {sorted(SIMPLE)}")
    if extended is not None and not is_extended(str(extended)):
        raise invalid(f"The value {extended} for parameter ExtendedStatistic is not supported.")
    if given.get("Namespace") is None or given.get("Period") is None:
        raise invalid("Namespace and Period must be specified together with MetricName.")
    if given.get("Unit", "None") not in UNITS:
        raise invalid(f"1 validation error detected: Value '{given['Unit']}' at 'unit' failed to satisfy constraint")
    of = metric(given["Namespace"], given["MetricName"], given.get("Dimensions") or ())
    return Query("m1", metric=of, statistic=str(statistic or extended), unit=given.get("Unit") or "", period=int(given["Period"]))


def _criteria(given: Mapping[str, Any], period: int) -> Criteria:
    comparison, periods = str(given.get("ComparisonOperator")), int(given.get("EvaluationPeriods") or 0)
    needed, missing = int(given.get("DatapointsToAlarm") or periods), given.get("TreatMissingData") or "missing"
    if comparison not in COMPARISONS or given.get("Threshold") is None:
        raise invalid(f"An alarm needs Threshold, and a ComparisonOperator of {', '.join(COMPARISONS)}; anomaly detection is not played.")
    if period not in (10, 20, 30) and (period < 60 or period % 60):
        raise invalid("Metrics list contains one or more metrics with invalid period: it must be 10, 20, 30 or a multiple of 60.")
    if periods < 1 or not 1 <= needed <= periods:
        raise invalid("DatapointsToAlarm must be at least 1, and not greater than EvaluationPeriods.")
    longest = WEEK if period >= HOUR else DAY
    if period * periods > longest:
        raise invalid(
            f"Metrics cannot be checked across more than {longest // DAY} days (EvaluationPeriods * Period must be <= {longest})."
        )
    if missing not in TREATMENTS:
        raise invalid(f"Option {missing} is not supported. Supported options for parameter TreatMissingData are {list(TREATMENTS)}.")
    if given.get("EvaluateLowSampleCountPercentile", "evaluate") not in ("evaluate", "ignore"):
        raise invalid("Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.")
    _check_warm_up(given.get("WarmUpConfiguration") or {})
    return Criteria(comparison, float(given["Threshold"]), periods, needed, missing)


def _check_warm_up(given: Mapping[str, Any]) -> None:
    minutes = given.get("WarmUpPeriodDurationInMinutes", 1)
    if not 1 <= minutes <= LONGEST_WARM_UP:
        raise invalid(f"WarmUpPeriodDurationInMinutes must be between 1 and {LONGEST_WARM_UP}, not {minutes}.")


@answers("cloudwatch", "DescribeAlarms")
def describe(call: Call) -> Any:
    """Metric alarms only, unless AlarmTypes says otherwise."""
    kept = store(call)
    types = call.get("AlarmTypes") or [METRIC_ALARM]
    size = int(call.get("MaxRecords") or 50)
    if not 1 <= size <= 100:
        raise invalid("1 validation error detected: Value at 'maxRecords' failed to satisfy constraint: Member must have value 1 to 100")
    if call.get("AlarmNames") and call.get("AlarmNamePrefix"):
        raise invalid("AlarmNames and AlarmNamePrefix cannot be specified together.")
    if family := call.get("ChildrenOfAlarmName") or call.get("ParentsOfAlarmName"):
        return _relatives(kept, name_of(str(family)), children=bool(call.get("ChildrenOfAlarmName")))
    found = [alarm for alarm in kept.alarms.values() if alarm.kind in types and _wanted(call, alarm)]
    shown, more = page(call, sorted(found, key=lambda alarm: (alarm.kind, alarm.name)), size)
    return {**_by_type(shown, types), **more}


def _wanted(call: Call, alarm: Alarm) -> bool:
    names, prefix, actions = call.get("AlarmNames"), call.get("AlarmNamePrefix") or "", call.get("ActionPrefix")
    return (
        (not names or alarm.name in names)
        and alarm.name.startswith(prefix)
        and call.get("StateValue") in (None, alarm.state.value)
        and (not actions or any(str(action).startswith(actions) for kind in ACTIONS for action in alarm.given.get(kind) or []))
    )


def _by_type(alarms: Sequence[Alarm], types: Sequence[str]) -> dict[str, Any]:
    members = {METRIC_ALARM: "MetricAlarms", COMPOSITE_ALARM: "CompositeAlarms", "LogAlarm": "LogAlarms"}
    shown = {METRIC_ALARM, COMPOSITE_ALARM, *types}
    return {members[kind]: [alarm.described() for alarm in alarms if alarm.kind == kind] for kind in members if kind in shown}


def _relatives(kept: Store, name: str, *, children: bool) -> dict[str, Any]:
    """Of the alarms that a composite alarm uses, or of those that use an alarm, only these members."""
    of = kept.alarms.get(name)
    names = (of.rule.children if of and of.rule else ()) if children else tuple(parents(kept, name))
    members = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
    found: dict[str, list[dict[str, Any]]] = {"MetricAlarms": [], "CompositeAlarms": []}
    for alarm in (kept.alarms[one] for one in names if one in kept.alarms):
        described = alarm.described()
        kind = "MetricAlarms" if alarm.kind == METRIC_ALARM else "CompositeAlarms"
        found[kind].append(
            {member: described[member] for member in members} if children else {member: described[member] for member in members[:2]}
        )
    return found


def parents(kept: Store, name: str) -> list[str]:
    """The composite alarms whose rule, or whose suppressor, an alarm is."""
    return [
        alarm.name
        for alarm in kept.alarms.values()
        if alarm.rule and (name in alarm.rule.children or name == name_of(str(alarm.given.get("ActionsSuppressor") or "")))
    ]


@answers("cloudwatch", "DescribeAlarmsForMetric")
def describe_for_metric(call: Call) -> Any:
    of = metric(str(call.get("Namespace")), str(call.get("MetricName")), call.get("Dimensions") or ())
    found = [alarm for alarm in store(call).alarms.values() if any(query.metric == of for query in alarm.watched)]
    statistic = call.get("Statistic") or call.get("ExtendedStatistic")
    kept = [
        alarm for alarm in found if statistic in (None, alarm.watched[0].statistic) and call.get("Period") in (None, alarm.result.period)
    ]
    return {"MetricAlarms": [alarm.described() for alarm in kept]}


@answers("cloudwatch", "DeleteAlarms")
def delete(call: Call) -> Any:
    """At most one composite alarm at a time, and nothing that a composite alarm uses, even if it is deleted in the same call."""
    kept, names = store(call), [str(name) for name in call.get("AlarmNames") or []]
    if len(names) > 100:
        raise invalid(
            "1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length at most 100"
        )
    composites = [name for name in names if name in kept.alarms and kept.alarms[name].kind == COMPOSITE_ALARM]
    if len(composites) > 1:
        raise invalid("You can delete at most one composite alarm in a single operation.")
    for name in (name for name in names if name in kept.alarms):
        if using := parents(kept, name):
            text = f"Cannot delete {name} as there are composite alarm(s) depending on it: {', '.join(using)}"
            raise invalid(text)
    unknown = [name for name in names if name not in kept.alarms]
    for name in names:
        if gone := kept.forget(name):
            backend("cloudwatch", call.account_id, call.region).tagger.delete_all_tags_for_resource(gone.arn)
            kept.record(gone, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"version": "1.0", "type": "Delete"})
    if unknown and len(unknown) == len(names):
        raise Refusal("ResourceNotFound", "The named resource does not exist.", 404)
    return {}


@answers("cloudwatch", "SetAlarmState")
def set_state(call: Call) -> Any:
    """The state holds until the alarm is next evaluated, which may be at once."""
    alarm = store(call).alarms.get(str(call.get("AlarmName")))
    if alarm is None:
        raise Refusal("ResourceNotFound", "The named resource does not exist.", 404)
    if call.get("StateValue") not in STATES:
        raise invalid(f"1 validation error detected: Value '{call.get('StateValue')}' at 'stateValue' must be one of {list(STATES)}")
    try:
        data = json.loads(call.get("StateReasonData") or "{}")
    except ValueError:
        raise Refusal("InvalidFormat", "Data was not syntactically valid JSON.") from None
    change(store(call), alarm, str(call.get("StateValue")), str(call.get("StateReason")), data)
    return {}


@answers("cloudwatch", "EnableAlarmActions")
def enable_actions(call: Call) -> Any:
    return _switch_actions(call, enabled=True)


@answers("cloudwatch", "DisableAlarmActions")
def disable_actions(call: Call) -> Any:
    return _switch_actions(call, enabled=False)


def _switch_actions(call: Call, *, enabled: bool) -> Any:
    for name in call.get("AlarmNames") or []:
        alarm = store(call).alarms.get(name)
        if alarm is not None and alarm.actions_enabled != enabled:
            alarm.given["ActionsEnabled"], alarm.configured = enabled, moment()
            summary = f'Alarm "{name}" actions {"enabled" if enabled else "disabled"}'
            store(call).record(alarm, "ConfigurationUpdate", summary, {"version": "1.0", "type": "Update"})
    return {}


@answers("cloudwatch", "DescribeAlarmHistory")
def history(call: Call) -> Any:
    types, name = call.get("AlarmTypes") or [METRIC_ALARM], call.get("AlarmName")
    start = seconds(call.get("StartDate")) if call.get("StartDate") else float("-inf")
    end = seconds(call.get("EndDate")) if call.get("EndDate") else float("inf")
    found = [
        item
        for item in store(call).history
        if item.kind in types
        and name in (None, item.name)
        and call.get("HistoryItemType") in (None, item.type)
        and start <= item.at.timestamp() <= end
    ]
    ascending = call.get("ScanBy") == "TimestampAscending"
    shown, more = page(call, found if ascending else found[::-1], int(call.get("MaxRecords") or 100))
    items = [
        {
            "AlarmName": item.name,
            "AlarmType": item.kind,
            "Timestamp": item.at,
            "HistoryItemType": item.type,
            "HistorySummary": item.summary,
            "HistoryData": as_json(item.data)[:4095],
        }
        for item in shown
    ]
    return {"AlarmHistoryItems": items, **more}
