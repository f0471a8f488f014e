# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Nodes that reach nothing outside their network are found before they are created."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.preflight import role_errors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.reach import Gates, ShutIn, needed_endpoints, obstacle, shut_in
from tests.unit.domains.eks.samples import cluster, settings

ALL = ["ec2", "ecr.api", "ecr.dkr", "eks", "eks-auth", "elasticloadbalancing", "autoscaling"]
BASE = "eks_clusters.main reach AWS only through endpoints, and it has none of"
NAT = "vpc_networks.main.nat is 'none', but nodes and pods of"


def found(network: dict[str, Any], tier: str = "private", **more: Any) -> list[str]:
    variables = {
        "inventory_hostname": "cluster",
        "platform_environment": "prod",
        "eks_clusters": {"main": settings(**more)},
        "eks_network": "main",
        "eks_network_tier": tier,
        "eks_image_registry": "mirror.example",
        "__platform_inventory": {"hosts": ["network", "cluster"], "networks": {"main": network}},
    }
    return role_errors(variables)


@pytest.mark.parametrize(
    ("network", "more", "missing"),
    [
        ({}, {}, ""),
        ({"nat": "single", "endpoints": {"gateway": [], "interface": []}}, {}, ""),
        ({"nat": "none", "routes": {"private": {"0.0.0.0/0": "tgw-0123456789abcdef0"}}, "endpoints": {"interface": []}}, {}, ""),
        ({"nat": "none", "endpoints": {"interface": ALL}}, {}, ""),
        ({"nat": "none", "endpoints": {"interface": [f"com.amazonaws.af-south-1.{one}" for one in ALL]}}, {}, ""),
        (
            {"nat": "none"},
            {},
            "eks-auth (AWS permissions of pods), elasticloadbalancing (load balancers), autoscaling (the cluster autoscaler), eks (the "
            "cluster autoscaler)",
        ),
        ({"nat": "none", "endpoints": {"gateway": [], "interface": ALL}}, {}, "s3 (layers of images)"),
        ({"nat": "none", "endpoints": {"interface": ALL}}, {"controllers": ["fluent-bit"]}, "logs (container logs)"),
        (
            {"nat": "none", "endpoints": {"interface": ALL}},
            {"irsa_roles": {"a": {"namespace": "b", "service_account": "c", "policy": []}}},
            None,
        ),
        ({"nat": "none", "endpoints": {"interface": []}}, {"node_groups": None}, ""),
        (
            {"nat": "none", "endpoints": {"interface": ALL}, "karpenter_discovery": "prod-main"},
            {"node_scaling": "karpenter"},
            "sqs (Karpenter), ssm (Karpenter)",
        ),
    ],
)
def test_a_network_without_nat(network: dict[str, Any], more: dict[str, Any], missing: str | None) -> None:
    problems = found(network, **more)
    if missing is None:
        return
    assert problems == ([f"{NAT} {BASE} {missing}; add them to its endpoints, or choose another nat"] if missing else [])


@pytest.mark.parametrize(
    ("network", "tier", "more", "problem"),
    [
        ({"karpenter_discovery": "prod-main"}, "private", {}, ""),
        ({"karpenter_discovery": "shared"}, "private", {"karpenter_discovery": "shared"}, ""),
        ({}, "private", {"node_scaling": "none"}, ""),
        ({}, "private", {}, "vpc_networks.main.karpenter_discovery is missing, but Karpenter of eks_clusters.main looks for 'prod-main'"),
        (
            {"karpenter_discovery": "prod-blue"},
            "private",
            {},
            "vpc_networks.main.karpenter_discovery is 'prod-blue', but Karpenter of eks_clusters.main looks for 'prod-main'",
        ),
        (
            {"karpenter_discovery": "prod-main", "tiers": {"jobs": {"routing": "private"}}},
            "jobs",
            {},
            "tag karpenter.sh/discovery of tier jobs of main is missing",
        ),
        ({"tiers": {"jobs": {"routing": "private", "tags": {"karpenter.sh/discovery": "prod-main"}}}}, "jobs", {}, ""),
    ],
)
def test_karpenter_finds_subnets(network: dict[str, Any], tier: str, more: dict[str, Any], problem: str) -> None:
    problems = found(network, tier, **{"node_scaling": "karpenter", **more})
    assert [text.startswith(problem) for text in problems] == ([True] if problem else []), problems


def test_an_isolated_tier_has_no_way_out_whatever_the_nat() -> None:
    problems = found({"nat": "per_az"}, tier="database")
    assert [
        text.startswith("eks_network_tier is 'database', but that tier of main is isolated: nodes and pods of") for text in problems
    ] == [True]


