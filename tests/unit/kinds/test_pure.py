# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The pure parts of the kinds: conversion between AWS's response shapes and ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.routing import LAST_RULE, NetworkAcl, RouteTable
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.vpc import InternetGateway, NatGateway, Vpc
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.security_group import flatten, permission, rules

# ---- rules of security groups ----

peers = st.one_of(
    st.sampled_from(["10.0.0.0/16", "0.0.0.0/0", "203.0.113.7/32"]).map(lambda block: {"cidr_ipv4": block}),
    st.sampled_from(["::/0", "2001:db8::/32"]).map(lambda block: {"cidr_ipv6": block}),
    st.sampled_from(["sg-1", "sg-2"]).map(lambda group: {"group_id": group}),
    st.sampled_from(["pl-1", "pl-2"]).map(lambda name: {"prefix_list_id": name}),
)
ports = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: {"from_port": min(pair), "to_port": max(pair)})
protocols = st.one_of(
    st.just({"protocol": "-1"}),
    st.builds(lambda name, both: {"protocol": name, **both}, st.sampled_from(["tcp", "udp"]), ports),
    st.just({"protocol": "icmp", "from_port": -1, "to_port": -1}),
)
descriptions = st.sampled_from([{}, {"description": "why"}, {"description": "another"}])
a_rule = st.builds(lambda *parts: {name: value for part in parts for name, value in part.items()}, protocols, peers, descriptions)


def as_aws_shows(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """AWS merges rules with the same protocol and ports into one permission, and shows all lists, including empty ones."""
    lists = ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs")
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in permissions:
        key = (one["IpProtocol"], one.get("FromPort"), one.get("ToPort"))
        head: dict[str, Any] = {name: one[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in one}
        target = joined.setdefault(key, head | {name: [] for name in lists})
        for name in lists:
            target[name] = [*target[name], *one.get(name, [])]
    return list(joined.values())


@given(st.lists(a_rule, max_size=8, unique_by=str))
def test_rules_come_back_as_they_were_sent(given_rules: list[dict[str, Any]]) -> None:
    assert flatten(as_aws_shows([permission(rule) for rule in given_rules])) == rules(given_rules)


@given(st.lists(a_rule, max_size=6), st.randoms())
def test_order_of_rules_means_nothing(given_rules: list[dict[str, Any]], random: Any) -> None:
    shuffled = random.sample(given_rules, len(given_rules))
    assert rules(shuffled) == rules(given_rules)
    assert rules(rules(given_rules)) == rules(given_rules)


def test_a_permission() -> None:
    rule = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.0.0/16", "description": "why"}
    assert permission(rule) == {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "why"}],
    }
    assert permission({"protocol": "-1", "group_id": "sg-1", "description": ""}) == {
        "IpProtocol": "-1",
        "UserIdGroupPairs": [{"GroupId": "sg-1"}],
    }


def test_port_zero_is_a_port() -> None:
    rule = {"protocol": "tcp", "from_port": 0, "to_port": 65535, "cidr_ipv4": "0.0.0.0/0"}
    assert flatten([permission(rule)]) == [rule]


# ---- entries of network ACLs ----

ENTRIES = [
    # our form, AWS's form
    ({"protocol": "-1"}, {"Protocol": "-1"}),
    ({"protocol": "tcp", "from_port": 80, "to_port": 81}, {"Protocol": "6", "PortRange": {"From": 80, "To": 81}}),
    ({"protocol": "udp", "from_port": 0, "to_port": 65535}, {"Protocol": "17", "PortRange": {"From": 0, "To": 65535}}),
    ({"protocol": "icmp", "from_port": 3, "to_port": 4}, {"Protocol": "1", "IcmpTypeCode": {"Type": 3, "Code": 4}}),
    ({"protocol": "icmp", "from_port": -1, "to_port": -1}, {"Protocol": "1", "IcmpTypeCode": {"Type": -1, "Code": -1}}),
    ({"protocol": "50"}, {"Protocol": "50"}),
]


@pytest.mark.parametrize(("ours", "theirs"), ENTRIES)
@pytest.mark.parametrize(("block", "key"), [("cidr_block", "CidrBlock"), ("ipv6_cidr_block", "Ipv6CidrBlock")])
def test_an_entry_of_an_acl(ours: dict[str, Any], theirs: dict[str, Any], block: str, key: str) -> None:
    value = "10.0.0.0/16" if block == "cidr_block" else "::/0"
    entry = {"rule_number": 100, "action": "allow", block: value, **ours}
    raw = {"RuleNumber": 100, "RuleAction": "allow", key: value, **theirs}
    assert NetworkAcl._sent_entry(entry) == raw
    assert NetworkAcl._entry(raw) == entry


