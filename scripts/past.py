"""The checkout as it was at a git reference, in a temporary folder."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.terminal import Problem


@dataclass(frozen=True)
class Past:
    """A commit that has the inventory. `prefix` is where the checkout is in its repository: empty, or ending with a slash."""

    root: Path
    reference: str
    commit: str
    subject: str
    prefix: str

    @property
    def name(self) -> str:
        """As the user named it, with the commit unless that is the same."""
        return self.commit if self.commit.startswith(self.reference) else f"{self.reference} ({self.commit})"


def find(root: Path, reference: str, environment: str) -> Past:
    """Raises Problem if there is no such commit, or no such inventory in it."""
    prefix = _git(root, "rev-parse", "--show-prefix")
    if prefix is None:
        raise Problem(
            f"FROM={reference} needs git and its history, and {root} is no git checkout; clone the repository instead of a download."
        )
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--short", "--end-of-options", f"{reference}^{{commit}}")
    if not commit:
        raise Problem(
            f"FROM={reference}: there is no such commit, tag or branch in this repository. `git tag` and `git branch --all` list what "
            "there is; a shallow clone lacks history: git fetch --unshallow --tags."
        )
    past = Past(root, reference, commit, _git(root, "log", "-1", "--format=%s", commit) or "", prefix)
    known = _folders(past, "inventories")
    if environment not in known:
        raise Problem(f"FROM={reference}: {commit} has no inventory inventories/{environment}; it has: {', '.join(known) or 'none'}.")
    return past


def has_changes(root: Path) -> bool:
    """Whether the work tree differs from its last commit, untracked files included."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


@contextmanager
def extracted(past: Past, folder: Path) -> Iterator[Path]:
    """The whole checkout as it was, in a folder that is removed afterwards; what a killed run left there is removed first.

    In a folder of a repository git archives that folder only."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        archive = subprocess.run(
            ["git", "-C", str(past.root), "archive", "--format=tar", past.commit], check=True, capture_output=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as content:
            content.extractall(folder, filter="tar")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folders(past: Past, parent: str) -> list[str]:
    listed = _git(past.root, "ls-tree", "--full-tree", "-d", "--name-only", f"{past.commit}:{past.prefix}{parent}")
    return sorted((listed or "").splitlines())


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints, or None if it says no or is not there."""
    try:
        ran = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return ran.stdout.strip() if ran.returncode == 0 else None
