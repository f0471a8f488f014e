# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fixtures shared by the tests of all domains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rehearsal.testing import Cloud

CloudFor = Callable[..., Cloud]


@pytest.fixture(scope="session")
def cloud_for() -> Iterator[CloudFor]:
    """A cloud with these arguments of ``Cloud``, reset; shared by all files that request the same, because a start takes seconds."""
    running: dict[str, Cloud] = {}
    with ExitStack() as stack:

        def find(**given: Any) -> Cloud:
            key = repr(sorted(given.items()))
            if key not in running:
                running[key] = stack.enter_context(Cloud(**given))
            running[key].admin.reset()
            return running[key]

        yield find


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Cloud:
    """The cloud for a folder's tests, started by its ``shared_cloud`` and reset."""
    shared_cloud.admin.reset()
    return shared_cloud
