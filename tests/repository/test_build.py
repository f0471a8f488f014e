"""The collection as others get it: built, installed elsewhere and used by its full name, without this checkout."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from scripts.sanity import is_built
from scripts.terminal import BIN, tool_environment
from tests.repository.layout import ROOT, files, load, modules

pytestmark = pytest.mark.slow


def run(*command: str, cwd: Path, **variables: str) -> str:
    environment = {**tool_environment(), **variables}
    if variables:
        # The settings of this checkout must not reach there.
        empty = cwd / "ansible.cfg"
        empty.write_text("")
        environment["ANSIBLE_CONFIG"] = str(empty)
    result = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(ROOT), cwd=folder)
    galaxy = load("galaxy.yml")
    return folder / f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    run("ansible-galaxy", "collection", "install", "--no-deps", "--offline", "-p", str(folder), str(tarball), cwd=folder)
    return folder


def test_a_build_contains_what_runs_and_nothing_else(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        built = {member.name for member in archive.getmembers() if member.isfile()} - {"MANIFEST.json", "FILES.json"}
    ignored = load("galaxy.yml")["build_ignore"]
    # galaxy.yml itself becomes the manifest
    wanted = {name for name in files() if is_built(name, ignored) and name != "galaxy.yml"}
    assert wanted - built == set()
    assert built - wanted == set()
    assert {"bin/mainstay-plan", "plugins/callback/plan_summary.py", "meta/runtime.yml", "LICENSE"} <= built
    assert not [name for name in built if name.startswith(("tests/", "scripts/", ".", "collections/", "rehearsal/"))]


def test_its_modules_and_callback_are_found_by_their_full_names(installed: Path) -> None:
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(installed)}
    assert "plan_summary" in run("ansible-doc", "-t", "callback", "mainstay.aws.plan_summary", cwd=installed, **variables)
    for module in modules():
        described = run("ansible-doc", f"mainstay.aws.{module}", cwd=installed, **variables)
        assert str(installed) in described


def test_a_playbook_runs_with_its_callback(installed: Path, tmp_path: Path) -> None:
    playbook = tmp_path / "play.yml"
    playbook.write_text("- hosts: localhost\n  gather_facts: false\n  tasks:\n    - ansible.builtin.debug:\n        msg: it runs\n")
    variables = {
        "ANSIBLE_COLLECTIONS_PATH": str(installed),
        "ANSIBLE_CALLBACKS_ENABLED": "mainstay.aws.plan_summary",
        "MAINSTAY_PLAN_SUMMARY_JSON_PATH": str(tmp_path / "plan.json"),
    }
    assert "it runs" in run("ansible-playbook", "-i", "localhost,", str(playbook), cwd=tmp_path, **variables)
    assert (tmp_path / "plan.json").is_file()
