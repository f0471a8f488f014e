# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IPv6: which /64 each subnet gets, where its traffic goes, what may pass, and what stays until its removal is agreed."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.ipv6 import GATEWAY, numbers, with_present_ipv6
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.ipv6_blocks import (
    block_of_subnet,
    block_of_vpc,
    canonical,
    end_of,
    number_of,
    start_of,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.rules import security_groups
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.settings import Network
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.values import is_worldwide
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Ref
from tests.unit.domains.network.samples import PLACE, ZONES, complaints, network

A, B, C = ZONES
BLOCK = ipaddress.IPv6Network("2600:1f14:abc:de00::/56")
START = "2600:1f14:0abc:de"
TIERS: dict[str, Any] = {"public": {}, "private": {}, "database": {}}


def properties(one: Network) -> dict[str, Any]:
    return {resource.address: resource.properties for resource in build({"main": one}, PLACE)}


# ---- blocks ----


def association(block: str, state: str = "associated", pool: str = "Amazon") -> dict[str, Any]:
    return {"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": state}, "Ipv6Pool": pool, "AssociationId": "a"}


@pytest.mark.parametrize(
    ("associations", "expected"),
    [
        ([], None),
        ([association("", "associating")], None),
        ([association(str(BLOCK), "disassociated")], None),
        ([association(str(BLOCK))], BLOCK),
        ([association("2001:db8:1:100::/56", pool="mine"), association(str(BLOCK))], BLOCK),
        ([association("2001:db8:1:100::/56", pool="mine")], ipaddress.IPv6Network("2001:db8:1:100::/56")),
        ([association("2001:db8::/48", pool="mine")], None),
    ],
)
def test_block_that_subnets_are_cut_from(associations: list[Any], expected: Any) -> None:
    assert block_of_vpc({"Ipv6CidrBlockAssociationSet": associations}) == expected


@pytest.mark.parametrize("state", ["associating", "associated", "disassociating", "disassociated", "failed"])
def test_a_subnet_has_a_block_once_it_is_associated(state: str) -> None:
    found = block_of_subnet({"Ipv6CidrBlockAssociationSet": [association("2600:1f14:abc:de08::/64", state)]})
    assert (found is not None) == (state == "associated")


@pytest.mark.parametrize("block", [BLOCK, ipaddress.IPv6Network("2406:da11:5:3400::/56"), ipaddress.IPv6Network("2a05::/56")])
@pytest.mark.parametrize("number", [0, 8, 0x12, 255])
def test_every_number_is_a_part_of_the_block(block: ipaddress.IPv6Network, number: int) -> None:
    text = start_of(block) + end_of(number)
    assert ipaddress.IPv6Network(text) == list(block.subnets(new_prefix=64))[number]
    assert number_of(canonical(text), start_of(block)) == number


@pytest.mark.parametrize("text", [None, "", "2600:1f14:abc:df08::/64"])
def test_a_block_elsewhere_has_no_number(text: str | None) -> None:
    assert number_of(text, START) is None


# ---- numbers ----


def test_numbers_of_the_usual_tiers() -> None:
    assert numbers(network(ipv6=True)) == {
        "private": {A: 0, B: 1, C: 2},
        "public": {A: 8, B: 9, C: 10},
        "database": {A: 16, B: 17, C: 18},
    }


@pytest.mark.parametrize(
    "more",
    [
        {"availability_zones": [A, B, C, "af-south-1d"]},
        {"tiers": {**TIERS, "jobs": {"slot": 2}, "apps": {"slot": 7, "routing": "private"}}},
        {"secondary_cidrs": ["100.64.0.0/16"], "tiers": {**TIERS, "a": {"cidr": "100.64.0.0/16", "ipv6_row": 31}}},
        {"tiers": {**TIERS, "public": {"cidrs": {A: "10.0.129.0/24"}}}},
    ],
)
def test_a_tier_or_zone_more_renumbers_nothing(more: dict[str, Any]) -> None:
    found = numbers(network(ipv6=True, **more))
    assert all(found[tier][zone] == number for tier, zones in numbers(network(ipv6=True)).items() for zone, number in zones.items())
    every = [number for zones in found.values() for number in zones.values()]
    assert len(set(every)) == len(every)
    assert max(every) < 256


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({"private": {A: 3}}, {"private": {A: 3, B: 1, C: 2}}),
        ({"other": {A: 1}}, {"private": {A: 0, B: 255, C: 2}}),
        ({"other": {A: 1, B: 255}}, {"private": {A: 0, B: 254, C: 2}}),
    ],
)
def test_an_adopted_subnet_keeps_its_block_and_nothing_else_gets_it(present: dict[str, Any], expected: dict[str, Any]) -> None:
    one = network(ipv6=True, tiers={"private": {}}, nat="none", endpoints={"interface": []})
    assert numbers(replace(one, ipv6_present=present)) == expected


# ---- what is refused ----

