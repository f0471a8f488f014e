# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A process that has imported what runs import, and forks once per run: ``python -m tests.runs.server KIND DESCRIPTOR``.

Each connection to the listening socket of that descriptor is one run. It sends a request (arguments, environment, folder) with two file
descriptors for output and errors, and receives the process ID of the run and, when the run has ended, its exit code.

Standard input is a lifeline: when the test process that holds the other end has ended, this process and its runs end.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import tempfile
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.runs import LENGTH

PLUGINS = "ansible_collections.mainstay.aws.plugins"
CONTROLLER = f"{PLUGINS}.module_utils.controller"


def prepare(kind: str) -> None:
    """Import what runs of this kind import, and read the descriptions of AWS services."""
    if kind == "playbook":
        import ansible.cli.playbook  # noqa: F401  the entry point
        from ansible.plugins.loader import init_plugin_loader

        init_plugin_loader()  # every run does so again
        warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")
    modules = [module.name for module in pkgutil.iter_modules(importlib.import_module(f"{PLUGINS}.modules").__path__)]
    with importlib.import_module(f"{CONTROLLER}.compiled").quick_imports():
        importlib.import_module(f"{CONTROLLER}.warm").warm(modules)
        if kind == "playbook":
            importlib.import_module(f"{PLUGINS}.action.in_worker")
            importlib.import_module(f"{PLUGINS}.callback.plan_summary")
    assert threading.active_count() == 1, "a fork inherits no thread"
    gc.freeze()


def serve(listener: socket.socket) -> None:
    """Start runs until the lifeline ends. Also returns in each run, which has then become the requested process."""
    runs: dict[int, socket.socket] = {}
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        for source in (listener, woken, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = [key.fileobj for key, _events in selector.select()]
            if sys.stdin in ready:
                end(runs)
            if woken in ready:
                os.read(woken, 4096)
                answer(runs)
            if listener in ready:
                connection, _address = listener.accept()
                request, descriptors = receive(connection)
                pid = os.fork()
                if pid == 0:
                    for number in (woken, wakes, listener.fileno(), *(one.fileno() for one in (connection, *runs.values()))):
                        os.close(number)
                    become(request, descriptors)
                    return
                for descriptor in descriptors:
                    os.close(descriptor)
                connection.sendall(f"{pid}\n".encode())
                runs[pid] = connection


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """A request, and the file descriptors for output and errors."""
    header, descriptors, _flags, _address = socket.recv_fds(connection, LENGTH, 2)
    with connection.makefile("rb") as stream:
        return json.loads(stream.read(int(header))), descriptors


def answer(runs: dict[int, socket.socket]) -> None:
    """Send the exit codes of the runs that have ended."""
    while runs:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with runs.pop(pid) as connection, suppress(ConnectionError):  # the test may have stopped waiting
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def end(runs: dict[int, socket.socket]) -> None:
    for pid in runs:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    for pid in runs:
        os.waitpid(pid, 0)
    os._exit(0)


def become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Turn this fork into the requested process."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((nothing, *descriptors)):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    tempfile.tempdir = None
    sys.argv = request["arguments"]


def own_temporary_folder() -> None:
    """Ansible makes a temporary folder on import, and removes it when the process ends."""
    from ansible import constants
    from ansible.config.manager import cleanup_tmp_file

    atexit.unregister(cleanup_tmp_file)
    parent = Path(constants.DEFAULT_LOCAL_TMP).parent
    constants.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix=f"ansible-local-{os.getpid()}", dir=parent)
    atexit.register(cleanup_tmp_file, constants.DEFAULT_LOCAL_TMP, warn=True)


def main() -> None:
    kind, listener = sys.argv[1], socket.socket(fileno=int(sys.argv[2]))
    os.setpgid(0, 0)
    prepare(kind)
    serve(listener)
    if kind == "playbook":
        own_temporary_folder()
        sys.exit(importlib.import_module("ansible.cli.playbook").main(sys.argv))
    importlib.import_module(sys.argv[0]).main()


if __name__ == "__main__":
    main()
