"""Alarms that ring: their evaluation, changes of state, and actions.

An alarm is evaluated when its data arrive, when it is put, and when a call of CloudWatch, or a tick of the cloud's clock, finds that
another minute has begun. Nothing sleeps: after the clock has been advanced (`clock_ahead_seconds`), the next call evaluates at the new
time; what would have happened in between has not.

| happening | parameters |
|---|---|
| evaluate_alarms | none: evaluates all alarms of the region now; returns {"changed": {name: state}} |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rehearsal.extensions import cloudwatch_messages as messages
from rehearsal.extensions.cloudwatch_actions import act
from rehearsal.extensions.cloudwatch_composites import suppression, wants
from rehearsal.extensions.cloudwatch_queues import measure
from rehearsal.extensions.cloudwatch_store import METRIC_ALARM, Alarm, State, Store, store
from rehearsal.monitoring.evaluation import FURTHER_PERIODS, IGNORE, Criteria, Verdict, Window, judge, windows
from rehearsal.monitoring.functions import ExpressionError
from rehearsal.monitoring.mute_windows import ACTIVE
from rehearsal.monitoring.queries import reader, series_of, values
from rehearsal.monitoring.series import MINUTE
from rehearsal.monitoring.statistics import percent_of
from rehearsal.registry import Call, happens, settles
from rehearsal.transitions import moment

Datapoints = Sequence[tuple[Window, float | None]]
MOST_ROUNDS = 20
"""How deep composite alarms may depend on each other; in a circle, their evaluation stops."""


@settles("cloudwatch")
def evaluate_what_is_due(call: Call) -> None:
    evaluate(store(call))


@happens("cloudwatch", "evaluate_alarms")
def evaluate_now(call: Call) -> Any:
    kept = store(call)
    before = {alarm.name: alarm.state.value for alarm in kept.alarms.values()}
    kept.evaluated_at = 0.0
    evaluate(kept)
    changed = {alarm.name: alarm.state.value for alarm in kept.alarms.values() if alarm.state.value != before.get(alarm.name)}
    return {"changed": changed}


def evaluate(kept: Store) -> None:
    """Evaluates the alarms that are due; all of them if another minute has begun since the last time."""
    now = moment().timestamp()
    minute = now // MINUTE
    if minute != kept.evaluated_at // MINUTE:
        measure(kept)
        kept.due |= set(kept.alarms)
        kept.evaluated_at = now
    elif not kept.due:
        return
    due, kept.due = kept.due, set()
    for alarm in [kept.alarms[name] for name in sorted(due) if name in kept.alarms]:
        if alarm.kind == METRIC_ALARM:
            evaluate_metric_alarm(kept, alarm, now)
    _evaluate_composites(kept)
    _unmute(kept)


def evaluate_metric_alarm(kept: Store, alarm: Alarm, now: float) -> None:
    found, verdict = _judged(kept, alarm, now)
    if _warms_up(alarm, found, now):
        return
    if verdict.state is not None and verdict.state != alarm.state.value:
        change(kept, alarm, verdict.state, verdict.reason, messages.reason_data(alarm, found))


def _warms_up(alarm: Alarm, found: Datapoints, now: float) -> bool:
    """A new alarm waits until its warm-up ends or, unless told otherwise, until it has the data of all its evaluation periods."""
    given = alarm.given.get("WarmUpConfiguration")
    if not given or now >= alarm.created.timestamp() + 60 * given["WarmUpPeriodDurationInMinutes"]:
        return False
    assert alarm.criteria is not None
    filled = all(value is not None for _window, value in found[-alarm.criteria.periods :])
    return bool(given.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds")) or not (found and filled)


def _judged(kept: Store, alarm: Alarm, now: float) -> tuple[Datapoints, Verdict]:
    criteria, period = alarm.criteria, alarm.result.period
    assert criteria is not None
    aligned = "WallClockWindow" in (alarm.given.get("EvaluationWindow") or {})
    count = criteria.periods + FURTHER_PERIODS
    times = windows(now, period, count, complete=not _has_current(kept, alarm, now), aligned=aligned)
    try:
        value = values(alarm.watched, times, reader(kept.metrics))[alarm.result.id]
        series = series_of(value, (time.start for time in times))
    except ExpressionError:
        return [], Verdict(None)
    found = [(time, series.get(time.start)) for time in times]
    if _too_few(kept, alarm, times[-1]):
        return found, Verdict(None)
    return found, judge(_treatment(alarm, criteria), [value for _time, value in found])


def _has_current(kept: Store, alarm: Alarm, now: float) -> bool:
    """Whether one of the alarm's metrics has data in the minute that has not ended yet."""
    step = min(alarm.result.period, MINUTE)
    start = now // step * step
    return any(query.metric and kept.metrics.between(query.metric, start, start + step, query.unit) for query in alarm.watched)


