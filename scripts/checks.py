"""Which checks there are, by domain, and what each may take. scripts/verify.py runs them.

A budget is in seconds, on two idle cores, where the check has run before, beside one other check. A check that takes half as long again
fails. ``make test`` takes about half of the sum of the budgets of its checks.

A new role has a budget, and its kinds are in the contract suite, by themselves.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.terminal import ROOT

PYTHON = sys.executable
LOGS = ROOT / ".cache" / "verify"
COLLECTION = "collections/ansible_collections/mainstay/aws"

Commands = list[list[str]]
SEED = "{seed}"
"""Stands in a command for the seed of this run."""

EVERYTHING = frozenset({"full"})
QUICK = frozenset({"quick", "full"})
LINT = frozenset({"lint", "full"})
QUICK_LINT = frozenset({"quick", "lint", "full"})
NIGHTLY = frozenset({"nightly"})

EXCEEDED = 1.5
"""How many times its budget a check may take."""


@dataclass(frozen=True)
class Check:
    """One named check of a domain: commands that all have to succeed, one after the other.

    ``budget``: seconds. ``groups``: the targets of the Makefile that it belongs to. ``reports``: its tests are counted one by one.
    """

    name: str
    domain: str
    budget: float
    commands: Callable[[], Commands]
    groups: frozenset[str] = EVERYTHING
    reports: bool = False
    patience: float = 600.0

    @property
    def longest(self) -> float:
        """Seconds after which a check hangs, on however slow a machine, and is ended."""
        return max(self.patience, 6 * self.budget)


def report_of(name: str) -> Path:
    return LOGS / f"{name}.xml"


def suite(name: str, domain: str, budget: float, *arguments: str, groups: frozenset[str] = EVERYTHING) -> Check:
    """A check that is a run of pytest. What is only for the night is left out by day."""
    marked = [] if "-m" in arguments else ["-m", "nightly" if groups == NIGHTLY else "not nightly"]
    command = [PYTHON, "-m", "pytest", "-q", f"--junit-xml={report_of(name)}", *marked, *arguments]
    return Check(name, domain, budget, lambda: [command], groups, reports=True)


def folders(*names: str) -> list[str]:
    """Folders of integration tests."""
    return [f"tests/integration/{name}" for name in names]


def of_role(role: str, domain: str, contract: float, integration: float, *integrated: str) -> tuple[Check, ...]:
    """What every role has: its kinds in the contract suite, and folders of integration tests."""
    return (
        suite(f"{role}-contract", domain, contract, "tests/contract", "-k", f"{role}:"),
        suite(f"{role}-role", domain, integration, *folders(*integrated)),
    )


def syntax() -> Commands:
    """Every playbook against every inventory; a folder without either is an error, not an empty list."""
    inventories = sorted(path for path in (ROOT / "inventories").iterdir() if path.is_dir())
    playbooks = [ROOT / "site.yml", *sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))]
    names = [str(path.relative_to(ROOT)) for path in playbooks]
    return [["ansible-playbook", "--syntax-check", "-i", str(path.relative_to(ROOT)), *names] for path in inventories]


def types() -> Commands:
    """The shipped code under its import name, and the Python around it. Folders that hold no Python yet are left out."""
    named = [f"plugins/{name}" for name in ("module_utils", "modules", "filter", "callback", "action")]
    folders = [f"{COLLECTION}/{name}" for name in named if any((ROOT / name).glob("**/*.py"))]
    return [["mypy", "--no-error-summary", *folders, "rehearsal", "scripts", "benchmarks"]]


def molecule() -> Commands:
    """All scenarios against one cloud of their own, which lives as long as the command."""
    return [[PYTHON, "-m", "scripts.with_cloud", "molecule", "test", "--all"]]


def style() -> Commands:
    return [["ruff", "check", "--output-format", "concise", "."], ["ruff", "format", "--check", "--output-format", "concise", "."]]


def kubernetes(budget: float) -> Check:
    """The tests of the rehearsal's Kubernetes, after its control plane has been built and Helm installed: it takes both."""
    tested = suite("kubernetes", "rehearsal", budget, "tests/rehearsal/kubernetes")
    first = [[PYTHON, "-m", "rehearsal.kubernetes", "build"], [PYTHON, "-m", "rehearsal.kubernetes", "helm", "version"]]
    return replace(tested, commands=lambda: [*first, *tested.commands()])


