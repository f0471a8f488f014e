# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A script in a file: what format it has, whether it is complete, its digest, and its lines."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .splitting import ScriptProblem

CHUNK = 1 << 20
EDGE = 4096
BOM = b"\xef\xbb\xbf"

DUMP_BEGINS, DUMP_ENDS = b"-- PostgreSQL database dump\n", b"-- PostgreSQL database dump complete"
CLUSTER_BEGINS = b"-- PostgreSQL database cluster dump"
"""What pg_dump and pg_dumpall write in plain format."""

PLAIN, GZIP, ARCHIVE = "plain", "gzip", "archive"

OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"(\xb5/\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
"""Beginnings of files that are no script yet."""

NEEDS_PG_RESTORE = "and pg_restore is not on the PATH of this host: install PostgreSQL's client programs, or dump with --format=plain"


@dataclass(frozen=True)
class Script:
    """``digest``: SHA-256 of the content as hex; the same whether or not it is compressed with gzip. ``size``: bytes, uncompressed."""

    path: Path
    form: str
    digest: str
    size: int

    @property
    def name(self) -> str:
        return self.path.name

    @contextlib.contextmanager
    def lines(self) -> Iterator[Iterator[bytes]]:
        """Its lines, without a byte order mark. Raises ScriptProblem."""
        if self.form == ARCHIVE:
            yield from _restored(self.path)
            return
        with _opened(self.path, self.form) as file:
            if file.read(len(BOM)) != BOM:
                file.seek(0)
            yield iter(file)


def look(path: str) -> Script:
    """What a file is. Raises ScriptProblem, which names the file."""
    place = Path(path).expanduser()
    try:
        form = _form(place)
        digest, size, head, tail = _digest(place, form)
    except (OSError, EOFError) as error:
        raise ScriptProblem(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if form == ARCHIVE:
        if shutil.which("pg_restore") is None:
            raise ScriptProblem(f"{path} is a dump in PostgreSQL's own format, {NEEDS_PG_RESTORE}")
    elif size == 0:
        raise ScriptProblem(f"{path} is empty")
    elif head.startswith((b"--\n" + CLUSTER_BEGINS, CLUSTER_BEGINS)):
        raise ScriptProblem(f"{path} is a dump of a whole server by pg_dumpall; dump a single database with pg_dump")
    elif DUMP_BEGINS in head.replace(b"\r\n", b"\n") and DUMP_ENDS not in tail:
        raise ScriptProblem(f"{path} is not complete: the last line that pg_dump writes is missing; dump or copy it again")
    return Script(place, form, digest, size)


def _form(path: Path) -> str:
    if path.is_dir():
        if not (path / "toc.dat").is_file():
            raise ScriptProblem(f"{path} is a folder without toc.dat, so it is no dump; give a file")
        return ARCHIVE
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith((b"PGDMP", b"toc.dat\0")):
        return ARCHIVE
    if head.startswith(b"\x1f\x8b"):
        return GZIP
    for beginning, form in OTHERS:
        if head.startswith(beginning):
            raise ScriptProblem(f"{path} is {form}; convert it to plain text in UTF-8 first")
    return PLAIN


def _digest(path: Path, form: str) -> tuple[str, int, bytes, bytes]:
    """(digest, size, first bytes, last bytes)."""
    digest, size, head, tail = hashlib.sha256(), 0, b"", b""
    for part in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
        with _opened(part, form) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                head, tail = (head + chunk)[:EDGE] if len(head) < EDGE else head, (tail + chunk)[-EDGE:]
    return digest.hexdigest(), size, head, tail


def _opened(path: Path, form: str) -> IO[bytes]:
    return gzip.open(path, "rb") if form == GZIP else path.open("rb")  # type: ignore[return-value]


def _restored(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of an archive as pg_restore turns it into a script. Its error ends the script: half a dump is none."""
    command = ["pg_restore", "--file=-", "--no-owner", "--no-privileges", str(path)]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, "LC_ALL": "C"}) as process,
    ):
        try:
            yield _checked(process, errors, path)
        finally:
            process.kill()


def _checked(process: subprocess.Popen[bytes], errors: IO[bytes], path: Path) -> Iterator[bytes]:
    yield from process.stdout or ()
    if process.wait():
        errors.seek(0)
        said = errors.read(CHUNK).decode(errors="replace").strip().splitlines()
        raise ScriptProblem(f"{path} cannot be read by pg_restore: {said[0] if said else process.returncode}")