def _treatment(alarm: Alarm, criteria: Criteria) -> Criteria:
    """Alarms on metrics of DynamoDB always ignore missing data."""
    if any(query.metric and query.metric.namespace == "AWS/DynamoDB" for query in alarm.watched):
        return Criteria(criteria.comparison, criteria.threshold, criteria.periods, criteria.needed, IGNORE)
    return criteria


def _too_few(kept: Store, alarm: Alarm, window: Window) -> bool:
    """Whether a percentile is to be ignored because it has too few observations to mean anything."""
    query = alarm.result
    percent = percent_of(query.statistic)
    if alarm.given.get("EvaluateLowSampleCountPercentile") != "ignore" or percent is None or query.metric is None:
        return False
    sample = kept.metrics.between(query.metric, window.start, window.end, query.unit)
    rest = min(percent, 100 - percent) / 100
    return sample is not None and rest > 0 and sample.count < 10 / rest


def change(kept: Store, alarm: Alarm, state: str, reason: str, data: dict[str, Any]) -> None:
    """Gives an alarm another state, writes it to its history, tells EventBridge, and carries out the actions of the new state."""
    before, now = alarm.state, moment()
    transitioned = before.transitioned if before.value == state else now
    alarm.state = State(state, reason, data, now, transitioned)
    if before.value == state:
        return
    history = {"version": "1.0", "oldState": messages.summary(before), "newState": messages.summary(alarm.state)}
    kept.record(alarm, "StateUpdate", f"Alarm updated from {before.value} to {state}", history)
    kept.due |= {other.name for other in kept.alarms.values() if other.rule and alarm.name in other.rule.children}
    messages.send_event(kept, alarm, before)
    if _muted(kept, alarm):
        alarm.muted_from = alarm.muted_from or before.value
        kept.record(alarm, "Action", f"Actions of {alarm.name} are muted", {"actionState": "Muted"})
    else:
        alarm.muted_from = None
        carry_out(kept, alarm, before.value)


def carry_out(kept: Store, alarm: Alarm, before: str) -> None:
    """The actions of the alarm's present state, unless they are disabled or, for a composite alarm, suppressed."""
    if alarm.actions_enabled and not suppression(kept, alarm, moment(), changed=True):
        act(kept, alarm, before)


def _muted(kept: Store, alarm: Alarm) -> bool:
    from rehearsal.extensions.cloudwatch_mute_rules import status_of

    rules = [rule for rule in kept.mute_rules.values() if alarm.name in (rule.given.get("MuteTargets") or {}).get("AlarmNames", ())]
    return any(status_of(rule) == ACTIVE for rule in rules)


def _unmute(kept: Store) -> None:
    """When a mute window ends, alarms that are in another state than before it carry out that state's actions."""
    for alarm in [alarm for alarm in kept.alarms.values() if alarm.muted_from is not None]:
        if not _muted(kept, alarm):
            before, alarm.muted_from = alarm.muted_from, None
            if before is not None and before != alarm.state.value:
                carry_out(kept, alarm, before)


def _evaluate_composites(kept: Store) -> None:
    """In rounds, because a composite alarm may be part of another one's rule."""
    composites = [alarm for alarm in kept.alarms.values() if alarm.rule]
    for _round in range(MOST_ROUNDS):
        if not _changed(kept, composites):
            break
    for alarm in composites:
        if alarm.suppressed and not suppression(kept, alarm, moment(), changed=False) and alarm.actions_enabled:
            act(kept, alarm, "")
    kept.due -= {alarm.name for alarm in composites}


def _changed(kept: Store, composites: Iterable[Alarm]) -> bool:
    found = False
    for alarm in composites:
        state, reason, data = wants(kept, alarm)
        if state != alarm.state.value:
            change(kept, alarm, state, reason, data)
            found = True
    return found
