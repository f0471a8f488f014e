# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network ACLs: every intended flow passes in both directions, and no other flow does."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.acls import ENTRIES_PER_DIRECTION, Acl, Entry, network_acls
from tests.unit.domains.network.samples import ZONES, complaints, network

ADDRESSES = {
    "public": "10.0.128.10",
    "private": "10.0.0.10",
    "database": "10.0.144.10",
    "other database": "10.0.146.10",
    "internet": "198.51.100.7",
}
REPLY_PORT = 50000


def allows(entries: list[Entry], protocol: str, port: int, address: str) -> bool:
    """AWS's algorithm: entries by number, the first match decides, no match is a denial."""
    for entry in sorted(entries, key=lambda item: item["rule_number"]):
        if entry["protocol"] not in ("-1", protocol):
            continue
        if entry["protocol"] != "-1" and not entry["from_port"] <= port <= entry["to_port"]:
            continue
        if ipaddress.ip_address(address) in ipaddress.ip_network(entry["cidr_block"]):
            return bool(entry["action"] == "allow")
    return False


def passes(acls: dict[str, Acl], source: str, target: str, protocol: str, port: int, reply_port: int = REPLY_PORT) -> bool:
    """Whether a connection works: out of the source's subnet, into the target's, and the reply back."""

    def acl(place: str) -> Acl | None:
        return acls.get(place.removeprefix("other "))

    source_acl, target_acl = acl(source), acl(target)
    here, there = ADDRESSES[source], ADDRESSES[target]
    steps = []
    if source_acl:
        steps += [allows(source_acl["egress"], protocol, port, there), allows(source_acl["ingress"], protocol, reply_port, there)]
    if target_acl:
        steps += [allows(target_acl["ingress"], protocol, port, here), allows(target_acl["egress"], protocol, reply_port, here)]
    return all(steps)


def acls(**more: Any) -> dict[str, Acl]:
    return network_acls(network(**more))


@pytest.mark.parametrize(
    ("source", "target", "protocol", "port", "expected"),
    [
        ("internet", "public", "tcp", 443, True),
        ("internet", "public", "tcp", 80, False),
        ("internet", "public", "tcp", 22, False),
        ("internet", "public", "tcp", 3389, False),
        ("internet", "private", "tcp", 443, False),
        ("internet", "private", "tcp", 22, False),
        ("internet", "private", "tcp", 3389, False),
        ("internet", "database", "tcp", 5432, False),
        ("public", "private", "tcp", 8080, True),
        ("public", "private", "tcp", 443, True),
        ("public", "internet", "tcp", 443, True),
        ("public", "database", "tcp", 5432, False),
        ("public", "database", "tcp", 6379, False),
        ("private", "public", "tcp", 443, True),
        ("private", "private", "tcp", 10250, True),
        ("private", "private", "udp", 53, True),
        ("private", "internet", "tcp", 443, True),
        ("private", "internet", "udp", 123, True),
        ("private", "database", "tcp", 5432, True),
        ("private", "database", "tcp", 6379, True),
        ("private", "database", "tcp", 22, False),
        ("private", "database", "tcp", 3306, False),
        ("database", "other database", "tcp", 5432, True),
        ("database", "other database", "tcp", 6379, True),
        ("database", "other database", "tcp", 16379, True),
        ("database", "other database", "tcp", 443, False),
        ("database", "internet", "tcp", 443, False),
        ("database", "private", "tcp", 443, False),
        ("database", "public", "tcp", 443, False),
    ],
)
def test_flows(source: str, target: str, protocol: str, port: int, expected: bool) -> None:
    assert passes(acls(), source, target, protocol, port) is expected


def test_the_other_ports_of_load_balancers_pass_too() -> None:
    assert passes(acls(security={"load_balancer_ports": [80, 443]}), "internet", "public", "tcp", 80)


def test_other_data_ports_move_the_fence() -> None:
    moved = acls(security={"database_port": 5433})
    assert passes(moved, "private", "database", "tcp", 5433)
    assert not passes(moved, "private", "database", "tcp", 5432)


@pytest.mark.parametrize("reply_port", [1024, 3388, 3390, 32768, 65535])
def test_replies_reach_the_whole_range_that_nat_gateways_use(reply_port: int) -> None:
    assert passes(acls(), "private", "internet", "tcp", 443, reply_port)


def test_path_mtu_discovery_works() -> None:
    for tier in ("public", "private"):
        assert any(entry["protocol"] == "icmp" and (entry["from_port"], entry["to_port"]) == (3, 4) for entry in acls()[tier]["ingress"])


def test_an_isolated_tier_sees_the_network_only() -> None:
    further = acls(tiers={"public": {}, "private": {}, "jobs": {"slot": 5}})
    assert {entry["cidr_block"] for entries in further["jobs"].values() for entry in entries} == {"10.0.0.0/16"}


def test_without_private_tiers_the_public_one_holds_the_clients() -> None:
    open_network = acls(tiers={"public": {}, "database": {}}, nat="none", endpoints={"interface": []})
    assert passes(open_network, "public", "database", "tcp", 5432)


def test_a_further_tier_reaches_the_database_only_if_it_is_listed() -> None:
    tiers = {"public": {}, "private": {}, "database": {}, "jobs": {"routing": "private", "slot": 2}}
    without, listed = acls(tiers=tiers), acls(tiers=tiers, security={"database_client_tiers": ["private", "jobs"]})
    jobs = "10.0.160.10"
    assert without["database"] == acls()["database"]
    assert not allows(without["database"]["ingress"], "tcp", 5432, jobs)
    assert allows(listed["database"]["ingress"], "tcp", 5432, jobs)
    assert allows(listed["database"]["egress"], "tcp", REPLY_PORT, jobs)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"security": {"database_client_tiers": ["jobs"]}}, "security.database_client_tiers is 'jobs', but the tiers besides"),
        ({"security": {"database_client_tiers": ["database"]}}, "security.database_client_tiers is 'database', but the tiers besides"),
        (
            {"tiers": {"public": {}, "apps": {"routing": "private", "slot": 2}, "database": {}}, "endpoints": {"interface": []}},
            "security.database_client_tiers is missing: list the tiers that reach the database; the network has apps, public",
        ),
    ],
)
def test_the_clients_of_the_database_are_named(more: dict[str, Any], expected: str) -> None:
    (complaint,) = complaints(**more)
    assert complaint.startswith(expected)


def test_numbers_are_unique_and_few() -> None:
    for acl in acls(security={"load_balancer_ports": [80, 443, 8443]}).values():
        for entries in acl.values():
            numbers = [entry["rule_number"] for entry in entries]
            assert len(numbers) == len(set(numbers)) <= ENTRIES_PER_DIRECTION


def test_adding_a_zone_changes_no_entry() -> None:
    assert acls(availability_zones=ZONES[:2]) == acls(availability_zones=ZONES)


def test_too_many_ports_are_refused() -> None:
    expected = (
        "tiers.public needs too many rules: its network ACL would have 21 ingress entries and AWS allows 20; give the tiers adjacent "
        "blocks, which are merged, or open fewer ports"
    )
    assert expected in complaints(security={"load_balancer_ports": list(range(7000, 7016))})
