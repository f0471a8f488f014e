# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The verdict: one deployment, one database, one moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...recovery.databases import Snapshot
from ...recovery.moments import iso
from . import copy_rules, database_rules, snapshot_rules
from .facts import CopyFacts, Facts
from .findings import AFTER, BEFORE, WARNING, Check, judge
from .policy import Policy
from .token import make
from .way_back import WayBack

STATES = ("failed", "refused", "passed", "not_needed")
"""The worst first. refused: something must be put right first, and no snapshot was taken. failed: there is no good snapshot."""

RULES = (*database_rules.RULES, *snapshot_rules.RULES, *copy_rules.RULES)


@dataclass(frozen=True)
class Verdict:
    """reason: a stable code, the name of the rule that decided or of what happened. sentence: for people."""

    state: str
    reason: str
    sentence: str
    database: str = ""
    resource_id: str = ""
    checks: tuple[Check, ...] = ()
    snapshot: Snapshot | None = None
    taken: bool = False
    token: str = ""
    expires: float | None = None
    way_back: WayBack | None = None
    notes: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    copies: tuple[CopyFacts, ...] = ()
    copied: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    def noting(self, *notes: str) -> Verdict:
        return replace(self, notes=(*self.notes, *(one for one in notes if one)))

    def as_dict(self) -> dict[str, Any]:
        one = self.snapshot
        return {
            "database": self.database,
            "resource_id": self.resource_id,
            "verdict": self.state,
            "reason": self.reason,
            "msg": self.sentence,
            "checks": [check.as_dict() for check in self.checks],
            "snapshot": {
                "identifier": one.identifier,
                "arn": one.arn,
                "started": iso(one.started),
                "database_time": iso(one.database_time),
                "status": one.status,
                "taken": self.taken,
            }
            if one
            else None,
            "copies": [_copy(each) for each in self.copies],
            "token": self.token,
            "expires": iso(self.expires),
            "way_back": self.way_back.as_dict() if self.way_back else None,
            "notes": list(self.notes),
            "pruned": list(self.pruned),
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }


def _copy(one: CopyFacts) -> dict[str, Any]:
    found = one.copy
    named = {"identifier": found.identifier, "arn": found.arn, "status": found.status} if found else {}
    return {"region": one.to.region, "account": one.to.account, **named}


def before(facts: Facts, policy: Policy) -> tuple[Check, ...]:
    """What must hold before a snapshot is taken."""
    return judge(RULES, BEFORE, facts, policy)


def after(facts: Facts, policy: Policy) -> tuple[Check, ...]:
    """What must hold of the snapshot that a deployment relies on."""
    return judge(RULES, AFTER, facts, policy)


def refusal(facts: Facts, checks: Sequence[Check]) -> Verdict | None:
    """The verdict if anything forbids taking a snapshot."""
    failed = [check for check in checks if check.failed]
    if not failed:
        return None
    return _of(facts, Verdict("refused", failed[0].name, _sentences(check.finding.sentence for check in failed), checks=tuple(checks)))


def conclusion(facts: Facts, policy: Policy, deployment: str, checks: Sequence[Check]) -> Verdict:
    """The verdict on a snapshot. If it passes, it holds until the snapshot is too old."""
    failed = [check for check in checks if check.failed]
    one = facts.snapshot
    if failed or one is None or one.started is None:
        reason = failed[0].name if failed else "no_snapshot"
        sentence = _sentences(check.finding.sentence for check in failed) or f"There is no snapshot of {facts.database}."
        return _of(facts, Verdict("failed", reason, sentence, checks=tuple(checks), snapshot=one))
    expires = float(int(one.started + policy.max_age))
    token = make(deployment, facts.database.resource_id, one.arn, policy, expires)
    sentence = f"{one.identifier} of {facts.database} is complete, {iso(one.started)}; the verdict holds until {iso(expires)}."
    notes = tuple(check.finding.sentence for check in checks if check.finding.result == WARNING)
    verdict = Verdict("passed", "snapshot", sentence, checks=tuple(checks), snapshot=one, token=token, expires=expires, notes=notes)
    return _of(facts, verdict)


def not_needed(facts: Facts, policy: Policy, deployment: str, why: str) -> Verdict:
    """The verdict for a deployment that needs no snapshot: it has a token too."""
    expires = float(int(facts.now + policy.max_age))
    token = make(deployment, facts.database.resource_id, "", policy, expires)
    sentence = f"{facts.database} needs no snapshot for {deployment}: {why}."
    return _of(facts, Verdict("not_needed", "changes", sentence, token=token, expires=expires))


def _of(facts: Facts, verdict: Verdict) -> Verdict:
    return replace(verdict, database=facts.database.identifier, resource_id=facts.database.resource_id)


def _sentences(texts: Iterable[str]) -> str:
    return " ".join(text if text.endswith(".") else f"{text}." for text in texts)


def worst(states: Iterable[str]) -> str:
    """The verdict on several databases."""
    found = set(states)
    return next((state for state in STATES if state in found), "failed")
