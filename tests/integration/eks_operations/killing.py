# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A playbook that is killed in the middle, with all its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .site import ROOT, Site
from .workloads import until


def killed(site: Site, playbook: str, arguments: Sequence[str], when: Callable[[], bool], what: str) -> None:
    """Run it, and kill it as soon as ``when`` holds."""
    kill(site.command(playbook, arguments), site.environment(), str(site.folder / "hosts.json"), when, what)


def kill(command: Sequence[str], environment: Mapping[str, str], mark: str, when: Callable[[], bool], what: str) -> None:
    """Run a command that has the argument ``mark``, which no other process has, and kill it as soon as ``when`` holds."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        until(when, what)
        assert running.poll() is None, "the run was over before it could be killed"
    finally:
        for process in processes_with(mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        running.wait()


def processes_with(argument: str) -> list[int]:
    """ansible-playbook and its workers, each with its own session; they have the same command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if argument.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return sorted(found)
