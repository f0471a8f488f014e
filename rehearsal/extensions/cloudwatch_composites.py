"""Composite alarms: PutCompositeAlarm, the state that a rule calls for, and alarms that suppress the actions of others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rehearsal.extensions.cloudwatch_store import Alarm, Store
from rehearsal.monitoring.alarm_rules import name_of
from rehearsal.monitoring.evaluation import ALARM, INSUFFICIENT_DATA, OK

BY_SUPPRESSOR, BY_WAIT, BY_EXTENSION = "Alarm", "WaitPeriod", "ExtensionPeriod"


def wants(kept: Store, alarm: Alarm) -> tuple[str, str, dict[str, Any]]:
    """The state that a composite alarm's rule calls for, the reason, and the children whose state decided."""
    assert alarm.rule is not None
    states = {name: kept.alarms[name].state.value if name in kept.alarms else INSUFFICIENT_DATA for name in alarm.rule.children}
    holds = alarm.rule.holds(states.__getitem__)
    children = [kept.alarms[name] for name in alarm.rule.children if name in kept.alarms]
    latest = max(children, key=lambda child: child.state.updated, default=None)
    if latest is None:
        return (ALARM if holds else OK), f"{alarm.arn} was evaluated to {str(holds).upper()}", {}
    changed = f"{latest.arn} transitioned to {latest.state.value} at {latest.state.updated:%A %d %B, %Y %H:%M:%S} UTC"
    triggering = [{"arn": child.arn, "state": {"value": child.state.value, "timestamp": _text(child.state.updated)}} for child in children]
    return (ALARM if holds else OK), changed, {"triggeringAlarms": triggering}


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def suppression(kept: Store, alarm: Alarm, now: datetime, *, changed: bool) -> bool:
    """Whether a composite alarm's actions are suppressed now, which is also noted for DescribeAlarms.

    While its suppressor is in ALARM, they are, and for the extension period after that. A change of state first waits for the wait period
    for the suppressor to go to ALARM.
    """
    name = name_of(str(alarm.given.get("ActionsSuppressor") or ""))
    if not name:
        return False
    suppressor = kept.alarms.get(name)
    wait = timedelta(seconds=alarm.given.get("ActionsSuppressorWaitPeriod", 0))
    extension = timedelta(seconds=alarm.given.get("ActionsSuppressorExtensionPeriod", 0))
    if changed:
        alarm.waits_until = now + wait
    if suppressor is not None and suppressor.state.value == ALARM:
        alarm.extends_until = None
        return _suppressed(alarm, BY_SUPPRESSOR, f"Actions suppressed by {suppressor.name}")
    if alarm.suppressed.get("ActionsSuppressedBy") == BY_SUPPRESSOR:
        alarm.extends_until = now + extension
    if alarm.extends_until is not None and now < alarm.extends_until:
        return _suppressed(alarm, BY_EXTENSION, f"Actions suppressed for {extension.seconds} seconds after {name} left ALARM")
    if alarm.extends_until is None and alarm.waits_until is not None and now < alarm.waits_until:
        return _suppressed(alarm, BY_WAIT, f"Actions wait for {wait.seconds} seconds for {name} to go to ALARM")
    alarm.suppressed, alarm.waits_until, alarm.extends_until = {}, None, None
    return False


def _suppressed(alarm: Alarm, by: str, reason: str) -> bool:
    alarm.suppressed = {"ActionsSuppressedBy": by, "ActionsSuppressedReason": reason}
    return True
