"""Every rule in the documentation has tests with its number and a mutant that they must catch."""

from __future__ import annotations

from pathlib import Path

from tests.mutants.declared import MUTANTS, RULES
from tests.unit.every_rule import is_documented_tested_and_has_a_mutant


def test_every_rule_is_documented_tested_and_has_a_mutant() -> None:
    is_documented_tested_and_has_a_mutant("rollout-verification.md", Path(__file__).parent, RULES, {mutant.rule for mutant in MUTANTS})
