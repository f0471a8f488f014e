"""Windows of a day and of a week, as RDS and ElastiCache take them for backups and maintenance."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from rehearsal.query_api import invalid

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_BACKUP = re.compile(rf"{_TIME}-{_TIME}")
_MAINTENANCE = re.compile(rf"({'|'.join(DAYS)}):{_TIME}-({'|'.join(DAYS)}):{_TIME}")
DAY, WEEK = 24 * 60, 7 * 24 * 60
HOURS = tuple(range(8))
"""AWS picks windows from a block of eight hours per region; here it is the night in UTC."""


def chosen(name: str, backup: Any, maintenance: Any, minutes: int) -> tuple[str, str]:
    """The daily and the weekly window: those that are given, else what AWS picks, of this length, so that they do not overlap."""
    digest = hashlib.sha256(name.encode()).digest()
    hour, day = HOURS[digest[0] % len(HOURS)], DAYS[digest[1] % len(DAYS)]
    daily, weekly = str(backup or ""), str(maintenance or "").lower()
    if not weekly:
        begin = (_hour(daily[:2], hour) + 12) % 24
        weekly = f"{day}:{begin:02}:00-{day}:{_end(begin, minutes)}"
    if not daily:
        begin = (_hour(weekly[4:6], hour) + 12) % 24
        daily = f"{begin:02}:00-{_end(begin, minutes)}"
    return daily, weekly


def _hour(text: str, default: int) -> int:
    return int(text) if text.isdecimal() else default


def _end(hour: int, minutes: int) -> str:
    """The end of a window that begins at this hour of a night or a noon, and so ends on the same day."""
    return f"{(hour * 60 + minutes) // 60 % 24:02}:{minutes % 60:02}"


def check(name: str, backup: Any, maintenance: Any, shortest: int) -> None:
    """Each window has at least `shortest` minutes, and the daily one, in the parameter of this name, does not overlap the weekly one."""
    daily, weekly = _BACKUP.fullmatch(str(backup)), _MAINTENANCE.fullmatch(str(maintenance).lower())
    if not daily:
        raise invalid(f"The parameter {name} is not a valid window: {backup}. It must be in the format hh24:mi-hh24:mi.")
    if not weekly:
        text = f"The parameter PreferredMaintenanceWindow is not a valid window: {maintenance}."
        raise invalid(f"{text} It must be in the format ddd:hh24:mi-ddd:hh24:mi.")
    begin, end = (int(daily[n]) * 60 + int(daily[n + 1]) for n in (1, 3))
    length = (end - begin) % DAY
    if length < shortest:
        raise invalid(f"The backup window must be at least {shortest} minutes: {backup}")
    first = DAYS.index(weekly[1]) * DAY + int(weekly[2]) * 60 + int(weekly[3])
    last = DAYS.index(weekly[4]) * DAY + int(weekly[5]) * 60 + int(weekly[6])
    span = (last - first) % WEEK
    if not shortest <= span <= DAY:
        raise invalid(f"The maintenance window must be at least {shortest} minutes and at most 24 hours: {maintenance}")
    if any(_overlap((first, span), (day * DAY + begin, length)) for day in range(7)):
        raise invalid(f"The backup window and maintenance window must not overlap: {backup} and {maintenance}")


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two windows of a week, each (begin, length) in minutes, share time."""
    return (other[0] - one[0]) % WEEK < one[1] or (one[0] - other[0]) % WEEK < other[1]
