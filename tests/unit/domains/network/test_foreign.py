# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Legitimate additions by other controllers to our groups, tables, and ACLs stay; every other addition is drift."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds import acl_entries
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.acl_entries import changes, with_numbers_kept
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.kinds.routes import NO_ROUTE, OTHERS, with_foreign_routes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.foreign_rules import FOREIGN, OF_CLUSTERS, with_foreign_rules
from tests.unit.domains.network.samples import PLACE, complaints, network

# ---- rules of security groups ----

CONTROLLER = {FOREIGN: "elbv2.k8s.aws/"}
OURS = {"protocol": "tcp", "from_port": 8080, "to_port": 8080, "group_id": "sg-lb", "description": "Application"}
BINDING = {
    "protocol": "tcp",
    "from_port": 80,
    "to_port": 9000,
    "group_id": "sg-k8s",
    "description": "elbv2.k8s.aws/targetGroupBinding=shared",
}
BY_HAND = {"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_ipv4": "0.0.0.0/0", "description": "just for today"}


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ([OURS, CONTROLLER], None, [OURS]),
        ([OURS, CONTROLLER], [OURS, BINDING, BY_HAND], [OURS, BINDING]),
        ([OURS], [OURS, BINDING], [OURS]),
        ([OURS, CONTROLLER], [{**OURS, "description": BINDING["description"]}], [{**OURS, "description": BINDING["description"]}]),
        ([CONTROLLER], [{**BINDING, "description": None}], []),
    ],
)
def test_rules(desired: list[Any], observed: list[Any] | None, expected: list[Any]) -> None:
    assert with_foreign_rules(desired, observed) == expected


def test_the_nodes_keep_the_rules_of_load_balancer_controllers_by_default() -> None:
    kept = network().security.foreign_rules
    assert kept == {"nodes": ("elbv2.k8s.aws/", "kubernetes.io/rule/nlb/")}
    assert network(security={"foreign_rules": {"nodes": [], "database": ["dms/"]}}).security.foreign_rules == {"database": ("dms/",)}


@pytest.mark.parametrize("listed", [None, {"nodes": ["elbv2.k8s.aws/"]}, {"nodes": []}])
def test_the_nodes_keep_the_rules_of_our_clusters_whatever_is_listed(listed: Any) -> None:
    """Otherwise the roles vpc and eks would take turns in removing and adding them."""
    security = {} if listed is None else {"foreign_rules": listed}
    groups = {one.name: one.properties for one in build({"main": network(security=security)}, PLACE) if one.kind == "security_group"}
    of_cluster = {"protocol": "-1", "group_id": "sg-cluster", "description": f"{OF_CLUSTERS}nodes and pods on Fargate of prod-main"}
    assert of_cluster in with_foreign_rules(groups["main/nodes"]["ingress"], [of_cluster])
    assert of_cluster in with_foreign_rules(groups["main/nodes"]["egress"], [of_cluster])
    assert of_cluster not in with_foreign_rules(groups["main/database"]["ingress"], [of_cluster])


@pytest.mark.parametrize("wrong", [{"nodes": [""]}, {"nodes": ["  "]}, {"webs": ["elbv2"]}, {"nodes": "elbv2"}])
def test_foreign_rules_that_would_keep_everything_are_refused(wrong: dict[str, Any]) -> None:
    assert complaints(security={"foreign_rules": wrong})


# ---- routes ----

IGW, NAT, TGW, PCX, ENI = "igw-1", "nat-1", "tgw-1", "pcx-1", "eni-1"


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ({"0.0.0.0/0": NAT}, None, {"0.0.0.0/0": NAT}),
        ({"0.0.0.0/0": NAT}, {"0.0.0.0/0": NAT, "10.8.0.0/16": PCX}, {"0.0.0.0/0": NAT, "10.8.0.0/16": PCX}),
        ({}, {"10.8.0.0/16": TGW, "pl-1": "vgw-1", "192.168.0.0/24": ENI}, {"10.8.0.0/16": TGW, "pl-1": "vgw-1", "192.168.0.0/24": ENI}),
        ({}, {"0.0.0.0/0": IGW, "192.0.2.0/24": IGW, "198.51.100.0/24": NAT}, {}),
        ({}, {"0.0.0.0/0": TGW, "0.0.0.0/1": TGW, "128.0.0.0/1": TGW, "::/0": TGW}, {}),
        ({"0.0.0.0/0": NAT}, {"0.0.0.0/0": TGW}, {"0.0.0.0/0": NAT}),
        ({"0.0.0.0/0": OTHERS}, None, {}),
        ({"0.0.0.0/0": OTHERS}, {"0.0.0.0/0": TGW}, {"0.0.0.0/0": TGW}),
        ({"0.0.0.0/0": OTHERS}, {"0.0.0.0/0": NAT}, {}),
        ({"10.8.0.0/16": NO_ROUTE}, {"10.8.0.0/16": PCX}, {}),
        ({"10.8.0.0/16": TGW}, {"10.8.0.0/16": PCX}, {"10.8.0.0/16": TGW}),
    ],
)
def test_routes(desired: dict[str, str], observed: dict[str, str] | None, expected: dict[str, str]) -> None:
    assert with_foreign_routes(desired, observed) == expected


