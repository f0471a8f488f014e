# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic IPs that the user brings for NAT gateways: which ones can be used, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.names import names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.own_addresses import (
    Address,
    address_of,
    unusable_addresses,
    with_addresses,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource, ref
from tests.unit.domains.network.samples import PLACE, REGION, ZONES, complaints, network, settings

A, B, C = ZONES
ONE, TWO = "eipalloc-0a000000", "eipalloc-0b000000"


def gateway(part: str, **properties: Any) -> Observed:
    return Observed("nat_gateway", f"nat_gateway.main/{part}", "nat-1", properties)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"nat_addresses": {A: ONE}}, ""),
        ({"nat_addresses": {A: "partner-a"}, "nat": "regional"}, ""),
        ({"nat_addresses": {B: ONE}, "nat": "single", "nat_az": B}, ""),
        (
            {"nat_addresses": {A: "eipalloc-1"}},
            f"nat_addresses.{A} is 'eipalloc-1', but it must be the ID of an elastic IP, such as",
        ),
        ({"nat_addresses": {A: [ONE]}}, f"nat_addresses.{A} is ['{ONE}'], but it must be a string"),
        ({"nat_addresses": [ONE]}, f"nat_addresses is ['{ONE}'], but it must be a mapping"),
        (
            {"nat_addresses": {"af-south-1d": ONE}},
            f"nat_addresses.af-south-1d is '{ONE}', but the zones with a NAT gateway are {A}, {B}, {C}; choose from these",
        ),
        ({"nat_addresses": {A: ONE, B: ONE}}, f"nat_addresses.{B} is '{ONE}', but {A} has the same address, and each needs one of its own"),
        ({"nat_addresses": {A: ONE}, "nat": "none"}, "but nat is none, so there is no gateway; remove it, or choose another nat"),
        ({"nat_addresses": {B: ONE}, "nat": "single"}, f"nat_az is None, but nat_addresses has the address of {B}; set nat_az to it"),
        (
            {"nat_addresses": {B: ONE}, "nat": "single", "nat_az": A},
            f"nat_az is '{A}', but nat_addresses has the address of {B}; set",
        ),
        ({"nat_addresses": {A: ONE, B: TWO}, "nat": "single", "nat_az": A}, "but nat is single, so there is one gateway; keep the address"),
    ],
)
def test_where_addresses_can_be(more: dict[str, Any], expected: str) -> None:
    found = complaints(**more)
    assert any(expected in one for one in found) if expected else not found, found


@pytest.mark.parametrize(
    ("given", "there", "observed", "expected"),
    [
        (ONE, [Address(ONE)], [], ""),
        ("partner", [Address(ONE, "partner")], [], ""),
        (
            ONE,
            [],
            [],
            f"this account has no such elastic IP in {REGION}, and an address belongs to one region; allocate one there, or correct it",
        ),
        (
            "partner",
            [],
            [],
            f"this account has no such elastic IP with that Name tag in {REGION}, and an address belongs to one region; allocate one "
            "there, or correct it",
        ),
        (
            "partner",
            [Address(ONE, "partner"), Address(TWO, "partner")],
            [],
            f"several elastic IPs have that Name tag: {ONE}, {TWO}; name one of them by its ID",
        ),
        (ONE, [Address(ONE, user="eni-1")], [], f"{ONE} is in use by eni-1; disassociate it first, or name another one"),
        (ONE, [Address(ONE, user="eni-1")], [gateway(A, allocation_id=ONE)], ""),
        (
            ONE,
            [Address(ONE, user="eni-1")],
            [gateway("regional", availability_zone_addresses=[{"availability_zone": A, "allocation_ids": [ONE]}])],
            "",
        ),
        (ONE, [Address(ONE, owner="prod/other")], [], f"{ONE} is managed by prod/other; name an address that nothing manages"),
    ],
)
def test_which_addresses_can_be_used(given: str, there: list[Address], observed: list[Observed], expected: str) -> None:
    found = unusable_addresses({"main": network(nat_addresses={A: given})}, there, observed, REGION)
    assert found == ([f"vpc_networks.main.nat_addresses.{A} is '{given}', but {expected}"] if expected else [])


