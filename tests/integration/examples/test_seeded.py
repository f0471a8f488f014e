# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing resources that an inventory refers to are required. That they are used and left alone: see test_examples.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.testing import Cloud
from tests.integration.examples.running import play, variables

INVENTORY = "examples/innovate/workloads"
TARGET = variables(INVENTORY)
BOUNDARY = TARGET["platform_permissions_boundary"]


@pytest.mark.slow
def test_without_it_the_run_fails_where_it_would_in_the_account(tmp_path: Path) -> None:
    settings = {"control_planes": False, "databases": False}
    with Cloud(account_id=TARGET["platform_account_id"], region=TARGET["platform_region"], settings=settings) as cloud:
        refused = play(cloud, INVENTORY, tmp_path)
        assert refused.code != 0
        assert "NoSuchEntity" in refused.output
        assert BOUNDARY in " ".join(refused.output.split())
