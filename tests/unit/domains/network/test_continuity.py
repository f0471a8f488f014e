# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A single NAT gateway keeps its place, and a renamed network keeps its log group."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.continuity import with_blocks_in_use, with_present_places
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build, single_nat_zone
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, State
from tests.unit.domains.network.samples import PLACE, ZONES, network

A, B, C = ZONES


def seen(address: str, state: State = "ready") -> Observed:
    return Observed(address.partition(".")[0], address, "id-1", state=state)


@pytest.mark.parametrize(
    ("more", "observed", "expected"),
    [
        ({}, [], A),
        ({}, [seen(f"nat_gateway.main/{B}")], B),
        ({}, [seen(f"nat_gateway.main/{B}", "pending")], B),
        ({}, [seen(f"nat_gateway.main/{B}", "failed")], A),
        ({}, [seen(f"nat_gateway.main/{C}"), seen(f"nat_gateway.main/{B}")], B),
        ({}, [seen(f"nat_gateway.other/{B}")], A),
        ({}, [seen("nat_gateway.main/af-south-1d")], A),
        ({}, [seen(f"elastic_ip.main/nat-{B}")], B),
        ({"nat_az": C}, [seen(f"nat_gateway.main/{B}")], C),
    ],
)
def test_zone(more: dict[str, Any], observed: list[Observed], expected: str) -> None:
    found = with_present_places({"main": network(nat="single", **more)}, observed)
    assert single_nat_zone(found["main"]) == expected


def test_other_modes_are_left_alone() -> None:
    described = {"main": network(nat="per_az")}
    assert with_present_places(described, [seen(f"nat_gateway.main/{B}")]) == described


def test_a_renamed_network_keeps_its_log_group() -> None:
    group = Observed("log_group", "log_group.main/flow-logs", "/mainstay/prod/network/old/flow-logs")
    found = with_present_places({"main": network()}, [group])
    by_address = {one.address: one.properties for one in build(found, PLACE)}
    assert by_address["log_group.main/flow-logs"]["log_group_name"] == group.id
    assert by_address["flow_log.main"]["log_destination"].endswith(f":log-group:{group.id}")


# ---- secondary blocks ----

FIRST, SECOND = "100.64.0.0/16", "100.65.0.0/16"


def vpc(*blocks: str) -> Observed:
    return Observed("vpc", "vpc.main", "vpc-1", {"secondary_cidr_blocks": list(blocks)})


def subnet(name: str, block: str) -> Observed:
    return Observed("subnet", f"subnet.{name}", "subnet-1", {"cidr_block": block})


@pytest.mark.parametrize(
    ("observed", "going", "expected"),
    [
        ([], "", []),
        ([vpc(FIRST)], "", []),
        ([vpc(FIRST), subnet("main/pods-a", "100.64.0.0/19")], "", [FIRST]),
        ([vpc(FIRST), subnet("main/pods-a", "100.64.0.0/19")], "subnet.main/pods-a", []),
        ([vpc(FIRST), subnet("main/pods-a", "100.64.0.0/19"), subnet("main/pods-b", "100.64.32.0/19")], "subnet.main/pods-a", [FIRST]),
        ([vpc(FIRST), subnet("other/pods-a", "100.64.0.0/19")], "", []),
        ([vpc(FIRST), subnet("main/private-a", "10.0.0.0/20")], "", []),
        ([vpc(FIRST, SECOND), subnet("main/pods-a", "100.65.0.0/19")], "", [SECOND]),
    ],
)
def test_a_block_stays_while_a_subnet_in_it_stays(observed: list[Observed], going: str, expected: list[str]) -> None:
    found, notes = with_blocks_in_use({"main": network()}, observed, lambda address: address == going)
    assert [str(block) for block in found["main"].secondary_cidrs] == expected
    assert [note.partition(", because ")[0] for note in notes] == [f"main: the VPC keeps its block {block}" for block in expected]


def test_a_described_block_is_kept_anyway() -> None:
    described = {"main": network(secondary_cidrs=[FIRST])}
    assert with_blocks_in_use(described, [vpc(FIRST), subnet("main/pods-a", "100.64.0.0/19")], lambda _address: False) == (described, [])