def test_an_address_by_id_and_by_name_is_one() -> None:
    found = unusable_addresses({"main": network(nat_addresses={A: ONE, B: "partner"})}, [Address(ONE, "partner")], [], REGION)
    assert [one.partition(", but ")[2] for one in found] == [
        f"it is the address of vpc_networks.main.nat_addresses.{A}, too, and a NAT gateway does not share one"
    ]


def test_how_aws_describes_addresses() -> None:
    tags = [{"Key": "Name", "Value": "partner"}, {"Key": "mainstay:environment", "Value": "prod"}]
    assert address_of({"AllocationId": ONE}) == Address(ONE)
    assert address_of({"AllocationId": ONE, "NetworkInterfaceId": "eni-1", "Tags": tags[:1]}) == Address(ONE, "partner", "eni-1")


def resources(there: list[Address] | None, observed: list[Observed] | None = None, **more: Any) -> dict[str, Resource]:
    found = with_addresses({"main": network(**more)}, there, observed or [])
    return {resource.address: resource for resource in build(found, PLACE)}


def test_a_gateway_has_the_address_and_the_network_has_none_for_it() -> None:
    found = resources([Address(ONE, "partner")], nat_addresses={B: "partner"})
    assert sorted(address for address in found if address.startswith("elastic_ip.")) == [
        f"elastic_ip.main/nat-{A}",
        f"elastic_ip.main/nat-{C}",
    ]
    assert found[f"nat_gateway.main/{B}"].properties["allocation_id"] == ONE
    assert found[f"nat_gateway.main/{A}"].properties["allocation_id"] == ref(f"elastic_ip.main/nat-{A}")


def test_a_regional_gateway_has_it_in_its_zone() -> None:
    found = resources([Address(ONE)], nat="regional", nat_addresses={A: ONE})
    entries = {
        one["availability_zone"]: one["allocation_ids"]
        for one in found["nat_gateway.main/regional"].properties["availability_zone_addresses"]
    }
    assert entries == {A: [ONE], B: [ref(f"elastic_ip.main/regional-nat-{B}")], C: [ref(f"elastic_ip.main/regional-nat-{C}")]}


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([], UNKNOWN),
        ([gateway(A, allocation_id=TWO)], TWO),
        ([gateway("regional", availability_zone_addresses=[{"availability_zone": A, "allocation_ids": [TWO]}])], TWO),
    ],
)
def test_a_look_up_takes_what_the_gateway_has(observed: list[Observed], expected: str) -> None:
    found = resources(None, observed, nat_addresses={A: "partner"})
    assert found[f"nat_gateway.main/{A}"].properties["allocation_id"] == expected


def test_outputs_have_the_public_addresses_of_gateways() -> None:
    attributes = {
        "vpc.main": {"id": "vpc-1"},
        f"elastic_ip.main/nat-{A}": {"id": TWO, "public_ip": "198.51.100.1"},
        f"nat_gateway.main/{A}": {"id": "nat-1", "public_ips": {"": "198.51.100.1"}},
        f"nat_gateway.main/{B}": {"id": "nat-2", "public_ips": {"": "198.51.100.2"}},
        f"nat_gateway.main/{C}": {"id": UNKNOWN, "public_ips": UNKNOWN},
    }
    assert outputs(attributes)["networks"]["main"]["nat_public_ips"] == {A: "198.51.100.1", B: "198.51.100.2", C: UNKNOWN}
    regional = {"vpc.main": {"id": "vpc-1"}, "nat_gateway.main/regional": {"id": "nat-1", "public_ips": {A: "198.51.100.3"}}}
    assert outputs(regional)["networks"]["main"]["nat_public_ips"] == {A: "198.51.100.3"}


def test_policies_name_these_addresses_and_no_others() -> None:
    found = names({"main": settings(nat_addresses={A: ONE, B: "partner"})}, "prod", "network")
    assert (found.allocations, found.address_names) == ((ONE,), ("partner",))
