# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cron expressions in a time zone. Pure functions.

Five fields, as in Kubernetes' CronJobs (kubernetes.io/docs/concepts/workloads/controllers/cron-jobs, "Schedule syntax"): minute, hour,
day of the month, month, day of the week (0 and 7 are Sunday), each ``*`` or ``?``, numbers, names, lists, ranges, and steps. If both days
are restricted, either is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MACROS: Mapping[str, str] = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
PART = re.compile(r"(?P<first>[*?]|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
ANY = ("*", "?")
HORIZON = timedelta(days=366 * 8)
"""How far ahead the next time is looked for: 29 February can be eight years away (1896 and 1904, 2096 and 2104)."""


class BadCron(ValueError):
    """A text that is no cron expression. The message completes "<variable> is <text>, but ..."."""


@dataclass(frozen=True)
class Field:
    """One field: its name in messages, its limits, and the names that may stand for its numbers, beginning with ``low``."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def values(self, text: str) -> frozenset[int]:
        """The numbers that the text of a field selects. Raises BadCron."""
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def _part(self, text: str) -> range:
        found = PART.fullmatch(text)
        if not found or (found["first"] in ANY and found["last"]):
            raise BadCron(f"its {self.name} {text!r} is none of *, a number, a range such as 1-5, or a step such as */2")
        step = int(found["step"] or 1)
        if step == 0:
            raise BadCron(f"its {self.name} {text!r} has a step of 0")
        if found["first"] in ANY:
            return range(self.low, self.high + 1, step)
        first = self._number(found["first"])
        last = self._number(found["last"]) if found["last"] else self.high if found["step"] else first
        if last < first:
            raise BadCron(f"its {self.name} {text!r} ends before it begins")
        return range(first, last + 1, step)

    def _number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.low + self.names.index(text.lower())
        if text.isdecimal() and self.low <= int(text) <= self.high:
            return int(text)
        named = f" or {self.names[0].upper()} to {self.names[-1].upper()}" if self.names else ""
        raise BadCron(f"its {self.name} {text!r} is not {self.low} to {self.high}{named}")


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 7, DAYS),
)


@dataclass(frozen=True)
class Cron:
    """A cron expression: what each field selects. ``weekdays``: 0 is Sunday. ``either``: both kinds of days are restricted."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on(self, day: date) -> bool:
        """Whether it selects any time of this day."""
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either else by_date and by_weekday


def parse(text: str) -> Cron:
    """Raises BadCron."""
    parts = MACROS.get(text.strip().lower(), text).split()
    if len(parts) != len(FIELDS):
        raise BadCron('it must have five fields: minute, hour, day of the month, month, day of the week, such as "0 9 * * 1-4"')
    minutes, hours, days, months, weekdays = (field.values(part) for field, part in zip(FIELDS, parts, strict=True))
    either = parts[2] not in ANY and parts[4] not in ANY
    found = Cron(text, tuple(sorted(minutes)), tuple(sorted(hours)), days, months, frozenset(one % 7 for one in weekdays), either)
    if next(times(found, ZoneInfo("UTC"), datetime(2096, 3, 1, tzinfo=UTC)), None) is None:
        raise BadCron("it selects no day of any year")
    return found


def zone(name: str) -> ZoneInfo:
    """A time zone of the IANA database. Raises BadCron."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if available_timezones():
            raise BadCron("it must be a name of the IANA time zone database, such as Africa/Johannesburg or UTC") from None
        raise BadCron("this machine has no time zone database; install the package tzdata") from None


def times(cron: Cron, where: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments that an expression selects after a moment, in order and in UTC, at most ``HORIZON`` ahead.

    A time that a clock change skips counts at the moment of the change. One that the change repeats counts once, the first time.
    """
    today = after.astimezone(where).date()
    last = None
    for ahead in range(-1, HORIZON.days):
        day = today + timedelta(days=ahead)
        for found in moments(cron, where, day) if cron.on(day) else ():
            if found > after and found != last:
                yield found
                last = found


def moments(cron: Cron, where: ZoneInfo, day: date) -> list[datetime]:
    """The moments of one local day, in order and in UTC, whether or not the expression selects the day."""
    local = (datetime.combine(day, time(hour, minute), tzinfo=where) for hour in cron.hours for minute in cron.minutes)
    return sorted({_real(one) for one in local})


def _real(local: datetime) -> datetime:
    """The moment of a wall clock time. PEP 495: for a time that does not exist, the two folds give the offsets after and before the gap."""
    moment = local.astimezone(UTC)
    if moment.astimezone(local.tzinfo) == local:
        return moment
    return _change(local.replace(fold=1).astimezone(UTC), moment, local)


def _change(low: datetime, high: datetime, local: datetime) -> datetime:
    """The first moment of the new offset, between two moments of which the first has the old one. Clocks change at whole minutes."""
    where = local.tzinfo
    before = low.astimezone(where).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=int((high - low).total_seconds() // 120))
        if middle.astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
