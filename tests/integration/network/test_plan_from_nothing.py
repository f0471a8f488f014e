# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for an empty account is complete and correct: it lists exactly what an apply creates, value for value."""

from __future__ import annotations

from typing import Any

import pytest

from .describe import as_planned, described
from .support import REGION, ZONES, Requests, Site, network, shown, summary

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "all defaults": {"main": {"cidr": "10.0.0.0/16", "availability_zones": ZONES}},
    "nat none": {"main": network(nat="none")},
    "nat single": {"main": network(nat="single", nat_az=ZONES[1])},
    "nat per_az": {"main": network(nat="per_az")},
    "nat regional": {"main": network(nat="regional")},
    "no public tier": {"main": network(tiers={"private": {}, "database": {}}, nat="regional")},
    "isolated only": {"main": network(tiers={"database": {}}, nat="none", endpoints={"gateway": ["s3"], "interface": []})},
    "two networks": {"main": network(), "data": network(cidr="10.1.0.0/16", nat="single", flow_logs={"retention_in_days": 30})},
    "further tiers": {
        "main": network(
            tiers={
                "public": {"tags": {"front": "yes"}},
                "private": {},
                "database": {"availability_zones": ZONES[:1]},
                "batch": {"routing": "private", "slot": 3},
                "vault": {"slot": 2},
            }
        )
    },
    "explicit blocks": {
        "main": network(
            cidr="10.9.0.0/22",
            tiers={
                "public": {"cidrs": {ZONES[0]: "10.9.0.0/26", ZONES[1]: "10.9.0.64/26"}},
                "private": {"cidrs": {ZONES[0]: "10.9.1.0/24", ZONES[1]: "10.9.2.0/24"}},
            },
        )
    },
    "no endpoints": {"main": network(endpoints={"gateway": [], "interface": []})},
    "many endpoints": {"main": network(endpoints={"gateway": ["dynamodb"], "interface": ["sts", "ecr.api", "kms", "ssm"]})},
    "no flow logs": {"main": network(flow_logs={"enabled": False})},
    "own security": {
        "main": network(
            security={
                "load_balancer_ingress_cidrs": ["203.0.113.0/24", "198.51.100.0/24"],
                "load_balancer_ports": [80, 443],
                "node_to_node_ports": ["7000-7100"],
                "database_port": 5433,
            },
            cluster_names=["apps"],
            karpenter_discovery="prod-apps",
            dns={"support": True, "hostnames": True},
            tags={"cost": "shared"},
        )
    },
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_plan_matches_what_apply_creates(site: Site, name: str) -> None:
    desired = site.desired(**CONFIGURATIONS[name])
    requests = Requests(site.cloud)
    plan = site.plan(desired)
    assert requests.changes() == []
    assert set(summary(plan).values()) == {"create"}

    site.apply(desired)
    made = described(site.cloud)
    assert sorted(action.address for action in plan.changes) == sorted(made)
    wrong = {
        f"{action.address} {change.property}": (change.after, made[action.address].get(change.property))
        for action in plan.changes
        for change in action.changes
        if not as_planned(change.after, made[action.address].get(change.property))
    }
    assert wrong == {}
    assert summary(site.plan(desired)) == {}


def test_every_given_property_is_in_the_plan(site: Site) -> None:
    desired = site.desired(main=network())
    plan = site.plan(desired)
    assert {action.address: {change.property for change in action.changes} for action in plan.changes} == {
        resource.address: set(resource.properties) for resource in desired
    }


def test_values_of_the_plan_are_known_wherever_they_can_be(site: Site) -> None:
    """Only identifiers are unknown."""
    plan = site.plan(site.desired(main=network()))
    unknown = {(a.kind, c.property) for a in plan.changes for c in a.changes if "known after apply" in str(c.after)}
    assert unknown == {
        ("default_network_acl", "vpc_id"),
        ("default_security_group", "vpc_id"),
        ("flow_log", "resource_id"),
        ("internet_gateway", "vpc_id"),
        ("log_group", "kms_key_id"),
        ("nat_gateway", "allocation_id"),
        ("nat_gateway", "subnet_id"),
        ("network_acl", "subnet_ids"),
        ("network_acl", "vpc_id"),
        ("route_table", "routes"),
        ("route_table", "subnet_ids"),
        ("route_table", "vpc_id"),
        ("security_group", "egress"),
        ("security_group", "ingress"),
        ("security_group", "vpc_id"),
        ("subnet", "vpc_id"),
        ("vpc_endpoint", "route_table_ids"),
        ("vpc_endpoint", "security_group_ids"),
        ("vpc_endpoint", "subnet_ids"),
        ("vpc_endpoint", "vpc_id"),
    }


def test_result_lists_each_action_as_done(site: Site) -> None:
    desired = site.desired(main=network())
    plan = shown(site.apply(desired))
    assert plan["counts"]["create"] == len(desired) == len(plan["actions"])
    assert {action["outcome"] for action in plan["actions"]} == {"done"}
    made = described(site.cloud)
    assert {action["address"]: action["id"] for action in plan["actions"]} == {address: one["id"] for address, one in made.items()}


def test_owner_mark_and_region(site: Site) -> None:
    site.apply(site.desired(main=network()))
    made = described(site.cloud)
    assert made["iam_role.flow-logs"]["path"] == "/mainstay/prod/network/"
    assert made["subnet.main/private-af-south-1a"]["availability_zone"].startswith(REGION)
    assert all(one["tags"]["owner"] == "platform" for one in made.values())
