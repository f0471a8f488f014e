# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud for all tests here, reset before each that requests ``site``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud

from .support import ACCOUNT, REGION, Site


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield cloud


@pytest.fixture
def site(cloud: Cloud) -> Site:
    return Site(cloud)
