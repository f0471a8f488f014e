"""When an alarm mute rule is in force, after "PutAlarmMuteRule" in the Amazon CloudWatch API Reference. Pure.

A schedule is cron(minutes hours day-of-month month day-of-week) or at(yyyy-MM-ddThh:mm), in a time zone, with a duration in ISO 8601.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ONE_TIME, RECURRING = "ONE_TIME", "RECURRING"
SCHEDULED, ACTIVE, EXPIRED = "SCHEDULED", "ACTIVE", "EXPIRED"
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=15)
MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if number}
WEEKDAYS = {name.upper(): number % 7 for number, name in enumerate(calendar.day_abbr, 1)}
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+)\)")


class ScheduleError(ValueError):
    """A schedule that CloudWatch would refuse."""


@dataclass(frozen=True)
class Fields:
    """The values that each field of a cron expression allows. As in cron, if both days are restricted, one of them suffices."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def match(self, moment: datetime) -> bool:
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        on_day = (day or weekday) if self.either_day else (day and weekday)
        return moment.minute in self.minutes and moment.hour in self.hours and moment.month in self.months and on_day


@dataclass(frozen=True)
class Schedule:
    """`once`: when it activates, if it does so once; else `fields`."""

    once: datetime | None
    fields: Fields | None
    duration: timedelta
    zone: ZoneInfo

    @property
    def kind(self) -> str:
        return ONE_TIME if self.once else RECURRING

    def active(self, now: datetime) -> bool:
        """Whether an activation's duration includes `now`, which has a time zone."""
        local = now.astimezone(self.zone)
        if self.once:
            return self.once <= local < self.once + self.duration
        return any(self._activates(local - timedelta(minutes=number)) for number in range(int(self.duration / timedelta(minutes=1))))

    def _activates(self, moment: datetime) -> bool:
        return self.fields is not None and self.fields.match(moment)


def schedule(expression: str, duration: str, zone: str = "UTC") -> Schedule:
    """Raises ScheduleError."""
    place, length = _zone(zone or "UTC"), _length(duration)
    if match := _AT.fullmatch(expression):
        try:
            once = datetime.fromisoformat(match[1]).replace(tzinfo=place)
        except ValueError:
            raise ScheduleError(f"{match[1]} is no date") from None
        return Schedule(once, None, length, place)
    if match := _CRON.fullmatch(expression):
        days, weekdays = match[3], match[5]
        fields = Fields(
            _values(match[1], 0, 59),
            _values(match[2], 0, 23),
            _values(days, 1, 31),
            _values(match[4], 1, 12, MONTHS),
            frozenset(number % 7 for number in _values(weekdays, 0, 7, WEEKDAYS)),
            days != "*" and weekdays != "*",
        )
        return Schedule(None, fields, length, place)
    raise ScheduleError(f"{expression} is neither cron(minutes hours day-of-month month day-of-week) nor at(yyyy-MM-ddThh:mm)")


def status(found: Schedule, now: datetime, start: datetime | None, expire: datetime | None) -> str:
    """Whether a rule mutes now, will, or has ended."""
    over = found.once is not None and now >= found.once + found.duration
    if over or (expire is not None and now >= expire):
        return EXPIRED
    if (start is not None and now < start) or not found.active(now):
        return SCHEDULED
    return ACTIVE


def _values(text: str, least: int, most: int, names: Mapping[str, int] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if part == "*":
            found.update(range(least, most + 1))
            continue
        numbers = [_number(one, names or {}) for one in ([first, last] if dash else [first])]
        if any(number is None or not least <= number <= most for number in numbers):
            raise ScheduleError(f"{part} is not in {least} to {most}")
        found.update(range(numbers[0] or 0, (numbers[-1] or 0) + 1))
    return frozenset(found)


def _number(text: str, names: Mapping[str, int]) -> int | None:
    return int(text) if text.isdigit() else names.get(text.upper())


def _length(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ScheduleError(f"{text} is no duration as in PT4H or P2DT12H")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if not SHORTEST <= length <= LONGEST:
        raise ScheduleError(f"the duration {text} is not between PT1M and P15D")
    return length


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ScheduleError(f"{name} is no time zone as in Africa/Johannesburg") from None


def parse_time(value: str | datetime | None) -> datetime | None:
    """A time of a call's, in UTC if it has no zone."""
    if value is None:
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
