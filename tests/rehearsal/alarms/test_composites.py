# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Composite alarms, mute rules, and lists of alarms of several types."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ..conftest import refused
from .monitored import Monitored, alarm_arn

BOTH = ["MetricAlarm", "CompositeAlarm"]


@pytest.fixture
def pair(monitored: Monitored) -> Monitored:
    """Two alarms on one database, without actions."""
    monitored.alarm("cpu")
    monitored.alarm("memory", MetricName="FreeableMemory", ComparisonOperator="LessThanThreshold", Threshold=100)
    return monitored


def compose(monitored: Monitored, name: str = "database", rule: str = "ALARM(cpu) AND ALARM(memory)", **more: Any) -> None:
    monitored.cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)


def test_one_message_for_several_alarms(pair: Monitored) -> None:
    topic = pair.paged_topic()
    compose(pair, AlarmActions=[topic], OKActions=[topic])
    pair.put(95)
    assert pair.state("database") == "OK"
    pair.cloud.admin.clear_arrived()
    pair.put(50, "FreeableMemory")
    assert pair.pages() == [("database", "OK", "ALARM")]
    message = json.loads(json.loads(pair.cloud.admin.arrived("pagerduty")[0]["body"])["Message"])
    assert message["AlarmRule"] == "ALARM(cpu) AND ALARM(memory)"
    assert [one["Arn"] for one in message["TriggeringChildren"]] == [alarm_arn("cpu"), alarm_arn("memory")]
    pair.later()
    pair.put(500, "FreeableMemory")
    assert pair.pages()[1:] == [("database", "ALARM", "OK")]


def test_composites_of_composites(pair: Monitored) -> None:
    compose(pair, "inner", "ALARM(cpu) OR ALARM(memory)")
    compose(pair, "outer", f'ALARM("{alarm_arn("inner")}") AND NOT OK("inner")')
    pair.put(95)
    assert (pair.state("inner"), pair.state("outer")) == ("ALARM", "ALARM")


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("ALARM(disk)", {}),
        ("ALARM(cpu) AND", {}),
        ("ALARM(database)", {}),
        ("ALARM(cpu)", {"ActionsSuppressor": "memory"}),
        ("ALARM(cpu)", {"ActionsSuppressorWaitPeriod": 60}),
        (
            "ALARM(cpu)",
            {"ActionsSuppressor": "disk", "ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 60},
        ),
    ],
)
def test_composites_that_are_refused(pair: Monitored, rule: str, more: dict[str, Any]) -> None:
    assert refused(pair.cloudwatch.put_composite_alarm, AlarmName="database", AlarmRule=rule, **more) == "ValidationError"


def test_what_a_composite_uses_stays_until_its_rule_has_changed(pair: Monitored) -> None:
    compose(pair)
    delete = pair.cloudwatch.delete_alarms
    assert refused(delete, AlarmNames=["memory"]) == "ValidationError"
    assert refused(delete, AlarmNames=["memory", "database"]) == "ValidationError"
    compose(pair, rule="ALARM(cpu)")
    delete(AlarmNames=["memory"])
    compose(pair, "second", "ALARM(cpu)")
    assert refused(delete, AlarmNames=["database", "second"]) == "ValidationError"
    delete(AlarmNames=["database"])
    delete(AlarmNames=["second"])
    delete(AlarmNames=["cpu", "unknown"])
    assert refused(delete, AlarmNames=["cpu"]) == "ResourceNotFound"
    assert pair.cloudwatch.describe_alarms(AlarmTypes=BOTH)["MetricAlarms"] == []


def test_lists_show_metric_alarms_only_unless_asked(pair: Monitored) -> None:
    compose(pair)
    describe = pair.cloudwatch.describe_alarms
    assert describe()["CompositeAlarms"] == []
    assert [one["AlarmName"] for one in describe()["MetricAlarms"]] == ["cpu", "memory"]
    found = describe(AlarmTypes=[*BOTH, "LogAlarm"])
    assert [one["AlarmRule"] for one in found["CompositeAlarms"]] == ["ALARM(cpu) AND ALARM(memory)"]
    assert describe(AlarmNames=["database"])["CompositeAlarms"] == []
    first = describe(AlarmTypes=BOTH, MaxRecords=2)
    second = describe(AlarmTypes=BOTH, MaxRecords=2, NextToken=first["NextToken"])
    names = [one["AlarmName"] for each in (first, second) for kind in ("CompositeAlarms", "MetricAlarms") for one in each[kind]]
    assert sorted(names) == ["cpu", "database", "memory"]
    assert "NextToken" not in second
    children = describe(ChildrenOfAlarmName="database", AlarmTypes=BOTH)["MetricAlarms"]
    assert [one["AlarmName"] for one in children] == ["cpu", "memory"]
    assert [one["AlarmName"] for one in describe(ParentsOfAlarmName="cpu", AlarmTypes=BOTH)["CompositeAlarms"]] == ["database"]


