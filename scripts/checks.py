"""The list of checks, by domain, with a time budget for each. scripts/verify.py runs them.

Budgets are in seconds, for two idle cores, for a check that has run before and runs next to two others: about one and a half times its
processor seconds, more if it waits. A check that takes more than 1.5 times its budget fails. ``make test`` takes about a third of the sum
of its checks' budgets.

A new role automatically gets a budget, and the contract suite automatically includes its kinds.
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
"""Placeholder in a command for the seed of this run."""

EVERYTHING = frozenset({"full"})
QUICK = frozenset({"quick", "full"})
LINT = frozenset({"lint", "full"})
QUICK_LINT = frozenset({"quick", "lint", "full"})
NIGHTLY = frozenset({"nightly"})

EXCEEDED = 1.5
"""The factor by which a check may exceed its budget."""


@dataclass(frozen=True)
class Check:
    """One named check of a domain: commands that run in order and must all succeed.

    ``budget``: seconds. ``groups``: the Makefile targets that include it. ``reports``: whether to count its tests individually.
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
        """Seconds after which a check counts as hung, even on a slow machine, and is stopped."""
        return max(self.patience, 6 * self.budget)


def report_of(name: str) -> Path:
    return LOGS / f"{name}.xml"


def suite(name: str, domain: str, budget: float, *arguments: str, groups: frozenset[str] = EVERYTHING) -> Check:
    """A check that runs pytest. Tests marked nightly run only in the nightly group."""
    marked = [] if "-m" in arguments else ["-m", "nightly" if groups == NIGHTLY else "not nightly"]
    command = [PYTHON, "-m", "pytest", "-q", f"--junit-xml={report_of(name)}", *marked, *arguments]
    return Check(name, domain, budget, lambda: [command], groups, reports=True)


def folders(*names: str) -> list[str]:
    """Paths of integration test folders."""
    return [f"tests/integration/{name}" for name in names]


def of_role(role: str, domain: str, contract: float, integration: float, *integrated: str) -> tuple[Check, ...]:
    """The checks that every role has: its kinds in the contract suite, and its integration tests."""
    return (
        suite(f"{role}-contract", domain, contract, "tests/contract", "-k", f"{role}:"),
        suite(f"{role}-role", domain, integration, *folders(*integrated)),
    )


