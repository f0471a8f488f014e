# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metrics that an application counts in its own log, such as new users: how they are described. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .problems import Problems
from .reader import Reader

GROUP = re.compile(r"[A-Za-z0-9_/.#-]{1,512}")
"""Names of log groups (CreateLogGroup)."""
UNITS = ("None", "Count", "Seconds", "Milliseconds", "Microseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Percent")
FATAL = "fatal"
"""Counted for every application with a log."""
LONGEST_NAME = 60
JSON_PATTERN = re.compile(r"\{(.+)\}", re.DOTALL)
"""The pattern of a metric filter for JSON events; the group is the condition."""
VALUE = re.compile(r"\$(?:\.[\w-]+|\[\d+\])+|-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class LogMetric:
    """``pattern``: a filter pattern for JSON events. ``value``: what each event adds, a number or a field of it such as $.amount."""

    name: str
    pattern: str
    value: str = "1"
    unit: str = "Count"


def read_log_metrics(given: Any, path: str, problems: Problems) -> dict[str, LogMetric]:
    """The metrics by name. An entry is a pattern, or a mapping with ``pattern``, ``value``, and ``unit``."""
    found: dict[str, LogMetric] = {}
    entries = {name: {"pattern": one} if isinstance(one, str) else one for name, one in Reader(given, path, problems).given.items()}
    for name, reader in Reader(entries, path, problems).named("the name of a metric", LONGEST_NAME):
        pattern = reader.required_text("pattern", 'give a pattern for JSON events, such as { $.event = "user_created" }', JSON_PATTERN)
        found[name] = LogMetric(name, pattern, read_value(reader), reader.choice("unit", UNITS, "Count"))
        reader.finish()
        if name == FATAL:
            problems.add(path, name, "this metric counts the events of level FATAL for every application; choose another name")
    return found


def read_value(reader: Reader) -> str:
    """What each event adds: 1 unless given."""
    given = reader.take("value")
    text = "1" if given is None else str(given)
    if isinstance(given, bool) or not VALUE.fullmatch(text):
        reader.problems.add(reader.at("value"), given, "it must be a number, or a field of the event such as $.amount")
        return "1"
    return text
