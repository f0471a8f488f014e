# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What CloudWatch decides, as tables: states from datapoints, metric math, statistics, composite rules, mute windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.monitoring import alarm_rules, expressions, mute_windows
from rehearsal.monitoring.evaluation import ALARM, INSUFFICIENT_DATA, OK, Criteria, Window, judge, windows
from rehearsal.monitoring.functions import ExpressionError
from rehearsal.monitoring.queries import Query, series_of, values
from rehearsal.monitoring.series import Metrics, metric, observed, summarized
from rehearsal.monitoring.statistics import computed

KEPT = None
TREATED = ("missing", "ignore", "breaching", "notBreaching")
# "Configuring how CloudWatch alarms treat missing data": datapoints, those needed of three, the state by treatment.
MISSING_DATA = [
    ("0 - X - X", 3, (OK, OK, OK, OK)),
    ("- - - - 0", 3, (OK, OK, OK, OK)),
    ("- - - - -", 3, (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
    ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
    ("- - X - -", 3, (ALARM, KEPT, ALARM, OK)),
    ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
    ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
    ("0 - X - -", 2, (OK, OK, ALARM, OK)),
    ("- - - - 0", 2, (OK, OK, ALARM, OK)),
    ("- - - X -", 2, (ALARM, KEPT, ALARM, OK)),
    # beyond AWS's tables: one datapoint is too young to decide for three
    ("- - - - X", 3, (KEPT, KEPT, ALARM, OK)),
    ("- - - - X", 1, (ALARM, ALARM, ALARM, ALARM)),
]


@pytest.mark.parametrize(("points", "needed", "expected"), MISSING_DATA)
def test_missing_data(points: str, needed: int, expected: tuple[str | None, ...]) -> None:
    datapoints = [{"-": None, "0": 0.0, "X": 9.0}[point] for point in points.split()]
    found = [judge(Criteria("GreaterThanThreshold", 1, 3, needed, treated), datapoints).state for treated in TREATED]
    assert tuple(found) == expected


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, OK),
        ("GreaterThanOrEqualToThreshold", 5.0, ALARM),
        ("LessThanThreshold", 5.0, OK),
        ("LessThanOrEqualToThreshold", 5.0, ALARM),
    ],
)
def test_comparisons_at_the_threshold(comparison: str, value: float, state: str) -> None:
    verdict = judge(Criteria(comparison, 5.0, 1, 1), [value])
    assert verdict.state == state
    assert verdict.reason.startswith("Threshold Crossed: 1 out of the last 1 datapoints [5.0] was ")


