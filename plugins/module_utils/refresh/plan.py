# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What one refresh is to do, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domains.database_content.wanted.settings import Contents
from .anonymizing import Treated, Treatment

MODULE = "rds_refresh"
REFRESH = "refresh"
"""The purpose in the tags of everything that a refresh makes."""


@dataclass(frozen=True)
class Origin:
    """The production database. ``key``: the ARN of the key of its account for the copy that is shared; empty for that of the snapshot."""

    account: str
    region: str
    identifier: str
    environment: str
    key: str = ""


@dataclass(frozen=True)
class Limits:
    """Seconds. copy, restore: until they are complete. ttl: after which any refresh deletes what a killed one left."""

    copy: float = 14400.0
    restore: float = 14400.0
    statement: float = 7200.0
    poll: float = 10.0
    ttl: float = 86400.0


@dataclass(frozen=True)
class RefreshPlan:
    """``identifier``: the instance that is replaced. ``within``: its name in the inventory. ``max_age``: seconds since the snapshot began.

    ``groups``: the security groups of the restored instance until it takes the place of the other; empty for those of the other.
    """

    environment: str
    component: str
    identifier: str
    within: str
    origin: Origin
    treatments: Mapping[str, Treatment]
    contents: Contents = field(default_factory=Contents)
    key: str = ""
    groups: tuple[str, ...] = ()
    ca: str = ""
    max_age: float = 172800.0
    keep_previous: bool = False
    limits: Limits = field(default_factory=Limits)
    check_mode: bool = False


@dataclass
class Report:
    """What happened so far. ``notes``: what a person has to look at."""

    snapshot: str = ""
    taken: str = ""
    locked_out: tuple[str, ...] = ()
    treated: list[Treated] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    previous: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "snapshot": {"identifier": self.snapshot, "started": self.taken},
            "locked_out": list(self.locked_out),
            "databases": {one.database: {"changed_rows": one.rows, "counts": dict(one.counts)} for one in self.treated},
            "seconds": {name: round(value, 1) for name, value in self.phases.items()},
            "previous": self.previous,
            "notes": list(self.notes),
        }
