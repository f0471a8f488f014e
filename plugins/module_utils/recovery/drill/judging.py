# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The verdict on a drill that has restored and checked a database, and how long its phases took. Pure, apart from its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..progress import minutes
from .result import FAILED, MISSED, PASSED, Check, Measure, Phase


@dataclass
class Timeline:
    """The phases of a drill, by the monotonic clock. A phase lasts until the next begins."""

    now: Callable[[], float]
    entered: list[tuple[str, float]] = field(default_factory=list)
    failed: float | None = None
    """When the failure was played: the RTO begins here."""
    checked: float | None = None
    """When the checks had passed: the RTO ends here, and not when RDS calls the instance available. Blocks are loaded as they are read."""

    def enter(self, name: str) -> None:
        self.entered.append((name, self.now()))

    def fail(self) -> None:
        self.failed = self.now()

    def check(self) -> None:
        self.checked = self.now()

    @property
    def rto(self) -> float | None:
        return None if self.failed is None or self.checked is None else self.checked - self.failed

    def phases(self) -> tuple[Phase, ...]:
        """All phases, the current one until now. One that was entered twice is one phase."""
        if not self.entered:
            return ()
        ends = [*(began for _name, began in self.entered[1:]), self.now()]
        found: dict[str, float] = {}
        for (name, began), end in zip(self.entered, ends, strict=True):
            found[name] = found.get(name, 0.0) + end - began
        return tuple(Phase(name, seconds) for name, seconds in found.items())


def verdict(database: str, target: str, checks: Iterable[Check], rto: Measure, rpo: Measure) -> tuple[str, str, str]:
    """(state, reason, sentence). A failed check decides before a goal: a quick restore of the wrong data is none."""
    failed = [one for one in checks if not one.passed]
    if failed:
        said = " ".join(one.sentence if one.sentence.endswith(".") else f"{one.sentence}." for one in failed)
        return FAILED, failed[0].name, f"{database} was restored as {target}, but not all of its checks passed. {said}"
    missed = [name for name, one in (("rto", rto), ("rpo", rpo)) if one.met is not True]
    figures = f"{measured('RTO', rto)}; {measured('RPO', rpo)}"
    if missed:
        reason = f"{missed[0]}_missed" if len(missed) == 1 else "goals_missed"
        return MISSED, reason, f"{database} was restored and all checks passed, but not within its goals: {figures}."
    return PASSED, "restored", f"{database} was restored and all checks passed: {figures}."


def measured(name: str, one: Measure) -> str:
    """For people: RTO 21 min (goal 4.0 h)."""
    found = "not measured" if one.seconds is None else minutes(max(0.0, one.seconds))
    return f"{name} {found} (goal {minutes(one.goal)})"
