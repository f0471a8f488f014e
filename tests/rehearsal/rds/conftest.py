"""An account with the prerequisites of DB instances, in a cloud without database servers, where nothing takes time."""

from __future__ import annotations

import pytest

from ..conftest import CheckedCloud
from .rds_account import RdsAccount


@pytest.fixture
def account(cloud: CheckedCloud) -> RdsAccount:
    return RdsAccount(cloud)