def test_images_of_controllers_come_from_a_registry_within_reach() -> None:
    variables = {
        "inventory_hostname": "cluster",
        "platform_environment": "prod",
        "eks_clusters": {"main": settings()},
        "eks_network": "main",
        "eks_image_registry": "",
        "__platform_inventory": {"hosts": ["network"], "networks": {"main": {"nat": "none", "endpoints": {"interface": ALL}}}},
    }
    assert [text for text in role_errors(variables) if "set eks_image_registry to one that its endpoints reach" in text]
    assert role_errors({**variables, "eks_manage_content": False}) == []


SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1"}


def table(*routes: dict[str, str], subnet: str = "subnet-1", main: bool = False) -> dict[str, Any]:
    association = {"Main": True} if main else {"SubnetId": subnet}
    return {"VpcId": "vpc-1", "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", **one} for one in routes], "Associations": [association]}


@pytest.mark.parametrize(
    ("subnet", "tables", "reason"),
    [
        (SUBNET, [table({"NatGatewayId": "nat-1"})], ""),
        (SUBNET, [table({"TransitGatewayId": "tgw-1"})], ""),
        (SUBNET, [table({"GatewayId": "vgw-1"})], ""),
        (SUBNET, [table({"NatGatewayId": "nat-1"}, main=True)], ""),
        (SUBNET, [table(), table({"NatGatewayId": "nat-1"}, main=True)], "has no route to the world"),
        (SUBNET, [table({"NatGatewayId": "nat-1", "State": "blackhole"})], "has no route to the world"),
        (SUBNET, [table({"NatGatewayId": "nat-1", "DestinationCidrBlock": "10.9.0.0/16"})], "has no route to the world"),
        (SUBNET, [], "has no route to the world"),
        (SUBNET, [table({"GatewayId": "igw-1"})], "leads to an internet gateway and gives nodes no public addresses"),
        ({**SUBNET, "MapPublicIpOnLaunch": True}, [table({"GatewayId": "igw-1"})], ""),
    ],
)
def test_subnets(subnet: dict[str, Any], tables: list[dict[str, Any]], reason: str) -> None:
    assert [one.reason for one in shut_in([subnet], tables)] == ([reason] if reason else [])


PRIVATE, PUBLIC = ShutIn("subnet-1", "vpc-1", "has no route"), ShutIn("subnet-1", "vpc-1", "leads to an internet gateway", public=True)
INTERNET = {"internet_gateways": [{"Attachments": [{"VpcId": "vpc-1"}]}]}
GATEWAY = {"nat_gateways": [{"VpcId": "vpc-1", "State": "pending"}]}


def endpoint(service: str, state: str = "available") -> dict[str, str]:
    return {"VpcId": "vpc-1", "State": state, "ServiceName": f"com.amazonaws.af-south-1.{service}"}


@pytest.mark.parametrize(
    ("subnet", "gates", "listed", "refused"),
    [
        (PRIVATE, {}, True, False),
        (PRIVATE, INTERNET, False, True),
        (PRIVATE, {**INTERNET, **GATEWAY}, False, False),
        (PRIVATE, {**INTERNET, **GATEWAY}, True, True),
        (PUBLIC, {**INTERNET, **GATEWAY}, False, True),
        (PRIVATE, {"endpoints": [endpoint(one) for one in [*ALL, "s3"]]}, True, False),
        (PRIVATE, {"endpoints": [endpoint(one, "pending") for one in [*ALL, "s3"]]}, True, False),
        (PRIVATE, {"endpoints": [endpoint(one, "failed") for one in ALL] + [endpoint("s3")]}, True, True),
        (PRIVATE, {"endpoints": [endpoint(one) for one in ALL]}, True, True),
    ],
)
def test_obstacles(subnet: ShutIn, gates: dict[str, Any], listed: bool, refused: bool) -> None:
    text = obstacle(subnet, Gates(**gates), cluster(), listed, "clusters.main.node_groups.system")
    assert bool(text) is refused
    assert not refused or text.startswith(f"clusters.main.node_groups.system would use subnet-1, which {subnet.reason}, and vpc-1 has no")


def test_what_fargate_needs() -> None:
    more = {"node_groups": None, "fargate_profiles": {"jobs": {"selectors": [{"namespace": "jobs"}]}}, "controllers": []}
    assert list(needed_endpoints(cluster(**more))) == ["ecr.api", "ecr.dkr", "s3", "logs"]
