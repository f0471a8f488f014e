# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Components in runs without the network: each finds what it needs from another component in AWS, by tags."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.examples.running import cloud_of, mutations, play, variables

INVENTORY = "inventories/dev"
INSIDE = {"domain": "dev.internal", "private": True}
ZONES = ("--extra-vars", json.dumps({"dns_zones": {**variables(INVENTORY, "dns")["dns_zones"], "inside": INSIDE}}))
"""Also a private zone, which needs the network."""


@pytest.mark.slow
def test_clusters_databases_and_zones_by_themselves(tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        nowhere = play(cloud, INVENTORY, tmp_path, "--limit", "cluster:database:zones", "--check", *ZONES, role="plan")
        assert nowhere.code == 0, nowhere.output
        assert set(nowhere.totals) == {"create"}
        network = play(cloud, INVENTORY, tmp_path, "--limit", "network")
        assert network.code == 0, network.output
        made = play(cloud, INVENTORY, tmp_path, "--limit", "cluster:database:zones", *ZONES)
        assert made.code == 0, made.output
        assert made.totals == nowhere.totals
        cloud.admin.clear_requests()
        for way in (("--limit", "cluster:database:zones"), ("--tags", "dns,eks,rds")):
            again = play(cloud, INVENTORY, tmp_path, *way, *ZONES)
            assert (way, again.code, set(again.totals)) == (way, 0, {"unchanged"}), again.output
        assert mutations(cloud) == []
