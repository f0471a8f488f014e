# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ctrl-C and SIGTERM during an apply: calls in flight finish, and the module reports what was done.

A signal would end an Ansible worker silently, and Ansible no longer reads what a worker returns after one. So during an apply the first
signal makes the engine start nothing more, and the report goes to a file in the folder that the plan_summary callback announces. The
callback shows it when the run is over.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

FOLDER_VARIABLE = "MAINSTAY_REPORTS"
RUNNING = ".running"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether the last apply of this process was interrupted."""

    happened: bool = False


@contextlib.contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` on the first signal and ignore the ones that follow. Does nothing outside the main thread.

    ``stop`` runs in its own thread: a signal handler can interrupt any line, including one that holds the very lock that ``stop`` needs.
    """
    Interruption.happened = False
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(_number: int, _frame: FrameType | None) -> None:
        Interruption.happened = True
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        threading.Thread(target=stop, daemon=True).start()

    before = {number: signal.signal(number, first) for number in SIGNALS}
    announcement = _announce()
    try:
        yield
    finally:
        if not Interruption.happened:
            _withdraw(announcement)
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.contextmanager
def stopping_if_orphaned(stop: Callable[[], None], every: float = 1.0) -> Iterator[None]:
    """Call ``stop`` once the process that started this one is gone, such as an ansible-playbook that was killed.

    For work that must not go on unnoticed: a worker survives the playbook, and finishes its module.
    """
    parent, done = os.getppid(), threading.Event()

    def watch() -> None:
        while not done.wait(every):
            if os.getppid() != parent:
                stop()
                return

    threading.Thread(target=watch, name="parent", daemon=True).start()
    try:
        yield
    finally:
        done.set()


def hand_over(host: str, result: Mapping[str, Any]) -> None:
    """Leave a report for the callback. The callback may not be waiting for one, and a report that cannot be written must not fail the
    module.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        with contextlib.suppress(OSError):
            path = Path(folder) / f"{os.getpid()}.json"
            path.with_suffix(".part").write_text(json.dumps({"host": host, "result": result}, default=str), encoding="utf-8")
            path.with_suffix(".part").rename(path)
            _withdraw(path.with_suffix(RUNNING))


def _announce() -> Path | None:
    """Announce to the callback that a report may follow, so that it can wait for it."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        path = Path(folder) / f"{os.getpid()}{RUNNING}"
        with contextlib.suppress(OSError):
            path.touch()
            return path
    return None


def _withdraw(announcement: Path | None) -> None:
    if announcement:
        with contextlib.suppress(OSError):
            announcement.unlink(missing_ok=True)


def wait_for_reports(folder: Path, seconds: float) -> None:
    """Wait until every announced report has arrived or the process that announced it has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(_alive(int(path.stem)) for path in folder.glob(f"*{RUNNING}")):
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def reports(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """The reports that interrupted modules left: (host, result)."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError):
            report = json.loads(path.read_text(encoding="utf-8"))
            found.append((str(report["host"]), dict(report["result"])))
    return found
