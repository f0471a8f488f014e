# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The CIDR block of each subnet."""

from __future__ import annotations

import ipaddress
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domains.network.samples import complaints, network


def planned(**more: Any) -> dict[str, dict[str, str]]:
    return {tier: {zone[-1]: str(block) for zone, block in zones.items()} for tier, zones in network(**more).blocks.items()}


def zones(letters: str) -> list[str]:
    return [f"af-south-1{letter}" for letter in letters]


SMALL = {"cidr": "10.8.0.0/24", "availability_zones": zones("a"), "endpoints": {"interface": []}, "nat": "none"}
PODS: dict[str, Any] = {
    "secondary_cidrs": ["100.64.0.0/16"],
    "tiers": {"private": {}, "public": {}, "pods": {"routing": "private", "cidr": "100.64.0.0/16"}},
}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param(
            {},
            {
                "private": {"a": "10.0.0.0/20", "b": "10.0.16.0/20", "c": "10.0.32.0/20"},
                "public": {"a": "10.0.128.0/23", "b": "10.0.130.0/23", "c": "10.0.132.0/23"},
                "database": {"a": "10.0.144.0/23", "b": "10.0.146.0/23", "c": "10.0.148.0/23"},
            },
            id="a /16 with three zones",
        ),
        pytest.param(
            {"availability_zones": zones("hc")},
            {
                "private": {"c": "10.0.32.0/20", "h": "10.0.112.0/20"},
                "public": {"c": "10.0.132.0/23", "h": "10.0.142.0/23"},
                "database": {"c": "10.0.148.0/23", "h": "10.0.158.0/23"},
            },
            id="the letter of the zone decides, not its position",
        ),
        pytest.param(
            {"cidr": "10.8.0.0/21", "availability_zones": zones("ab")},
            {
                "private": {"a": "10.8.0.0/25", "b": "10.8.0.128/25"},
                "public": {"a": "10.8.4.0/28", "b": "10.8.4.16/28"},
                "database": {"a": "10.8.4.128/28", "b": "10.8.4.144/28"},
            },
            id="the smallest network that can be planned",
        ),
        pytest.param(
            {"availability_zones": zones("a"), "tiers": {"private": {}, "lambda": {"slot": 7}}, "nat": "none"},
            {"private": {"a": "10.0.0.0/20"}, "lambda": {"a": "10.0.240.0/23"}},
            id="a further tier in the last slot",
        ),
        pytest.param(
            {"availability_zones": zones("ab"), "tiers": {"private": {}, "public": {"cidrs": {"af-south-1b": "10.0.250.0/24"}}}},
            {"private": {"a": "10.0.0.0/20", "b": "10.0.16.0/20"}, "public": {"a": "10.0.128.0/23", "b": "10.0.250.0/24"}},
            id="given and planned mixed",
        ),
        pytest.param(
            {"tiers": {"private": {}, "public": {}, "database": {"availability_zones": zones("ab")}}},
            {
                "private": {"a": "10.0.0.0/20", "b": "10.0.16.0/20", "c": "10.0.32.0/20"},
                "public": {"a": "10.0.128.0/23", "b": "10.0.130.0/23", "c": "10.0.132.0/23"},
                "database": {"a": "10.0.144.0/23", "b": "10.0.146.0/23"},
            },
            id="a tier in fewer zones",
        ),
        pytest.param(
            {"availability_zones": zones("ab"), **PODS},
            {
                "private": {"a": "10.0.0.0/20", "b": "10.0.16.0/20"},
                "public": {"a": "10.0.128.0/23", "b": "10.0.130.0/23"},
                "pods": {"a": "100.64.0.0/19", "b": "100.64.32.0/19"},
            },
            id="a tier with a block to itself",
        ),
        pytest.param(
            {**SMALL, "secondary_cidrs": ["10.9.0.0/16"], "tiers": {"private": {"cidr": "10.9.0.0/20"}, "x": {"cidr": "10.8.0.0/25"}}},
            {"private": {"a": "10.9.0.0/23"}, "x": {"a": "10.8.0.0/28"}},
            id="parts of blocks, in a network that is too small to plan",
        ),
        pytest.param(
            {**PODS, "tiers": {"private": {"cidrs": {"af-south-1a": "100.64.128.0/24"}}}, "nat": "none"},
            {"private": {"a": "100.64.128.0/24", "b": "10.0.16.0/20", "c": "10.0.32.0/20"}},
            id="a subnet in a secondary block",
        ),
    ],
)
def test_plan(more: dict[str, Any], expected: dict[str, dict[str, str]]) -> None:
    assert planned(**more) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"tiers": {"private": {"cidrs": {"af-south-1a": "10.1.0.0/20"}}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.private.cidrs.af-south-1a is '10.1.0.0/20', but it must lie inside the block of the network, 10.0.0.0/16",
        ),
        (
            {"tiers": {"private": {"cidrs": {"af-south-1a": "10.0.0.8/20"}}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.private.cidrs.af-south-1a is '10.0.0.8/20', but it has host bits set; the block would be 10.0.0.0/20",
        ),
        (
            {"tiers": {"private": {"cidrs": {"af-south-1a": "10.0.0.0/29"}}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.private.cidrs.af-south-1a is '10.0.0.0/29', but AWS accepts only subnets from /16 to /28",
        ),
        (
            {"tiers": {"private": {"cidrs": {"af-south-1a": "lots"}}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.private.cidrs.af-south-1a is 'lots', but it must be an IPv4 block such as 10.0.0.0/16",
        ),
        (
            {"tiers": {"private": {}, "public": {"cidrs": {"af-south-1a": "10.0.1.0/24"}}}, "availability_zones": zones("a")},
            "tiers.public.cidrs.af-south-1a is '10.0.1.0/24', but it overlaps 10.0.0.0/20, planned for private in "
            "af-south-1a; give one of them "
            "another block",
        ),
        (
            {"tiers": {"private": {}, "x": {}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.x.cidrs.af-south-1a is missing: give the subnet's block, or a slot from 2 to 7 to the tier so that it can be planned",
        ),
        (
            {"tiers": {"private": {}, "x": {"slot": 2}, "y": {"slot": 2}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.y.slot is 2, but the tier x already has it; choose another",
        ),
        (
            {**SMALL, "tiers": {"private": {}}},
            "tiers.private.cidrs.af-south-1a is missing: blocks are planned for networks up to /21 only, and this one "
            "is 10.8.0.0/24; give the "
            "subnet's block",
        ),
        (
            {"availability_zones": zones("i"), "tiers": {"private": {}}, "nat": "none"},
            "tiers.private.cidrs.af-south-1i is missing: blocks are planned for the zone letters a to h only; give the subnet's block",
        ),
        (
            {"tiers": {"private": {"cidrs": {"af-south-1d": "10.0.0.0/20"}}}, "nat": "none", "availability_zones": zones("a")},
            "tiers.private.cidrs is 'af-south-1d', but the tier is in af-south-1a only",
        ),
        (
            {"tiers": {"private": {}, "public": {}, "pods": {"cidr": "100.64.0.0/16"}}},
            "tiers.pods.cidr is '100.64.0.0/16', but it must lie inside the block of the network, 10.0.0.0/16; add it to secondary_cidrs",
        ),
        (
            {**PODS, "tiers": {"private": {}, "public": {}, "pods": {"cidr": "100.65.0.0/16"}}},
            "tiers.pods.cidr is '100.65.0.0/16', but it must lie inside one of the blocks of the network: 10.0.0.0/16, 100.64.0.0/16; "
            "add it to secondary_cidrs",
        ),
        (
            {**PODS, "tiers": {"private": {}, "public": {}, "pods": {"cidr": "100.64.0.0/26"}}},
            "tiers.pods.cidr is '100.64.0.0/26', but it is divided among eight zone letters, and AWS accepts no subnet smaller "
            "than /28; use /25, or list cidrs",
        ),
        (
            {**PODS, "tiers": {"private": {}, "public": {}, "pods": {"cidr": "100.64.0.0/16", "slot": 2}}},
            "tiers.pods.slot is 2, but the tier has the block 100.64.0.0/16 to itself; remove one of the two",
        ),
        (
            {**PODS, "tiers": {"private": {}, "public": {}, "pods": {"cidr": "100.64.0.8/16"}}},
            "tiers.pods.cidr is '100.64.0.8/16', but it has host bits set; the block would be 100.64.0.0/16",
        ),
        (
            {**PODS, "tiers": {**PODS["tiers"], "jobs": {"cidr": "100.64.0.0/16"}}},
            "tiers.pods.cidrs.af-south-1a is '100.64.0.0/19', but it overlaps 100.64.0.0/19, planned for jobs in af-south-1a; give one of "
            "them another block",
        ),
    ],
)
def test_what_cannot_be_planned_is_said(more: dict[str, Any], expected: str) -> None:
    assert expected in complaints(**more)


@given(
    prefix=st.integers(16, 21),
    letters=st.sets(st.sampled_from("abcdefgh"), min_size=1),
    slots=st.dictionaries(st.integers(2, 7), st.sampled_from(["isolated", "private"])),
)
def test_a_plan_never_overlaps_and_never_renumbers(prefix: int, letters: set[str], slots: dict[int, str]) -> None:
    further = {f"tier{slot}": {"slot": slot, "routing": routing} for slot, routing in slots.items()}
    few = network(cidr=f"10.0.0.0/{prefix}", availability_zones=zones("".join(sorted(letters))))
    many = network(
        cidr=f"10.0.0.0/{prefix}", availability_zones=zones("abcdefgh"), tiers={"public": {}, "private": {}, "database": {}, **further}
    )
    small, large = few.blocks, many.blocks
    assert all(large[tier][zone] == block for tier, blocks in small.items() for zone, block in blocks.items())
    blocks = [block for zones_ in large.values() for block in zones_.values()]
    assert len(blocks) == 8 * (3 + len(slots))
    assert not any(one.overlaps(other) for one, other in itertools.combinations(blocks, 2))
    assert all(block.subnet_of(ipaddress.IPv4Network(f"10.0.0.0/{prefix}")) and block.prefixlen <= 28 for block in blocks)


@pytest.mark.parametrize(
    ("more", "tier", "expected"),
    [
        ({}, "private", ["10.0.0.0/17"]),
        ({}, "database", ["10.0.144.0/20"]),
        pytest.param(
            {
                "tiers": {
                    "public": {"cidrs": dict(zip(zones("abc"), ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"], strict=True))},
                    "private": {"cidrs": dict(zip(zones("abc"), ["10.0.32.0/20", "10.0.48.0/20", "10.0.80.0/20"], strict=True))},
                }
            },
            "private",
            ["10.0.32.0/19", "10.0.80.0/20"],
            id="neighbors are joined; the half is not used, for another tier is in it",
        ),
    ],
)
def test_the_blocks_of_a_tier(more: dict[str, Any], tier: str, expected: list[str]) -> None:
    wanted = network(**more)
    assert [str(block) for block in wanted.tier_blocks(tier)] == expected