ONLY_AMAZON = "it must be true, for a block that Amazon provides, or false; blocks of your own and of IPAM are not supported"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ipv6": "2001:db8::/56"}, f"ipv6 is '2001:db8::/56', but {ONLY_AMAZON}"),
        ({"ipv6": {"ipam_pool_id": "ipam-pool-1"}}, ONLY_AMAZON),
        (
            {"ipv6": True, "secondary_cidrs": ["100.64.0.0/16"], "tiers": {**TIERS, "pods": {"cidr": "100.64.0.0/16"}}},
            "tiers.pods.ipv6_row is missing: give the row of the tier's IPv6 blocks, from 9 to 31",
        ),
        ({"tiers": {**TIERS, "jobs": {"slot": 2, "ipv6_row": 9}}}, "the network has no IPv6 addresses; set ipv6: true, or remove it"),
        ({"tiers": {**TIERS, "public": {"ipv6_on_creation": False}}}, "the network has no IPv6 addresses; set ipv6: true, or remove it"),
        ({"ipv6": True, "tiers": {**TIERS, "jobs": {"slot": 2, "ipv6_row": 9}}}, "the tier has a row already, by its name or slot"),
        ({"ipv6": True, "tiers": {**TIERS, "public": {"ipv6_row": 8}}}, "ipv6_row is 8"),
        (
            {
                "ipv6": True,
                "secondary_cidrs": ["100.64.0.0/16", "100.65.0.0/16"],
                "tiers": {**TIERS, "a": {"cidr": "100.64.0.0/16", "ipv6_row": 9}, "b": {"cidr": "100.65.0.0/16", "ipv6_row": 9}},
            },
            "the tier a already has it; choose another",
        ),
        ({"security": {"load_balancer_ingress_cidrs": ["2001:db8::/32"]}}, "it must be an IPv4 block"),
        ({"ipv6": True, "security": {"node_egress_cidrs": ["2001:db8::1/32"]}}, "it must be a block without host bits"),
        ({"ipv6": True, "security": {"load_balancer_ports": [22], "load_balancer_ingress_cidrs": ["::/0"]}}, "must not be open to ::/0"),
    ],
)
def test_what_is_refused(more: dict[str, Any], expected: str) -> None:
    assert any(expected in problem for problem in complaints(**more)), complaints(**more)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [(["::/0"], True), (["2000::/3"], True), (["2001:db8::/32"], False), (["203.0.113.0/24", "::/0"], True), ([], False)],
)
def test_worldwide(blocks: list[str], expected: bool) -> None:
    assert is_worldwide(blocks) is expected


# ---- resources ----


def test_a_network_without_ipv6_says_nothing_of_it() -> None:
    assert "ipv6" not in str({address: sorted(one) for address, one in properties(network()).items()})
    assert "::/0" not in str(properties(network()))


def test_subnets() -> None:
    found = properties(network(ipv6=True, tiers={**TIERS, "database": {"ipv6_on_creation": True}, "inner": {"slot": 2}}))
    assert found[f"subnet.main/public-{B}"]["ipv6_cidr_block"] == Ref("vpc.main", "ipv6_start", suffix="09::/64")
    assigns = {
        address: one["assign_ipv6_address_on_creation"] for address, one in found.items() if address.endswith(A) and "subnet" in address
    }
    assert assigns == {
        f"subnet.main/database-{A}": True,
        f"subnet.main/inner-{A}": False,
        f"subnet.main/private-{A}": True,
        f"subnet.main/public-{A}": True,
    }


@pytest.mark.parametrize("nat", ["none", "single", "per_az", "regional"])
def test_routes(nat: str) -> None:
    found = properties(network(ipv6=True, nat=nat))
    tables = {address.removeprefix("route_table.main/"): one["routes"] for address, one in found.items() if "route_table" in address}
    assert {name: getattr(routes.get("::/0"), "address", None) for name, routes in tables.items()} == {
        "public": "internet_gateway.main",
        "database": None,
        **{f"private-{zone}": "egress_only_internet_gateway.main" for zone in ZONES},
    }


def test_no_private_tier_needs_no_egress_only_gateway() -> None:
    one = network(ipv6=True, tiers={"public": {}}, nat="none", endpoints={"interface": [], "gateway": []})
    assert GATEWAY.format(network="main") not in properties(one)


def flows(acl: dict[str, Any], side: str) -> set[tuple[Any, ...]]:
    return {(e["protocol"], e.get("from_port"), e.get("to_port")) for e in acl[side] if "ipv6_cidr_block" in e}


def test_network_acls_say_the_same_of_both() -> None:
    found = properties(network(ipv6=True, security={"load_balancer_ports": [80, 443]}))
    public = found["network_acl.main/public"]
    v4 = {(e["protocol"], e.get("from_port"), e.get("to_port")) for e in public["ingress"] if "cidr_block" in e}
    assert flows(public, "ingress") ^ v4 == {("icmp", 3, 4), ("icmpv6", 2, 0)}
    assert flows(public, "egress") == {("-1", None, None)}
    assert flows(found["network_acl.main/database"], "ingress") == set()
    assert len({e["rule_number"] for e in public["ingress"]}) == len(public["ingress"])


