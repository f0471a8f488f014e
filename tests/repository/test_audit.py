"""The audit: the meaning of its findings, and agreement between the documentation page and the reasons file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from scripts.audit_findings import FOREIGN, Finding, checks_of, judge, read_findings, report
from tests.repository.layout import ROOT

REASONS: dict[str, list[dict[str, str]]] = yaml.safe_load((ROOT / "scripts" / "audit_reasons.yml").read_text())
PAGE = (ROOT / "docs" / "security-audit.md").read_text()
OURS = "network:network_acl.main/public"


def failed(check: str = "open_acl", resource: str = OURS) -> Finding:
    return Finding(check, False, resource, "it is open")


@pytest.mark.parametrize(
    ("findings", "reasons", "unexplained", "outdated"),
    [
        ([], {}, 0, 0),
        ([Finding("open_acl", True, OURS, "fine")], {}, 0, 0),
        ([failed()], {}, 1, 0),
        ([failed()], {"open_acl": [{"resource": OURS, "reason": "why"}]}, 0, 0),
        ([failed()], {"open_acl": [{"resource": FOREIGN, "reason": "why"}]}, 1, 1),
        ([failed(resource=FOREIGN)], {"open_acl": [{"resource": FOREIGN, "reason": "why"}]}, 0, 0),
        ([failed(), failed(resource="network:x.y")], {"open_acl": [{"resource": "network:network_acl.*", "reason": "why"}]}, 1, 0),
        ([failed("other")], {"open_acl": [{"resource": OURS, "reason": "why"}]}, 1, 1),
    ],
)
def test_every_failure_needs_a_reason_and_every_reason_a_failure(
    findings: list[Finding], reasons: Any, unexplained: int, outdated: int
) -> None:
    verdict = judge(findings, reasons)
    assert (len(verdict.unexplained), len(verdict.outdated)) == (unexplained, outdated)
    assert verdict.fine is (not unexplained and not outdated)
    assert all(one.text in "\n".join(report(verdict)) for one in verdict.unexplained)


def test_findings_are_read_with_the_address_of_what_they_are_about() -> None:
    text = "CHECK_ID;STATUS;RESOURCE_TAGS;STATUS_EXTENDED\n"
    text += "a;FAIL;Name=x | mainstay:component=network | mainstay:address=vpc.main;one\n"
    text += 'b;PASS;;"two; three"\nc;MANUAL;;four\n'
    assert read_findings(text) == [Finding("a", False, "network:vpc.main", "one"), Finding("b", True, FOREIGN, "two; three")]


def test_checks_are_those_of_the_services() -> None:
    frameworks = [{"Requirements": [{"Checks": ["ec2_a", "rds_b"]}, {"Checks": ["ec2_a", "vpc_c", "ec2x_d"]}]}]
    assert checks_of(frameworks, ["ec2", "vpc"]) == ["ec2_a", "vpc_c"]


@pytest.mark.parametrize("check", REASONS)
def test_the_page_has_every_reason(check: str) -> None:
    rows = [line for line in PAGE.splitlines() if f"`{check}`" in line]
    assert rows, f"docs/security-audit.md does not list {check}"
    for entry in REASONS[check]:
        assert any(entry["reason"] in row and f"`{entry['resource']}`" in row for row in rows), (check, entry)


def test_the_page_has_no_more_than_the_reasons() -> None:
    listed = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")}
    assert listed == set(REASONS)
