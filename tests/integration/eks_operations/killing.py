# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A playbook that is killed in the middle, with all its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from .site import ROOT, Site
from .workloads import until


def killed(site: Site, playbook: str, arguments: Sequence[str], when: Callable[[], bool], what: str) -> None:
    """Run it, and kill it as soon as ``when`` holds."""
    quiet = subprocess.DEVNULL
    running = subprocess.Popen(site.command(playbook, arguments), cwd=ROOT, env=site.environment(), stdout=quiet, stderr=quiet)
    try:
        until(when, what)
        assert running.poll() is None, "the run was over before it could be killed"
    finally:
        for process in processes_of(site):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        running.wait()


def processes_of(site: Site) -> list[int]:
    """ansible-playbook and its workers, each with its own session; they have the same command name."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(site.folder / "hosts.json").encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return sorted(found)
