"""The browser's packages, installed on first use into a folder of their own: they are large, and only pages need them."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from rehearsal.kubernetes.build import BuildError, Say, install_packages, locked, say
from rehearsal.launcher import REPOSITORY

REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"
CACHE = REPOSITORY / ".cache" / "browser"


def packages(tell: Say = say) -> Path:
    """The folder for PYTHONPATH. Concurrent callers wait for the installation in progress. Raises BuildError if it fails."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = CACHE / f"{version}-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
    with locked(CACHE, "The browser is being installed by another process; waiting for it", tell):
        if not home.is_dir():
            _install(home, tell)
    return home


def _install(home: Path, tell: Say) -> None:
    tell(f"Installing the browser into {home.relative_to(REPOSITORY)}, once (about 550 MB)")
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as temporary:
        target = Path(temporary) / "packages"
        if refused := install_packages(REQUIREMENTS, target):
            raise BuildError(f"the packages in rehearsal/browser/{REQUIREMENTS.name} cannot be installed:\n{refused}")
        for old in CACHE.iterdir():
            if old.is_dir() and old != Path(temporary):
                shutil.rmtree(old, ignore_errors=True)
        target.rename(home)
