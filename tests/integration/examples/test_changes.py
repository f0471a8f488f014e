# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A network through several changes: each step changes only what was requested, and a plan afterward is empty."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.examples.running import cloud_of, confined_cloud_of, denials, mutations, play

INVENTORY = "inventories/prod"
TWO, THREE = ["af-south-1a", "af-south-1b"], ["af-south-1a", "af-south-1b", "af-south-1c"]
SMALL: dict[str, Any] = {"cidr": "10.0.0.0/16", "endpoints": {"interface": ["sts"]}}

STEPS: list[tuple[str, dict[str, Any], dict[str, int]]] = [
    ("two zones", {"availability_zones": TWO}, {"create": 34}),
    ("a third zone renumbers nothing", {"availability_zones": THREE}, {"create": 6, "update": 8, "unchanged": 26}),
    ("a regional NAT gateway", {"availability_zones": THREE, "nat": "regional"}, {"create": 4, "update": 3, "delete": 6, "unchanged": 31}),
    ("a single NAT gateway", {"availability_zones": THREE, "nat": "single"}, {"create": 2, "update": 3, "delete": 4, "unchanged": 31}),
    (
        "as little as possible",
        {"availability_zones": TWO, "nat": "none", "endpoints": {"interface": []}, "flow_logs": {"enabled": False}},
        {"update": 10, "delete": 12, "unchanged": 14},
    ),
]


@pytest.mark.slow
def test_changes(tmp_path: Path) -> None:
    with confined_cloud_of(INVENTORY) as cloud:
        cloud.admin.settings(quotas={})  # new addresses are created before old ones are released: more than a new account's five
        for name, changes, expected in STEPS:
            wanted = json.dumps({"vpc_networks": {"main": {**SMALL, **changes}}, "platform_purge": ["*", "kms_key.*"]})
            applied = play(cloud, INVENTORY, tmp_path, "--limit", "network", "--extra-vars", wanted)
            assert (name, applied.code, applied.totals) == (name, 0, expected), applied.output
            planned = play(cloud, INVENTORY, tmp_path, "--limit", "network", "--extra-vars", wanted, "--check", role="plan")
            assert (name, planned.code, set(planned.totals)) == (name, 0, {"unchanged"}), planned.output
        assert denials(cloud) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (
            {"platform_account_id": "999999999999"},
            "platform_account_id (option expected_account_id) is 999999999999, but the credentials belong to",
        ),
        ({"vpc_netwroks": {}}, "vpc_netwroks is not a variable of the role vpc; did you mean vpc_networks?"),
        ({"vpc_networks": {"main": {"cidr": "10.0.0.0/16"}}}, "vpc_networks.main.availability_zones is missing"),
        ({"vpc_networks": []}, "vpc_networks"),
        ({"vpc_state": "gone"}, "value of vpc_state must be one of: present, absent"),
    ],
)
def test_wrong_input_changes_nothing(extra: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        refused = play(cloud, INVENTORY, tmp_path, "--extra-vars", json.dumps(extra))
        assert refused.code != 0
        assert expected in " ".join(refused.output.split())
        # Only AWS can say whose account it is; every other refusal happens without a call.
        assert mutations(cloud) == []
        assert bool(cloud.admin.requests()) is ("platform_account_id" in extra)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("playbook", "expected"),
    [
        ("playbooks/dev.yml", "This playbook is for dev, but network belongs to prod."),
        ("playbooks/destroy.yml", "This permanently removes everything in prod."),
    ],
)
def test_playbooks_that_ask_first(playbook: str, expected: str, tmp_path: Path) -> None:
    with cloud_of(INVENTORY) as cloud:
        refused = play(cloud, INVENTORY, tmp_path, playbook=playbook)
        assert refused.code != 0
        assert expected in " ".join(refused.output.split())
        assert cloud.admin.requests() == []
