# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The deployment window: when it is open, what is said of it, what it refuses, and what is wrong with a description."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.app_deploy.window import Window, decide, in_words, read, status

OFFICE = {"schedule": "0 9 * * 1-4", "duration": "8h", "time_zone": "Africa/Johannesburg"}


def window(**changed: Any) -> Window:
    found, problems = read({**OFFICE, **changed}, "app_deploy_window")
    assert found is not None, problems
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = {"schedule": "0 1 * * 0", "duration": "4h", "time_zone": "Europe/Berlin"}
STATUSES = {
    "before it opens": (OFFICE, "2026-11-30T06:59", "closed; it opens next at 2026-11-30 09:00 Africa/Johannesburg (UTC+02:00)"),
    "when it opens": (OFFICE, "2026-11-30T07:00", "open until 2026-11-30 17:00 Africa/Johannesburg (UTC+02:00)"),
    "just before it closes": (OFFICE, "2026-11-30T14:59", "open until 2026-11-30 17:00 Africa/Johannesburg (UTC+02:00)"),
    "when it closes": (OFFICE, "2026-11-30T15:00", "closed; it opens next at 2026-12-01 09:00 Africa/Johannesburg (UTC+02:00)"),
    "over the weekend": (OFFICE, "2026-12-03T16:00", "closed; it opens next at 2026-12-07 09:00 Africa/Johannesburg (UTC+02:00)"),
    "across midnight": (
        {"schedule": "0 22 * * *", "duration": "4h", "time_zone": "UTC"},
        "2026-11-30T01:00",
        "open until 2026-11-30 02:00 UTC (UTC+00:00)",
    ),
    # Four real hours: until 06:00 when an hour is skipped, until 04:00 when one is repeated.
    "an hour is skipped": (NIGHT, "2026-03-29T03:30", "open until 2026-03-29 06:00 Europe/Berlin (UTC+02:00)"),
    "an hour is repeated": (NIGHT, "2026-10-25T02:30", "open until 2026-10-25 04:00 Europe/Berlin (UTC+01:00)"),
    "an hour is repeated, and it is over": (
        NIGHT,
        "2026-10-25T03:00",
        "closed; it opens next at 2026-11-01 01:00 Europe/Berlin (UTC+01:00)",
    ),
    "it opens in the other season": (NIGHT, "2026-10-18T12:00", "closed; it opens next at 2026-10-25 01:00 Europe/Berlin (UTC+02:00)"),
    "windows that touch are one": (
        {"schedule": "0 8,12 * * *", "duration": "4h", "time_zone": "UTC"},
        "2026-11-30T09:00",
        "open until 2026-11-30 16:00 UTC (UTC+00:00)",
    ),
    "windows that overlap are one": (
        {"schedule": "0 8-10 * * *", "duration": "90m", "time_zone": "UTC"},
        "2026-11-30T08:00",
        "open until 2026-11-30 11:30 UTC (UTC+00:00)",
    ),
    "always": ({"schedule": "0 * * * *", "duration": "1h", "time_zone": "UTC"}, "2026-11-30T08:00", "open"),
}


@pytest.mark.parametrize("case", STATUSES)
def test_when_it_is_open(case: str) -> None:
    given, moment, expected = STATUSES[case]
    described = window(**given)
    assert in_words(described, status(described, at(moment))) == expected


OPEN, CLOSED = at("2026-11-30T12:00"), at("2026-11-30T20:00")
SHUT = "closed; it opens next at 2026-12-01 09:00 Africa/Johannesburg (UTC+02:00)"


def test_prod_refuses_outside_and_says_how_to_go_on() -> None:
    found = decide(window(), "prod", "", CLOSED)
    assert found.hold.startswith(f"The deployment window is {SHUT}. Nothing was changed.")
    assert "app_deploy_break_glass" in found.hold
    assert found.recorded is None


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_other_environments_say_it_and_go_on(environment: str) -> None:
    found = decide(window(), environment, "", CLOSED)
    assert found.hold == ""
    assert SHUT in found.note


def test_a_reason_opens_it_and_is_recorded() -> None:
    found = decide(window(), "prod", " outage 4711 ", CLOSED)
    assert found.hold == ""
    assert found.recorded == {"window": SHUT, "break_glass": "outage 4711"}
    assert "outage 4711" in found.note


def test_a_blank_reason_is_none() -> None:
    assert decide(window(), "prod", "  ", CLOSED).hold


def test_a_reason_is_not_recorded_while_it_is_open() -> None:
    found = decide(window(), "prod", "just in case", OPEN)
    assert found.hold == ""
    assert found.recorded == {"window": "open until 2026-11-30 17:00 Africa/Johannesburg (UTC+02:00)"}


def test_without_a_window_nothing_is_said() -> None:
    assert read({}, "app_deploy_window") == (None, [])
    assert decide(None, "prod", "", CLOSED) == decide(None, "dev", "", OPEN)
    assert decide(None, "prod", "", CLOSED).hold == ""


WRONG: dict[str, tuple[Any, list[str]]] = {
    "no mapping": ("0 9 * * 1-4", ["app_deploy_window is '0 9 * * 1-4', but it must be a mapping"]),
    "a schedule that is none": ({**OFFICE, "schedule": "9-17"}, ["app_deploy_window.schedule is '9-17', but it must have five fields"]),
    "a zone that is none": ({**OFFICE, "time_zone": "SAST"}, ["app_deploy_window.time_zone is 'SAST', but it must be a name of the IANA"]),
    "a duration without a unit": ({**OFFICE, "duration": 8}, ["app_deploy_window.duration is 8, but it must be a duration such as 8h"]),
    "no time at all": ({**OFFICE, "duration": "0h"}, ["app_deploy_window.duration is '0h', but"]),
    "too long": ({**OFFICE, "duration": "32d"}, ["app_deploy_window.duration is '32d', but"]),
    "far too long": ({**OFFICE, "duration": "99999999999h"}, ["app_deploy_window.duration is '99999999999h', but"]),
    "an unknown setting": ({**OFFICE, "timezone": "UTC"}, ["app_deploy_window.timezone is not a setting; did you mean time_zone?"]),
    "everything missing at once": (
        {"reason": "x"},
        [
            "app_deploy_window.schedule is missing",
            "app_deploy_window.time_zone is missing",
            "app_deploy_window.duration is missing",
            "reason",
        ],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_description(case: str) -> None:
    given, expected = WRONG[case]
    found, problems = read(given, "app_deploy_window")
    assert found is None
    assert [text for text in expected if not any(text in problem for problem in problems)] == []
