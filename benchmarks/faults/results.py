"""The results so far, one JSON line per case, so that an interrupted matrix can resume."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.faults.trial import Result
from scripts.terminal import ROOT

FILE = ROOT / "artifacts" / "faults.jsonl"
LOGS = ROOT / "artifacts" / "faults"
SOURCES = ("plugins", "roles", "playbooks")


def code_of(subject: str, label: str) -> str:
    """The code under test: the state of our sources, or Terraform's version. Results of any other code do not count."""
    if subject != "mainstay":
        return label
    digest = hashlib.sha256()
    for path in sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".yml")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def load(path: Path = FILE) -> dict[str, Result]:
    """By key; the last of several counts. A line truncated by a kill is skipped."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            values: Mapping[str, Any] = json.loads(line)
            result = Result(**values)
        except (ValueError, TypeError):
            continue
        found[result.key] = result
    return found


def append(result: Result, path: Path = FILE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as output:
        output.write(json.dumps(result.as_dict()) + "\n")


def of_code(results: Iterable[Result], codes: Mapping[str, str]) -> dict[str, Result]:
    return {result.key: result for result in results if result.code == codes.get(result.subject)}
