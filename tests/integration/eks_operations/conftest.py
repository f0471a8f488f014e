# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud for the tests of a file, reset before each. Its clusters exist in the EKS API only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud

from .support import ACCOUNT, REGION


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as cloud:
        yield cloud
