"""Run a checkout's playbook, with its output on the terminal, or in a file with progress on the terminal."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from scripts.terminal import BIN, ROOT, say_line

PLANNER = "bin/mainstay-plan"
"""The program that makes plans: it runs ansible-playbook, and its exit code is the plan's result."""

PROGRESS = re.compile(r"  \S+: \S.* (?:deleted|(?:\d+m)?\d+s)")
PLAY = re.compile(r"PLAY \[(.*?)\](?: \[CHECK MODE\])? \*+")
RECAP = re.compile(r"PLAY RECAP \*+")
WARNING = re.compile(r"\[(?:WARNING|ERROR)\]: ")
EVERY = 5.0
"""Seconds between two progress lines: many resources are awaited in parallel, and one line shows that the run is alive."""
LAST = 60
"""Lines of a log to show if the run did not reach its summary."""


class Terminated(KeyboardInterrupt):
    """Raised on SIGTERM, as opposed to Ctrl-C at the terminal."""


def interrupt(number: int, frame: object) -> None:
    """A signal handler for SIGTERM."""
    raise Terminated


def play(
    inventory: Path | str,
    variables: Mapping[str, str],
    arguments: Sequence[str],
    folder: Path = ROOT,
    playbook: str = "site.yml",
    program: str = "ansible-playbook",
) -> int:
    """Run a checkout's playbook on the terminal and return its exit code.

    On interruption, let the playbook finish on its own first, so that its summary reports what was done.
    """
    command = [_path(program), playbook, "-i", str(inventory), *arguments]
    say_line(" ".join([program, *command[1:]]))
    return _wait(subprocess.Popen(command, cwd=folder, env=dict(variables)))


def play_into(
    log: Path,
    inventory: Path | str,
    variables: Mapping[str, str],
    arguments: Sequence[str],
    folder: Path = ROOT,
    playbook: str = "site.yml",
) -> int:
    """Run a checkout's playbook with its output in a file, and show progress. Returns its exit code."""
    command = [_path("ansible-playbook"), playbook, "-i", str(inventory), *arguments]
    environment = {**variables, "MAINSTAY_PROGRESS": "always", "PYTHONUNBUFFERED": "1"}
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        return _wait(process, file)


def _path(program: str) -> str:
    return str(ROOT / program if "/" in program else BIN / program)


def _wait(process: subprocess.Popen[bytes] | subprocess.Popen[str], log: TextIO | None = None) -> int:
    try:
        if log is not None:
            _follow(process, log)
        return process.wait()
    except KeyboardInterrupt as reason:
        if isinstance(reason, Terminated):  # Ctrl-C reaches the playbook directly
            process.terminate()
        raise
    finally:
        _end(process, log)


def _follow(process: subprocess.Popen[bytes] | subprocess.Popen[str], log: TextIO) -> None:
    """Copy the output to the log, and show play titles and, from time to time, what the run is waiting for."""
    shown = time.monotonic()
    for line in process.stdout or ():
        text = str(line)
        log.write(text)
        log.flush()
        if title := PLAY.match(text):
            say_line(title[1])
        elif PROGRESS.fullmatch(text.rstrip("\n")) and time.monotonic() - shown >= EVERY:
            shown = time.monotonic()
            say_line(text.strip())


def _end(process: subprocess.Popen[bytes] | subprocess.Popen[str], log: TextIO | None) -> None:
    """Wait for a process that has been asked to stop, and kill it if it does not."""
    try:
        rest, _errors = process.communicate(timeout=20)
        if log is not None and rest:
            log.write(str(rest))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    except ValueError:  # its output has been read to the end
        process.wait()


def summary_of(log: Path) -> str:
    """The summary at the end of a run's log; the last lines if there is no summary."""
    lines = log.read_text(errors="replace").splitlines()
    recap = next((number for number, line in enumerate(lines) if RECAP.fullmatch(line.strip())), None)
    if recap is None:
        return "\n".join(lines[-LAST:])
    after = lines[recap + 1 :]
    return "\n".join(after[after.index("") + 1 :] if "" in after else after)


def warnings_of(log: Path) -> list[str]:
    """The warnings in a run's log, each on one line and without duplicates."""
    return list(dict.fromkeys(_warnings(log.read_text(errors="replace").splitlines())))


def _warnings(lines: Sequence[str]) -> Iterator[str]:
    kept: list[str] = []
    for line in [*lines, ""]:
        if kept and (not line.strip() or WARNING.match(line)):
            yield " ".join(kept)
            kept = []
        if kept or WARNING.match(line):
            kept.append(line.strip())
