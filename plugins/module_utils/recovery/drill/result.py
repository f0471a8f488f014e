# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill found, as a value: the report and the module's result are renderings of it. Times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..moments import iso

PASSED, MISSED, FAILED, REFUSED = "passed", "missed", "failed", "refused"
"""missed: everything came back, but too slowly, or with too much lost."""

EXIT_CODES = {PASSED: 0, FAILED: 3, REFUSED: 4, MISSED: 5}


@dataclass(frozen=True)
class Goals:
    """Seconds. rto: from the failure until the checks pass. rpo: how much of what was written last may be lost."""

    rto: float = 4 * 3600.0
    rpo: float = 15 * 60.0


@dataclass(frozen=True)
class Check:
    """One check of the restored database, with the values that it was judged by."""

    name: str
    passed: bool
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "passed": self.passed, "reason": self.sentence, "evidence": dict(self.evidence)}


@dataclass(frozen=True)
class Phase:
    name: str
    seconds: float


@dataclass(frozen=True)
class Measure:
    """A measured time in seconds and its goal. seconds is None if the drill did not get that far."""

    seconds: float | None
    goal: float

    @property
    def met(self) -> bool | None:
        return None if self.seconds is None else self.seconds <= self.goal

    def as_dict(self) -> dict[str, Any]:
        return {"seconds": None if self.seconds is None else round(self.seconds, 1), "goal": self.goal, "met": self.met}


@dataclass(frozen=True)
class Result:
    """state and reason are the verdict: reason is a stable code. torn_down: what was deleted. left: what could not be, one sentence each.

    method: point_in_time or snapshot. restored_to: the point in time, or that of the snapshot's data. failed_at: the moment of the played
    failure. written and restored: the numbers of the last markers that the source was given and that the target had.
    """

    state: str
    reason: str
    sentence: str
    database: str = ""
    resource_id: str = ""
    region: str = ""
    target: str = ""
    target_region: str = ""
    method: str = ""
    origin: str = ""
    drill: str = ""
    began: float | None = None
    failed_at: float | None = None
    restored_to: float | None = None
    written: int = 0
    restored: int = 0
    rto: Measure = Measure(None, Goals.rto)
    rpo: Measure = Measure(None, Goals.rpo)
    phases: tuple[Phase, ...] = ()
    checks: tuple[Check, ...] = ()
    torn_down: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.state]

    def as_dict(self) -> dict[str, Any]:
        return {
            "verdict": self.state,
            "reason": self.reason,
            "exit_code": self.exit_code,
            "msg": self.sentence,
            "drill": self.drill,
            "database": self.database,
            "resource_id": self.resource_id,
            "region": self.region,
            "target": self.target,
            "target_region": self.target_region,
            "method": self.method,
            "origin": self.origin,
            "began": iso(self.began),
            "failed_at": iso(self.failed_at),
            "restored_to": iso(self.restored_to),
            "markers": {"written": self.written, "restored": self.restored},
            "rto": self.rto.as_dict(),
            "rpo": self.rpo.as_dict(),
            "phases": [{"name": one.name, "seconds": round(one.seconds, 1)} for one in self.phases],
            "checks": [one.as_dict() for one in self.checks],
            "torn_down": list(self.torn_down),
            "left": list(self.left),
            "notes": list(self.notes),
        }
