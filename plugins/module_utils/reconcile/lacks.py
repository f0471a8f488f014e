# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Shortages of this machine: memory, threads, file handles, disk. Explains them in words, wherever in a run they occur."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Lack(NamedTuple):
    """A shortage, and what to do about it."""

    code: str
    message: str
    hint: str


NO_MEMORY = Lack(
    "OutOfMemory", "this machine has no memory left for the run", "Give the job more memory, or run fewer hosts at a time (--forks)."
)
NO_THREAD = Lack(
    "OutOfThreads",
    "this machine starts no further thread",
    "Raise the limit of processes (ulimit -u, or pids.max of the container) or the memory, or run fewer hosts at a time (--forks).",
)
LACKS: Mapping[int, Lack] = {
    errno.ENOMEM: NO_MEMORY,
    errno.EMFILE: Lack(
        "OutOfFileHandles", "this process has too many files and connections open", "Raise the limit of open files (ulimit -n)."
    ),
    errno.ENFILE: Lack("OutOfFileHandles", "this machine has too many files open", "Raise fs.file-max, or end other programs."),
    errno.ENOSPC: Lack("DiskFull", "the disk is full", "Free some space there."),
    errno.EDQUOT: Lack("DiskFull", "the disk quota is used up", "Free some space there, or raise the quota."),
    errno.EFBIG: Lack("FileTooLarge", "a file is larger than this process may write", "Raise the limit of file sizes (ulimit -f)."),
    errno.EROFS: Lack("ReadOnly", "the file system is read-only", "Make it writable, or name another folder."),
    errno.EACCES: Lack("NoPermission", "permission is denied", "Give this user access, or name another folder."),
    errno.EPERM: Lack("NoPermission", "the operation is not permitted", "Give this user access, or name another folder."),
}
"""By the operating system's error number."""


def lack_behind(error: BaseException) -> Lack | None:
    """The shortage indicated by an error or its cause; None if there is none."""
    for cause in _causes(error):
        lack = _lack(cause)
        if lack is not None:
            where = getattr(cause, "filename", None)
            return lack._replace(message=f"{lack.message} ({where})") if where else lack
    return None


def _lack(error: BaseException) -> Lack | None:
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return NO_THREAD
    return LACKS.get(error.errno or 0) if isinstance(error, OSError) else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, each once. botocore keeps the original in ``kwargs``."""
    waiting: list[Any] = [error]
    met: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in met:
            met.add(id(one))
            yield one
            kept = getattr(one, "kwargs", None)
            inner = [kept.get("error")] if isinstance(kept, dict) else []
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *inner]
