# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cluster quotas in a plan match AWS's enforcement: one below the need stops the plan, exactly enough lets it through."""

from __future__ import annotations

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import check
from ansible_collections.mainstay.aws.plugins.module_utils.component.quotas import Demand, Limit, shortfalls
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import kinds
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.kinds.limits import ON_DEMAND_VCPUS, is_standard
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource

from .support import REGION, Site, cluster

GROUPS = {name: {"min_size": 2, "max_size": 3, "instance_types": ["m6i.large"]} for name in ("a", "b")}


def exceeded(site: Site, desired: list[Resource]) -> list[str]:
    aws = site.aws("plan")
    try:
        certain, doubtful = check(site.plan(desired), kinds(), aws, REGION)
    finally:
        aws.close()
    assert doubtful == []
    return [failure.message for failure in certain]


@pytest.mark.parametrize(
    ("quota", "enough", "code"),
    [
        ("eks_clusters", 2, "ResourceLimitExceededException"),
        ("managed_node_groups_per_cluster", 2, "ResourceLimitExceededException"),
    ],
)
def test_the_check_and_the_refusal_agree(site: Site, quota: str, enough: int, code: str) -> None:
    """One cluster without node groups exists; another one with two is described."""
    first = cluster(node_groups=None, controllers=[])
    site.apply(site.desired(first=first))
    desired = site.desired(first=first, main=cluster(node_groups=GROUPS))
    site.cloud.admin.settings(quotas={quota: enough - 1})
    assert len(exceeded(site, desired)) == 1
    assert {failure.code for failure in site.try_apply(desired).failures} == {code}
    site.cloud.admin.settings(quotas={quota: enough})
    assert exceeded(site, desired) == []
    site.apply(desired)


def test_the_first_nodes_have_to_fit_into_the_vcpus_of_the_account(site: Site) -> None:
    desired = site.desired(main=cluster(node_groups=GROUPS))
    site.cloud.admin.settings(quotas={"standard_vcpus": 7})
    assert exceeded(site, desired) == [
        "would exceed: vCPUs of on-demand standard instances: 0 of 7 in use in eu-west-1, this run needs 8 more"
    ]
    site.cloud.admin.settings(quotas={"standard_vcpus": 8})
    assert exceeded(site, desired) == []


@pytest.mark.parametrize(("more", "exceeds"), [(2, False), (3, True)])
def test_vcpus_of_running_instances(site: Site, more: int, exceeds: bool) -> None:
    ec2 = site.cloud.client("ec2")
    running = {"m5.large": 1, "t3.micro": 2}
    for instance_type, count in running.items():
        ec2.run_instances(ImageId="ami-12c6146b", InstanceType=instance_type, MinCount=count, MaxCount=count)
    site.cloud.admin.settings(quotas={"standard_vcpus": 8})
    aws = site.aws("plan")
    try:
        in_use = ON_DEMAND_VCPUS.used(aws, [])
        found = shortfalls(
            [Demand(ON_DEMAND_VCPUS, "", "", more)], {ON_DEMAND_VCPUS.identity(): Limit(8)}, {ON_DEMAND_VCPUS.identity(): in_use}
        )
    finally:
        aws.close()
    assert in_use == {"": 6}
    assert bool(found) is exceeds


@pytest.mark.parametrize(("name", "standard"), [("m5.large", True), ("t4g.nano", True), ("mac1.metal", False), ("g5.xlarge", False)])
def test_standard_families(name: str, standard: bool) -> None:
    assert is_standard(name) is standard
