# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Existing clusters and their parts keep their subnets; new ones use all subnets that are described."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.continuity import place_notes, with_present_places
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.judge import AwsFacts, Subnet
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Cluster
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed
from tests.unit.domains.eks.samples import REGION, cluster, known

A, B, C, B2, OTHER = "subnet-0a", "subnet-0b", "subnet-0c", "subnet-0b2", "subnet-0e"
THERE = {name: Subnet(name, "vpc-1", f"{REGION}{name[8]}", 250) for name in (A, B, C, B2)}
THERE[OTHER] = Subnet(OTHER, "vpc-2", f"{REGION}a", 250)
FARGATE = {"jobs": {"selectors": [{"namespace": "jobs"}]}}


def seen(address: str, *subnets: str) -> Observed:
    return Observed(address.partition(".")[0], address, "id", {"subnet_ids": list(subnets)}, {"vpc_id": "vpc-1"})


def described(*subnets: str, zones: str = "", **more: Any) -> Cluster:
    return replace(cluster(fargate_profiles=FARGATE, **more), subnet_ids=subnets, subnet_zones=tuple(f"{REGION}{zone}" for zone in zones))


def facts(*observed: Observed, subnets: dict[str, Subnet] | None = None) -> AwsFacts:
    return known(*observed, subnets=THERE if subnets is None else subnets)


def settled(wanted: Cluster, there: AwsFacts) -> Cluster:
    return with_present_places({"main": wanted}, there)["main"]


CLUSTER = seen("eks_cluster.main", A, B)


@pytest.mark.parametrize(
    ("wanted", "observed", "expected"),
    [
        (described(A, B, C), (), (A, B, C)),
        (described(A, B, C), (CLUSTER,), (A, B)),
        (described(A, B, B2), (CLUSTER,), (A, B, B2)),
        (described(A, B2), (CLUSTER,), (A, B2)),
        (described(A, B), (seen("eks_cluster.main", A, B, C),), (A, B, C)),
        (described(A, C), (CLUSTER,), (A, B)),
        (described(A, B, UNKNOWN, zones="abc"), (CLUSTER,), (A, B)),
        (described(A, UNKNOWN, zones="ab"), (CLUSTER,), (A, UNKNOWN)),
        (described(A, B, UNKNOWN), (CLUSTER,), (A, B)),
        (described(OTHER, C), (CLUSTER,), (OTHER, C)),
    ],
)
def test_subnets_of_the_cluster(wanted: Cluster, observed: tuple[Observed, ...], expected: tuple[str, ...]) -> None:
    assert settled(wanted, facts(*observed)).subnet_ids == expected


def test_a_network_that_is_still_to_be_built() -> None:
    wanted = described(UNKNOWN, UNKNOWN, zones="ab")
    assert settled(wanted, facts(CLUSTER, subnets={})) == replace(
        wanted,
        node_groups={"system": replace(wanted.node_groups["system"], subnet_ids=(UNKNOWN, UNKNOWN))},
        fargate_profiles={"jobs": replace(wanted.fargate_profiles["jobs"], subnet_ids=(UNKNOWN, UNKNOWN))},
    )


GROUP, PROFILE = seen("eks_nodegroup.main/system", A, B), seen("eks_fargate_profile.main/jobs", B, A)


@pytest.mark.parametrize(
    ("more", "observed", "group", "profile"),
    [
        ({}, (), (A, B, C), (A, B, C)),
        ({}, (GROUP, PROFILE), (A, B), (B, A)),
        ({"node_groups": {"system": {"subnet_ids": ["subnet-0c000000"]}}}, (GROUP,), ("subnet-0c000000",), (A, B, C)),
        ({}, (seen("eks_nodegroup.main/system", A, "subnet-gone"),), (A, B, C), (A, B, C)),
    ],
)
def test_subnets_of_parts(more: dict[str, Any], observed: tuple[Observed, ...], group: tuple[str, ...], profile: tuple[str, ...]) -> None:
    found = settled(described(A, B, C, **more), facts(CLUSTER, *observed))
    assert found.node_groups["system"].subnet_ids == group
    assert found.fargate_profiles["jobs"].subnet_ids == profile


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (described(A, B), []),
        (described(A, B, B2), []),
        (
            described(A, B, C),
            [
                "main: EKS keeps a cluster in the zones in which it was created (af-south-1a, af-south-1b); only node groups and Fargate "
                "profiles created from now on use af-south-1c"
            ],
        ),
        (
            described(A),
            [
                "main: EKS keeps a cluster in the zones in which it was created (af-south-1a, af-south-1b); it keeps its subnets in "
                "af-south-1b, which is no longer described"
            ],
        ),
    ],
)
def test_what_the_plan_says(wanted: Cluster, expected: list[str]) -> None:
    assert place_notes({"main": wanted}, facts(CLUSTER)) == expected
    assert place_notes({"main": wanted}, facts()) == []
