"""docs/troubleshooting.md covers every error code that the collection itself defines."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.repository.layout import ROOT

ERRORS = {"Failure": 2, "CallFailed": 2, "AlreadyThere": 2, "NotYet": 2}
"""Classes with a code, and the position of the code among their arguments."""
NAMED = re.compile(r"^(?:CODE|EXCEEDED|UNCHECKED) = \"(\w+)\"$", re.MULTILINE)


def codes(path: Path) -> Iterator[str]:
    source = path.read_text()
    yield from NAMED.findall(source)
    for node in ast.walk(ast.parse(source)):
        name = getattr(getattr(node, "func", None), "id", "")
        if isinstance(node, ast.Call) and name in ERRORS:
            given = [*node.args[ERRORS[name] : ERRORS[name] + 1], *(one.value for one in node.keywords if one.arg == "code")]
            yield from (str(one.value) for one in given if isinstance(one, ast.Constant) and one.value)


def test_every_code_of_ours_is_explained() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    explained = set(re.findall(r"`([\w-]+)`", page))
    ours = {code for path in (ROOT / "plugins" / "module_utils").rglob("*.py") for code in codes(path)}
    assert ours - explained == set()
