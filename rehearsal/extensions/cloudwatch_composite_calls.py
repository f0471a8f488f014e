"""PutCompositeAlarm and what it refuses."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.cloudwatch_alarms import check_alarm, keep_alarm
from rehearsal.extensions.cloudwatch_store import COMPOSITE_ALARM, Store, invalid, store
from rehearsal.monitoring.alarm_rules import Rule, RuleError, name_of, parsed
from rehearsal.registry import Call, answers

PERIODS = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
LONGEST_RULE, MOST_PARENTS = 10240, 150


@answers("cloudwatch", "PutCompositeAlarm")
def put_composite_alarm(call: Call) -> Any:
    """A rule may name only alarms that exist."""
    given = {name: value for name, value in call.parameters.items() if name != "Tags" and value is not None}
    check_alarm(call, given)
    text = str(given.get("AlarmRule") or "")
    if not 1 <= len(text) <= LONGEST_RULE:
        raise invalid(f"AlarmRule must have 1 to {LONGEST_RULE} characters.")
    try:
        rule = parsed(text)
    except RuleError as error:
        raise invalid(f"AlarmRule cannot be parsed: {error}") from None
    _check_names(store(call), str(given["AlarmName"]), rule)
    _check_suppressor(store(call), given)
    keep_alarm(call, COMPOSITE_ALARM, given, rule=rule)
    return {}


def _check_names(kept: Store, name: str, rule: Rule) -> None:
    if unknown := [child for child in rule.children if child not in kept.alarms]:
        raise invalid(f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm rule do not exist")
    if name in rule.children:
        raise invalid(f"The composite alarm {name} cannot depend on itself.")
    for child in rule.children:
        parents = [one for one in kept.alarms.values() if one.rule and one.name != name and child in one.rule.children]
        if len(parents) >= MOST_PARENTS:
            raise invalid(f"The alarm {child} is in the rules of {len(parents)} composite alarms, which is the limit.")


def _check_suppressor(kept: Store, given: dict[str, Any]) -> None:
    suppressor, periods = given.get("ActionsSuppressor"), [name for name in PERIODS if name in given]
    if suppressor is None:
        if periods:
            raise invalid(f"{periods[0]} cannot be specified without ActionsSuppressor.")
        return
    if len(periods) < len(PERIODS):
        raise invalid("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod must be specified with ActionsSuppressor.")
    if name_of(str(suppressor)) not in kept.alarms:
        raise invalid(f"The suppressor alarm {suppressor} does not exist.")
