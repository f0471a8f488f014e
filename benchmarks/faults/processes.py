"""Starts and watches runs, and kills them with all their descendants at the moment a call is held."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.faults.proxy import Proxy, Rule

LONGEST_RUN = 600.0


@dataclass(frozen=True)
class Ended:
    """How a run ended. ``killed`` is whether we killed it; ``printed`` is its standard output and standard error."""

    code: int
    killed: bool
    seconds: float
    printed: str

    @property
    def ok(self) -> bool:
        return self.code == 0 and not self.killed


@dataclass(frozen=True)
class Command:
    """The command to run. ``limits``: its resource limits, by the names of setrlimit."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    limits: Mapping[str, int] = field(default_factory=dict)

    def start(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.words,
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=self._limit if self.limits else None,  # noqa: PLW1509 - setrlimit between fork and exec
        )

    def _limit(self) -> None:
        for name, value in self.limits.items():
            resource.setrlimit(getattr(resource, name), (value, value))


def run_stopped(command: Command, proxy: Proxy, rule: Rule, meanwhile: Callable[[], None]) -> Ended:
    """Stops a command at the call that the rule holds, and resumes it after ``meanwhile``."""
    began = time.monotonic()
    with command.log.open("wb") as output, command.start(output) as process:
        stopped: set[int] = set()
        try:
            while process.poll() is None and not rule.reached.wait(0.05):
                if time.monotonic() - began > LONGEST_RUN:
                    break
            if rule.reached.is_set():
                stopped = stop_with_children(process.pid)
                meanwhile()
        finally:
            for pid in stopped:
                _send(pid, signal.SIGCONT)
            rule.released.set()
        try:
            process.wait(LONGEST_RUN)
        except subprocess.TimeoutExpired:
            kill_with_children(process.pid)
    proxy.wait_until_idle()
    return Ended(process.returncode, False, time.monotonic() - began, command.log.read_text(errors="replace"))


def run(command: Command, proxy: Proxy, rule: Rule | None = None) -> Ended:
    """Runs a command to completion or, with a rule that holds a call, up to that call, where it is killed."""
    began = time.monotonic()
    killed = False
    log = command.log
    with log.open("wb") as output, command.start(output) as process:
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
    """Sends SIGKILL to a process and all its descendants; returns their ids.

    Ansible's workers have their own sessions, so no process group covers them all. They are found by their parents. Everything is stopped
    first, because an orphaned process can no longer be found.
    """
    stopped = stop_with_children(root)
    for pid in stopped:
        _send(pid, signal.SIGKILL)
    return sorted(stopped)


def stop_with_children(root: int) -> set[int]:
    """Sends SIGSTOP to a process and all its descendants, including those it starts in the meantime; returns their ids."""
    stopped: set[int] = set()
    while new := {root, *descendants(root)} - stopped:
        for pid in new:
            _send(pid, signal.SIGSTOP)
        stopped |= new
    return stopped


def descendants(root: int) -> set[int]:
    """The ids of all direct and indirect child processes."""
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
        # the name before it may contain spaces and parentheses
        fields = (entry / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1])


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
