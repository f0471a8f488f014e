# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Two accounts in two regions, with PostgreSQL servers that hold real data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.testing import Cloud

from .support import HOME, PRODUCTION, STAGING, Accounts


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=STAGING, region=HOME, further_accounts=(PRODUCTION,), settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def prepared(shared_cloud: Cloud) -> Accounts:
    """Production with personal data, and staging without; shared by all tests."""
    accounts = Accounts(shared_cloud)
    accounts.prepare()
    return accounts


@pytest.fixture
def accounts(prepared: Accounts, tmp_path: Path) -> Accounts:
    prepared.begin(tmp_path)
    return prepared
