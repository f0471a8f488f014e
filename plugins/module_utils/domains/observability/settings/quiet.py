# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Mute rules for planned work, and the heartbeat."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ....inputs.cron import BadCron, parse, zone
from ....inputs.problems import Problems
from ....inputs.reader import Reader
from ..alarms.model import NOTICE, SEVERITIES

DURATION = re.compile(r"P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?)?")
LONGEST_MINUTES = 15 * 24 * 60
AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
LONGEST_NAME = 100


@dataclass(frozen=True)
class Mute:
    """``expression``: cron(...) or at(...). ``alarms``: names of alarms, or patterns of them."""

    name: str
    expression: str
    duration: str
    alarms: tuple[str, ...]
    timezone: str = "UTC"
    description: str = ""
    start: str = ""
    end: str = ""

    def matching(self, names: Collection[str]) -> list[str]:
        """The names that it mutes."""
        return sorted(name for name in names if any(fnmatchcase(name, pattern) for pattern in self.alarms))


@dataclass(frozen=True)
class Heartbeat:
    """An alarm that rings once a day, at a time in UTC, so that silence on another day means that something on the way is broken."""

    hour: int
    minute: int
    severity: str = NOTICE


def read_mutes(given: Any, path: str, problems: Problems) -> dict[str, Mute]:
    found: dict[str, Mute] = {}
    for name, reader in Reader(given, path, problems).named("the name of a mute rule", LONGEST_NAME):
        cron, at = reader.text("cron", ""), reader.text("at", "")
        timezone = reader.text("timezone", "UTC")
        expression = _expression(reader, cron, at)
        _check_zone(reader, timezone)
        duration = _duration(reader)
        alarms = reader.items("alarms", (), lambda value: value if isinstance(value, str) and value else None, "it must be a name")
        if not alarms:
            problems.missing(reader.at("alarms"), "name the alarms to mute, or patterns such as database-main-*")
        start, end = (_day(reader, key) for key in ("start", "end"))
        found[name] = Mute(name, expression, duration, alarms, timezone, reader.text("description", ""), start, end)
        reader.finish()
    return found


def _expression(reader: Reader, cron: str, at: str) -> str:
    if bool(cron) == bool(at):
        reader.problems.missing(reader.path, "give either cron, such as '0 2 * * SUN', or at, such as 2026-12-31T22:00")
        return ""
    if at and not AT.fullmatch(at):
        reader.problems.add(reader.at("at"), at, "it must be a local time such as 2026-12-31T22:00")
    if cron:
        try:
            parse(cron)
        except BadCron as error:
            reader.problems.add(reader.at("cron"), cron, str(error))
    return f"cron({cron})" if cron else f"at({at})"


def _check_zone(reader: Reader, name: str) -> None:
    try:
        zone(name)
    except BadCron as error:
        reader.problems.add(reader.at("timezone"), name, str(error))


def _duration(reader: Reader) -> str:
    remedy = "it must be a duration from PT1M to P15D, such as PT2H for two hours"
    text = reader.required_text("duration", "say how long alarms stay muted, such as PT2H for two hours")
    parts = DURATION.fullmatch(text) if text else None
    if text and not parts:
        reader.problems.add(reader.at("duration"), text, remedy)
    elif parts:
        days, hours, minutes = (int(part or 0) for part in parts.groups())
        if not 1 <= (days * 24 + hours) * 60 + minutes <= LONGEST_MINUTES:
            reader.problems.add(reader.at("duration"), text, remedy)
    return text


def _day(reader: Reader, key: str) -> str:
    text = reader.text(key, "")
    if text and not DAY.fullmatch(text):
        reader.problems.add(reader.at(key), text, "it must be a moment in UTC such as 2026-12-31T22:00:00Z")
    return text


def read_heartbeat(given: Any, path: str, problems: Problems) -> Heartbeat | None:
    """None if there is none."""
    if given in (None, False, {}):
        return None
    reader = Reader(given, path, problems)
    at = reader.required_text("at", "give the time of the day in UTC in quotes, such as '07:00'", CLOCK)
    severity = reader.choice("severity", SEVERITIES, NOTICE)
    reader.finish()
    parts = CLOCK.fullmatch(at)
    return Heartbeat(int(parts[1]), int(parts[2]), severity) if parts else None
