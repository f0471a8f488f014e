"""Kinds stay small: docs/upstream.md promises it, as the price of not using upstream modules."""

from __future__ import annotations

import ast
import statistics

from tests.repository.layout import ROOT

MEDIAN = 80
"""Lines, not counting blank ones."""


def test_the_median_kind_is_small() -> None:
    root = ROOT / "plugins" / "module_utils"
    sizes = []
    for path in sorted([*root.glob("kinds/*.py"), *root.glob("domains/*/kinds/*.py")]):
        lines = path.read_text().splitlines()
        classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        sizes += [sum(bool(line.strip()) for line in lines[node.lineno - 1 : node.end_lineno]) for node in classes]
    assert statistics.median(sizes) < MEDIAN
