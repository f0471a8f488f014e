# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A thread pool with a clear error if this machine cannot start another thread."""

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
            withdrawn.append(lack)  # the work is already in the queue, and another thread may pick it up
            raise lack from error
