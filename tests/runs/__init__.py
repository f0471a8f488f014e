# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Runs ansible-playbook, and modules on their own, for tests.

Most of the processor time of a short run is Python starting and importing Ansible and botocore. So the second run with the same settings
starts a server, which has imported them and forks once per run; see ``server.py``. A run is a process of its own either way, with its own
arguments, environment, folder, and output. The first run with any settings is a new process, which keeps imports under test.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = str(Path(sys.executable).parent / "ansible-playbook")
MODULES = "ansible_collections.mainstay.aws.plugins.modules"

LENGTH = 9
"""Digits of a request's length, which precede it."""

LATE = ("AWS_", "KUBECONFIG", "MAINSTAY_", "PATH", "PG", "PYTEST_", "TMPDIR")
"""Variables, by prefix, that are read only during a run. All others belong to the settings of a server: Ansible reads them on import."""

Completed = subprocess.CompletedProcess[str]


def run_playbook(arguments: Sequence[str], environment: Mapping[str, str], folder: Path, timeout: float = 600.0) -> Completed:
    """Run ``ansible-playbook`` with these arguments in this folder; like ``subprocess.run`` with captured output as text."""
    with _start("playbook", [PLAYBOOK], arguments, environment, folder) as run:
        return run.complete(timeout)


def run_module(name: str, arguments: Path, environment: Mapping[str, str], folder: Path, timeout: float = 600.0) -> Completed:
    """Run a module of the collection with the arguments in this JSON file, as ``python -m`` does."""
    with _start("module", [sys.executable, "-m", f"{MODULES}.{name}"], [str(arguments)], environment, folder) as run:
        return run.complete(timeout)


def start_playbook(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Run:
    """Start ``ansible-playbook``, to observe or interrupt it. Its errors go to its output."""
    return _start("playbook", [PLAYBOOK], arguments, environment, folder, merged=True)


def start_playbook_into(output: IO[str], arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Run:
    """The same, with its output in an open file."""
    return _start("playbook", [PLAYBOOK], arguments, environment, folder, output=output)


@functools.cache
def plain_settings() -> Mapping[str, str]:
    """The environment of a user who has this collection installed and no configuration."""
    home = tempfile.TemporaryDirectory(prefix="home-")
    atexit.register(home.cleanup)
    (Path(home.name) / "ansible.cfg").touch()
    return {
        "HOME": home.name,
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "ANSIBLE_CONFIG": str(Path(home.name) / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_HOME": str(Path(home.name) / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "AWS_EC2_METADATA_DISABLED": "true",
        **KEEP_RESULTS,
    }


KEEP_RESULTS = {"ANSIBLE_ACTION_PLUGINS": str(Path(__file__).parent / "action_plugins")}
"""The setting that makes the action ``keep_results`` available."""


def keep_results(count: int, path: Path) -> dict[str, object]:
    """A task that writes the variables ``result_0`` to ``result_<count - 1>`` to a file, as JSON; also in check mode."""
    results = "{{ [" + ", ".join(f"result_{n}" for n in range(count)) + "] | to_json }}"
    return {"name": "Keep", "keep_results": {"content": results, "path": str(path)}}


class Server:
    """A process that starts runs of one kind with one set of settings. It ends when this process ends."""

    def __init__(self, kind: str, settings: Mapping[str, str], place: Path) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="runs-")
        self.address = str(Path(self.folder.name) / "socket")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            path = os.pathsep.join([str(ROOT), *filter(None, [settings.get("PYTHONPATH")])])
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.runs.server", kind, str(listener.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**settings, "PYTHONPATH": path, "PATH": os.environ["PATH"]},
                cwd=place,
                pass_fds=[listener.fileno()],
            )
        atexit.register(self.close)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


_seen: set[str] = set()
_servers: dict[str, Server] = {}
_lock = threading.Lock()


def _server(kind: str, environment: Mapping[str, str], folder: Path) -> Server | None:
    """The server for runs with this environment; None if there was no run with its settings yet."""
    settings = {name: value for name, value in environment.items() if not name.startswith(LATE)}
    place = ROOT if "ANSIBLE_CONFIG" in settings else folder  # where Ansible looks for its settings
    key = json.dumps([kind, settings, str(place)], sort_keys=True)
    with _lock:
        if key not in _seen:
            _seen.add(key)
            return None
        if key not in _servers:
            _servers[key] = Server(kind, settings, place)
        return _servers[key]


def _start(
    kind: str,
    program: Sequence[str],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    merged: bool = False,
    output: IO[str] | None = None,
) -> Run:
    """Start a process: the command ``program`` with ``arguments``, or the same as a fork of the server for these settings."""
    command = [*program, *arguments]
    merged = merged or output is not None
    output = output or tempfile.TemporaryFile("w+")  # noqa: SIM115  the run closes both
    errors = output if merged else tempfile.TemporaryFile("w+")  # noqa: SIM115
    server = _server(kind, environment, folder)
    if server is None:
        process: subprocess.Popen[bytes] | Fork = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
    else:
        process = Fork(
            server.address,
            {"arguments": [program[-1], *arguments], "environment": dict(environment), "folder": str(folder)},
            output,
            errors,
        )
    return Run(command, process, output, errors)


class Fork:
    """A process that a server forked; has the part of ``subprocess.Popen`` that a ``Run`` needs."""

    def __init__(self, address: str, request: Mapping[str, Any], output: IO[str], errors: IO[str]) -> None:
        text = json.dumps(request).encode()
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(address)
        socket.send_fds(self.connection, [f"{len(text):{LENGTH}}".encode()], [output.fileno(), errors.fileno()])
        self.connection.sendall(text)
        self.answers = self.connection.makefile()
        self.pid = int(self.answers.readline())

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            ready, _, _ = select.select([self.connection], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(self.answers.readline())
            self.answers.close()
            self.connection.close()
        return self.returncode

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Run:
    """A started process, with the methods of ``subprocess.Popen`` that tests use."""

    def __init__(self, command: Sequence[str], process: subprocess.Popen[bytes] | Fork, output: IO[str], errors: IO[str]) -> None:
        self.command = list(command)
        self.process = process
        self.pid = process.pid
        self.files = (output, errors)
        self.send_signal = process.send_signal
        self.poll = process.poll

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.kill()
        self.process.wait()
        for file in self.files:
            file.close()

    @property
    def returncode(self) -> int | None:
        return self.process.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the process. One that takes longer than ``timeout`` seconds is killed: ``subprocess.TimeoutExpired``."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def complete(self, timeout: float | None = None) -> Completed:
        code = self.wait(timeout)
        return subprocess.CompletedProcess(self.command, code, *map(_text, self.files))

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        done = self.complete(timeout)
        return done.stdout, done.stderr


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
