"""The collection as users get it: built, installed elsewhere, and used by its full name, without this checkout."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from scripts.terminal import BIN, tool_environment
from tests.repository.layout import ROOT, files, load, modules

pytestmark = pytest.mark.slow


def run(*command: str, cwd: Path, **variables: str) -> str:
    environment = {**tool_environment(), **variables}
    if variables:
        # This checkout's settings must not take effect there.
        empty = cwd / "ansible.cfg"
        empty.write_text("")
        environment["ANSIBLE_CONFIG"] = str(empty)
    result = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


PRIVATE = (
    *(".vault-password", ".vault-password-prod", ".env", ".env.local", ".envrc", ".netrc", ".aws/credentials", ".kube/config"),
    *("x.plan", "id_rsa", "id_ed25519.pub", "server.pem", "server.key", "kubeconfig", "kubeconfig.yml", "credentials.csv", "secrets.yml"),
    *("plan.json", "plan.md", "dump.sql", "main.yml~", ".main.yml.swp", "module.py.bak", "site.retry", "archive.tar.gz"),
)
"""Names of private files that are common in checkouts."""

PLACES = (
    *("", "docs", "meta", "playbooks", "plugins", "plugins/modules", "plugins/module_utils/domains/eks", "roles", "roles/eks"),
    *("roles/eks/files", "roles/eks/files/charts/fluent-bit", "roles/vpc/defaults", "examples", "examples/codelearn/prod/group_vars"),
    *("inventories/prod/group_vars", "changelogs", "artifacts"),
)
PACKED = ("plugins/", "roles/", "playbooks/", "meta/", "docs/", "examples/", "changelogs/")
"""Folders that are packed whole, as far as git tracks their files."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout, with private files in every kind of folder."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    for place in PLACES:
        for name in PRIVATE:
            path = folder / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("canary-private")
    (folder / "collections" / "ansible_collections" / "mainstay").mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def tarball(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    run("ansible-galaxy", "collection", "build", "--output-path", str(folder), str(checkout), cwd=folder)
    galaxy = load("galaxy.yml")
    return folder / f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    run("ansible-galaxy", "collection", "install", "--no-deps", "--offline", "-p", str(folder), str(tarball), cwd=folder)
    return folder


def test_a_build_contains_what_users_need_and_nothing_that_lies_around(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        private = [member.name for member in members if b"canary-private" in getattr(archive.extractfile(member), "read", bytes)()]
    built = {member.name for member in members} - {"MANIFEST.json", "FILES.json"}
    assert private == []
    needed = {name for name in files() if name.startswith(PACKED)} | {
        "bin/mainstay-plan",
        "bin/mainstay-snapshot-gate",
        "README.md",
        "LICENSE",
        "requirements.yml",
    }
    assert needed - built == set(), "add a line for these to galaxy.yml"
    assert built - set(files()) == set()
    assert not [name for name in built if name.startswith(("tests/", "scripts/", ".", "collections/", "rehearsal/", "inventories/"))]


def test_git_ignores_what_is_private() -> None:
    names = [f"{place}/{name}".lstrip("/") for place in ("", "playbooks", "inventories/prod") for name in (".env", ".env.local", "x.plan")]
    names += [".vault-password", "inventories/prod/.vault-password-prod"]
    done = subprocess.run(["git", "check-ignore", *names], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == names


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
