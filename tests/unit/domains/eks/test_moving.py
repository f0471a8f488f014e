# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cluster cannot move to another VPC: the plan replaces it, even if that VPC does not exist yet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import AwsFacts, Subnet
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.cluster import EksCluster
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Cluster, Network, read
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan

HERE = ("subnet-0a000000", "subnet-0b000000")
THERE = {name: Subnet(name, "vpc-0a000000", "a", 100) for name in HERE}


def cluster(network: Network, **settings: object) -> Cluster:
    problems = Problems()
    found = read({"main": {"version": "1.36", **settings}}, "clusters", "dev", network, problems)
    assert problems.messages == []
    return found["main"]


@pytest.mark.parametrize(
    ("network", "settings", "expected"),
    [
        (Network(HERE, vpc_id="vpc-0a000000"), {}, "vpc-0a000000"),
        (Network((UNKNOWN, UNKNOWN), vpc_id="vpc-0a000000"), {}, "vpc-0a000000"),
        (Network((UNKNOWN, UNKNOWN), vpc_id=UNKNOWN), {}, UNKNOWN),
        (Network((UNKNOWN, HERE[0]), vpc_id=UNKNOWN), {}, "vpc-0a000000"),
        (Network((UNKNOWN, UNKNOWN), vpc_id=UNKNOWN), {"subnet_ids": list(HERE)}, "vpc-0a000000"),
        (Network((UNKNOWN, UNKNOWN)), {}, ""),
    ],
)
def test_the_vpc_of_a_cluster(network: Network, settings: dict[str, object], expected: str) -> None:
    assert AwsFacts(subnets=THERE).vpc_of(cluster(network, **settings)) == expected


@pytest.mark.parametrize(
    ("vpc", "subnets", "verb"),
    [
        ("vpc-0a000000", list(HERE), "none"),
        ("vpc-0a000000", [UNKNOWN, UNKNOWN], "update"),
        ("vpc-0b000000", ["subnet-0c000000", "subnet-0d000000"], "replace"),
        (UNKNOWN, [UNKNOWN, UNKNOWN], "replace"),
    ],
)
def test_moving_it_is_a_replacement(vpc: str, subnets: list[str], verb: str) -> None:
    present = {"cluster_name": "dev-main", "vpc_id": "vpc-0a000000", "subnet_ids": sorted(HERE)}
    seen = Observed("eks_cluster", "eks_cluster.main", "dev-main", properties=present)
    wanted = Resource("eks_cluster", "main", {**present, "vpc_id": vpc, "subnet_ids": subnets})
    (action,) = make_plan([wanted], [seen], {"eks_cluster": EksCluster()}, Consent()).actions
    assert action.verb == verb
    if verb == "replace":
        assert action.reason == "vpc_id cannot be changed in place"


def test_the_network_may_be_known_only_after_an_apply() -> None:
    one = cluster(Network((UNKNOWN, UNKNOWN), vpc_id=UNKNOWN))
    assert replace(one, vpc_id="").subnet_ids == (UNKNOWN, UNKNOWN)
