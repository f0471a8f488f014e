# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A thread pool that says in words when this machine starts no further thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from .errors import OutOfResources, out_of_resources

T = TypeVar("T")


class Pool(ThreadPoolExecutor):
    """``submit`` raises OutOfResources if the thread that the work needs cannot be started; the work is then not done."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        withdrawn: list[OutOfResources] = []

        def work() -> T:
            if withdrawn:
                raise withdrawn[0]
            return function(*args, **kwargs)

        try:
            return super().submit(work)
        except (RuntimeError, MemoryError) as error:
            lack = out_of_resources(error)
            if lack is None:
                raise
            withdrawn.append(lack)  # the work is in the queue already, and another thread may come to it
            raise lack from error
