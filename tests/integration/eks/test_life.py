# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A plan for an empty account is complete and correct: it lists exactly what an apply creates, value for value."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.network.describe import as_planned
from tests.integration.site import Requests, summary

from .describe import described
from .support import ACCOUNT, Site, cluster, new_role

ROLE = f"arn:aws:iam::{ACCOUNT}:role/admins"
POD = {"namespace": "web", "service_account": "api", "policy": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "small": {"main": cluster()},
    "no nodes": {"main": cluster(node_groups=None, controllers=[])},
    "karpenter": {"main": cluster(node_scaling="karpenter", tags={"cost": "shared"})},
    "two clusters": {"main": cluster(), "blue": cluster(version="1.36", name="blue")},
    "everything": {
        "main": cluster(
            name="everything",
            upgrade_policy="EXTENDED",
            endpoint={"public_cidrs": ["52.94.76.0/24"]},
            service_ipv4_cidr="172.21.0.0/16",
            log_types=["api", "audit"],
            log_retention_in_days=30,
            access={
                "admins": {"principal_arn": ROLE, "policies": {"AmazonEKSClusterAdminPolicy": "cluster"}},
                "team": {
                    "principal_arn": f"{ROLE}-of-team",
                    "policies": {"AmazonEKSEditPolicy": ["web", "api"]},
                    "kubernetes_groups": ["team"],
                },
            },
            node_groups={
                "system": {
                    "min_size": 2,
                    "max_size": 4,
                    "desired_size": 3,
                    "labels": {"purpose": "system"},
                    "update": {"max_unavailable": 1},
                },
                "arm": {
                    "instance_types": ["t4g.medium", "m6g.large"],
                    "ami_type": "BOTTLEROCKET_ARM_64",
                    "capacity_type": "SPOT",
                    "disk_gib": 80,
                    "taints": [{"key": "arm", "effect": "NO_SCHEDULE"}],
                    "autoscaled": False,
                    "scaling": {
                        "target_cpu_percent": 70,
                        "schedules": {
                            "night": {"recurrence": "0 20 * * *", "time_zone": "Europe/Berlin", "min_size": 0, "desired_size": 0}
                        },
                    },
                },
            },
            fargate_profiles={"jobs": {"selectors": [{"namespace": "jobs", "labels": {"size": "small"}}]}},
            pod_identities={"uploads": POD},
            irsa_roles={"legacy": {**POD, "service_account": "old"}},
            controllers=["aws-load-balancer-controller", "fluent-bit", "external-secrets"],
            tags={"cost": "shared"},
        )
    },
}


def principals(site: Site) -> None:
    """Access entries require existing roles."""
    for name in ("admins", "admins-of-team"):
        new_role(site.cloud, name)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_plan_matches_what_apply_creates(site: Site, name: str) -> None:
    principals(site)
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
    assert {one["status"] for address, one in made.items() if address.startswith("eks_addon.")} == {"ACTIVE"}
    assert summary(site.plan(site.desired(**CONFIGURATIONS[name]))) == {}


def test_values_of_the_plan_are_known_wherever_they_can_be(site: Site) -> None:
    """Only identifiers of new resources, and values that EKS alone determines for a cluster, are unknown."""
    plan = site.plan(site.desired(**CONFIGURATIONS["everything"]))
    unknown = {(a.kind, c.property) for a in plan.changes for c in a.changes if "known after apply" in str(c.after)}
    of_cluster = ("eks_access_entry", "eks_addon", "eks_fargate_profile", "eks_nodegroup", "eks_pod_identity_association")
    assert unknown == {(kind, "cluster_name") for kind in of_cluster} | {
        ("cluster_log_group", "kms_key_id"),
        ("eks_addon", "pod_identity_role_arn"),
        ("eks_cluster", "role_arn"),
        ("eks_cluster", "secrets_key_arn"),
        ("eks_fargate_profile", "pod_execution_role_arn"),
        ("eks_nodegroup", "launch_template_id"),
        ("eks_nodegroup", "launch_template_version"),
        ("eks_nodegroup", "node_role"),
        ("eks_pod_identity_association", "role_arn"),
        ("iam_oidc_provider", "url"),
        ("iam_role", "assume_role_policy_document"),
        ("iam_role", "inline_policy"),
        ("security_group_rule", "group_id"),
        ("security_group_rule", "peer_group_id"),
    }


def test_a_second_run_changes_nothing(site: Site) -> None:
    site.apply(site.desired(main=cluster()))
    requests = Requests(site.cloud)
    site.apply(site.desired(main=cluster()))
    assert requests.changes() == []


def test_destroy_removes_everything_of_ours_and_nothing_else(site: Site) -> None:
    """Another environment's cluster in the same network is unchanged."""
    other = Site(site.cloud, environment="dev", component="other")
    other.apply(other.desired(main=cluster()))
    before = described(site.cloud, "dev", "other")

    principals(site)
    site.apply(site.desired(**CONFIGURATIONS["everything"]))
    site.apply(site.desired(**CONFIGURATIONS["everything"], blue=CONFIGURATIONS["karpenter"]["main"]))
    site.destroy()
    assert described(site.cloud) == {}
    assert described(site.cloud, "dev", "other") == before
    requests = Requests(site.cloud)
    site.destroy()
    assert requests.changes() == []
