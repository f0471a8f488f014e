"""What the benchmark of processor time runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.processor import steps_of


@pytest.mark.parametrize(("limit", "expected"), [("", []), ("all:!rds", ["--limit", "all:!rds"])])
def test_a_limit_applies_to_every_step_but_the_empty_tasks(limit: str, expected: list[str]) -> None:
    steps = steps_of("prod", limit, Path("empty.yml"))
    site = ["ansible-playbook", "site.yml", "-i", "inventories/prod", *expected]
    assert (steps["unchanged"], steps["plan"]) == (site, [*site, "--check", "--diff"])
    assert "--limit" not in steps["ten empty tasks"]
