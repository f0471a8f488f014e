# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The result of one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .facts import Facts
from .policy import Policy

PASSED, FAILED, WARNING = "passed", "failed", "warning"
BEFORE, AFTER = "before", "after"
"""When a rule is judged: before a snapshot is taken, about the database; or after, about the snapshot. Some are judged both times."""


@dataclass(frozen=True)
class Finding:
    """passed, failed or warning; a sentence for people; and the values that it was judged by."""

    result: str
    sentence: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


def decide(good: bool, sentence: str, otherwise: str, **evidence: Any) -> Finding:
    return Finding(PASSED, sentence, evidence) if good else Finding(FAILED, otherwise, evidence)


@dataclass(frozen=True)
class Rule:
    """number: the rule's line in docs/snapshot-gate.md. judge: the finding, or None if the rule does not apply."""

    number: int
    name: str
    stages: tuple[str, ...]
    judge: Callable[[Facts, Policy], Finding | None]


@dataclass(frozen=True)
class Check:
    """A rule that applied, with its finding."""

    number: int
    name: str
    finding: Finding

    @property
    def failed(self) -> bool:
        return self.finding.result == FAILED

    def as_dict(self) -> dict[str, Any]:
        found = self.finding
        return {"rule": self.number, "name": self.name, "result": found.result, "reason": found.sentence, "evidence": dict(found.evidence)}


def judge(rules: tuple[Rule, ...], stage: str, facts: Facts, policy: Policy) -> tuple[Check, ...]:
    """All rules of a stage that apply, in their order."""
    found = ((rule, rule.judge(facts, policy)) for rule in rules if stage in rule.stages)
    return tuple(Check(rule.number, rule.name, finding) for rule, finding in found if finding is not None)
