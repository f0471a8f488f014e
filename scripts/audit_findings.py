"""Classifies an auditor's findings: explained, unexplained, and explanations that no longer apply. Pure functions.

``scripts/audit_reasons.yml`` has the reasons: by check name, a list of {resource, reason}. ``resource`` is the ``component:address`` of one
of our resources, as in plans, or a pattern of these; FOREIGN means an unmarked resource. A reason for one resource excuses no other.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import StringIO
from typing import Any

FOREIGN = "(not ours)"

Reasons = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class Finding:
    check: str
    passed: bool
    resource: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """``explained``: with the reason. ``outdated``: (check, pattern) of reasons that match no finding."""

    passed: Sequence[Finding]
    explained: Sequence[tuple[Finding, str]]
    unexplained: Sequence[Finding]
    outdated: Sequence[tuple[str, str]]

    @property
    def fine(self) -> bool:
        return not self.unexplained and not self.outdated


def read_findings(text: str) -> list[Finding]:
    """The findings in Prowler's CSV, without those that need human judgment (MANUAL)."""
    csv.field_size_limit(10**8)
    rows = csv.DictReader(StringIO(text), delimiter=";")
    return [
        Finding(row["CHECK_ID"], row["STATUS"] == "PASS", whose(row["RESOURCE_TAGS"]), row["STATUS_EXTENDED"])
        for row in rows
        if row["STATUS"] in ("PASS", "FAIL")
    ]


def whose(tags: str) -> str:
    """``Name=x | mainstay:component=network | mainstay:address=vpc.main`` -> ``network:vpc.main``."""
    found = dict(part.partition("=")[::2] for part in tags.split(" | "))
    component, address = found.get("mainstay:component"), found.get("mainstay:address")
    return f"{component}:{address}" if component and address else FOREIGN


def judge(findings: Sequence[Finding], reasons: Reasons) -> Verdict:
    passed = [one for one in findings if one.passed]
    explained, unexplained, used = [], [], set()
    for finding in (one for one in findings if not one.passed):
        given = next((entry for entry in reasons.get(finding.check, ()) if fnmatchcase(finding.resource, entry["resource"])), None)
        if given is None:
            unexplained.append(finding)
        else:
            used.add((finding.check, given["resource"]))
            explained.append((finding, given["reason"]))
    known = {(check, entry["resource"]) for check, entries in reasons.items() for entry in entries}
    return Verdict(passed, explained, unexplained, sorted(known - used))


def checks_of(frameworks: Sequence[Mapping[str, Any]], services: Sequence[str]) -> list[str]:
    """The checks in Prowler's compliance frameworks for these services: a check's name begins with its service."""
    named = {check for one in frameworks for requirement in one["Requirements"] for check in requirement["Checks"]}
    return sorted(check for check in named if check.partition("_")[0] in services)


def report(verdict: Verdict) -> list[str]:
    """The result for a terminal."""
    lines = [f"{len(verdict.passed)} findings passed, {len(verdict.explained)} failed for a known reason:"]
    by_reason: dict[str, set[str]] = {}
    for finding, reason in verdict.explained:
        by_reason.setdefault(reason, set()).add(finding.check)
    for reason, checks in by_reason.items():
        lines += [f"  {reason}", *(f"      {check}" for check in sorted(checks))]
    if verdict.unexplained:
        lines += ["Failed without a reason in scripts/audit_reasons.yml:"]
        lines += [f"  {one.check}: {one.resource}: {one.text}" for one in verdict.unexplained]
    if verdict.outdated:
        lines += ["Reasons that nothing needs any more; remove them from scripts/audit_reasons.yml:"]
        lines += [f"  {check}: {resource}" for check, resource in verdict.outdated]
    return lines
