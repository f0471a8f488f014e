"""What CloudWatch keeps of an account in a region: metrics, alarms with their history, mute rules, dashboards."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.monitoring.alarm_rules import Rule
from rehearsal.monitoring.evaluation import INSUFFICIENT_DATA, Criteria
from rehearsal.monitoring.mute_windows import Schedule
from rehearsal.monitoring.queries import Query
from rehearsal.monitoring.series import Metric, Metrics
from rehearsal.registry import Call, backend
from rehearsal.replies import Refusal
from rehearsal.transitions import moment

METRIC_ALARM, COMPOSITE_ALARM = "MetricAlarm", "CompositeAlarm"
HISTORY_LENGTH = 10_000


@dataclass
class State:
    """``data``: the reason as JSON, as in StateReasonData."""

    value: str
    reason: str
    data: dict[str, Any]
    updated: datetime
    transitioned: datetime


@dataclass
class Alarm:
    """`given`: the members of the call that made or changed it, as DescribeAlarms returns them.

    `watched` and `criteria` are a metric alarm's, `rule` is a composite one's. `muted_from`: the state before the first change whose
    actions were muted; None if none was. `waits_until`: until when a composite alarm waits for its suppressor; `suppressed`: what
    DescribeAlarms says of it. `created`: from when a warm-up counts.
    """

    name: str
    arn: str
    kind: str
    given: dict[str, Any]
    state: State
    configured: datetime
    watched: tuple[Query, ...] = ()
    criteria: Criteria | None = None
    rule: Rule | None = None
    muted_from: str | None = None
    suppressed: dict[str, str] = field(default_factory=dict)
    waits_until: datetime | None = None
    extends_until: datetime | None = None
    created: datetime = field(default_factory=moment)

    @property
    def actions_enabled(self) -> bool:
        return bool(self.given.get("ActionsEnabled", True))

    @property
    def result(self) -> Query:
        """The query whose datapoints are compared."""
        return next(query for query in self.watched if query.returned)

    def described(self) -> dict[str, Any]:
        """As in DescribeAlarms."""
        lists = {name: list(self.given.get(name) or []) for name in ("OKActions", "AlarmActions", "InsufficientDataActions")}
        more: dict[str, Any] = {"Dimensions": self.given.get("Dimensions") or []} if self.kind == METRIC_ALARM else dict(self.suppressed)
        return {
            **self.given,
            **lists,
            **more,
            "AlarmArn": self.arn,
            "ActionsEnabled": self.actions_enabled,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state.value,
            "StateReason": self.state.reason[:1023],
            "StateUpdatedTimestamp": self.state.updated,
            "StateTransitionedTimestamp": self.state.transitioned,
            **({"StateReasonData": as_json(self.state.data)} if self.state.data else {}),
        }


@dataclass(frozen=True)
class Item:
    """One entry of the history. It stays when its alarm is deleted."""

    name: str
    kind: str
    at: datetime
    type: str
    summary: str
    data: dict[str, Any]


@dataclass
class MuteRule:
    given: dict[str, Any]
    arn: str
    schedule: Schedule
    updated: datetime


@dataclass
class Dashboard:
    name: str
    arn: str
    body: str
    modified: datetime
    tags: dict[str, str] = field(default_factory=dict)


class Store:
    """`watchers`: the alarms that a metric concerns, by metric. `due`: the alarms to be evaluated in any case."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self.metrics = Metrics()
        self.alarms: dict[str, Alarm] = {}
        self.history: list[Item] = []
        self.mute_rules: dict[str, MuteRule] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self.watchers: dict[Metric, set[str]] = defaultdict(set)
        self.due: set[str] = set()
        self.evaluated_at = 0.0

    def keep(self, alarm: Alarm) -> None:
        """Adds or replaces an alarm, which is then evaluated."""
        self.forget(alarm.name)
        self.alarms[alarm.name] = alarm
        self.due.add(alarm.name)
        for query in alarm.watched:
            if query.metric is not None:
                self.watchers[query.metric].add(alarm.name)

    def forget(self, name: str) -> Alarm | None:
        gone = self.alarms.pop(name, None)
        for query in gone.watched if gone else ():
            if query.metric is not None:
                self.watchers[query.metric].discard(name)
        self.due.discard(name)
        return gone

    def arrived(self, metric: Metric) -> None:
        """There are new data of a metric."""
        self.due |= self.watchers.get(metric, set())

    def record(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        self.history.append(Item(alarm.name, alarm.kind, moment(), kind, summary[:255], data))
        del self.history[:-HISTORY_LENGTH]


def store_of(account_id: str, region: str) -> Store:
    kept = backend("cloudwatch", account_id, region).__dict__
    found: Store = kept.setdefault("rehearsal", Store(account_id, region)) if "rehearsal" not in kept else kept["rehearsal"]
    return found


def store(call: Call) -> Store:
    return store_of(call.account_id, call.region)


def first_state() -> State:
    return State(INSUFFICIENT_DATA, "Unchecked: Initial alarm creation", {}, moment(), moment())


def as_json(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"))


def seconds(value: Any) -> float:
    """A time of a call's, in seconds since 1970; without a zone, it is in UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return float(value)


def at(instant: float) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def invalid(message: str) -> Refusal:
    return Refusal("ValidationError", message)


def wrong_value(message: str) -> Refusal:
    return Refusal("InvalidParameterValue", message)


def wrong_combination(message: str) -> Refusal:
    return Refusal("InvalidParameterCombination", message)


def page[T](call: Call, items: list[T], size: int) -> tuple[list[T], dict[str, str]]:
    """A page of a list, and {"NextToken"} if there are more."""
    token = call.get("NextToken")
    if token is not None and not str(token).isdigit():
        raise Refusal("InvalidNextToken", "The next token specified is invalid.")
    begin = int(token or 0)
    end = begin + size
    return items[begin:end], ({"NextToken": str(end)} if end < len(items) else {})