def broken_playbooks() -> Commands:
    """Every changing call of the playbooks killed before, killed after and without its reply, then a sample of the other faults."""
    faults = [PYTHON, "-m", "benchmarks.faults"]
    others = [part for number in range(4, 12) for part in ("--fault", f"F{number}")]
    return [
        [*faults, "--fresh", "--fault", "F1", "--fault", "F2", "--fault", "F3"],
        [*faults, *others, "--sample", "24", "--seed", SEED],
    ]


def tool(name: str, budget: float, *command: str, groups: frozenset[str] = LINT) -> Check:
    """A check of how things are written that is one command."""
    return Check(name, "style", budget, lambda: [list(command)], groups)


LARGE = {
    "vpc": of_role("vpc", "network", 150, 220, "network"),
    "eks": of_role("eks", "clusters", 140, 300, "eks", "eks_operations"),
}
"""Roles that need more time than others, or have their tests in other folders than one of their name."""

ROLES = tuple(
    check
    for role in sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
    for check in LARGE.get(role) or of_role(role, role, 40, 90, role)
)

CHECKS = (
    # In this order they are begun: what takes longest first, so that nothing has to be waited for at the end.
    Check("sanity", "style", 180, lambda: [[PYTHON, "-m", "scripts.sanity"]]),
    kubernetes(280),
    *ROLES,
    suite("content", "cluster content", 210, "tests/integration/eks_content"),
    suite("rollouts", "rollout", 210, "tests/integration/rollout"),
    Check("molecule", "whole platform", 160, molecule, EVERYTHING | {"molecule"}),
    suite("examples", "whole platform", 200, "tests/integration/examples"),
    suite("permissions", "whole platform", 100, "tests/integration/permissions"),
    suite("broken-runs", "whole platform", 200, *folders("playbook_faults", "interruption", "lock", "saved")),
    suite("runs", "whole platform", 180, *folders("callback", "change", "consent", "waves", "worker")),
    suite("rehearsal", "rehearsal", 110, "--ignore", "tests/rehearsal/kubernetes", "tests/rehearsal"),
    suite("unit-slow", "engine and units", 100, "-m", "slow and not nightly", "tests/unit", "tests/repository"),
    suite("unit", "engine and units", 75, "-m", "not slow and not nightly", "tests/unit", "tests/repository", groups=QUICK),
    tool("ansible-lint", 60, "ansible-lint", "--offline", "-q"),
    Check("mypy", "style", 50, types, QUICK_LINT),
    Check("syntax", "style", 25, syntax, QUICK),
    tool("docs", 25, "antsibull-docs", "lint-collection-docs", "--plugin-docs", "."),
    tool("changelog", 10, "antsibull-changelog", "lint"),
    Check("ruff", "style", 5, style, QUICK_LINT),
    tool("yamllint", 10, "yamllint", "--strict", ".", groups=QUICK_LINT),
    # What is only for the night. Broken playbooks run two at a time by themselves.
    Check("broken-playbooks", "whole platform", 2400, broken_playbooks, NIGHTLY),
    suite("actions-taken-away", "whole platform", 300, "tests/integration/permissions", groups=NIGHTLY),
    suite("kubectl", "rollout", 300, "tests/integration/rollout", groups=NIGHTLY),
    Check("mutants", "rollout", 300, lambda: [[PYTHON, "-m", "tests.mutants"]], NIGHTLY),
)
