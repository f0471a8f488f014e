"""An account with the prerequisites of replication groups, in a cloud without cache servers, where nothing takes time."""

from __future__ import annotations

import pytest

from ..conftest import CheckedCloud
from .cache_account import CacheAccount


@pytest.fixture
def account(cloud: CheckedCloud) -> CacheAccount:
    cloud.admin.settings(caches=False)
    return CacheAccount(cloud)