def test_windows_slide_with_the_minute_unless_aligned_to_the_clock() -> None:
    now = 1_000 * 300 + 130  # two minutes and ten seconds into a period of five minutes
    assert windows(now, 300, 2, complete=True)[-1] == Window(now - 10 - 300, now - 10)
    assert windows(now, 300, 2, complete=False)[-1] == Window(now + 50 - 300, now + 50)
    assert windows(now, 300, 2, complete=False, aligned=True)[-1] == Window(1_000 * 300, 1_001 * 300)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", {0: 21, 60: 42}),
        ("(a + b) * 2", {0: 22, 60: 44}),
        ("-a", {0: -1, 60: -2, 120: -3}),
        ("100 * a / b", {0: 10, 60: 10}),
        ("a / 0", {}),
        ("100 * errors / requests", {}),  # a ratio over nothing has no value
        ("100 * FILL(errors, 0) / FILL(requests, 1)", {0: 0, 60: 0, 120: 0}),
        ("IF(requests > 0, 100 * errors / requests, 0)", {}),
        ("IF(FILL(requests, 0) > 0, 100 * FILL(errors, 0) / requests, 0)", {0: 0, 60: 0, 120: 0}),
        ("IF(a > 1, b)", {60: 20}),
        ("IF(a > 1 AND a < 3, 1, 0)", {0: 0, 60: 1, 120: 0}),
        ("a >= 2 || b == 10", {0: 1, 60: 1}),
        ("MAX(METRICS())", {0: 10, 60: 20, 120: 3}),
        ('SUM(METRICS("a"))', {0: 1, 60: 2, 120: 3}),
        ("MIN([a, b])", {0: 1, 60: 2, 120: 3}),
        ("SUM([a, b, 1])", {0: 12, 60: 23, 120: 4}),
        ("AVG(METRICS())", {0: 5.5, 60: 11, 120: 3}),
        ("MAX(a)", 3),
        ("FILL(b, REPEAT)", {0: 10, 60: 20, 120: 20}),
        ("DIFF(a)", {60: 1, 120: 1}),
        ("RATE(b)", {60: 10 / 60}),
        ("RUNNING_SUM(a)", {0: 1, 60: 3, 120: 6}),
        ("CEIL(a / 2) - FLOOR(a / 2)", {0: 1, 60: 0, 120: 1}),
        ("METRIC_COUNT(METRICS())", 4),
        ("PERIOD(a)", 60),
        ("ABS(a - 2)", {0: 1, 60: 0, 120: 1}),
        ("MINUTE(a)", {0: 0, 60: 1, 120: 2}),
    ],
)
def test_metric_math(text: str, expected: Any) -> None:
    data = {"a": {0: 1.0, 60: 2.0, 120: 3.0}, "b": {0: 10.0, 60: 20.0}, "errors": {}, "requests": {}}
    queries = [Query(name, metric=metric("n", name), statistic="Sum") for name in data]
    times = [Window(start, start + 60) for start in (0, 60, 120)]
    asked = [*queries, Query("e", expression=expressions.parsed(text))]
    found = values(asked, times, lambda query, window: data[query.id].get(int(window.start)))
    assert found["e"] == pytest.approx(expected)


@pytest.mark.parametrize("text", ["a +", "NOPE(a)", "(a", "a b", "a % 2", "FILL(a)", "x + 1", "e + 1"])
def test_expressions_that_cannot_be_computed(text: str) -> None:
    queries = [Query("a", metric=metric("n", "a"), statistic="Sum")]
    with pytest.raises(ExpressionError):
        values([*queries, Query("e", expression=expressions.parsed(text))], [Window(0, 60)], lambda query, window: 1.0)


def test_an_alarm_needs_one_time_series() -> None:
    assert series_of([{0: 1.0}], (0,)) == {0: 1.0}
    assert series_of(2.0, (0, 60)) == {0: 2.0, 60: 2.0}
    with pytest.raises(ExpressionError, match="several"):
        series_of([{}, {}], (0,))


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        *[("Sum", 5050), ("Average", 50.5), ("Minimum", 1), ("Maximum", 100), ("SampleCount", 100)],
        *[("p99", 99), ("p50", 50), ("p100", 100), ("tm90", 45.5), ("TM(10%:90%)", 50), ("PR(:80)", 80), ("tc50", 50), ("IQM", 50)],
    ],
)
def test_statistics(statistic: str, expected: float) -> None:
    assert computed(statistic, observed({float(value): 1.0 for value in range(1, 101)})) == expected


def test_percentiles_need_the_values_themselves() -> None:
    assert computed("p99", summarized(10, 4, 1, 5)) is None
    assert computed("Average", summarized(10, 4, 1, 5)) == 2.5
    assert computed("p99", summarized(8, 4, 2, 2)) == 2


def test_data_of_another_unit_or_other_dimensions_are_another_metric() -> None:
    kept, of = Metrics(), metric("AWS/RDS", "CPUUtilization", [{"Name": "DBInstanceIdentifier", "Value": "main"}])
    kept.add(of, 125, "Percent", observed({90.0: 1.0}))
    kept.add(of, 130, "Percent", observed({70.0: 1.0}))
    found = kept.between(of, 120, 180, "Percent")
    assert found is not None
    assert (found.total, found.count) == (160, 2)
    assert kept.between(of, 120, 180, "Count") is None
    assert kept.between(of, 60, 120) is None
    assert kept.between(metric("AWS/RDS", "CPUUtilization"), 0, 600) is None


