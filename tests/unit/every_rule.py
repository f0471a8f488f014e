"""Every rule in the documentation has tests with its number and a mutant that they must catch."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def is_documented_tested_and_has_a_mutant(page: str, folder: Path, rules: Collection[int], mutated: Collection[int]) -> None:
    """``page``: in docs. ``folder``: of the tests. ``mutated``: the rules that mutants switch off."""
    documented = re.findall(r"^\| (\d+) \| .* \| `test_rule_(\d\d)_\*` \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    assert [int(number) for number, _tests in documented] == list(rules)
    assert all(int(number) == int(tests) for number, tests in documented)
    tests = "".join(path.read_text() for path in folder.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"^def test_rule_(\d\d)_", tests, re.MULTILINE)} == set(rules)
    assert set(mutated) == set(rules)
