# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One cloud for all tests here, reset before each that requests ``site``. Its clusters exist in the EKS API only: no control planes
start.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds import cluster_log_group as logs_eks
from rehearsal.testing import Cloud
from tests.integration.site import Requests

from .support import ACCOUNT, REGION, Site


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log group of a deleted cluster is watched for seconds; here EKS recreates it at once or not at all."""
    monkeypatch.setattr(logs_eks, "QUIET", 0.1)


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"control_planes": False}) as cloud:
        yield cloud


@pytest.fixture
def site(cloud: Cloud) -> Site:
    return Site(cloud)


@pytest.fixture
def requests(site: Site) -> Requests:
    """The requests from here on; the clusters' network already exists."""
    return Requests(site.cloud)
