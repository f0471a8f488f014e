"""Regenerate the second blocks of requirements.txt and requirements-dev.txt from their first blocks.

One set of versions must work on every supported Python: it is resolved for the oldest, the most restrictive, and checked on the others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.terminal import ROOT, Problem, fail, say

MARK = "# --- what these need ---"
RUN, DEV = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
PYTHONS = ("3.12", "3.13", "3.14")


def first_block(path: Path) -> str:
    return path.read_text().split(MARK)[0]


def names(block: str) -> set[str]:
    """Normalized names of the packages that a block pins."""
    return {normalized(match) for match in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", block, re.MULTILINE)}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(python: str, *texts: str) -> dict[str, str]:
    """Map each normalized name to "Name==version" for everything that pip would install."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(texts))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:"]
        command += ["--python-version", python, "--target", folder, "--report", str(report), "-r", str(wanted)]
        if subprocess.run(command, check=False).returncode:
            raise Problem(f"pip finds no set of versions for Python {python}; its message is above.")
        packages = [entry["metadata"] for entry in json.loads(report.read_text())["install"]]
    return {normalized(entry["name"]): f"{entry['name']}=={entry['version']}" for entry in packages}


def write(path: Path, pins: dict[str, str], leave_out: set[str]) -> None:
    lines = [pin for name, pin in sorted(pins.items()) if name not in leave_out]
    path.write_text(f"{first_block(path)}{MARK}\n" + "\n".join(lines) + "\n")


def main() -> int:
    try:
        run_block, dev_block = first_block(RUN), first_block(DEV)
        say(f"Resolving for Python {PYTHONS[0]}")
        run_pins = resolve(PYTHONS[0], run_block)
        all_pins = resolve(PYTHONS[0], run_block, "\n".join(run_pins.values()), dev_block)
        for python in PYTHONS[1:]:
            say(f"Trying the result with Python {python}")
            if resolve(python, run_block, dev_block, "\n".join(all_pins.values())).keys() != all_pins.keys():
                raise Problem(f"Python {python} needs other packages than {PYTHONS[0]}: add a pin with an environment marker.")
        write(RUN, run_pins, names(run_block))
        write(DEV, all_pins, names(run_block) | names(dev_block) | run_pins.keys())
    except Problem as problem:
        fail(str(problem))
        return 1
    say("Written. Now: make setup && make test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
