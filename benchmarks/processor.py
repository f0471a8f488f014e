"""Processor seconds of a plan and of an unchanged run, compared between checkouts of this repository.

    make rehearse ENV=prod                       # in each checkout: builds the inventory on a cloud of its own and leaves it running
    .venv/bin/python -m benchmarks.processor prod --against ../before --runs 7

    .venv/bin/python -m benchmarks.processor prod --against ../before --limit 'all:!rds'    # if one of them has no databases

Runs alternate between the checkouts, so that other work on the machine affects all of them, and ratios are computed turn by turn. Ten
empty tasks show what Ansible itself costs. A figure is user and system time of the whole process tree, without the cloud.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.terminal import ROOT

LONGEST = 600
EMPTY = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": str(number)}} for number in range(10)]}]
Figures = dict[tuple[str, str], list[float]]


def environment_of(checkout: Path, name: str) -> dict[str, str]:
    """The variables that point to the checkout's cloud, without shell variables that would slow Python down."""
    done = subprocess.run(
        [str(checkout / ".venv" / "bin" / "python"), "-m", "rehearsal", "env", "--name", name],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{checkout} has no cloud {name!r}; run `make rehearse ENV={name}` there.\n{done.stderr}")
    exports = [line.removeprefix("export ").partition("=") for line in done.stdout.splitlines() if line.startswith("export ")]
    path = f"{checkout / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    unset = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**unset, **{key: value.strip("'\"") for key, _, value in exports}, "PATH": path, "ANSIBLE_NOCOLOR": "1"}


def processor_seconds(command: Sequence[str], checkout: Path, environment: Mapping[str, str]) -> float:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    done = subprocess.run(
        command, cwd=checkout, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed in {checkout}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return used() - before


def steps_of(name: str, limit: str, empty: Path) -> dict[str, list[str]]:
    """The command of each step. ``limit``: a pattern of hosts; empty for all of them. It does not apply to the empty tasks."""
    site = ["ansible-playbook", "site.yml", "-i", f"inventories/{name}", *(["--limit", limit] if limit else [])]
    return {
        "plan": [*site, "--check", "--diff"],
        "unchanged": site,
        "ten empty tasks": ["ansible-playbook", "-i", "localhost,", "-c", "local", str(empty)],
    }


def measured(checkouts: Sequence[Path], name: str, runs: int, steps: Mapping[str, Sequence[str]]) -> Figures:
    """The seconds of each run, by checkout and step. One uncounted warm-up round fills caches."""
    environments = {checkout: environment_of(checkout, name) for checkout in checkouts}
    found: Figures = {}
    for turn in range(runs + 1):
        for step, command in steps.items():
            for checkout in checkouts:
                program = str(checkout / ".venv" / "bin" / command[0])
                seconds = processor_seconds([program, *command[1:]], checkout, environments[checkout])
                if turn:
                    found.setdefault((str(checkout), step), []).append(seconds)
        print(f"turn {turn} of {runs}", file=sys.stderr)
    return found


def lines(found: Figures, first: str) -> list[str]:
    """A line for each step and checkout, with the ratio to the first checkout, round by round."""
    rows = []
    for (checkout, step), seconds in sorted(found.items(), key=lambda item: (item[0][1], item[0][0] != first)):
        ratios = [own / other for own, other in zip(found[first, step], seconds, strict=True)]
        against = "" if checkout == first else f"  {statistics.median(ratios):.2f} x ({min(ratios):.2f}-{max(ratios):.2f})"
        rows.append(f"{step:<16} {statistics.median(seconds):5.2f} s  {checkout}{against}")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", help="the inventory, such as prod")
    parser.add_argument("--against", type=Path, action="append", default=[], help="another checkout; may be given several times")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", default="", help="a pattern of hosts, such as 'all:!rds', for all checkouts (every host)")
    given = parser.parse_args()
    checkouts = [ROOT, *(path.resolve() for path in given.against)]
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.yml"
        empty.write_text(json.dumps(EMPTY), encoding="utf-8")
        found = measured(checkouts, given.name, given.runs, steps_of(given.name, given.limit, empty))
        print("\n".join(lines(found, str(ROOT))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
