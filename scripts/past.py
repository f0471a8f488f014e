"""The checkout as of a git reference, in a temporary folder."""

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
    """A commit that contains the inventory."""

    root: Path
    reference: str
    commit: str
    subject: str

    @property
    def name(self) -> str:
        """The reference as the user gave it, followed by the commit unless they match."""
        return self.commit if self.commit.startswith(self.reference) else f"{self.reference} ({self.commit})"


def find(root: Path, reference: str, environment: str) -> Past:
    """Find the commit. Raises Problem if it does not exist or does not contain the inventory."""
    complaint = _complaint(root)
    if complaint:
        raise Problem(f"FROM={reference} needs git and the history of this checkout, a clone rather than a download: {complaint}")
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--short", "--end-of-options", f"{reference}^{{commit}}")
    if not commit:
        raise Problem(
            f"FROM={reference}: there is no such commit, tag or branch in this repository. `git tag` and `git branch --all` list what "
            "there is; a shallow clone lacks history: git fetch --unshallow --tags."
        )
    known = _folders(root, commit, "inventories")
    if environment not in known:
        raise Problem(f"FROM={reference}: {commit} has no inventory inventories/{environment}; it has: {', '.join(known) or 'none'}.")
    return Past(root, reference, commit, _git(root, "log", "-1", "--format=%s", commit) or "")


def has_changes(root: Path) -> bool:
    """Whether the work tree differs from its last commit, including untracked files."""
    return bool(_git(root, "status", "--porcelain", "--", "."))


@contextmanager
def extracted(past: Past, folder: Path) -> Iterator[Path]:
    """Extract the checkout as of the commit and remove the folder afterwards. Removes leftovers of a killed run first.

    When run in a subfolder of a repository, git archives only that subfolder."""
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


def _folders(root: Path, commit: str, parent: str) -> list[str]:
    """Names of the subfolders of a folder in the checkout. The checkout may itself be a subfolder of its repository."""
    prefix = _git(root, "rev-parse", "--show-prefix") or ""
    listed = _git(root, "ls-tree", "--full-tree", "-d", "--name-only", f"{commit}:{prefix}{parent}")
    return sorted((listed or "").splitlines())


def _git(root: Path, *arguments: str) -> str | None:
    """The output of git, or None if the command fails."""
    ran = _run(root, *arguments)
    return ran.stdout.strip() if ran.returncode == 0 else None


def _complaint(root: Path) -> str:
    """Why git rejects the folder as a checkout; empty if it accepts it."""
    try:
        ran = _run(root, "rev-parse", "--git-dir")
    except OSError as error:
        return f"git cannot be run: {error.strerror}."
    return "" if ran.returncode == 0 else ran.stderr.strip()


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
