# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ..conftest import CheckedCloud
from .monitored import Monitored


@pytest.fixture
def monitored(cloud: CheckedCloud) -> Monitored:
    return Monitored(cloud)
