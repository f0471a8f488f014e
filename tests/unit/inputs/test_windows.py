# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""When a weekly or daily window is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.inputs.windows import daily, is_open, weekly

SUNDAY = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment", "expected"),
    [
        ("sun:02:00-sun:05:00", SUNDAY, True),
        ("sun:02:30-sun:05:00", SUNDAY, True),
        ("sun:02:00-sun:02:30", SUNDAY, False),
        ("sat:22:00-sun:03:00", SUNDAY, True),
        ("sun:23:00-mon:01:00", SUNDAY + timedelta(hours=22), True),
        ("sun:23:00-mon:01:00", SUNDAY, False),
        ("sun:02:00-sun:03:00", SUNDAY + timedelta(days=1), False),
        ("sun:02:00-sun:03:00", SUNDAY.astimezone(timezone(timedelta(hours=9))), True),
    ],
)
def test_weekly(text: str, moment: datetime, expected: bool) -> None:
    window = weekly(text)
    assert window
    assert is_open(window, moment) is expected


def test_daily() -> None:
    window = daily("23:00-03:00")
    assert window
    assert is_open(window, SUNDAY)
    assert not is_open(window, SUNDAY + timedelta(hours=1))
