# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One PostgreSQL server for the tests that need no cloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.postgresql.fleet import Fleet


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    made = Fleet()
    yield made
    made.close()
