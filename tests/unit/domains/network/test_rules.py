# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups: who reaches whom on which ports, derived from membership. The tables are complete: anything else is a failure."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.prefix_lists import missing, named, with_ids
from ansible_collections.mainstay.aws.plugins.module_utils.domains.network.rules import RULES_PER_DIRECTION, Group, Rule, security_groups
from tests.unit.domains.network.samples import complaints, network

VPC = "10.0.0.0/16"
Flow = tuple[str, str, str]
"""(from, to, "protocol/first-last"); from and to are groups, or CIDR blocks outside the groups."""


def ports(rule: Rule) -> str:
    return f"{rule['protocol']}/{rule['from_port']}" + (f"-{rule['to_port']}" if rule["to_port"] != rule["from_port"] else "")


def overlap(one: Rule, other: Rule) -> Rule | None:
    """The ports that both rules allow."""
    first, last = max(one["from_port"], other["from_port"]), min(one["to_port"], other["to_port"])
    return {**one, "from_port": first, "to_port": last} if one["protocol"] == other["protocol"] and first <= last else None


def includes_members(rule: Rule, group: str) -> bool:
    """Whether the rule's peer may be a member of a group; members are in the VPC."""
    if "group" in rule:
        return bool(rule["group"] == group)
    return "cidr_ipv4" in rule and ipaddress.IPv4Network(rule["cidr_ipv4"]).overlaps(ipaddress.IPv4Network(VPC))


def between_groups(groups: dict[str, Group]) -> set[Flow]:
    """The flows between group members: allowed out of one group and into the other."""
    return {
        (source, target, ports(both))
        for source, sender in groups.items()
        for target, receiver in groups.items()
        for out in sender["egress"]
        for into in receiver["ingress"]
        if includes_members(out, target) and includes_members(into, source) and (both := overlap(out, into))
    }


def with_outside(groups: dict[str, Group]) -> set[Flow]:
    """The flows to and from CIDR blocks and prefix lists."""
    peers = ("cidr_ipv4", "prefix_list_id")
    inbound = {
        (rule[key], name, ports(rule)) for name, group in groups.items() for rule in group["ingress"] for key in peers if key in rule
    }
    outbound = {
        (name, rule[key], ports(rule)) for name, group in groups.items() for rule in group["egress"] for key in peers if key in rule
    }
    return inbound | outbound


BETWEEN: set[Flow] = {
    ("load_balancer", "nodes", "tcp/8080"),
    ("nodes", "database", "tcp/5432"),
    ("nodes", "cache", "tcp/6379"),
    ("nodes", "control_plane", "tcp/443"),
    ("nodes", "endpoints", "tcp/443"),
    # A public load balancer is also open to the nodes, which may reach AWS and registries on the internet.
    ("nodes", "load_balancer", "tcp/443"),
    ("nodes", "nodes", "tcp/53"),
    ("nodes", "nodes", "udp/53"),
    ("nodes", "nodes", "tcp/10250"),
    ("control_plane", "nodes", "tcp/10250"),
    ("control_plane", "nodes", "tcp/443"),
    ("control_plane", "nodes", "tcp/4443"),
    ("control_plane", "nodes", "tcp/8443"),
    ("control_plane", "nodes", "tcp/9443"),
    ("control_plane", "nodes", "tcp/10251"),
}
OUTSIDE: set[Flow] = {
    ("0.0.0.0/0", "load_balancer", "tcp/443"),
    (VPC, "endpoints", "tcp/443"),
    ("nodes", "0.0.0.0/0", "tcp/443"),
    ("nodes", VPC, "tcp/53"),
    ("nodes", VPC, "udp/53"),
    ("nodes", "169.254.169.123/32", "udp/123"),
}


@pytest.mark.parametrize(
    ("more", "between_less", "between_more", "outside_less", "outside_more"),
    [
        pytest.param({}, set(), set(), set(), set(), id="defaults"),
        pytest.param(
            {"security": {"application_port": 9000, "database_port": 5433, "cache_port": 6380}},
            {("load_balancer", "nodes", "tcp/8080"), ("nodes", "database", "tcp/5432"), ("nodes", "cache", "tcp/6379")},
            {("load_balancer", "nodes", "tcp/9000"), ("nodes", "database", "tcp/5433"), ("nodes", "cache", "tcp/6380")},
            set(),
            set(),
            id="other ports",
        ),
        pytest.param(
            {"security": {"broker_ports": [443, 5671]}},
            set(),
            {("nodes", "broker", "tcp/443"), ("nodes", "broker", "tcp/5671")},
            set(),
            set(),
            id="message brokers",
        ),
        pytest.param(
            {"security": {"node_to_node_ports": [8080, "9000-9100"]}},
            set(),
            {("nodes", "nodes", "tcp/8080"), ("nodes", "nodes", "tcp/9000-9100")},
            set(),
            set(),
            id="between nodes",
        ),
        pytest.param(
            {"security": {"webhook_ports": []}},
            {flow for flow in BETWEEN if flow[0] == "control_plane" and flow[2] != "tcp/10250"},
            set(),
            set(),
            set(),
            id="no webhooks",
        ),
        pytest.param(
            {
                "security": {
                    "load_balancer_ingress_cidrs": ["203.0.113.0/24"],
                    "load_balancer_ingress_prefix_lists": ["pl-0123abcd"],
                    "load_balancer_ports": [80, 443],
                }
            },
            {("nodes", "load_balancer", "tcp/443")},
            set(),
            {("0.0.0.0/0", "load_balancer", "tcp/443")},
            {(peer, "load_balancer", port) for peer in ("203.0.113.0/24", "pl-0123abcd") for port in ("tcp/80", "tcp/443")},
            id="other clients",
        ),
        pytest.param(
            {"endpoints": {"interface": []}},
            {("nodes", "endpoints", "tcp/443")},
            set(),
            {(VPC, "endpoints", "tcp/443")},
            set(),
            id="no interface endpoints",
        ),
        pytest.param(
            {"security": {"node_egress_cidrs": ["198.51.100.0/24"]}},
            {("nodes", "load_balancer", "tcp/443")},
            set(),
            {("nodes", "0.0.0.0/0", "tcp/443")},
            {("nodes", "198.51.100.0/24", "tcp/443")},
            id="narrow egress leaves the endpoints within reach",
        ),
    ],
)
def test_reachability(
    more: dict[str, Any], between_less: set[Flow], between_more: set[Flow], outside_less: set[Flow], outside_more: set[Flow]
) -> None:
    groups = security_groups(network(**more))
    assert between_groups(groups) == BETWEEN - between_less | between_more
    assert with_outside(groups) == OUTSIDE - outside_less | outside_more