def test_last_entries_are_not_ours() -> None:
    def entry(number: int, egress: bool) -> dict[str, Any]:
        return {"RuleNumber": number, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "0.0.0.0/0", "Egress": egress}

    raw = {"Entries": [entry(number, egress) for number in (100, LAST_RULE, LAST_RULE + 1) for egress in (True, False)]}
    kind = NetworkAcl()
    assert [one["rule_number"] for one in kind.get_ingress(raw)] == [100]
    assert [one["rule_number"] for one in kind.get_egress(raw)] == [100]


# ---- routes ----

ROUTES = [
    ({"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"}, {}),
    ({"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "Origin": "CreateRoute"}, {}),
    ({"DestinationCidrBlock": "10.9.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"}, {}),
    ({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "Origin": "CreateRoute"}, {"0.0.0.0/0": "igw-1"}),
    ({"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CreateRoute", "State": "blackhole"}, {"0.0.0.0/0": "nat-1"}),
    ({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "Origin": "CreateRoute"}, {"::/0": "eigw-1"}),
    ({"DestinationCidrBlock": "10.8.0.0/16", "VpcPeeringConnectionId": "pcx-1", "Origin": "CreateRoute"}, {"10.8.0.0/16": "pcx-1"}),
    ({"DestinationPrefixListId": "pl-2", "TransitGatewayId": "tgw-1", "Origin": "CreateRoute"}, {"pl-2": "tgw-1"}),
]


@pytest.mark.parametrize(("raw", "expected"), ROUTES)
def test_a_route(raw: dict[str, str], expected: dict[str, str]) -> None:
    assert RouteTable().get_routes({"Routes": [raw]}) == expected


def test_associations_of_a_table() -> None:
    raw = {
        "Associations": [
            {"RouteTableAssociationId": "rtbassoc-1", "SubnetId": "subnet-1"},
            {"RouteTableAssociationId": "rtbassoc-2", "Main": True},
            {"RouteTableAssociationId": "rtbassoc-3", "GatewayId": "igw-1"},
        ]
    }
    assert RouteTable().get_subnet_ids(raw) == ["subnet-1"]


# ---- NAT gateways ----


def held(zone: str | None, allocation: str | None, association: str = "") -> dict[str, str]:
    given_parts = {"AvailabilityZone": zone, "AllocationId": allocation, "AssociationId": association}
    return {name: value for name, value in given_parts.items() if value}


def test_addresses_of_a_regional_gateway() -> None:
    kind = NatGateway()
    raw = {
        "AvailabilityMode": "regional",
        "NatGatewayAddresses": [held("b", "eipalloc-3"), held("a", "eipalloc-2"), held("a", "eipalloc-1"), held("c", None)],
    }
    shown = kind.properties["availability_zone_addresses"].normal(kind.get_availability_zone_addresses(raw))
    assert shown == [
        {"availability_zone": "a", "allocation_ids": ["eipalloc-1", "eipalloc-2"]},
        {"availability_zone": "b", "allocation_ids": ["eipalloc-3"]},
    ]
    assert kind.get_allocation_id(raw) is None
    assert kind.get_availability_mode(raw) == "regional"


def test_address_of_a_zonal_gateway() -> None:
    kind = NatGateway()
    raw = {"NatGatewayAddresses": [held(None, "eipalloc-1", "eipassoc-1")]}
    assert kind.get_allocation_id(raw) == "eipalloc-1"
    assert kind.get_availability_zone_addresses(raw) is None
    assert kind.get_availability_mode(raw) == "zonal"
    assert kind.attributes(raw) == {"associations": {"eipalloc-1": "eipassoc-1"}, "public_ips": {}}
    raw["NatGatewayAddresses"][0]["PublicIp"] = "198.51.100.1"
    assert kind.attributes(raw)["public_ips"] == {"": "198.51.100.1"}


STATES = [
    ({"State": "pending"}, ("pending", "")),
    ({"State": "available"}, ("ready", "")),
    ({"State": "Available"}, ("ready", "")),
    ({"State": "deleting"}, ("deleting", "")),
    ({"State": "failed", "FailureCode": "Gateway.NotAttached", "FailureMessage": "no way"}, ("failed", "Gateway.NotAttached: no way")),
    ({"State": "failed", "LastError": {"Code": "Quota", "Message": "full"}}, ("failed", "Quota: full")),
    ({"State": "failed", "FailureReason": "because"}, ("failed", "because")),
    ({}, ("ready", "")),
]


@pytest.mark.parametrize(("raw", "expected"), STATES)
def test_states(raw: dict[str, Any], expected: tuple[str, str]) -> None:
    assert NatGateway().state(raw) == expected


def test_what_is_deleted_is_not_there() -> None:
    assert NatGateway().is_gone({"State": "deleted"})
    assert not Vpc().is_gone({"State": "available"})


def test_internet_gateway_without_a_home() -> None:
    assert InternetGateway().get_vpc_id({"Attachments": []}) is None
    assert InternetGateway().get_vpc_id({"Attachments": [{"VpcId": "vpc-1", "State": "available"}]}) == "vpc-1"
