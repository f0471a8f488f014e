# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What users change about alarms, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.model import Alarm, Composite
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarms.own import read_alarms
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.all import metric_alarms
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import (
    AlarmSettings,
    alarm_problems,
    alarms_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems

from . import platforms as p

GENERATED = list(metric_alarms(p.FULL))

PATH = "observability_alarms"
OWN = {"metric": {"namespace": "Shop", "name": "Orders", "statistic": "Sum"}, "threshold": 5, "comparison": "below", "severity": "critical"}


def settings(given: Any) -> tuple[AlarmSettings, list[str]]:
    problems = Problems()
    overrides, own = read_alarms(given, PATH, "eu-west-1", problems)
    found = AlarmSettings(overrides, own)
    return found, [*problems.messages, *alarm_problems(GENERATED, found)]


CHANGES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("a threshold", {"database-main-cpu": {"threshold": 90}}, "database-main-cpu", {"threshold": 90.0}),
    ("a threshold from a template", {"database-main-cpu": {"threshold": "90"}}, "database-main-cpu", {"threshold": 90.0}),
    ("a size", {"database-main-memory": {"threshold": "1.5 GiB"}}, "database-main-memory", {"threshold": 1.5 * 2**30}),
    ("a pattern", {"database-*-cpu": {"threshold": 70}}, "database-main-reader-cpu", {"threshold": 70.0}),
    (
        "a name over a pattern",
        {"database-*-cpu": {"threshold": 70, "severity": "critical"}, "database-main-cpu": {"threshold": 60}},
        "database-main-cpu",
        {"threshold": 60.0, "severity": "critical"},
    ),
    ("a severity", {"queue-orders-age": {"severity": "critical"}}, "queue-orders-age", {"severity": "critical"}),
    ("periods", {"queue-orders-age": {"evaluation_periods": 10}}, "queue-orders-age", {"evaluation_periods": 10, "datapoints": 10}),
    ("M of N", {"queue-orders-age": {"evaluation_periods": 10, "datapoints": 4}}, "queue-orders-age", {"datapoints": 4}),
    ("missing data", {"queue-orders-age": {"missing_data": "breaching"}}, "queue-orders-age", {"missing_data": "breaching"}),
    (
        "an own alarm",
        {"orders-too-few": OWN},
        "orders-too-few",
        {"threshold": 5.0, "comparison": "LessThanThreshold", "severity": "critical"},
    ),
]


@pytest.mark.parametrize(("case", "given", "name", "expected"), CHANGES, ids=[case for case, *dummy in CHANGES])
def test_what_a_user_changes(case: str, given: dict[str, Any], name: str, expected: dict[str, Any]) -> None:
    found, problems = settings(given)
    assert problems == []
    (alarm,) = [one for one in alarms_of(p.FULL, found) if one.name == name]
    assert {key: getattr(alarm, key) for key in expected} == expected


def test_a_changed_threshold_is_said_in_the_description() -> None:
    found = settings({"database-main-cpu": {"threshold": 90}})[0]
    (alarm,) = [one for one in alarms_of(p.FULL, found) if one.name == "database-main-cpu"]
    assert "above 90 Percent" in alarm.description


def test_a_disabled_alarm_is_in_no_composite() -> None:
    found, problems = settings({"application-shop-web-latency": {"enabled": False}})
    assert problems == []
    every = alarms_of(p.FULL, found)
    assert "application-shop-web-latency" not in [one.name for one in every]
    assert all("application-shop-web-latency" not in one.children for one in every if isinstance(one, Composite))


def test_an_own_critical_alarm_pages_by_itself() -> None:
    found = settings({"orders-too-few": OWN})[0]
    (alarm,) = [one for one in alarms_of(p.FULL, found) if one.name == "orders-too-few"]
    assert isinstance(alarm, Alarm)
    assert not alarm.silent


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "a percentage over 100",
        {"database-main-cpu": {"threshold": 180}},
        "observability_alarms.database-main-cpu.threshold is 180, but database-main-cpu is measured in Percent; it must be a "
        "percentage from 0 to 100 (usually 80)",
    ),
    ("a negative time", {"queue-orders-age": {"threshold": -1}}, "it must be a number of seconds from 0 to 1209600"),
    ("a size for a percentage", {"database-main-cpu": {"threshold": "2 GiB"}}, "is measured in Percent"),
    ("true", {"database-main-cpu": {"threshold": True}}, "threshold is True"),
    ("a severity", {"database-main-cpu": {"severity": "fatal"}}, "it must be one of critical, warning, notice"),
    ("a misspelt name", {"database-main-cpv": {"threshold": 90}}, "did you mean database-main-cpu?"),
    ("a pattern that matches nothing", {"databases-*": {"threshold": 90}}, "observability_alarms.databases-* matches no alarm"),
    (
        "two patterns",
        {"database-*-cpu": {"threshold": 90}, "*-main-cpu": {"threshold": 70}},
        "observability_alarms has database-*-cpu and *-main-cpu, but both match alarm database-main-cpu; make one of them narrower",
    ),
    ("more datapoints than periods", {"queue-orders-age": {"datapoints": 9}}, "looks at 5 periods; it must not be more"),
    ("more than a day", {"database-main-cpu": {"evaluation_periods": 400}}, "it must be at most 288"),
    ("an unknown setting", {"database-main-cpu": {"treshold": 90}}, "did you mean threshold?"),
    ("two alarms of one name", {"database-main-cpu": OWN}, "an alarm of this name is generated for databases.main"),
    ("no threshold", {"orders": {"metric": OWN["metric"]}}, "observability_alarms.orders.threshold is missing"),
    ("no namespace", {"orders": {**OWN, "metric": {"name": "Orders"}}}, "observability_alarms.orders.metric.namespace is missing"),
    ("a statistic", {"orders": {**OWN, "metric": {**OWN["metric"], "statistic": "p100.5"}}}, "or a percentile such as p99"),  # type: ignore[dict-item]
    ("a period", {"orders": {**OWN, "metric": {**OWN["metric"], "period": 90}}}, "a multiple of 60 seconds"),  # type: ignore[dict-item]
    ("a percentage of one's own", {"orders": {**OWN, "unit": "Percent", "threshold": 300}}, "the alarm is measured in Percent"),
    ("a name", {"Orders": OWN}, "lower-case letters, digits and hyphens"),
]


@pytest.mark.parametrize(("case", "given", "expected"), WRONG, ids=[case for case, *dummy in WRONG])
def test_what_is_wrong_is_one_sentence(case: str, given: dict[str, Any], expected: str) -> None:
    problems = settings(given)[1]
    assert len(problems) == 1, problems
    assert expected in problems[0]


def test_two_items_whose_alarms_have_one_name() -> None:
    platform = p.having(databases=(p.MAIN, p.MAIN))
    assert any(
        "there are 2 alarms of the name database-main-cpu (databases.main)" in one
        for one in alarm_problems(list(metric_alarms(platform)), AlarmSettings())
    )
