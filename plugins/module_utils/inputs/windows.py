# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Daily and weekly windows, such as those of backups and maintenance, in UTC. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from .reader import Reader

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
SHORTEST = 30
"""Minutes that a window must last: RDS requires it of each of its windows."""

TIME = r"([01]\d|2[0-3]):([0-5]\d)"
DAILY = re.compile(rf"{TIME}-{TIME}")
WEEKLY = re.compile(rf"({'|'.join(DAYS)}):{TIME}-({'|'.join(DAYS)}):{TIME}")


@dataclass(frozen=True)
class Window:
    """``start`` and ``length`` in minutes, from midnight or from the beginning of Monday."""

    text: str
    start: int
    length: int
    weekly: bool


def daily(text: str) -> Window | None:
    """A window such as ``03:00-03:30``; None if the text is none."""
    found = DAILY.fullmatch(text)
    if not found:
        return None
    first, last = (60 * int(hour) + int(minute) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    return Window(text, first, (last - first) % DAY, weekly=False)


def weekly(text: str) -> Window | None:
    """A window such as ``sun:05:00-sun:06:00``; None if the text is none. RDS takes days in any case and returns them in lower case."""
    found = WEEKLY.fullmatch(text.lower())
    if not found:
        return None
    ends = (found.group(1, 2, 3), found.group(4, 5, 6))
    first, last = (DAY * DAYS.index(day) + 60 * int(hour) + int(minute) for day, hour, minute in ends)
    return Window(text.lower(), first, (last - first) % WEEK, weekly=True)


def overlap(backup: Window, maintenance: Window) -> bool:
    """Whether the two have a minute in common: the backup window is every day."""
    starts = [backup.start + DAY * number for number in range(7)]
    return any(
        (start - maintenance.start) % WEEK < maintenance.length or (maintenance.start - start) % WEEK < backup.length for start in starts
    )


def is_open(window: Window, moment: datetime) -> bool:
    """Whether a moment lies in a window."""
    now = moment.astimezone(UTC)
    minute = now.hour * 60 + now.minute + (now.weekday() * DAY if window.weekly else 0)
    return (minute - window.start) % (WEEK if window.weekly else DAY) < window.length


def overlapping(daily_one: str | None, weekly_one: str | None) -> bool:
    """Whether both windows are given and overlap."""
    first, second = daily(daily_one or ""), weekly(weekly_one or "")
    return bool(first and second and overlap(first, second))


def read_window(reader: Reader, weekly_one: bool, shortest: int = SHORTEST) -> Window | None:
    """The setting ``window``, daily or weekly; None if it is absent or invalid. ``shortest``: in minutes."""
    value = reader.take("window")
    if value is None:
        return None
    convert, example = (weekly, "sun:05:00-sun:06:00") if weekly_one else (daily, "03:00-04:00")
    window = convert(value) if isinstance(value, str) else None
    if window is None:
        reader.problems.add(reader.at("window"), value, f'it must be a period in UTC such as "{example}", in quotes')
    elif window.length < shortest:
        reader.problems.add(reader.at("window"), value, f"it must last at least {shortest} minutes")
    elif weekly_one and window.length >= DAY:
        reader.problems.add(reader.at("window"), value, "it must last less than 24 hours")
    else:
        return window
    return None


def text_of(window: Window | None) -> str | None:
    return window.text if window else None