def test_databases_and_caches_open_nothing() -> None:
    groups = security_groups(network())
    assert groups["database"]["egress"] == groups["cache"]["egress"] == []


@pytest.mark.parametrize("more", [{}, {"security": {"node_to_node_ports": [53, 10250, "53-53"], "webhook_ports": [8080, 443, 10250]}}])
def test_no_rule_is_duplicated(more: dict[str, Any]) -> None:
    if more:
        more["security"]["node_to_node_ports"] = [53, 10250]
    for group in security_groups(network(**more)).values():
        for direction in ("ingress", "egress"):
            bare = [tuple(sorted((key, value) for key, value in rule.items() if key != "description")) for rule in group[direction]]
            assert len(bare) == len(set(bare)) <= RULES_PER_DIRECTION


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        (
            {"load_balancer_ports": [22]},
            "security.load_balancer_ports is 22, but a port for administration or data must not be open to 0.0.0.0/0",
        ),
        (
            {"load_balancer_ports": [22], "load_balancer_ingress_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]},
            "security.load_balancer_ports is 22, but a port for administration or data must not be open to 0.0.0.0/1, 128.0.0.0/1",
        ),
        (
            {"load_balancer_ports": [5432]},
            "security.load_balancer_ports is 5432, but a port for administration or data must not be open to 0.0.0.0/0",
        ),
        (
            {"database_port": 8080},
            "security.database_port is 8080, but it must differ from application_port, or the load balancer's rule would lose its meaning",
        ),
        ({"cache_port": 5432}, "security.cache_port is 5432, but it must differ from database_port"),
        ({"application_port": 0}, "security.application_port is 0, but it must be a whole number from 1 to 65535"),
        ({"database_port": "http"}, "security.database_port is 'http', but it must be a whole number from 1150 to 65535"),
        (
            {"node_to_node_ports": ["9-1"]},
            "security.node_to_node_ports[0] is '9-1', but it must be a port such as 8080 or a range such as 8000-8100",
        ),
        (
            {"load_balancer_ingress_prefix_lists": ["x"]},
            "security.load_balancer_ingress_prefix_lists[0] is 'x', but it must be cloudfront, or the id of a list such as pl-0123abcd",
        ),
        (
            {"load_balancer_ingress_prefix_lists": ["cloudfront"], "load_balancer_ingress_cidrs": ["0.0.0.0/0"]},
            "security.load_balancer_ingress_cidrs is ['0.0.0.0/0'], but it admits everybody, so that clients can go round CloudFront, "
            "which load_balancer_ingress_prefix_lists names",
        ),
        (
            {"load_balancer_ports": list(range(7000, 7031)), "load_balancer_ingress_cidrs": ["192.0.2.0/25", "192.0.2.128/25"]},
            "security needs too many rules: group load_balancer would have 62 ingress rules and AWS allows 60; use fewer "
            "blocks or a prefix list",
        ),
    ],
)
def test_refused(security: dict[str, Any], expected: str) -> None:
    assert expected in complaints(security=security)


@pytest.mark.parametrize("blocks", [[], ["203.0.113.0/24"]])
def test_cloudfront_by_name_admits_nobody_else(blocks: list[str]) -> None:
    """Its ID differs from region to region. Without blocks of addresses, it replaces the whole internet."""
    given = {"load_balancer_ingress_prefix_lists": ["cloudfront"], **({"load_balancer_ingress_cidrs": blocks} if blocks else {})}
    resolved = with_ids({"main": network(security=given)}, {"cloudfront": "pl-1"})["main"]
    rules = security_groups(resolved)["load_balancer"]["ingress"]
    assert [rule.get("cidr_ipv4") or rule["prefix_list_id"] for rule in rules] == [*blocks, "pl-1"]


def test_a_region_without_the_list_of_cloudfront_is_named() -> None:
    one = network(security={"load_balancer_ingress_prefix_lists": ["cloudfront"]})
    assert named([one]) == ["cloudfront"]
    assert "region af-south-1 has no prefix list com.amazonaws.global.cloudfront.origin-facing" in next(
        missing({"main": one}, {}, "af-south-1")
    )
