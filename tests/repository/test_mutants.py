# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""make nightly runs the mutants; whether they still apply is found out here."""

from __future__ import annotations

import re

import pytest

from scripts.terminal import ROOT
from tests.mutants.__main__ import SUITES, Suite
from tests.repository.layout import text


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_the_text_of_every_mutant_occurs_once(suite: Suite) -> None:
    texts = {file: (ROOT / suite.source / file).read_text() for file in {mutant.file for mutant in suite.mutants}}
    assert [(mutant.rule, mutant.what) for mutant in suite.mutants if texts[mutant.file].count(mutant.before) != 1] == []


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_the_tests_that_a_mutant_names_exist(suite: Suite) -> None:
    sources = "".join(text(str(path.relative_to(ROOT))) for path in sorted((ROOT / suite.tests).glob("**/test_*.py")))
    tests = re.findall(r"def (test_\w+)", sources)
    named = {part for mutant in suite.mutants for part in mutant.tests.split(" or ") if part}
    assert [part for part in sorted(named) if not any(part in one for one in tests)] == []
