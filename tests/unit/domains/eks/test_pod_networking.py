# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Subnets of their own for pods: what the network add-on gets, what is refused, and what a plan says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import Subnet, objections
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.plan_checks import pod_network_notes
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Network, read_network
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from tests.unit.domains.eks.samples import KNOWN, NETWORK, REGION, SUBNETS, complaints, known, resources, settings
from tests.unit.domains.eks.test_judge import said
from tests.unit.domains.eks.test_renewals import built

A, B = f"{REGION}a", f"{REGION}b"
PODS = {A: "subnet-0e000000", B: "subnet-0f000000"}
FACTS = {**KNOWN["subnets"], **{name: Subnet(name, "vpc-1", zone, 8000) for zone, name in PODS.items()}}
SECTION = {"create": True, "region": REGION, "subnets": {A: {"id": PODS[A]}, B: {"id": PODS[B]}}}
VARIABLES = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true", "ENI_CONFIG_LABEL_DEF": "topology.kubernetes.io/zone"}


def configuration(**more: Any) -> Any:
    return resources(**more)["eks_addon.main/vpc-cni"].properties["configuration"]


def test_the_network_add_on_gets_a_subnet_for_each_zone() -> None:
    assert configuration(pod_subnets=PODS) == {"enableNetworkPolicy": "true", "env": VARIABLES, "eniConfig": SECTION}
    given = {"vpc-cni": {"configuration": {"env": {"WARM_IP_TARGET": "5"}}}}
    assert configuration(pod_subnets=PODS, addons=given)["env"] == {"WARM_IP_TARGET": "5", **VARIABLES}
    assert "eniConfig" not in configuration()
    assert "eniConfig" not in resources(pod_subnets=PODS)["eks_addon.main/coredns"].properties["configuration"]


@pytest.mark.parametrize(("subnets", "expected"), [(None, PODS), (list(SUBNETS), {})])
def test_the_subnets_of_the_network_are_for_clusters_that_name_none(subnets: Any, expected: dict[str, str]) -> None:
    network, problems = read_network({"subnet_ids": list(SUBNETS), "pod_subnets": PODS}, "network")
    more = {} if subnets is None else {"subnet_ids": subnets}
    found, wrong = validate({"main": settings(**more)}, "eks_clusters", "prod", "eks", network)
    assert (problems, wrong, found["main"].pod_subnets) == ([], [], expected)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"pod_subnets": {A: "subnet-1"}}, f"pod_subnets.{A} is 'subnet-1', but it must be an id such as subnet-0123456789abcdef0"),
        ({"pod_subnets": {"a": PODS[A]}}, "pod_subnets is 'a', but it must be the name of an availability zone such as af-south-1a"),
        ({"pod_subnets": {A: UNKNOWN, B: UNKNOWN}}, ""),
        (
            {"pod_subnets": PODS, "addons": {"vpc-cni": None}},
            "but they need the add-on vpc-cni, which is set to null; remove one of the two",
        ),
        (
            {"pod_subnets": PODS, "addons": {"vpc-cni": {"configuration": {"eniConfig": {}}}}},
            "addons.vpc-cni.configuration is 'eniConfig', but pod_subnets sets it; remove one of the two",
        ),
        (
            {"pod_subnets": PODS, "addons": {"vpc-cni": {"configuration": {"env": {"ENI_CONFIG_LABEL_DEF": "x"}}}}},
            "addons.vpc-cni.configuration is 'env.ENI_CONFIG_LABEL_DEF', but pod_subnets sets it; remove one of the two",
        ),
    ],
)
def test_refused(more: dict[str, Any], expected: str) -> None:
    found = complaints(**more)
    assert any(expected in one for one in found) if expected else found == [], found


def test_every_zone_of_the_network_needs_one() -> None:
    network = replace(NETWORK, subnet_zones=(A, B))
    (found,) = complaints(network=network, pod_subnets={A: PODS[A]})
    assert found == f"pod_subnets is ['{A}'], but nodes in {B} would have no addresses for pods; add a subnet there"
    assert Network().pod_subnets == {}


@pytest.mark.parametrize(
    ("pods", "facts", "expected"),
    [
        (PODS, {}, []),
        ({A: PODS[A]}, {}, [f"pod_subnets has no subnet in {B}, where nodes would have no addresses for pods; add one"]),
        ({A: PODS[B], B: PODS[A]}, {}, [f"pod_subnets.{A} is '{PODS[B]}', but that subnet is in {B}; list it there"]),
        (
            {**PODS, A: "subnet-0abc0000"},
            {},
            ["pod_subnets names subnet-0abc0000, but there is no such subnet in this account and region"],
        ),
        (
            PODS,
            {PODS[A]: Subnet(PODS[A], "vpc-2", A, 8000)},
            [f"pod_subnets.{A} is '{PODS[A]}', but that subnet is in vpc-2, and the nodes are in vpc-1; name one of their VPC"],
        ),
    ],
)
def test_what_aws_says_of_the_subnets(pods: dict[str, str], facts: dict[str, Subnet], expected: list[str]) -> None:
    found = said(pod_subnets=pods, facts={"subnets": {**FACTS, **facts}})
    assert [one for one in found if one in expected] == expected
    assert bool(found) == bool(expected)


def test_a_node_has_room_for_fewer_pods() -> None:
    group = {"node_groups": {"system": {"max_pods": 13}}}
    assert said(**group, facts={"subnets": FACTS}) == []
    (found,) = said(**group, pod_subnets=PODS, facts={"subnets": FACTS})
    assert found.startswith("node_groups.system.max_pods is 13, but t3.medium has addresses for 12")
    assert objections({}, known(), lambda _address: True) == []


def test_a_plan_says_that_nodes_keep_their_subnets() -> None:
    plan = make_plan(list(resources(pod_subnets=PODS).values()), built(resources()), KINDS, Consent())
    (found,) = pod_network_notes(plan)
    assert found.startswith("main: pods get addresses of other subnets on nodes that start from now on; replace the nodes that run")
    other = make_plan(list(resources(log_retention_in_days=7).values()), built(resources()), KINDS, Consent())
    assert pod_network_notes(other) == []
