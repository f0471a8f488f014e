# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Changes that AWS can make in place are made in place; replacements and deletions require consent."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.integration.site import summary, touched

from .describe import described
from .support import ACCOUNT, EVERYTHING, REGION, Site, cluster, new_role

ADMINS = f"arn:aws:iam::{ACCOUNT}:role/admins"
POD = {"namespace": "web", "service_account": "api", "policy": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
BASE: dict[str, Any] = {
    "node_groups": {"system": {"min_size": 1, "max_size": 2}},
    "access": {"admins": {"principal_arn": ADMINS, "policies": {"AmazonEKSViewPolicy": "cluster"}}},
    "pod_identities": {"uploads": POD},
}


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": {"system": more}}


def with_group(changes: Mapping[str, Any], before: Mapping[str, Any] = BASE) -> dict[str, Any]:
    """Settings with some changed; for the node group, only those given."""
    system = {**before["node_groups"]["system"], **changes.get("node_groups", {}).get("system", {})}
    return {**before, **changes, "node_groups": {"system": system}}


IN_PLACE: dict[str, tuple[dict[str, Any], Mapping[str, set[str]]]] = {
    "protection": ({"deletion_protection": True}, {"eks_cluster.main": {"deletion_protection"}}),
    "support": ({"upgrade_policy": "EXTENDED"}, {"eks_cluster.main": {"upgrade_policy"}}),
    "logs": ({"log_types": ["audit"]}, {"eks_cluster.main": {"log_types"}}),
    "retention": ({"log_retention_in_days": 7}, {"cluster_log_group.main": {"retention_in_days"}}),
    "endpoint": (
        {"endpoint": {"public_cidrs": ["52.94.76.0/24"]}},
        {"eks_cluster.main": {"endpoint_public_access", "public_access_cidrs"}},
    ),
    "access": (
        {"access": {"admins": {"principal_arn": ADMINS, "policies": {"AmazonEKSEditPolicy": ["web"]}, "kubernetes_groups": ["team"]}}},
        {"eks_access_entry.main/admins": {"policies", "kubernetes_groups"}},
    ),
    "configuration": (
        {"addons": {"vpc-cni": {"configuration": {"enableNetworkPolicy": "false"}}}},
        {"eks_addon.main/vpc-cni": {"configuration"}},
    ),
    "sizes": (group(min_size=2, max_size=5), {"eks_nodegroup.main/system": {"min_size", "max_size"}}),
    "labels, taints, update": (
        group(labels={"a": "b"}, taints=[{"key": "c", "effect": "NO_SCHEDULE"}], update={"max_unavailable": 1}),
        {"eks_nodegroup.main/system": {"labels", "taints", "update_config"}},
    ),
    "tags": (
        group(tags={"cost-center": "42"}),
        {"launch_template.main/system": {"tags"}, "eks_nodegroup.main/system": {"tags"}},
    ),
    "disk": (
        group(disk_gib=100),
        {"launch_template.main/system": {"data"}, "eks_nodegroup.main/system": {"launch_template_version"}},
    ),
    "pods, user data": (
        group(max_pods=8, user_data=["#!/bin/bash\necho hello\n", {"spec": {"kubelet": {"config": {"shutdownGracePeriod": "30s"}}}}]),
        {"launch_template.main/system": {"data"}, "eks_nodegroup.main/system": {"launch_template_version"}},
    ),
    "rights of nodes": (
        {"node_managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]},
        {"iam_role.main/nodes": {"managed_policy_arns"}},
    ),
    "rights of pods": (
        {"pod_identities": {"uploads": {**POD, "policy": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}}},
        {"iam_role.main/pod-uploads": {"inline_policy"}},
    ),
}


@pytest.fixture
def standing(site: Site) -> Site:
    new_role(site.cloud, "admins")
    site.apply(site.desired(main=cluster(**BASE)))
    return site


def test_changes_in_place(standing: Site) -> None:
    """One after another on one cluster, each on top of the previous ones; nothing is recreated."""
    before = {address: one["id"] for address, one in described(standing.cloud).items()}
    wanted = BASE
    for name, (changes, expected) in IN_PLACE.items():
        wanted = with_group(changes, wanted)
        desired = standing.desired(main={**cluster(), **wanted})
        assert (name, touched(standing.plan(desired))) == (name, dict(expected))
        standing.apply(desired)
        assert (name, summary(standing.plan(desired))) == (name, {})
    assert {address: one["id"] for address, one in described(standing.cloud).items()} == before


def test_an_upgrade_goes_through_all_of_a_cluster(standing: Site) -> None:
    """Control plane, network add-ons, node groups, and the rest, in one run."""
    upgraded = standing.desired(main=cluster(version="1.36", **BASE))
    planned = touched(standing.plan(upgraded))
    assert planned["eks_cluster.main"] == {"version"}
    assert planned["eks_nodegroup.main/system"] == {"version"}
    assert "eks_addon.main/kube-proxy" in planned
    result = standing.apply(upgraded)
    assert {action.verb for action in result.plan.changes} == {"update"}
    now = described(standing.cloud)
    assert (now["eks_cluster.main"]["version"], now["eks_nodegroup.main/system"]["version"]) == ("1.36", "1.36")
    assert {one["status"] for address, one in now.items() if address.startswith("eks_addon.")} == {"ACTIVE"}
    assert summary(standing.plan(standing.desired(main=cluster(version="1.36", **BASE)))) == {}


REPLACED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "instance types": (group(instance_types=["m6i.large"]), {"eks_nodegroup.main/system": "replace (no consent)"}),
    "spot": (group(capacity_type="SPOT"), {"eks_nodegroup.main/system": "replace (no consent)"}),
    "image": (
        group(ami_type="BOTTLEROCKET_x86_64"),
        {"eks_nodegroup.main/system": "replace (no consent)", "launch_template.main/system": "update"},
    ),
}


def test_a_replacement_requires_consent(standing: Site) -> None:
    for name, (changes, expected) in REPLACED.items():
        plan = standing.plan(standing.desired(main=cluster(**with_group(changes))))
        assert (name, summary(plan)) == (name, expected)
    desired = standing.desired(main=cluster(**with_group(group(capacity_type="SPOT"))))
    refused = standing.try_apply(desired)
    assert refused.failures
    assert described(standing.cloud)["eks_nodegroup.main/system"]["capacity_type"] == "ON_DEMAND"
    standing.apply(desired, allow_replace=["eks_nodegroup.main/system"])
    assert described(standing.cloud)["eks_nodegroup.main/system"]["capacity_type"] == "SPOT"


def test_what_is_no_longer_described_stays_without_consent(standing: Site) -> None:
    desired = standing.desired(main=cluster(**{**BASE, "pod_identities": {}}, addons={"metrics-server": None}))
    plan = standing.plan(desired)
    assert summary(plan) == {
        "eks_addon.main/metrics-server": "delete (no consent)",
        "eks_pod_identity_association.main/uploads": "delete (no consent)",
        "iam_role.main/pod-uploads": "delete (no consent)",
    }
    standing.apply(desired, purge=["*/uploads", "*/pod-uploads"])
    assert summary(standing.plan(desired)) == {"eks_addon.main/metrics-server": "delete (no consent)"}


# ---- zones ----

FARGATE = {"jobs": {"selectors": [{"namespace": "jobs"}]}}


def test_the_first_fargate_profile_replaces_no_node(site: Site) -> None:
    """Rules let the nodes and the profile's pods reach each other; they go with the last profile."""
    site.apply(site.desired(main=cluster()))
    desired = site.desired(main=cluster(fargate_profiles=FARGATE))
    assert {address for address, verb in summary(site.plan(desired)).items() if verb != "create"} == set()
    site.apply(desired)
    assert summary(site.plan(desired)) == {}
    now = described(site.cloud)
    own = next(
        group for group in site.cloud.client("ec2").describe_security_groups()["SecurityGroups"] if "eks-cluster-sg" in group["GroupName"]
    )
    nodes, control = site.groups[1], own["GroupId"]
    found = {(one["group_id"], one["peer_group_id"], one["is_egress"]) for address, one in now.items() if "security_group_rule" in address}
    assert found == {(nodes, control, False), (control, nodes, False), (nodes, control, True)}
    site.apply(site.desired(main=cluster()), purge=EVERYTHING)
    assert not [address for address in described(site.cloud) if "security_group_rule" in address]


def test_pods_get_subnets_of_their_own(site: Site) -> None:
    site.apply(site.desired(main=cluster()))
    ec2, eks = site.cloud.client("ec2"), site.cloud.client("eks")
    pods = {
        f"{REGION}{zone}": ec2.create_subnet(VpcId=site.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in ((128, "a"), (129, "b"))
    }
    site.network = replace(site.network, pod_subnets={zone: raw["SubnetId"] for zone, raw in pods.items()})
    assert site.problems(main=cluster()) == []
    desired = site.desired(main=cluster())
    assert touched(site.plan(desired)) == {"eks_addon.main/vpc-cni": {"configuration"}}
    site.apply(desired)
    given = json.loads(eks.describe_addon(clusterName="prod-main", addonName="vpc-cni")["addon"]["configurationValues"])
    assert given["eniConfig"]["subnets"] == {zone: {"id": raw["SubnetId"]} for zone, raw in pods.items()}
    assert summary(site.plan(desired)) == {}


def test_ipv6_clusters_need_subnets_with_addresses(site: Site) -> None:
    """Found before the first call; a cluster in such subnets is there at once, and a second run changes nothing."""
    ec2, settings = site.cloud.client("ec2"), cluster(ip_family="ipv6")
    assert any("without IPv6 addresses" in one for one in site.problems(main=settings))
    ec2.associate_vpc_cidr_block(VpcId=site.vpc, AmazonProvidedIpv6CidrBlock=True)
    (block,) = ec2.describe_vpcs(VpcIds=[site.vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
    for subnet, part in zip(site.subnets, ipaddress.IPv6Network(block["Ipv6CidrBlock"]).subnets(new_prefix=64), strict=False):
        ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=str(part))
    assert [one.partition(", where ")[2] for one in site.problems(main=settings)] == [
        "nodes get no IPv6 address; set ipv6_on_creation: true of the tier"
    ]
    for subnet in site.subnets:
        ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
    assert site.problems(main=settings) == []
    site.apply(site.desired(main=settings))
    made = site.cloud.client("eks").describe_cluster(name="prod-main")["cluster"]["kubernetesNetworkConfig"]
    assert made["ipFamily"] == "ipv6"
    assert ipaddress.IPv6Network(made["serviceIpv6Cidr"]).prefixlen == 108
    assert "serviceIpv4Cidr" not in made
    assert summary(site.plan(site.desired(main=settings))) == {}
    assert summary(site.plan(site.desired(main=cluster())))["eks_cluster.main"] == "replace (no consent)"


def test_a_third_zone_is_for_what_is_made_from_now_on(site: Site) -> None:
    """EKS keeps a cluster in its zones, and a group in its subnets: both stay, and a new group uses all zones."""
    before, standing = site.network.subnet_ids, cluster(fargate_profiles=FARGATE)
    site.apply(site.desired(main=standing))
    third = site.add_zone("c")
    assert summary(site.plan(site.desired(main=standing))) == {}
    more = cluster(fargate_profiles=FARGATE, node_groups={"system": {"min_size": 1, "max_size": 2}, "spot": {"capacity_type": "SPOT"}})
    desired = site.desired(main=more)
    assert set(summary(site.plan(desired)).values()) == {"create"}
    site.apply(desired)
    now = described(site.cloud)
    assert set(now["eks_cluster.main"]["subnet_ids"]) == set(now["eks_nodegroup.main/system"]["subnet_ids"]) == set(before)
    assert set(now["eks_nodegroup.main/spot"]["subnet_ids"]) == {*before, third}
    assert summary(site.plan(site.desired(main=more))) == {}


def test_a_further_subnet_in_a_zone_of_the_cluster_is_taken(site: Site) -> None:
    site.apply(site.desired(main=cluster()))
    further = site.add_zone("b")
    desired = site.desired(main=cluster())
    assert touched(site.plan(desired)) == {"eks_cluster.main": {"subnet_ids"}}
    site.apply(desired)
    assert further in described(site.cloud)["eks_cluster.main"]["subnet_ids"]


def test_a_zone_that_is_no_longer_described_is_not_left(site: Site) -> None:
    site.add_zone("c")
    site.apply(site.desired(main=cluster()))
    site.network = replace(site.network, subnet_ids=site.network.subnet_ids[:2])
    assert summary(site.plan(site.desired(main=cluster()))) == {}
