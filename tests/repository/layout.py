"""The repository's files, read once, for the tests of the repository."""

from __future__ import annotations

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from scripts.sanity import project_files

ROOT = Path(__file__).resolve().parent.parent.parent


def load(path: str | Path) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


@functools.cache
def files() -> tuple[str, ...]:
    """Every file that git tracks or would track."""
    return tuple(project_files())


@functools.cache
def text(name: str) -> str:
    return (ROOT / name).read_text(errors="replace")


def bundled_collections() -> Path:
    """The folder of the ansible package's collections."""
    spec = find_spec("ansible_collections.amazon.aws")
    assert spec is not None, "amazon.aws is not installed"
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))).parent.parent


def modules() -> list[str]:
    return sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")


def roles() -> list[Path]:
    return sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
