# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Snapshots, maintenance, logs, and what remains of a cache that is deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ....component.names import PRODUCTION
from ....inputs.reader import Reader
from ....inputs.windows import overlapping as windows_overlap
from ....inputs.windows import read_window, text_of

LONGEST_RETENTION = 35
"""Days that ElastiCache keeps automatic snapshots at most."""
SHORTEST_WINDOW = 60
"""Minutes that each window of ElastiCache lasts at least."""
LATEST_FINAL = "latest_final"
SNAPSHOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]*")
SLOW, ENGINE = "slow-log", "engine-log"
LOGS = (SLOW, ENGINE)
FORMATS = ("json", "text")


@dataclass(frozen=True)
class Snapshots:
    """``retention_days`` 0 turns automatic snapshots off. ``window`` is None if AWS chooses it."""

    retention_days: int = 0
    window: str | None = None


@dataclass(frozen=True)
class Maintenance:
    window: str | None = None
    minor_upgrades: bool = True
    topic_arn: str = ""


@dataclass(frozen=True)
class Logs:
    """``formats``: log -> its format. Only these logs are delivered."""

    formats: Mapping[str, str] = field(default_factory=dict)
    retention_days: int = 30


@dataclass(frozen=True)
class Deletion:
    final_snapshot: bool = True


def read_snapshots(reader: Reader, environment: str) -> Snapshots:
    production = environment in PRODUCTION
    days = reader.integer("retention_days", 0, 0, LONGEST_RETENTION)
    if production and not days:
        remedy = f"without it nothing is kept of what the cache holds: give the days, 1 to {LONGEST_RETENTION}, that {environment} needs"
        reader.problems.missing(reader.at("retention_days"), remedy)
    found = Snapshots(days, text_of(read_window(reader, weekly_one=False, shortest=SHORTEST_WINDOW)))
    reader.finish()
    return found


def read_maintenance(reader: Reader) -> Maintenance:
    found = Maintenance(
        text_of(read_window(reader, weekly_one=True, shortest=SHORTEST_WINDOW)),
        reader.boolean("minor_upgrades", True),
        reader.text("topic_arn", ""),
    )
    reader.finish()
    return found


def read_logs(reader: Reader) -> Logs:
    formats: dict[str, str] = dict.fromkeys(LOGS, "json")
    if reader.given.get("types") is not None:
        formats = {}
        for name, given in reader.mapping("types").items():
            if name not in LOGS:
                reader.problems.add(reader.at("types"), name, f"ElastiCache delivers only {' and '.join(LOGS)}")
            elif given not in FORMATS:
                reader.problems.add(f"{reader.at('types')}.{name}", given, f"it must be one of {', '.join(FORMATS)}")
            else:
                formats[name] = given
    else:
        reader.take("types")
    found = Logs(formats, reader.retention_days("retention_days", 30))
    reader.finish()
    return found


def read_deletion(reader: Reader) -> Deletion:
    found = Deletion(reader.boolean("final_snapshot", True))
    reader.finish()
    return found


def read_restore(reader: Reader) -> str:
    """The name of a snapshot, ``latest_final``, or empty."""
    value = reader.text("restore_from", "")
    if value and not SNAPSHOT.fullmatch(value):
        reader.problems.add(reader.at("restore_from"), value, f"it must be the name of a snapshot, or {LATEST_FINAL}")
        return ""
    return value


def overlapping(snapshots: Snapshots, maintenance: Maintenance) -> bool:
    """Whether both windows are given and overlap, which ElastiCache refuses."""
    return windows_overlap(snapshots.window, maintenance.window)
