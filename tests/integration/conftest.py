# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the tests of all domains have."""

from __future__ import annotations

import pytest

from rehearsal.testing import Cloud


@pytest.fixture
def cloud(shared_cloud: Cloud) -> Cloud:
    """The cloud of a folder's tests, which its ``shared_cloud`` starts, emptied."""
    shared_cloud.admin.reset()
    return shared_cloud