RULES = [
    ('ALARM("a")', True),
    ("alarm(a) and ok(b)", True),
    ("ALARM(a) AND ALARM(b)", False),
    ("ALARM(b) OR INSUFFICIENT_DATA('c d')", True),
    ("NOT ALARM(a) OR OK(b)", True),
    ("NOT (ALARM(a) OR OK(b))", False),
    ("ALARM(b) OR ALARM(a) AND NOT OK(a)", True),
    ('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a")', True),
    ("TRUE AND NOT FALSE", True),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_composite_rules(text: str, expected: bool) -> None:
    states = {"a": ALARM, "b": OK, "c d": INSUFFICIENT_DATA}
    assert alarm_rules.parsed(text).holds(states.__getitem__) is expected


@pytest.mark.parametrize(
    "text",
    [
        *["", "a", "ALARM()", "ALARM(a) ALARM(b)", "ALARM(a) AND", "(ALARM(a)", "ALARM(a) XOR OK(b)"],
        " OR ".join(f"OK(a{number})" for number in range(101)),
    ],
)
def test_rules_that_cannot_be_read(text: str) -> None:
    with pytest.raises(alarm_rules.RuleError):
        alarm_rules.parsed(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "zone", "now", "expected"),
    [
        ("cron(0 2 * * *)", "UTC", "2026-12-01T02:00", "ACTIVE"),
        ("cron(0 2 * * *)", "UTC", "2026-12-01T05:59", "ACTIVE"),
        ("cron(0 2 * * *)", "UTC", "2026-12-01T06:00", "SCHEDULED"),
        ("cron(0 2 * * *)", "Africa/Johannesburg", "2026-12-01T00:30", "ACTIVE"),
        ("cron(0 2 * * SUN)", "UTC", "2026-12-06T03:00", "ACTIVE"),
        ("cron(0 2 * * MON-SAT)", "UTC", "2026-12-06T03:00", "SCHEDULED"),
        ("cron(0 22 31 DEC *)", "UTC", "2027-01-01T01:00", "ACTIVE"),
        ("at(2026-12-01T10:00)", "UTC", "2026-12-01T09:59", "SCHEDULED"),
        ("at(2026-12-01T10:00)", "UTC", "2026-12-01T13:00", "ACTIVE"),
        ("at(2026-12-01T10:00)", "UTC", "2026-12-01T14:00", "EXPIRED"),
    ],
)
def test_mute_windows(expression: str, zone: str, now: str, expected: str) -> None:
    found = mute_windows.schedule(expression, "PT4H", zone)
    assert mute_windows.status(found, moment(now), None, None) == expected


def test_a_mute_rule_begins_and_expires() -> None:
    found, now = mute_windows.schedule("cron(* * * * *)", "PT1M"), moment("2026-12-01T02:00")
    day = timedelta(days=1)
    assert mute_windows.status(found, now, now - day, now + day) == "ACTIVE"
    assert mute_windows.status(found, now, now + day, None) == "SCHEDULED"
    assert mute_windows.status(found, now, None, now - day) == "EXPIRED"


@pytest.mark.parametrize(
    ("expression", "duration", "zone"),
    [
        ("cron(0 2 * *)", "PT1H", "UTC"),
        ("cron(0 24 * * *)", "PT1H", "UTC"),
        ("rate(1 day)", "PT1H", "UTC"),
        ("at(2026-13-01T10:00)", "PT1H", "UTC"),
        ("cron(0 2 * * *)", "1h", "UTC"),
        ("cron(0 2 * * *)", "PT30S", "UTC"),
        ("cron(0 2 * * *)", "P16D", "UTC"),
        ("cron(0 2 * * *)", "PT1H", "Mars/Olympus"),
    ],
)
def test_schedules_that_are_refused(expression: str, duration: str, zone: str) -> None:
    with pytest.raises(mute_windows.ScheduleError):
        mute_windows.schedule(expression, duration, zone)
