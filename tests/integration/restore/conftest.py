# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud with servers for all tests here. They restore into instances of their own and delete them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud

from .support import Restores


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id="210987654321", region="eu-west-1", settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def site(shared_cloud: Cloud) -> Restores:
    shared_cloud.admin.reset()
    found = Restores(shared_cloud)
    found.prepare()
    return found


@pytest.fixture(autouse=True)
def _tidy(site: Restores) -> Iterator[None]:
    """No fault, script, or instance of one test reaches the next."""
    yield
    site.cloud.admin.clear_faults()
    site.cloud.admin.clear_scripts()
    site.takes()
    site.drop(*(name for name in site.names() if name != "main"))
