# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One account with one real cluster, a load balancer controller, a zone, images, and a real database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.testing import Cloud

from .support import ACCOUNT, REGION, Shop, furnish


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as found:
        furnish(found, tmp_path_factory.mktemp("cluster"))
        yield found


@pytest.fixture
def shop(cloud: Cloud, tmp_path: Path) -> Shop:
    return Shop(cloud, tmp_path)
