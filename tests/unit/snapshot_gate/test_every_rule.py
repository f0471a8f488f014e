"""Every rule in the documentation has tests with its number and a mutant that they must catch."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mutants.snapshot_gate import MUTANTS, RULES

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def test_every_rule_is_documented_tested_and_has_a_mutant() -> None:
    page = (ROOT / "docs" / "snapshot-gate.md").read_text()
    documented = re.findall(r"^\| (\d+) \| .* \| `test_rule_(\d\d)_\*` \|$", page, re.MULTILINE)
    assert [int(number) for number, _tests in documented] == list(RULES)
    assert all(int(number) == int(tests) for number, tests in documented)
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"^def test_rule_(\d\d)_", tests, re.MULTILINE)} == set(RULES)
    assert {mutant.rule for mutant in MUTANTS} == set(RULES)
