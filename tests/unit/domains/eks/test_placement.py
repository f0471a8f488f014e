# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Add-ons whose pods no node group and no Fargate profile takes are refused; what is left waits for its place."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import notes, of_places, of_processors
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.addons import Offer
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed
from tests.unit.domains.eks.samples import cluster, known, resources

DB = {"key": "dedicated", "value": "db", "effect": "NO_SCHEDULE"}
CRITICAL = {"key": "CriticalAddonsOnly", "value": "true", "effect": "NO_SCHEDULE"}
OTHERS = {"aws-ebs-csi-driver": None, "metrics-server": None}
DNS = {"fargate_profiles": {"system": {"selectors": [{"namespace": "kube-system"}]}}}


def groups(**more: dict[str, Any]) -> dict[str, Any]:
    return {"node_groups": more}


def configured(**configuration: Any) -> dict[str, Any]:
    return {"addons": {**OTHERS, "coredns": {"configuration": configuration}}}


def refused(more: dict[str, Any]) -> list[str]:
    """What is said of coredns, without the path of the cluster."""
    found = [text.removeprefix("eks_clusters.main.") for text in of_places(cluster(**more), known())]
    return [text for text in found if text.startswith("addons is 'coredns'")]


@pytest.mark.parametrize(
    ("more", "obstacle"),
    [
        (groups(a={"taints": [DB]}), "a has the taint dedicated=db:NO_SCHEDULE"),
        (groups(a={"taints": [{**DB, "effect": "NO_EXECUTE"}]}), "a has the taint dedicated=db:NO_EXECUTE"),
        (groups(a={"min_size": 0, "desired_size": 0}), "a has desired_size 0"),
        (groups(a={"taints": [DB]}, b={"min_size": 0, "desired_size": 0}), "b has desired_size 0"),
        ({**groups(a={"taints": [DB]}), **configured(tolerations=[{"key": "dedicated", "value": "other"}])}, "a has the taint"),
        ({**groups(a={"taints": [CRITICAL]}), **configured(tolerations=[{"key": "dedicated", "operator": "Exists"}])}, "a has the taint"),
        ({**groups(a={}), **configured(nodeSelector={"purpose": "system"})}, "a lacks the label purpose: system"),
        ({**groups(a={}), **configured(nodeSelector={"kubernetes.io/arch": "arm64"})}, "a lacks the label kubernetes.io/arch: arm64"),
        ({**groups(a={"taints": [DB]}), **DNS}, "a has the taint"),
    ],
)
def test_no_place_on_nodes(more: dict[str, Any], obstacle: str) -> None:
    found = refused(more)
    assert len(found) == 1
    assert obstacle in found[0]
    assert "add a group that takes them, or give addons.coredns.configuration tolerations" in found[0]


@pytest.mark.parametrize(
    "more",
    [
        groups(a={"taints": [DB]}, b={}),
        groups(a={"taints": [CRITICAL]}),
        groups(a={"taints": [{**DB, "effect": "PREFER_NO_SCHEDULE"}]}),
        groups(a={"min_size": 0}),
        {**groups(a={"taints": [DB]}), **configured(tolerations=[{"key": "dedicated", "value": "db", "effect": "NoSchedule"}])},
        {**groups(a={"taints": [DB]}), **configured(tolerations=[{"operator": "Exists"}])},
        {**groups(a={"labels": {"purpose": "system"}}), **configured(nodeSelector={"purpose": "system", "kubernetes.io/os": "linux"})},
        {**groups(a={"taints": [DB]}), **DNS, **configured(computeType="fargate")},
    ],
)
def test_a_place(more: dict[str, Any]) -> None:
    assert refused(more) == []


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({"namespace": "kube-system"}, True),
        ({"namespace": "kube-*"}, True),
        ({"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}, True),
        ({"namespace": "kube-system", "labels": {"k8s-*": "kube-?ns"}}, True),
        ({"namespace": "jobs"}, False),
        ({"namespace": "kube-system", "labels": {"k8s-app": "coredns"}}, False),
    ],
)
def test_fargate_only(selector: dict[str, Any], fits: bool) -> None:
    more = {"node_groups": None, "addons": {"coredns": {}}, "fargate_profiles": {"system": {"selectors": [selector]}}}
    expected = "addons is 'coredns', but its pods run in kube-system, and no Fargate profile selects them; add the selector "
    assert [text.startswith(expected) for text in refused(more)] == ([] if fits else [True])


def test_a_present_addon_has_its_nodes_and_the_plan_says_that_it_finds_no_others() -> None:
    one = cluster(**groups(a={"taints": [DB]}))
    there = known(Observed("eks_addon", "eks_addon.main/coredns", "1"))
    assert not [text for text in of_places(one, there) if "coredns" in text]
    (note,) = [text for text in notes({"main": one}, there) if "coredns" in text]
    assert note.startswith(
        "main: the pods of coredns keep their nodes, but once these go, no node group takes its pods: a has the taint dedicated=db"
    )


def test_dns_on_fargate_waits_for_its_profile_and_says_where_it_runs() -> None:
    profiles = {"jobs": {"selectors": [{"namespace": "jobs"}]}, **DNS["fargate_profiles"]}
    found = resources(node_groups=None, addons={"coredns": {}}, fargate_profiles=profiles)["eks_addon.main/coredns"]
    assert "eks_fargate_profile.main/system" in found.after
    assert "eks_fargate_profile.main/jobs" not in found.after
    assert found.properties["configuration"] == {"computeType": "Fargate"}


def test_dns_on_nodes_does_not_wait_for_profiles() -> None:
    found = resources(**DNS)["eks_addon.main/coredns"]
    assert not [address for address in found.after if address.startswith("eks_fargate_profile")]
    assert found.properties["configuration"] == {}


def test_an_addon_of_the_users_own_configuration_on_fargate_waits_too() -> None:
    assert "eks_fargate_profile.main/system" in resources(**DNS, **configured(computeType="Fargate"))["eks_addon.main/coredns"].after


@pytest.mark.parametrize(
    ("more", "offer", "expected"),
    [
        ({}, {"architectures": {"v1": ("amd64", "arm64")}}, ""),
        ({}, {"architectures": {}}, ""),
        (
            {},
            {"architectures": {"v1": ("arm64",)}},
            "addons.coredns.version would be v1, which EKS builds for arm64,",
        ),
        (
            {"node_groups": {"a": {"ami_type": "AL2023_ARM_64_STANDARD", "instance_types": ["t4g.medium"]}}},
            {"architectures": {"v1": ("amd64",)}},
            "addons.coredns.version would be v1, which EKS builds for amd64, but the nodes are arm64;",
        ),
        ({"node_groups": None, **DNS}, {"compute_types": {"v1": ("ec2",)}}, "addons.coredns needs nodes (ec2), but the cluster has only"),
        ({"node_groups": None, **DNS}, {"compute_types": {"v1": ("ec2", "fargate")}}, ""),
    ],
)
def test_processors_and_compute_types(more: dict[str, Any], offer: dict[str, Any], expected: str) -> None:
    one = cluster(addons={**OTHERS, "coredns": {}}, **more)
    facts = known(addons={("coredns", "1.36"): Offer(("v1",), "v1", **offer)})
    found = [text.removeprefix("eks_clusters.main.") for text in of_processors(one, facts)]
    assert [text.startswith(expected) for text in found] == ([True] if expected else [])
