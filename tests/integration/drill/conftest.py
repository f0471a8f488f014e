# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud and one database for all tests here: a drill leaves both as they were, which every test checks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.testing import Cloud

from .support import HOME, Site


@pytest.fixture(scope="session")
def everything() -> Iterator[Site]:
    with Cloud(account_id="210987654321", region=HOME, settings={"control_planes": False}) as cloud:
        yield Site(cloud)


@pytest.fixture
def site(everything: Site) -> Iterator[Site]:
    everything.cloud.admin.clear_requests()
    yield everything
    everything.cloud.admin.clear_faults()
    everything.cloud.admin.clear_scripts()
    everything.cloud.admin.policies(apply=None)
    everything.takes()