def test_security_groups() -> None:
    found = security_groups(network(ipv6=True))
    assert {rule.get("cidr_ipv4") or rule.get("cidr_ipv6") for rule in found["load_balancer"]["ingress"]} == {"0.0.0.0/0", "::/0"}
    assert {rule["cidr_ipv6"] for rule in found["nodes"]["egress"] if "cidr_ipv6" in rule} == {"::/0"}
    listed = security_groups(network(ipv6=True, security={"load_balancer_ingress_cidrs": ["203.0.113.0/24"]}))
    assert not any("cidr_ipv6" in rule for rule in listed["load_balancer"]["ingress"])


# ---- what exists ----


def seen(address: str, **more: Any) -> Observed:
    return Observed(address.partition(".")[0], address, f"id-{address}", **more)


VPC = seen("vpc.main", properties={"ipv6": True}, attributes={"ipv6_cidr_block": str(BLOCK), "ipv6_start": START})
SUBNET = seen(f"subnet.main/private-{A}", properties={"ipv6_cidr_block": "2600:1f14:abc:de04::/64"})


@pytest.mark.parametrize(
    ("ipv6", "observed", "agreed", "fate"),
    [
        (True, [VPC, SUBNET], False, ""),
        (False, [VPC, SUBNET], False, "stays"),
        (False, [VPC, SUBNET], True, "goes"),
        (False, [VPC, seen("egress_only_internet_gateway.main")], False, "stays"),
        (False, [VPC], False, ""),
        (False, [VPC], True, "unused"),
        (False, [], True, ""),
    ],
)
def test_what_becomes_of_addresses(ipv6: bool, observed: list[Observed], agreed: bool, fate: str) -> None:
    asked: list[str] = []

    def may_go(address: str) -> bool:
        asked.append(address)
        return agreed

    found, notes = with_present_ipv6({"main": network(ipv6=ipv6)}, observed, may_go)
    assert found["main"].ipv6_fate == fate
    matters = bool(observed) and not ipv6
    assert (asked, len(notes)) == (["egress_only_internet_gateway.main"] if matters else [], int(matters and not agreed))


def test_addresses_that_stay_keep_all_but_the_described_gateway() -> None:
    """The gateway shows in the plan as a deletion without consent, and the engine keeps the routes to it."""
    staying, _notes = with_present_ipv6({"main": network()}, [VPC, SUBNET], lambda _address: False)
    stays, on = properties(staying["main"]), properties(network(ipv6=True))
    assert set(on) - set(stays) == {"egress_only_internet_gateway.main"}
    assert stays[f"subnet.main/private-{A}"]["ipv6_cidr_block"] == Ref("vpc.main", "ipv6_start", suffix="04::/64")
    same = ("network_acl.main/public", "security_group.main/load_balancer", "security_group.main/nodes")
    assert [stays[address] for address in same] == [on[address] for address in same]


def test_addresses_that_go_are_taken_from_the_subnets_and_then_from_the_vpc() -> None:
    going, _notes = with_present_ipv6({"main": network()}, [VPC, SUBNET], lambda _address: True)
    found = properties(going["main"])
    assert found["vpc.main"]["ipv6"] is None
    subnet = found[f"subnet.main/private-{A}"]
    assert (subnet["ipv6_cidr_block"], subnet["assign_ipv6_address_on_creation"]) == (None, False)
    assert "::/0" not in str(found)
    unused, _notes = with_present_ipv6({"main": network()}, [VPC], lambda _address: True)
    assert properties(unused["main"])["vpc.main"]["ipv6"] is None
    assert "ipv6_cidr_block" not in properties(unused["main"])[f"subnet.main/private-{A}"]


# ---- outputs ----


def test_outputs() -> None:
    attributes = {
        "vpc.main": {"id": "vpc-1", "ipv6_cidr_block": str(BLOCK)},
        "egress_only_internet_gateway.main": {"id": "eigw-1"},
        f"subnet.main/public-{A}": {"id": "subnet-1", "ipv6_cidr_block": "2600:1f14:abc:de08::/64"},
    }
    main = outputs(attributes)["networks"]["main"]
    assert (main["ipv6_cidr_block"], main["egress_only_internet_gateway_id"]) == (str(BLOCK), "eigw-1")
    assert main["subnet_ipv6_cidr_blocks"] == {"public": {A: "2600:1f14:abc:de08::/64"}}


@pytest.mark.parametrize(("ipv4_only", "block"), [([], UNKNOWN), (["main"], None)])
def test_a_plan_knows_that_there_will_be_no_block(ipv4_only: list[str], block: str | None) -> None:
    unknown = {"id": UNKNOWN, "ipv6_cidr_block": UNKNOWN}
    main = outputs({"vpc.main": unknown, f"subnet.main/public-{A}": unknown}, ipv4_only)["networks"]["main"]
    assert main["ipv6_cidr_block"] == block
    assert main["subnet_ipv6_cidr_blocks"] == ({} if ipv4_only else {"public": {A: UNKNOWN}})
