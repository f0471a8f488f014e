"""Ends the servers of a cloud when its process ends, however it ends.

Started by `server_site.py` as `python guardian.py <folder>`; it waits until its standard input closes, which only the cloud's process holds
open, stops every server whose data is below the folder, and removes the folder. It imports nothing of the rehearsal, to stay small.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "mainstay-"
SIGNALS = {"postmaster.pid": signal.SIGQUIT, "valkey.pid": signal.SIGKILL}
"""The files in which servers write their process IDs, and the signal that ends each at once. They lie in the server's data."""
PATIENCE_SECONDS = 5.0


def clean(folder: Path) -> None:
    """Stops the servers below a folder and removes it. Touches no other folder than one of the rehearsal's that this user owns."""
    if not (folder.name.startswith(PREFIX) and folder.is_dir() and not folder.is_symlink() and folder.lstat().st_uid == os.geteuid()):
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    running = list(_servers(folder))
    for pid, data in running:
        _signal(pid, next(number for name, number in SIGNALS.items() if (data / name).exists()))
    while running and time.monotonic() < deadline:
        time.sleep(0.02)
        running = [(pid, data) for pid, data in running if serves(pid, data)]
    for pid, _data in running:
        _signal(pid, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def serves(pid: int, data: Path) -> bool:
    """Whether the process is the server of this data: a server's working directory is its data."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


def _servers(folder: Path) -> Iterator[tuple[int, Path]]:
    for file in (found for name in SIGNALS for found in folder.glob(f"*/*/data/{name}")):
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(file.read_text().splitlines()[0])
            if serves(pid, file.parent):
                yield pid, file.parent


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    clean(Path(sys.argv[1]))