def test_a_suppressor_silences_and_then_speaks(pair: Monitored) -> None:
    topic = pair.paged_topic()
    periods = {"ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 120}
    compose(pair, "database", "ALARM(cpu)", AlarmActions=[topic], ActionsSuppressor="memory", **periods)
    pair.put(95)
    (described,) = pair.cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert (described["StateValue"], described["ActionsSuppressedBy"], pair.pages()) == ("ALARM", "WaitPeriod", [])
    pair.put(1, "FreeableMemory")
    pair.later()
    pair.put(96)
    pair.put(1, "FreeableMemory")
    assert pair.pages() == [], "the suppressor is in ALARM"
    pair.later()
    pair.put(96)
    pair.put(500, "FreeableMemory")
    assert pair.pages() == [], "it was until a moment ago"
    pair.later(130)
    pair.put(96)
    assert [(name, new) for name, _old, new in pair.pages()] == [("database", "ALARM")]


def test_a_composite_waits_for_its_suppressor(pair: Monitored) -> None:
    topic = pair.paged_topic()
    periods = {"ActionsSuppressorWaitPeriod": 60, "ActionsSuppressorExtensionPeriod": 60}
    compose(pair, "database", "ALARM(cpu)", AlarmActions=[topic], ActionsSuppressor="memory", **periods)
    pair.put(95)
    assert pair.pages() == []
    pair.later(61)
    assert [(name, new) for name, _old, new in pair.pages()] == [("database", "ALARM")]


def window(minutes: float = 0, duration: str = "PT1H") -> dict[str, Any]:
    """A mute window that begins in so many minutes."""
    begin = datetime.now(UTC) + timedelta(minutes=minutes)
    return {"Schedule": {"Expression": f"at({begin:%Y-%m-%dT%H:%M})", "Duration": duration, "Timezone": "UTC"}}


def test_a_muted_alarm_changes_state_and_rings_when_the_window_ends(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic], OKActions=[topic], TreatMissingData="ignore")
    monitored.put(20)
    monitored.cloud.admin.clear_arrived()
    mute = monitored.cloudwatch.put_alarm_mute_rule
    mute(Name="deploy", Rule=window(), MuteTargets={"AlarmNames": ["cpu"]}, Tags=[{"Key": "owner", "Value": "us"}])
    found = monitored.cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="deploy")
    assert (found["Status"], found["MuteType"], found["MuteTargets"]) == ("ACTIVE", "ONE_TIME", {"AlarmNames": ["cpu"]})
    monitored.later()
    monitored.put(95)
    assert (monitored.state(), monitored.pages()) == ("ALARM", [])
    monitored.later(3600)
    assert monitored.pages() == [("cpu", "OK", "ALARM")]
    statuses = [one["Status"] for one in monitored.cloudwatch.list_alarm_mute_rules(AlarmName="cpu")["AlarmMuteRuleSummaries"]]
    assert statuses == ["EXPIRED"]


def test_what_has_passed_within_the_window_stays_unheard(monitored: Monitored) -> None:
    topic = monitored.paged_topic()
    monitored.alarm(AlarmActions=[topic], OKActions=[topic])
    monitored.put(20)
    monitored.cloud.admin.clear_arrived()
    monitored.cloudwatch.put_alarm_mute_rule(Name="deploy", Rule=window(), MuteTargets={"AlarmNames": ["cpu"]})
    for value in (95, 20):
        monitored.later()
        monitored.put(value)
    monitored.cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="deploy")
    monitored.cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="deploy")
    assert monitored.pages() == []
    assert refused(monitored.cloudwatch.get_alarm_mute_rule, AlarmMuteRuleName="deploy") == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("rule", "alarms"),
    [
        ({"Schedule": {"Expression": "rate(1 day)", "Duration": "PT1H"}}, ["cpu"]),
        ({"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "P16D"}}, ["cpu"]),
        ({"Schedule": {"Expression": "cron(0 2 * * *)", "Duration": "PT1H"}}, ["disk"]),
    ],
)
def test_mute_rules_that_are_refused(monitored: Monitored, rule: dict[str, Any], alarms: list[str]) -> None:
    monitored.alarm()
    put = monitored.cloudwatch.put_alarm_mute_rule
    assert refused(put, Name="deploy", Rule=rule, MuteTargets={"AlarmNames": alarms}) == "ValidationError"
