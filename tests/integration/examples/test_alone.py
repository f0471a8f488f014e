# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Components in runs without the network: each finds what it needs from another component in AWS, by tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.examples.running import cloud_of, mutations, play

INVENTORY = "inventories/dev"


@pytest.mark.slow
def test_clusters_and_databases_by_themselves(tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        nowhere = play(cloud, INVENTORY, tmp_path, "--limit", "cluster:database", "--check", role="plan")
        assert nowhere.code == 0, nowhere.output
        assert set(nowhere.totals) == {"create"}
        network = play(cloud, INVENTORY, tmp_path, "--limit", "network")
        assert network.code == 0, network.output
        made = play(cloud, INVENTORY, tmp_path, "--limit", "cluster:database")
        assert made.code == 0, made.output
        assert made.totals == nowhere.totals
        cloud.admin.clear_requests()
        for way in (("--limit", "cluster:database"), ("--tags", "eks,rds")):
            again = play(cloud, INVENTORY, tmp_path, *way)
            assert (way, again.code, set(again.totals)) == (way, 0, {"unchanged"}), again.output
        assert mutations(cloud) == []
