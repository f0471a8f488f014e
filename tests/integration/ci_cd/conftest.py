# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud for all tests here, reset before each that requests ``cloud``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws, watch
from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from rehearsal.testing import Cloud
from tests.integration.site import ACCOUNT, Requests

REGION = "af-south-1"


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield cloud


@pytest.fixture
def requests(cloud: Cloud) -> Requests:
    return Requests(cloud)


@pytest.fixture
def ecr(cloud: Cloud) -> Any:
    return cloud.client("ecr")


@pytest.fixture
def connect(cloud: Cloud) -> Iterator[Callable[..., Aws]]:
    """Connections as modules have them, by role and account."""
    made: list[Aws] = []

    def connect(role: str = "apply", account_id: str = "") -> Aws:
        def client(service: str, region: str = REGION) -> Any:
            return watch(cloud.client(service, role, region, account_id))

        made.append(Aws(client, Owner("prod", "shop"), region=REGION))
        return made[-1]

    yield connect
    for aws in made:
        aws.close()
