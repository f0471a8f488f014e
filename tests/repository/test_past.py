"""Finding and extracting an earlier state of the checkout, in git repositories created for the purpose."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import past
from scripts.terminal import Problem, tool_environment

WHO = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in tool_environment().items() if not name.startswith("GIT_")}
    ran = subprocess.run(["git", "-C", str(folder), *WHO, *arguments], env=environment, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: v1 without inventories/new, and then one with it."""
    git(tmp_path, "init", "-q", "-b", "trunk", "repository")
    root = tmp_path / "repository"
    write(root / "inventories" / "prod" / "hosts.yml", "old\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "The first one")
    git(root, "tag", "v1")
    write(root / "inventories" / "prod" / "hosts.yml", "new\n")
    write(root / "inventories" / "new" / "hosts.yml", "new\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "The second one")
    return root


def test_a_reference_is_found_and_extracted(repository: Path, tmp_path: Path) -> None:
    write(repository / "inventories" / "prod" / "hosts.yml", "edited\n")
    before = past.find(repository, "v1", "prod")
    assert (before.reference, before.subject) == ("v1", "The first one")
    assert before.name == f"v1 ({git(repository, 'rev-parse', '--short', 'v1')})"
    with past.extracted(before, tmp_path / "past") as folder:
        assert (folder / "inventories" / "prod" / "hosts.yml").read_text() == "old\n"
    assert not (tmp_path / "past").exists()
    assert (repository / "inventories" / "prod" / "hosts.yml").read_text() == "edited\n"


def test_a_commit_is_named_once(repository: Path) -> None:
    commit = git(repository, "rev-parse", "--short", "HEAD")
    assert past.find(repository, commit, "prod").name == commit


def test_what_a_killed_run_left_is_no_obstacle(repository: Path, tmp_path: Path) -> None:
    write(tmp_path / "past" / "inventories" / "prod" / "extra.yml", "left behind")
    with past.extracted(past.find(repository, "v1", "prod"), tmp_path / "past") as folder:
        assert not (folder / "inventories" / "prod" / "extra.yml").exists()


def test_it_is_removed_whatever_happens(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), past.extracted(past.find(repository, "v1", "prod"), tmp_path / "past"):
        raise KeyboardInterrupt
    assert not (tmp_path / "past").exists()


def test_a_checkout_may_be_a_folder_of_a_repository(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "parts")
    git(repository, "rm", "-rqf", ".")
    write(repository / "platform" / "inventories" / "prod" / "hosts.yml", "old\n")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "In a folder")
    with past.extracted(past.find(repository / "platform", "HEAD", "prod"), tmp_path / "past") as folder:
        assert (folder / "inventories" / "prod" / "hosts.yml").read_text() == "old\n"


@pytest.mark.parametrize(
    ("reference", "environment", "expected"),
    [
        ("v2", "prod", "FROM=v2: there is no such commit, tag or branch in this repository"),
        ("--all", "prod", "FROM=--all: there is no such commit"),
        ("HEAD:inventories", "prod", "FROM=HEAD:inventories: there is no such commit"),
        ("v1", "new", "has no inventory inventories/new; it has: prod."),
    ],
)
def test_what_cannot_be_found_is_said(reference: str, environment: str, expected: str, repository: Path) -> None:
    with pytest.raises(Problem) as caught:
        past.find(repository, reference, environment)
    assert expected in str(caught.value)


def test_a_folder_without_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("LC_ALL", "C")
    with pytest.raises(Problem, match=r"FROM=v1 needs git and the history of this checkout, .* not a git repository"):
        past.find(tmp_path, "v1", "prod")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="git cannot be run: No such file or directory"):
        past.find(tmp_path, "v1", "prod")


def test_changes_are_noticed(repository: Path) -> None:
    assert not past.has_changes(repository)
    write(repository / "untracked", "")
    assert past.has_changes(repository)
