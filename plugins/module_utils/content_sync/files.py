# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files of a directory that is to be uploaded: which they are, and their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ALWAYS_PUBLISHED = ".well-known"
"""The one hidden folder that belongs on a web server (RFC 8615). Other hidden files, such as .env or .git, stay where they are."""
RESERVED = ".mainstay"
"""The folder of the bucket in which the record of what was uploaded is kept."""
LARGEST = 1024**3
"""Bytes. An upload is one PutObject of a file that was read into memory."""
LONGEST_KEY = 1024
"""Bytes. "Naming Amazon S3 objects" in the S3 User Guide."""
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class LocalFile:
    """``name``: the path below the directory, with slashes. ``sha256``: hexadecimal. ``size``: bytes."""

    name: str
    path: Path
    size: int
    sha256: str


@dataclass(frozen=True)
class Found:
    """``hidden``: names of files that are left out because their name, or that of a folder, begins with a dot."""

    files: tuple[LocalFile, ...]
    hidden: tuple[str, ...]
    problems: tuple[str, ...]


def scan(directory: str, exclude: Sequence[str], index: str, prefix: str) -> Found:
    """Every file below ``directory``, or what is wrong with it, one sentence each.

    ``exclude``: shell patterns of names that are left out; ``*`` also matches slashes. ``index``: the file that must be there.
    """
    root = Path(directory)
    if not root.is_dir():
        return Found((), (), (f"directory is {directory!r}, which is no directory on the machine that runs this; build the site first",))
    files: list[LocalFile] = []
    hidden: list[str] = []
    problems: list[str] = []
    for name, path, problem in _walk(root.resolve(), root.resolve(), ""):
        if any(fnmatchcase(name, pattern) for pattern in exclude):
            continue
        if _is_hidden(name):
            hidden.append(name)
        elif problem or (problem := _unfit(name, path, prefix)):
            problems.append(problem)
        else:
            files.append(_file(name, path))
    if not problems:
        problems = _incomplete([one.name for one in files], directory, index)
    return Found(tuple(sorted(files, key=lambda one: one.name)), tuple(sorted(hidden)), tuple(problems))


def _incomplete(names: Sequence[str], directory: str, index: str) -> list[str]:
    """An empty or broken build must not replace a site that works, and must not let everything that is there become outdated."""
    if not names:
        return [f"directory {directory} has no files to upload; nothing was uploaded or deleted. Build the site first, or correct exclude"]
    if index not in names:
        return [f"directory {directory} has no {index}, which the option index names; the build is incomplete, or index is wrong"]
    return []


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    return any(part.startswith(".") for part in (parts[1:] if parts[0] == ALWAYS_PUBLISHED else parts))


def _walk(root: Path, folder: Path, prefix: str) -> Iterator[tuple[str, Path, str]]:
    """(name, path, what is wrong with it) of everything below a folder that is no folder itself."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        name, path = f"{prefix}{entry.name}", Path(entry.path)
        if entry.is_symlink():
            target = path.resolve()
            if wrong := _bad_link(root, folder, path, target, name):
                yield name, path, wrong
                continue
        if entry.is_dir():
            yield from _walk(root, path, f"{name}/")
        elif entry.is_file():
            yield name, path, ""
        else:
            yield name, path, f"{name} is neither a file nor a folder, but {_type(path)}; remove it or exclude it"


def _bad_link(root: Path, folder: Path, path: Path, target: Path, name: str) -> str:
    if not path.exists():
        return f"{name} is a symbolic link to {target}, which does not exist; remove it or exclude it"
    if not target.is_relative_to(root):
        return f"{name} is a symbolic link to {target}, outside of the directory; copy the file into the directory, or exclude the link"
    if folder.resolve().is_relative_to(target):
        return f"{name} is a symbolic link to {target}, a folder that contains the link; remove it or exclude it"
    return ""


def _type(path: Path) -> str:
    mode = path.lstat().st_mode
    kinds = {stat.S_ISFIFO: "a named pipe", stat.S_ISSOCK: "a socket", stat.S_ISBLK: "a device", stat.S_ISCHR: "a device"}
    return next((words for test, words in kinds.items() if test(mode)), "something else")


def _unfit(name: str, path: Path, prefix: str) -> str:
    """Why a file cannot become an object; empty if it can."""
    try:
        key = f"{prefix}{name}".encode()
    except UnicodeEncodeError:
        return f"{name!r} is not valid UTF-8, but the keys of objects must be; rename the file"
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        return f"{name!r} has a control character in its name; rename the file"
    if len(key) > LONGEST_KEY:
        return f"{name} has a key of {len(key)} bytes, but S3 takes up to {LONGEST_KEY}; shorten the name or prefix"
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size
        return f"{name} has {size} bytes, but files of a site may have up to {LARGEST}; upload it in another way, and exclude it here"
    return ""


def _file(name: str, path: Path) -> LocalFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            digest.update(block)
            size += len(block)
    return LocalFile(name, path, size, digest.hexdigest())