def syntax() -> Commands:
    """Check every playbook against every inventory. A folder without any is an error, not an empty list."""
    inventories = sorted(path for path in (ROOT / "inventories").iterdir() if path.is_dir())
    playbooks = [ROOT / "site.yml", *sorted(path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml"))]
    names = [str(path.relative_to(ROOT)) for path in playbooks]
    return [["ansible-playbook", "--syntax-check", "-i", str(path.relative_to(ROOT)), *names] for path in inventories]


def types() -> Commands:
    """Check the shipped code under its import name, and the Python code around it. Skips folders without Python files."""
    named = [f"plugins/{name}" for name in ("module_utils", "modules", "filter", "callback", "action", "plugin_utils")]
    folders = [f"{COLLECTION}/{name}" for name in named if any((ROOT / name).glob("**/*.py"))]
    return [["mypy", "--no-error-summary", *folders, "rehearsal", "scripts", "benchmarks"]]


def molecule() -> Commands:
    """Run all scenarios against one dedicated cloud, which runs as long as the command."""
    return [[PYTHON, "-m", "scripts.with_cloud", "molecule", "test", "--all"]]


def style() -> Commands:
    return [["ruff", "check", "--output-format", "concise", "."], ["ruff", "format", "--check", "--output-format", "concise", "."]]


def kubernetes(budget: float) -> Check:
    """Test the rehearsal's Kubernetes. Builds its control plane and installs Helm first: the tests need both."""
    tested = suite("kubernetes", "rehearsal", budget, "tests/rehearsal/kubernetes")
    first = [[PYTHON, "-m", "rehearsal.kubernetes", "build"], [PYTHON, "-m", "rehearsal.kubernetes", "helm", "version"]]
    return replace(tested, commands=lambda: [*first, *tested.commands()])


def broken_playbooks() -> Commands:
    """Break changing calls of the playbooks: samples of runs killed before, killed after, or without a reply, and of the other faults."""
    faults = [PYTHON, "-m", "benchmarks.faults"]
    usual, others = ([part for number in some for part in ("--fault", f"F{number}")] for some in (range(1, 4), range(4, 12)))
    return [
        [*faults, "--fresh", *usual, "--sample", "240", "--seed", SEED],
        [*faults, *others, "--sample", "24", "--seed", SEED],
    ]


def tool(name: str, budget: float, *command: str, groups: frozenset[str] = LINT) -> Check:
    """A style check that runs one command."""
    return Check(name, "style", budget, lambda: [list(command)], groups)


LARGE = {
    "app_deploy": of_role("app_deploy", "deployment", 10, 170, "app_deploy"),
    "vpc": of_role("vpc", "network", 140, 320, "network"),
    "eks": of_role("eks", "clusters", 115, 340, "eks", "eks_operations"),
    "rds": of_role("rds", "databases", 95, 240, "rds"),
    "dns": of_role("dns", "zones", 55, 25, "dns"),
    "redis": of_role("redis", "caches", 60, 50, "redis"),
    "messaging": of_role("messaging", "queues", 90, 80, "messaging"),
    "observability": of_role("observability", "watch", 45, 60, "observability"),
    "s3_cdn": of_role("s3_cdn", "sites", 170, 60, "s3_cdn"),
    "ci_cd": of_role("ci_cd", "registry", 20, 20, "ci_cd"),
}
"""Roles that need a larger budget, or whose test folders do not match their name."""

RANDOM = ("tests/unit/reconcile/test_random.py", "tests/unit/reconcile/test_random_claims.py", "tests/unit/saved/test_random.py")

ROLES = tuple(
    check
    for role in sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
    for check in LARGE.get(role) or of_role(role, role, 40, 90, role)
)

CHECKS = (
    # ansible-test's import check takes as long as all others together; tests/repository/test_imports.py finds the same in one process.
    Check("sanity", "style", 120, lambda: [[PYTHON, "-m", "scripts.sanity", "--skip-test", "import"]]),
    kubernetes(160),
    *ROLES,
    suite("content", "cluster content", 380, "tests/integration/eks_content"),
    suite("database-content", "databases", 155, "tests/integration/database_content"),
    suite("rollouts", "rollout", 250, "tests/integration/rollout"),
    suite("deployments", "deployment", 300, "tests/integration/deployment"),
    suite("snapshot-gate", "databases", 205, *folders("snapshot_gate", "recovery")),
    suite("restore", "databases", 95, *folders("restore", "cutover")),
    suite("refresh", "databases", 75, "tests/integration/refresh"),
    suite("drill", "databases", 160, "tests/integration/drill"),
    Check("molecule", "whole platform", 195, molecule, EVERYTHING | {"molecule"}),
    suite("examples", "whole platform", 300, "tests/integration/examples"),
    suite("permissions", "whole platform", 90, "tests/integration/permissions"),
    suite("broken-runs", "whole platform", 235, *folders("playbook_faults", "interruption", "lock", "saved")),
    suite("runs", "whole platform", 240, *folders("callback", "change", "consent", "waves", "worker")),
    suite(
        "rehearsal",
        "rehearsal",
        265,
        *("--ignore", "tests/rehearsal/kubernetes", "--ignore", "tests/rehearsal/postgresql"),
        "tests/rehearsal",
    ),
    suite("postgresql", "rehearsal", 100, "tests/rehearsal/postgresql"),
    suite("unit-slow", "engine and units", 70, "-m", "slow and not nightly", "tests/unit", "tests/repository"),
    suite("unit", "engine and units", 110, "-m", "not slow and not nightly", "tests/unit", groups=QUICK),
    suite("repository", "engine and units", 30, "-m", "not slow and not nightly", "tests/repository", groups=QUICK),
    tool("ansible-lint", 45, "ansible-lint", "--offline", "-q"),
    Check("mypy", "style", 25, types, QUICK_LINT),
    Check("syntax", "style", 10, syntax, QUICK),
    tool("docs", 25, "antsibull-docs", "lint-collection-docs", "--plugin-docs", "."),
    tool("changelog", 10, "antsibull-changelog", "lint"),
    Check("ruff", "style", 5, style, QUICK_LINT),
    tool("yamllint", 10, "yamllint", "--strict", ".", groups=QUICK_LINT),
    # Nightly only. The broken playbooks already run two at a time.
    Check("imports", "style", 130, lambda: [[PYTHON, "-m", "scripts.sanity", "--test", "import"]], NIGHTLY),
    Check("broken-playbooks", "whole platform", 2400, broken_playbooks, NIGHTLY),
    suite(
        "random", "engine and units", 300, "--hypothesis-profile", "many", "-m", "not slow", "-k", "random", "tests/unit", groups=NIGHTLY
    ),
    suite("contract-in-full", "engine and units", 720, "tests/contract", groups=NIGHTLY),
    suite("actions-taken-away", "whole platform", 220, "tests/integration/permissions", groups=NIGHTLY),
    suite("examples-in-full", "whole platform", 250, "tests/integration/examples", groups=NIGHTLY),
    suite("clusters-in-full", "clusters", 60, "tests/integration/eks_operations", groups=NIGHTLY),
    suite("broken-deployments", "deployment", 600, "tests/integration/app_deploy", groups=NIGHTLY),
    suite("kubectl", "rollout", 60, "tests/integration/rollout", groups=NIGHTLY),
    # The first run also installs the browser.
    suite("browser", "sites", 120, "tests/integration/s3_cdn", groups=NIGHTLY),
    Check("mutants", "rollout and snapshot gate", 800, lambda: [[PYTHON, "-m", "tests.mutants"]], NIGHTLY),
)
