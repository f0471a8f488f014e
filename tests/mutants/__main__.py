"""Switch off the rules of the rollout verifier, of the snapshot gate, and of deployments one by one: `make mutants`. Tests must notice.

Each mutant replaces one piece of source, which must occur exactly once, in a copy of the project, and runs the tests that are named after
its rule. The exit code is 1 if any mutant survives, if one no longer applies, if the tests fail without any, or if a rule has none.
"""

from __future__ import annotations

import argparse
import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import deployment, snapshot_gate
from tests.mutants.declared import MUTANTS, RULES, Mutant

ROOT = Path(__file__).resolve().parent.parent.parent
HANGS_SECONDS = 90
"""A mutant may make something wait forever, which counts as caught too."""


@dataclass(frozen=True)
class Suite:
    """The rules of one page: their mutants, the folder of their code, and that of their tests."""

    name: str
    source: str
    tests: str
    rules: range
    mutants: Sequence[Mutant]


SUITES = (
    Suite("rollout", "plugins/module_utils/rollout", "tests/unit/rollout", RULES, MUTANTS),
    Suite("snapshot_gate", "plugins/module_utils/snapshot_gate", "tests/unit/snapshot_gate", snapshot_gate.RULES, snapshot_gate.MUTANTS),
    Suite("deployment", "plugins/module_utils/deployment", "tests/unit/deployment", deployment.RULES, deployment.MUTANTS),
)
COPIED = (
    *("plugins", "docs", "rehearsal/kubernetes", "rehearsal/traffic", "tests/mutants", *(suite.tests for suite in SUITES)),
    *(
        "rehearsal/__init__.py",
        "rehearsal/headers.py",
        "tests/conftest.py",
        "tests/__init__.py",
        "tests/unit/__init__.py",
        "tests/unit/documentation.py",
        "tests/unit/every_rule.py",
    ),
    "pyproject.toml",
)


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    killed: bool
    said: str


def copy(target: Path) -> Path:
    """What the tests need, as a separate collection, compiled except for what a mutant changes: compiled files are validated by content."""
    for name in COPIED:
        source = ROOT / name
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    link = target / "collections" / "ansible_collections" / "mainstay" / "aws"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../..")
    compileall.compile_dir(target / "plugins", quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    return target


def pytest(folder: Path, tests: str, keyword: str, seconds: float = HANGS_SECONDS) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:xdist", tests, *(["-k", keyword] if keyword else [])]
    # A compiled mutant could be distinguished from its original only by whole seconds and size, which may be equal.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return 1, f"still running after {seconds} s"
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1] if done.stdout else done.stderr


def try_mutant(suite: Suite, mutant: Mutant, folder: Path) -> Outcome:
    path = folder / suite.source / mutant.file
    whole = path.read_text(encoding="utf-8")
    if (times := whole.count(mutant.before)) != 1:
        return Outcome(mutant, False, f"does not apply: its text occurs {times} times in {mutant.file}")
    path.write_text(whole.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        code, said = pytest(folder, suite.tests, mutant.tests or f"rule_{mutant.rule:02d}_")
    finally:
        path.write_text(whole, encoding="utf-8")
    # 1 means that tests failed; any other code, such as for no tests selected, proves nothing.
    return Outcome(mutant, code == 1, said)


def run(suite: Suite, mutants: Sequence[Mutant], jobs: int) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        folders: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            folders.put(copy(Path(place) / str(number)))

        def one(mutant: Mutant) -> Outcome:
            folder = folders.get()
            try:
                return try_mutant(suite, mutant, folder)
            finally:
                folders.put(folder)

        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(one, mutants)


def check(suite: Suite, rules: Sequence[int], jobs: int) -> tuple[int, int, bool]:
    """Try the mutants of a suite: (number of them, how many survived, whether the suite itself is sound)."""
    chosen = [mutant for mutant in suite.mutants if not rules or mutant.rule in rules]
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        code, said = pytest(copy(Path(place) / "whole"), suite.tests, "", 900)
    if code:
        print(f"{suite.name}: the tests fail without any mutant: {said}")
        return 0, 0, False
    outcomes = []
    for outcome in run(suite, chosen, jobs):
        outcomes.append(outcome)
        verdict = "killed  " if outcome.killed else "SURVIVED"
        print(f"  {verdict} {suite.name} rule {outcome.mutant.rule:02d}  {outcome.mutant.what:<70} {outcome.said}", flush=True)
    missing = sorted(set(suite.rules) - {mutant.rule for mutant in suite.mutants}) if not rules else []
    if missing:
        print(f"{suite.name}: rules without a mutant: {', '.join(map(str, missing))}")
    return len(outcomes), sum(not outcome.killed for outcome in outcomes), not missing


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("rules", nargs="*", type=int, help="only these rules")
    parser.add_argument("--suite", choices=[suite.name for suite in SUITES], help="only the rules of this page")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    options = parser.parse_args()
    started = time.monotonic()
    found = [check(suite, options.rules, options.jobs) for suite in SUITES if options.suite in (None, suite.name)]
    tried, survived = sum(one[0] for one in found), sum(one[1] for one in found)
    print(f"{tried} mutants, {survived} survived, {time.monotonic() - started:.0f} s")
    return 0 if not survived and all(sound for _tried, _survived, sound in found) else 1


if __name__ == "__main__":
    sys.exit(main())
