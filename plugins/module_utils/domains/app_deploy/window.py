# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The deployment window of an application: when it may be deployed, and what a run outside of it says. Pure functions.

A window opens at the times of a cron expression in a time zone, and stays open for a duration, in real hours also across a clock change.
Windows that overlap or touch are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ...component.names import PRODUCTION
from ...inputs.cron import BadCron, Cron, parse, times, zone
from ...inputs.problems import Problems
from ...inputs.reader import Reader

DURATION = re.compile(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+)h)?(?:(?P<minutes>\d+)m)?")
LONGEST = timedelta(days=31)
ALWAYS = timedelta(days=62)
"""A window that stays open for longer than this has no end worth a sentence."""
DURATION_IN_WORDS = "it must be a duration such as 8h, 90m, or 1h30m, at most 31 days"


@dataclass(frozen=True)
class Window:
    """When deployments may begin."""

    schedule: Cron
    duration: timedelta
    where: ZoneInfo


@dataclass(frozen=True)
class Status:
    """Whether a window is open. ``until``: when it closes, or None if it stays open. ``opens``: when it opens next, if it is closed."""

    is_open: bool
    until: datetime | None = None
    opens: datetime | None = None


def read(given: Any, path: str) -> tuple[Window | None, list[str]]:
    """The window that a user describes, and every problem with it. An empty mapping is none."""
    problems = Problems()
    if not given:
        return None, problems.messages
    reader = Reader(given, path, problems)
    texts = {
        "schedule": reader.required_text("schedule", 'give the times at which it opens as a cron expression, such as "0 9 * * 1-4"'),
        "time_zone": reader.required_text("time_zone", "give a name of the IANA time zone database, such as Africa/Johannesburg"),
    }
    duration = _duration(reader, problems)
    found: dict[str, Any] = {}
    for name, function in (("schedule", parse), ("time_zone", zone)):
        try:
            found[name] = function(texts[name]) if texts[name] else None
        except BadCron as error:
            problems.add(reader.at(name), texts[name], str(error))
    reader.finish()
    if problems.messages or duration is None:
        return None, problems.messages
    return Window(found["schedule"], duration, found["time_zone"]), []


def _duration(reader: Reader, problems: Problems) -> timedelta | None:
    text = reader.take("duration")
    if text is None:
        problems.missing(reader.at("duration"), "say how long it stays open, such as 8h")
        return None
    match = DURATION.fullmatch(str(text))
    parts = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
    length = timedelta(**parts) if all(number < 100_000 for number in parts.values()) else LONGEST * 2
    if not parts or not timedelta() < length <= LONGEST:
        problems.add(reader.at("duration"), text, DURATION_IN_WORDS)
        return None
    return length


def status(window: Window, now: datetime) -> Status:
    """Whether the window is open at a moment."""
    until = None
    for opening in times(window.schedule, window.where, now - window.duration):
        if opening > (until or now):
            return Status(True, until=until) if until else Status(False, opens=opening)
        until = opening + window.duration
        if until - now > ALWAYS:
            return Status(True)
    return Status(True, until=until) if until else Status(False)


def in_words(window: Window, found: Status) -> str:
    """The status, as a clause: "open until ..." or "closed; it opens next at ..."."""
    if found.is_open:
        return f"open until {_moment(found.until, window)}" if found.until else "open"
    return f"closed; it opens next at {_moment(found.opens, window)}" if found.opens else "closed, and does not open again"


def _moment(moment: datetime | None, window: Window) -> str:
    """In the window's time zone, with its name and, because that is not unique when clocks change, the offset."""
    if moment is None:
        return ""
    local = moment.astimezone(window.where)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} {window.where.key} (UTC{offset[:3]}:{offset[3:]})"


@dataclass(frozen=True)
class Decision:
    """``hold``: the sentence with which a run refuses to change anything; empty if it may. ``note``: what the plan says of the window.
    ``recorded``: what the record of the release keeps.
    """

    hold: str = ""
    note: str = ""
    recorded: Mapping[str, str] | None = None


def decide(window: Window | None, environment: str, break_glass: str, now: datetime | None = None) -> Decision:
    """What a deployment that starts now may do. A reason to break the glass is recorded only if the window is closed."""
    if window is None:
        return Decision()
    found = status(window, now or datetime.now(UTC))
    words = in_words(window, found)
    if found.is_open:
        return Decision(note=f"The deployment window is {words}.", recorded={"window": words})
    if break_glass.strip():
        reason = break_glass.strip()
        return Decision(note=f"The deployment window is {words}. Overridden: {reason}", recorded={"window": words, "break_glass": reason})
    if environment not in PRODUCTION:
        return Decision(note=f"The deployment window is {words}. In {environment}, this is no obstacle.", recorded={"window": words})
    return Decision(
        hold=(
            f"The deployment window is {words}. Nothing was changed. Run again then; in an emergency, give the reason: "
            '--extra-vars \'{"app_deploy_break_glass": "<reason>"}\'. It is recorded with the release.'
        )
    )
