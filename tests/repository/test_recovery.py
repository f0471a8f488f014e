"""The commands of docs/recovery.md exist as it writes them: a person at night has no time to find out why one fails."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.layout import ROOT, text

PAGE = text("docs/recovery.md")
PREFIXES = {
    "restore": "restore",
    "cut_over": "cut_over",
    "dr_drill": "dr_drill",
    "load_data": "load_data",
    "snapshot_gate": "snapshot_gate",
    "refresh": "refresh_staging",
}
"""The playbook that has the variables with each prefix."""

VARIABLE = re.compile(rf"\b(?<!\.)({'|'.join(PREFIXES)})_\w+\b(?!\.yml|\()")


def commands(page: str) -> list[str]:
    """Each command that runs a playbook, on one line, whatever block it is in."""
    joined = re.sub(r"\\\n\s*", "", page)
    return re.findall(r"\bansible-playbook [^\n`]*", joined)


def texts(value: Any) -> Iterator[str]:
    """The texts of a playbook, without its keys."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


def names(found: str) -> set[str]:
    return {match[0] for match in VARIABLE.finditer(found)}


def read_by(playbook: str) -> set[str]:
    """The variables that the playbook reads: those in its templates, and not only set by it."""
    return set().union(*(names(one) for one in texts(yaml.safe_load(text(f"playbooks/{playbook}.yml"))) if "{{" in one))


READ = {playbook: read_by(playbook) for playbook in PREFIXES.values()}


@pytest.mark.parametrize("playbook", READ)
def test_the_playbooks_read_variables(playbook: str) -> None:
    assert READ[playbook]


@pytest.mark.parametrize("command", commands(PAGE))
def test_a_command_names_a_playbook_an_inventory_and_variables_that_exist(command: str) -> None:
    playbook = Path(command.split()[1])
    assert (ROOT / playbook).is_file()
    assert [one for one in re.findall(r"-i (\S+)", command) if not (ROOT / one / "hosts.yml").is_file()] == []
    assert names(command) <= READ.get(playbook.stem, set())


def test_every_variable_that_the_page_names_exists() -> None:
    published = {name for playbook in READ for name in re.findall(r"^ +(\w+): ", text(f"playbooks/{playbook}.yml"), re.MULTILINE)}
    assert names(PAGE) - set().union(*READ.values()) - published == set()


def test_every_program_that_the_page_names_exists_with_its_options() -> None:
    for line in re.findall(r"\bbin/[\w-]+[^\n`]*", re.sub(r"\\\n\s*", "", PAGE)):
        program, *given = line.split()
        assert os.access(ROOT / program, os.X_OK), line
        source = text(program)
        known = {f"--{one}" for one in re.findall(r'"(?:--)?(\w+)"', source)}
        assert {one for one in given if one.startswith("--")} <= known, line
