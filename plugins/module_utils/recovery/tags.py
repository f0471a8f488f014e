# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags of what backups and restores leave in an account: who made it, of which database, and until when it may stay.

None of it carries the tags of an owner (``mainstay:environment`` and the like): a component never takes a restored database for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..aws.owner import TAG_PREFIX
from .moments import iso

MANAGED_BY = f"{TAG_PREFIX}managed-by"
"""The module that made it. The permissions of that module allow it to delete what carries its name, and nothing else."""

DATABASE = f"{TAG_PREFIX}database"
"""The resource ID of the database that the data comes from."""

PURPOSE = f"{TAG_PREFIX}purpose"
RUN = f"{TAG_PREFIX}run"
"""The name under which the same run, started again, recognizes what it left: a deployment, a drill."""

EXPIRES = f"{TAG_PREFIX}expires"
"""Seconds since 1970, by AWS's clock, after which any run of the same module and purpose deletes it."""

HOLD = f"{TAG_PREFIX}hold"
"""Set by a person. What carries it, with any value, is never deleted."""

COPY_OF = f"{TAG_PREFIX}copy-of"
"""The ARN of the snapshot that this one is a copy of, made by us: RDS copies the other tags along if a person asks for it, which would
make any copy look like ours."""

POINT_IN_TIME, SNAPSHOT = "point_in_time", "snapshot"
RESTORE_MINUTES = {
    POINT_IN_TIME: f"{TAG_PREFIX}restore-minutes-point-in-time",
    SNAPSHOT: f"{TAG_PREFIX}restore-minutes-snapshot",
}
"""Tags of a database in which a drill records how many minutes each way back took."""

RESTORE_MEASURED = f"{TAG_PREFIX}restore-measured"
"""When the last drill of the database ended, in UTC."""

PROOF, DRILL, COPY = "proof", "drill", "copy"
FOREIGN = ("aws:", "rds:", TAG_PREFIX)
"""The prefixes of tags that are AWS's, RDS's, or an owner's."""


@dataclass(frozen=True)
class Maker:
    """Who makes temporary resources. module: its name, such as rds_drill. run: the name that the same run has when it is started again."""

    module: str
    purpose: str
    run: str = ""


def temporary(maker: Maker, database: str, now: float, ttl: float) -> dict[str, str]:
    """The tags of a resource that may stay for ``ttl`` seconds. ``database``: the resource ID of the source."""
    tags = {
        MANAGED_BY: maker.module,
        PURPOSE: maker.purpose,
        DATABASE: database,
        RUN: maker.run,
        EXPIRES: str(int(now + ttl)),
    }
    return {name: value for name, value in tags.items() if value}


def is_leftover(tags: Mapping[str, str], maker: Maker, now: float, database: str = "") -> bool:
    """Whether a resource may be deleted: it has expired, or an earlier attempt of the same run, about the same database, left it.

    Only what this module made for this purpose. Never anything without an expiry, or on hold. ``database``: the resource ID of the source;
    empty for any.
    """
    expires = tags.get(EXPIRES, "")
    ours = tags.get(MANAGED_BY) == maker.module and tags.get(PURPOSE) == maker.purpose and tags.get(DATABASE)
    if not ours or not expires.isdigit() or HOLD in tags:
        return False
    same_run = bool(maker.run) and tags.get(RUN) == maker.run and tags.get(DATABASE) == (database or tags.get(DATABASE))
    return now >= int(expires) or same_run


def own(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a database that may go on to its snapshots and restores: those that people chose."""
    return {name: value for name, value in tags.items() if not name.lower().startswith(FOREIGN)}


def measured(minutes: Mapping[str, float], now: float) -> dict[str, str]:
    """The tags by which a drill records what it measured. ``minutes``: by way back, point_in_time or snapshot."""
    return {**{RESTORE_MINUTES[way]: f"{took:.1f}" for way, took in minutes.items()}, RESTORE_MEASURED: iso(now)}


def restore_minutes(tags: Mapping[str, str]) -> dict[str, float]:
    """What the last drill measured, by way back. A value that is no number counts as not measured."""
    found = {way: tags.get(tag, "") for way, tag in RESTORE_MINUTES.items()}
    return {way: float(text) for way, text in found.items() if text.replace(".", "", 1).isdigit()}
