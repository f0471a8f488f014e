"""Control planes that outlive the command that starts them. Each has a keeper process that holds it until it is stopped.

Started as `python -m rehearsal.kubernetes.keeper <id>`; the configuration is one JSON object on standard input.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal.kubernetes import build
from rehearsal.kubernetes.plane import START_SECONDS, ControlPlane, check_version
from rehearsal.launcher import REPOSITORY, STATE_DIRECTORY

# A cloud's name cannot begin with a dot.
PLANES = STATE_DIRECTORY / ".planes"
STATE_FILE = "plane.json"
STOP_SECONDS = 30.0


class KeeperError(Exception):
    """A control plane could not be started or stopped; the message says why."""


def start(name: str, version: str, nodes: int, directory: Path = PLANES) -> dict[str, Any]:
    """The control plane with that name, started if necessary: {"pid", "id", "name", "version", "endpoint", "kubeconfig"}."""
    check_version(version)
    build.binary()
    home = directory / name
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home):
        running = find(name, directory)
        if running:
            return running
        return _spawn(home, {"name": name, "version": version, "nodes": nodes, "home": str(home)})


def find(name: str, directory: Path = PLANES) -> dict[str, Any] | None:
    """The control plane with that name, if it runs: the recorded process must still be the one that was started."""
    try:
        plane: dict[str, Any] = json.loads((directory / name / STATE_FILE).read_text())
        arguments = Path(f"/proc/{plane['pid']}/cmdline").read_bytes()
    except (OSError, ValueError, KeyError):
        return None
    return plane if plane["id"].encode() in arguments else None


def stop(name: str, directory: Path = PLANES) -> bool:
    """Stops the control plane with that name; False if it was not running."""
    home = directory / name
    if not home.is_dir():
        return False
    with _locked(home):
        plane = find(name, directory)
        if plane is None:
            return False
        os.kill(plane["pid"], signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while find(name, directory) is not None:
            if time.monotonic() > deadline:
                raise KeeperError(f"process {plane['pid']} did not end within {STOP_SECONDS:.0f} seconds")
            time.sleep(0.05)
        (home / STATE_FILE).unlink(missing_ok=True)
        return True


def _spawn(home: Path, configuration: dict[str, Any]) -> dict[str, Any]:
    identifier, log = secrets.token_hex(8), home / "keeper.log"
    (home / STATE_FILE).unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.kubernetes.keeper", identifier],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            start_new_session=True,
        )
    assert process.stdin is not None
    process.stdin.write(json.dumps({**configuration, "id": identifier}).encode())
    process.stdin.close()
    deadline = time.monotonic() + START_SECONDS + 10
    while time.monotonic() < deadline and process.poll() is None:
        found = find(home.name, home.parent)
        if found:
            return found
        time.sleep(0.05)
    if process.poll() is None:
        process.terminate()
    last = log.read_text(errors="replace").strip().splitlines()[-3:]
    raise KeeperError(f"the control plane {home.name!r} did not start: {' / '.join(last) or 'no output'} (see {log})")


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(configuration: dict[str, Any]) -> None:
    """The main function of the keeper process."""
    reported = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: reported.set())
    home = Path(configuration["home"])
    with ControlPlane(home, name=configuration["name"], version=configuration["version"]) as plane:
        for number in range(configuration["nodes"]):
            plane.add_node(f"node-{number + 1}", zone=f"us-east-1{'abc'[number % 3]}")
        described = {"pid": os.getpid(), "endpoint": plane.endpoint, "kubeconfig": str(plane.kubeconfig)}
        new = home / f"{STATE_FILE}.new"
        new.write_text(json.dumps(described | {name: configuration[name] for name in ("id", "name", "version")}, indent=2) + "\n")
        new.replace(home / STATE_FILE)
        reported.wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        keep(json.loads(sys.stdin.read()))
