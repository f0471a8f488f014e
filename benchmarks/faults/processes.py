"""Runs that are started, watched and, at the moment a call is held, killed with everything they have started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.proxy import Proxy, Rule

LONGEST_RUN = 600.0


@dataclass(frozen=True)
class Ended:
    """How a run ended. ``killed`` is whether we did that; ``printed`` is what it wrote to both of its outputs."""

    code: int
    killed: bool
    seconds: float
    printed: str

    @property
    def ok(self) -> bool:
        return self.code == 0 and not self.killed


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, proxy: Proxy, rule: Rule | None = None) -> Ended:
    """Runs a command to its end or, with a rule that holds a call, to that call, where it is killed."""
    began = time.monotonic()
    killed = False
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            while process.poll() is None:
                if rule and rule.reached.wait(0.05):
                    kill_with_children(process.pid)
                    killed = True
                    rule.released.set()
                    process.wait()
                elif rule is None:
                    process.wait(max(0.1, LONGEST_RUN - (time.monotonic() - began)))
                elif time.monotonic() - began > LONGEST_RUN:
                    break
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                kill_with_children(process.pid)
    proxy.wait_until_idle()
    return Ended(process.returncode, killed, time.monotonic() - began, log.read_text(errors="replace"))


def kill_with_children(root: int) -> list[int]:
    """SIGKILL to a process and to all below it; returns their ids.

    Ansible's workers are sessions of their own, so that no group holds them all: they are found by their parents, and everything is
    stopped first, since whoever loses its parent is found no more.
    """
    stopped: set[int] = set()
    while new := {root, *descendants(root)} - stopped:
        for pid in new:
            _send(pid, signal.SIGSTOP)
        stopped |= new
    for pid in stopped:
        _send(pid, signal.SIGKILL)
    return sorted(stopped)


def descendants(root: int) -> set[int]:
    """The ids of everything that a process has started, and what that has started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = set(children.get(waiting.pop(), ())) - found
        found |= below
        waiting += below
    return found


def _parent(entry: Path) -> int | None:
    try:
        # the name before it may hold blanks and brackets
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1])


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