PEERING = "pcx-0123456789abcdef0"


def test_routes_of_the_users_own() -> None:
    routes = {"private": {"10.8.0.0/16": PEERING, "10.0.0.0/8": "none"}, "database": {"pl-0123456789abcdef0": "tgw-0123456789abcdef0"}}
    assert network(routes=routes).routes == routes
    assert network(nat="none", routes={"private": {"0.0.0.0/0": "tgw-0123456789abcdef0"}}).routes


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({"private": {"0.0.0.0/0": PEERING}}, "routes.private is '0.0.0.0/0', but private subnets reach the world through a NAT gateway"),
        ({"private": {"128.0.0.0/1": PEERING}}, "routes.private is '128.0.0.0/1', but private subnets reach the world"),
        ({"public": {"0.0.0.0/1": PEERING}}, "routes.public is '0.0.0.0/1', but public subnets reach the world"),
        ({"database": {"0.0.0.0/0": PEERING}}, "routes.database is '0.0.0.0/0', but an isolated tier has no way out"),
        ({"private": {"10.0.1.0/24": PEERING}}, "routes.private is '10.0.1.0/24', but it lies inside the network (10.0.0.0/16)"),
        ({"private": {"10.8.0.1/16": PEERING}}, "routes.private is '10.8.0.1/16', but it has host bits set"),
        ({"private": {"office": PEERING}}, "routes.private is 'office', but give a block or a prefix list"),
        (
            {"private": {"10.8.0.0/16": "igw-0123456789abcdef0"}},
            "routes.private.10.8.0.0/16 is 'igw-0123456789abcdef0', but the target must",
        ),
        ({"privat": {"10.8.0.0/16": PEERING}}, "routes is 'privat', but it must be a table of the network: public, private, database"),
    ],
)
def test_routes_that_cannot_be(routes: dict[str, Any], expected: str) -> None:
    (complaint,) = complaints(routes=routes)
    assert complaint.startswith(expected)


# ---- entries of network ACLs ----


def entry(number: int, port: int = 5432, block: str = "10.0.0.0/17", action: str = "allow") -> dict[str, Any]:
    return {"rule_number": number, "protocol": "tcp", "action": action, "cidr_block": block, "from_port": port, "to_port": port}


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        ([entry(100), entry(101, 6379)], None, [entry(100), entry(101, 6379)]),
        # existing entries keep their numbers, and new ones take free numbers
        ([entry(100, 1), entry(101), entry(102, 6379)], [entry(100), entry(101, 6379)], [entry(100), entry(101, 6379), entry(102, 1)]),
        # an unwanted entry keeps its number until it is deleted
        ([entry(100)], [entry(100, 1)], [entry(101)]),
        # of two duplicates, one is deleted
        ([entry(100)], [entry(100), entry(200)], [entry(100)]),
        # incident response
        (
            [entry(100)],
            [entry(50, block="192.0.2.7/32", action="deny"), entry(100)],
            [entry(100), entry(50, block="192.0.2.7/32", action="deny")],
        ),
        ([entry(100)], [entry(50, block="0.0.0.0/0", action="deny"), entry(100)], [entry(100)]),
        ([entry(100)], [entry(99, block="192.0.2.7/32"), entry(100)], [entry(100)]),
    ],
)
def test_numbers(desired: list[Any], observed: list[Any] | None, expected: list[Any]) -> None:
    assert with_numbers_kept(desired, observed) == expected


def test_openings_come_before_closings() -> None:
    assert changes([entry(100), entry(101, 1)], [entry(100), entry(102, 2)]) == [("create", entry(102, 2)), ("delete", entry(101, 1))]


def test_a_full_acl_makes_room_first() -> None:
    full = [entry(100 + index, 1000 + index) for index in range(acl_entries.DEFAULT_QUOTA)]
    wanted = [*full[2:], entry(200, 1), entry(201, 2)]
    assert changes(full, wanted) == [("delete", full[0]), ("create", entry(200, 1)), ("delete", full[1]), ("create", entry(201, 2))]


def test_a_number_in_use_is_replaced_in_place_where_the_caller_asks_for_that() -> None:
    assert changes([entry(100)], [entry(100, 1)]) == [("replace", entry(100, 1))]
