# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud for all tests here, reset before each. Its instances exist in the RDS API only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id="210987654321", region="eu-west-1", settings={"databases": False}) as cloud:
        yield cloud
