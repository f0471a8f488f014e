# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which verdicts end a run, and their codes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..kubernetes.problems import ApiProblem, BadAccess, Forbidden, NotFound, Unauthorized, Unreachable
from ..kubernetes.values import Verdict
from .judging.bake import REPLACING

MOST_NAMED = 5
DEFERRED = ("job_gone", "queued")
"""Errors of one Job that do not prevent the verification of the other workloads."""


def decisive(verdicts: Sequence[Verdict]) -> int | None:
    """The number of the verdict that ends the rollout: the first failure, or else an error. A deferred error waits for the others."""
    states = [verdict.state for verdict in verdicts]
    if "failure" in states:
        return states.index("failure")
    going = "in_progress" in states
    errors = (number for number, verdict in enumerate(verdicts) if verdict.state == "error")
    return next((number for number in errors if not (going and verdicts[number].code in DEFERRED)), None)


def is_short(verdict: Verdict) -> bool:
    """Whether a workload has lost pods during the bake that nothing replaces."""
    return verdict.state == "in_progress" and verdict.code != REPLACING


def named(things: Sequence[str]) -> str:
    """The first few of some names, and how many more there are."""
    more = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
    return ", ".join(things[:MOST_NAMED]) + more


CODES: tuple[tuple[type[ApiProblem], str], ...] = (
    (BadAccess, "bad_access"),
    (Unreachable, "unreachable"),
    (Unauthorized, "unauthorized"),
    (Forbidden, "forbidden"),
    (NotFound, "not_found"),
)


def code_of(problem: ApiProblem) -> str:
    return next((code for kind, code in CODES if isinstance(problem, kind)), type(problem).__name__.lower())
