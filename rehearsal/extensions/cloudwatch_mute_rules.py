"""Alarm mute rules: while one is active, the actions of its alarms are not carried out."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.cloudwatch_alarms import set_tags
from rehearsal.extensions.cloudwatch_rings import evaluate
from rehearsal.extensions.cloudwatch_store import MuteRule, invalid, page, store
from rehearsal.monitoring.mute_windows import ScheduleError, parse_time, schedule, status
from rehearsal.query_api import check_tags, pairs
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

MOST_ALARMS = 100


def status_of(rule: MuteRule) -> str:
    return status(rule.schedule, moment(), parse_time(rule.given.get("StartDate")), parse_time(rule.given.get("ExpireDate")))


@answers("cloudwatch", "PutAlarmMuteRule")
def put(call: Call) -> Any:
    given = {name: value for name, value in call.parameters.items() if name != "Tags" and value is not None}
    name, kept = str(given.get("Name") or ""), store(call)
    if not 1 <= len(name) <= 255:
        raise invalid("Name must have 1 to 255 characters.")
    wanted = (given.get("Rule") or {}).get("Schedule") or {}
    try:
        found = schedule(str(wanted.get("Expression")), str(wanted.get("Duration")), str(wanted.get("Timezone") or "UTC"))
    except ScheduleError as error:
        raise invalid(f"Invalid schedule: {error}") from None
    alarms = (given.get("MuteTargets") or {}).get("AlarmNames") or []
    if len(alarms) > MOST_ALARMS:
        raise invalid(f"A mute rule can have at most {MOST_ALARMS} alarms.")
    if unknown := [alarm for alarm in alarms if alarm not in kept.alarms]:
        raise invalid(f"The alarms [{', '.join(unknown)}] do not exist.")
    start, expire = parse_time(given.get("StartDate")), parse_time(given.get("ExpireDate"))
    if start and expire and expire <= start:
        raise invalid("ExpireDate must be after StartDate.")
    arn = f"arn:aws:cloudwatch:{call.region}:{call.account_id}:alarm-mute-rule:{name}"
    if name not in kept.mute_rules:
        check_tags(call.get("Tags"))
        set_tags(call, arn, pairs(call.get("Tags")))
    kept.mute_rules[name] = MuteRule(given, arn, found, moment())
    return {}


@answers("cloudwatch", "GetAlarmMuteRule")
def get(call: Call) -> Any:
    rule = store(call).mute_rules.get(str(call.get("AlarmMuteRuleName")))
    if rule is None:
        raise Refusal("ResourceNotFoundException", f"The alarm mute rule {call.get('AlarmMuteRuleName')} does not exist.", 404)
    return {**rule.given, **_summary(rule)}


def _summary(rule: MuteRule) -> dict[str, Any]:
    return {
        "AlarmMuteRuleArn": rule.arn,
        **({"ExpireDate": rule.given["ExpireDate"]} if rule.given.get("ExpireDate") else {}),
        "Status": status_of(rule),
        "MuteType": rule.schedule.kind,
        "LastUpdatedTimestamp": rule.updated,
    }


@answers("cloudwatch", "ListAlarmMuteRules")
def list_rules(call: Call) -> Any:
    alarm, statuses = call.get("AlarmName"), call.get("Statuses") or []
    if alarm is not None and alarm not in store(call).alarms:
        raise Refusal("ResourceNotFoundException", f"The alarm {alarm} does not exist.", 404)
    found = [
        _summary(rule)
        for _name, rule in sorted(store(call).mute_rules.items())
        if alarm is None or alarm in (rule.given.get("MuteTargets") or {}).get("AlarmNames", ())
    ]
    shown, more = page(call, [one for one in found if not statuses or one["Status"] in statuses], int(call.get("MaxRecords") or 50))
    return {"AlarmMuteRuleSummaries": shown, **more}


@answers("cloudwatch", "DeleteAlarmMuteRule")
def delete(call: Call) -> Any:
    """What it muted rings now, if it still has reason to."""
    rule = store(call).mute_rules.pop(str(call.get("AlarmMuteRuleName")), None)
    if rule is not None:
        backend("cloudwatch", call.account_id, call.region).tagger.delete_all_tags_for_resource(rule.arn)
        store(call).evaluated_at = 0.0
        evaluate(store(call))
    return {}
