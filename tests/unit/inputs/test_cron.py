# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cron expressions: what they select, also when clocks change, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.cron import BadCron, parse, times, zone

# Expression, time zone, a moment in UTC, and the next moments in UTC.
SELECTED = {
    "every day": ("30 9 * * *", "UTC", "2026-03-01T10:00", ["2026-03-02T09:30", "2026-03-03T09:30"]),
    "strictly after": ("30 9 * * *", "UTC", "2026-03-01T09:30", ["2026-03-02T09:30"]),
    "in a time zone": ("0 9 * * 1-4", "Africa/Johannesburg", "2026-11-26T12:00", ["2026-11-30T07:00", "2026-12-01T07:00"]),
    "across midnight in UTC": ("0 1 * * 1", "Africa/Johannesburg", "2026-11-29T00:00", ["2026-11-29T23:00"]),
    "steps and lists": ("*/30 8,17 * * *", "UTC", "2026-03-01T00:00", ["2026-03-01T08:00", "2026-03-01T08:30", "2026-03-01T17:00"]),
    "a step from a number": ("0 20/2 * * *", "UTC", "2026-03-01T00:00", ["2026-03-01T20:00", "2026-03-01T22:00", "2026-03-02T20:00"]),
    "names": ("0 0 * JAN sun", "UTC", "2026-03-01T00:00", ["2027-01-03T00:00", "2027-01-10T00:00"]),
    "7 is Sunday": ("0 0 * * 7", "UTC", "2026-03-02T00:00", ["2026-03-08T00:00"]),
    "a range up to 7": ("0 0 * * 6-7", "UTC", "2026-03-02T00:00", ["2026-03-07T00:00", "2026-03-08T00:00", "2026-03-14T00:00"]),
    "either day": ("0 0 13 * 5", "UTC", "2026-03-01T00:00", ["2026-03-06T00:00", "2026-03-13T00:00", "2026-03-20T00:00"]),
    "both have to fit if one is any": ("0 0 13 * ?", "UTC", "2026-03-01T00:00", ["2026-03-13T00:00", "2026-04-13T00:00"]),
    "a leap day over 2100": ("0 0 29 2 *", "UTC", "2096-03-01T00:00", ["2104-02-29T00:00"]),
    "a macro": ("@weekly", "UTC", "2026-03-02T00:00", ["2026-03-08T00:00"]),
    # Berlin: at 02:00 on 29 March 2026, clocks go to 03:00; at 03:00 on 25 October, back to 02:00.
    "the offset of each season": ("0 9 28,30 3 *", "Europe/Berlin", "2026-03-01T00:00", ["2026-03-28T08:00", "2026-03-30T07:00"]),
    "a time that is skipped": ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    "a time that is skipped and one at the change": (
        "0,30 2-3 29 3 *",
        "Europe/Berlin",
        "2026-03-28T12:00",
        ["2026-03-29T01:00", "2026-03-29T01:30"],
    ),
    "a time that is repeated": ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    # Lord Howe changes by half an hour, at 02:00.
    "a change of half an hour": ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
    # Samoa skipped 30 December 2011.
    "a day that is skipped": ("0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00", ["2011-12-30T10:00"]),
}


@pytest.mark.parametrize("case", SELECTED)
def test_what_an_expression_selects(case: str) -> None:
    expression, where, after, expected = SELECTED[case]
    found = times(parse(expression), zone(where), datetime.fromisoformat(after).replace(tzinfo=UTC))
    assert [f"{one:%Y-%m-%dT%H:%M}" for one in islice(found, len(expected))] == expected


REFUSED = {
    "four fields": ("0 9 * *", "five fields"),
    "six fields": ("0 0 9 * * 1", "five fields"),
    "nothing": ("", "five fields"),
    "a minute too large": ("60 9 * * *", "minute '60' is not 0 to 59"),
    "an hour too large": ("0 24 * * *", "hour '24' is not 0 to 23"),
    "a day 0": ("0 9 0 * *", "day of the month '0' is not 1 to 31"),
    "an unknown name": ("0 9 * * FRIDAY", "day of the week 'FRIDAY' is not 0 to 7 or SUN to SAT"),
    "a range backwards": ("0 9 * * FRI-MON", "ends before it begins"),
    "a step of 0": ("*/0 9 * * *", "a step of 0"),
    "an empty part": ("0, 9 * * *", "minute '' is none of"),
    "a day that no month has": ("0 9 30 2 *", "it selects no day of any year"),
    "an unknown macro": ("@reboot", "five fields"),
    "words": ("every day at nine please", "minute"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str) -> None:
    expression, message = REFUSED[case]
    with pytest.raises(BadCron) as error:
        parse(expression)
    assert message in str(error.value)


@pytest.mark.parametrize("name", ["Johannesburg", "CEST", "+02:00", "../etc/passwd", "africa/johannesburg/", "Africa"])
def test_names_that_are_no_time_zone(name: str) -> None:
    with pytest.raises(BadCron) as error:
        zone(name)
    assert "IANA" in str(error.value)
