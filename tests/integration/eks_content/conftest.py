# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One account with one real cluster for all tests here; each test uses its own component names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.testing import Cloud

from .support import ACCOUNT, REGION, Account, InsideCluster


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        account = Account(cloud)
        account.make_cluster()
        yield account


@pytest.fixture
def inside(account: Account, tmp_path: Path) -> InsideCluster:
    return InsideCluster(account, tmp_path)
