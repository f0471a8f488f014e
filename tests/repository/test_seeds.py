"""The seeds of the shipped inventories; Ansible must not read a seed as hosts or variables."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from rehearsal import seed
from scripts.terminal import BIN, ROOT, tool_environment

SEEDS = sorted(str(path.relative_to(ROOT)) for folder in ("inventories/*", "examples/*/*") for path in ROOT.glob(f"{folder}/{seed.PLACE}"))


def test_there_are_seeds() -> None:
    assert "inventories/prod/rehearsal/seed.yml" in SEEDS


@pytest.mark.parametrize("name", SEEDS)
def test_shipped_seeds_say_nothing_wrong(name: str) -> None:
    inventory = (ROOT / name).parent.parent
    region = yaml.safe_load((inventory / "group_vars" / "all.yml").read_text())["platform_region"]
    assert seed.load(ROOT / name, region)


@pytest.mark.parametrize("name", SEEDS)
def test_ansible_does_not_read_a_seed(name: str, tmp_path: Path) -> None:
    """An inventory is the same with and without its seed."""
    inventory = (ROOT / name).parent.parent
    shutil.copytree(inventory, tmp_path / "without", ignore=shutil.ignore_patterns("rehearsal"))

    def read(path: Path) -> tuple[str, str]:
        command = [str(BIN / "ansible-inventory"), "-i", str(path), "--list"]
        ran = subprocess.run(command, cwd=ROOT, env=tool_environment(), check=True, capture_output=True, text=True)
        return ran.stdout, ran.stderr

    assert read(inventory) == read(tmp_path / "without")
    assert "WARNING" not in read(inventory)[1]
