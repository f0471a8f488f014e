# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Drift: manual changes of different resources. The plan names exactly these changes, the next run fixes them, and the run after that
changes nothing.

All cases share one cluster; a failed case leaves it to be rebuilt for the next. Changes by other owners are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from rehearsal.testing import Cloud
from tests.integration.network.describe import in_order
from tests.integration.site import summary, touched
from tests.integration.together import together

from .describe import described
from .support import ACCOUNT, REGION, Site, cluster, new_role, updated

NAME = "prod-main"
ADMINS = f"arn:aws:iam::{ACCOUNT}:role/admins"
POD = {"namespace": "web", "service_account": "api", "policy": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WANTED: dict[str, Any] = cluster(
    access={"admins": {"principal_arn": ADMINS, "policies": {"AmazonEKSClusterAdminPolicy": "cluster"}, "kubernetes_groups": ["admins"]}},
    endpoint={"public_cidrs": ["52.94.76.0/24"]},
    node_groups={
        "system": {
            "min_size": 1,
            "max_size": 3,
            "labels": {"purpose": "system"},
            "autoscaled": False,
            "scaling": {"target_cpu_percent": 70, "schedules": {"night": {"recurrence": "0 20 * * *", "min_size": 0}}},
        }
    },
    pod_identities={"uploads": POD},
    irsa_roles={"legacy": {**POD, "service_account": "old"}},
)


@dataclass
class Standing:
    """The shared cluster, with the means to damage it. ``whole`` means that nothing is left to fix."""

    cloud: Cloud
    site: Site | None = None
    whole: bool = False

    def build(self) -> None:
        self.cloud.admin.reset()
        self.site = Site(self.cloud)
        new_role(self.cloud, "admins")
        self.site.apply(self.desired())
        self.whole = True

    def desired(self) -> list[Resource]:
        assert self.site
        return self.site.desired(main=WANTED)

    @property
    def eks(self) -> Any:
        return self.cloud.client("eks")

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def id(self, address: str) -> str:
        return str(described(self.cloud)[address]["id"])

    @property
    def scaling_group(self) -> str:
        group = self.eks.describe_nodegroup(clusterName=NAME, nodegroupName="system")["nodegroup"]
        return str(group["resources"]["autoScalingGroups"][0]["name"])


@pytest.fixture(scope="module")
def _standing(shared_cloud: Cloud) -> Standing:
    return Standing(shared_cloud)


@pytest.fixture
def standing(_standing: Standing) -> Standing:
    if not _standing.whole:
        _standing.build()
    _standing.whole = False
    return _standing


# ---- manual changes; each leaves the account with one thing wrong ----


def config(**changes: Any) -> Callable[[Standing], None]:
    return lambda s: updated(s.cloud, s.eks.update_cluster_config(name=NAME, **changes)["update"], NAME)


def group(**changes: Any) -> Callable[[Standing], None]:
    def spoil(s: Standing) -> None:
        reply = s.eks.update_nodegroup_config(clusterName=NAME, nodegroupName="system", **changes)
        updated(s.cloud, reply["update"], NAME, nodegroupName="system")

    return spoil


def addon(name: str, **changes: Any) -> Callable[[Standing], None]:
    def spoil(s: Standing) -> None:
        reply = s.eks.update_addon(clusterName=NAME, addonName=name, resolveConflicts="OVERWRITE", **changes)
        updated(s.cloud, reply["update"], NAME, addonName=name)

    return spoil


def policy_taken(s: Standing) -> None:
    arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    s.eks.disassociate_access_policy(clusterName=NAME, principalArn=ADMINS, policyArn=arn)


def policy_given(s: Standing) -> None:
    arn = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
    scope = {"type": "namespace", "namespaces": ["web"]}
    s.eks.associate_access_policy(clusterName=NAME, principalArn=ADMINS, policyArn=arn, accessScope=scope)


def groups_changed(s: Standing) -> None:
    s.eks.update_access_entry(clusterName=NAME, principalArn=ADMINS, kubernetesGroups=["others"])


def another_role(s: Standing) -> None:
    (one,) = s.eks.list_pod_identity_associations(clusterName=NAME, namespace="web")["associations"]
    new_role(s.cloud, "other-pods", "pods.eks.amazonaws.com")
    arn = f"arn:aws:iam::{ACCOUNT}:role/other-pods"
    s.eks.update_pod_identity_association(clusterName=NAME, associationId=one["associationId"], roleArn=arn)


def template_version(s: Standing) -> None:
    """A version of the template without metadata protection."""
    data = {"MetadataOptions": {"HttpTokens": "optional"}}
    s.client("ec2").create_launch_template_version(LaunchTemplateId=s.id("launch_template.main/system"), LaunchTemplateData=data)


def no_schedule(s: Standing) -> None:
    autoscaling = s.client("autoscaling")
    (action,) = autoscaling.describe_scheduled_actions(AutoScalingGroupName=s.scaling_group)["ScheduledUpdateGroupActions"]
    autoscaling.delete_scheduled_action(AutoScalingGroupName=s.scaling_group, ScheduledActionName=action["ScheduledActionName"])


def no_target(s: Standing) -> None:
    autoscaling = s.client("autoscaling")
    (policy,) = autoscaling.describe_policies(AutoScalingGroupName=s.scaling_group)["ScalingPolicies"]
    autoscaling.delete_policy(AutoScalingGroupName=s.scaling_group, PolicyName=policy["PolicyName"])


def audience(s: Standing) -> None:
    s.client("iam").add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=s.id("iam_oidc_provider.main"), ClientID="others")


def node_rights(s: Standing) -> None:
    role = s.id("iam_role.main/nodes")
    s.client("iam").attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy")


def trust(s: Standing) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s.client("iam").update_assume_role_policy(RoleName=s.id("iam_role.main/irsa-legacy"), PolicyDocument=document)


def retention(s: Standing) -> None:
    s.client("logs").put_retention_policy(logGroupName=f"/aws/eks/{NAME}/cluster", retentionInDays=1)


def tags(kind: str) -> Callable[[Standing], None]:
    arn = f"arn:aws:eks:{REGION}:{ACCOUNT}"
    ways = {"cluster": f"{arn}:cluster/{NAME}"}
    return lambda s: s.eks.tag_resource(resourceArn=ways.get(kind) or s.id(kind), tags={"owner": "me"})


ALL_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
DRIFT: dict[str, tuple[Callable[[Standing], Any], str, str]] = {
    "cluster: logs off": (
        config(logging={"clusterLogging": [{"types": ["audit"], "enabled": False}]}),
        "eks_cluster.main",
        "log_types",
    ),
    "cluster: open to the world": (
        config(resourcesVpcConfig={"publicAccessCidrs": ["0.0.0.0/0"]}),
        "eks_cluster.main",
        "public_access_cidrs",
    ),
    "cluster: private endpoint off": (
        config(resourcesVpcConfig={"endpointPrivateAccess": False}),
        "eks_cluster.main",
        "endpoint_private_access",
    ),
    "cluster: paid support": (config(upgradePolicy={"supportType": "EXTENDED"}), "eks_cluster.main", "upgrade_policy"),
    "cluster: protection": (config(deletionProtection=True), "eks_cluster.main", "deletion_protection"),
    "cluster: tags": (tags("cluster"), "eks_cluster.main", "tags"),
    "entry: policy taken": (policy_taken, "eks_access_entry.main/admins", "policies"),
    "entry: policy given": (policy_given, "eks_access_entry.main/admins", "policies"),
    "entry: groups": (groups_changed, "eks_access_entry.main/admins", "kubernetes_groups"),
    "add-on: configuration": (
        addon("vpc-cni", configurationValues='{"enableNetworkPolicy": "false"}'),
        "eks_addon.main/vpc-cni",
        "configuration",
    ),
    "add-on: tags": (tags("eks_addon.main/coredns"), "eks_addon.main/coredns", "tags"),
    "node group: sizes": (
        group(scalingConfig={"minSize": 1, "maxSize": 9, "desiredSize": 1}),
        "eks_nodegroup.main/system",
        "max_size",
    ),
    "node group: labels": (group(labels={"addOrUpdateLabels": {"purpose": "mine"}}), "eks_nodegroup.main/system", "labels"),
    "node group: taints": (
        group(taints={"addOrUpdateTaints": [{"key": "mine", "effect": "NO_SCHEDULE"}]}),
        "eks_nodegroup.main/system",
        "taints",
    ),
    "node group: update": (group(updateConfig={"maxUnavailable": 1}), "eks_nodegroup.main/system", "update_config"),
    "node group: tags": (tags("eks_nodegroup.main/system"), "eks_nodegroup.main/system", "tags"),
    "scaling: no schedule": (no_schedule, "eks_nodegroup.main/system", "schedules"),
    "scaling: no target": (no_target, "eks_nodegroup.main/system", "target_cpu_percent"),
    "pod identity: role": (another_role, "eks_pod_identity_association.main/uploads", "role_arn"),
    "provider: audience": (audience, "iam_oidc_provider.main", "client_id_list"),
    "role: rights of nodes": (node_rights, "iam_role.main/nodes", "managed_policy_arns"),
    "role: trust": (trust, "iam_role.main/irsa-legacy", "assume_role_policy_document"),
    "log group: retention": (retention, "cluster_log_group.main", "retention_in_days"),
}


@pytest.mark.parametrize("names", together(DRIFT, lambda case: case[1]), ids=", ".join)
def test_drift_is_reported_and_corrected(standing: Standing, names: tuple[str, ...]) -> None:
    site = standing.site
    assert site
    before = in_order(described(standing.cloud))
    for name in names:
        DRIFT[name][0](standing)
    desired = standing.desired()
    assert touched(site.plan(desired)) == {address: {changed} for _spoil, address, changed in map(DRIFT.__getitem__, names)}
    site.apply(desired)
    assert in_order(described(standing.cloud)) == before
    assert summary(site.plan(standing.desired())) == {}
    standing.whole = True


def test_a_newer_template_is_replaced_by_ours_and_reaches_the_nodes(standing: Standing) -> None:
    site = standing.site
    assert site
    template_version(standing)
    assert touched(site.plan(standing.desired())) == {
        "launch_template.main/system": {"data"},
        "eks_nodegroup.main/system": {"launch_template_version"},
    }
    site.apply(standing.desired())
    now = described(standing.cloud)
    assert now["launch_template.main/system"]["data"]["MetadataOptions"]["HttpTokens"] == "required"
    assert now["eks_nodegroup.main/system"]["launch_template_version"] == "3"
    assert summary(site.plan(standing.desired())) == {}
    standing.whole = True


def test_what_an_autoscaler_decides_is_no_drift(standing: Standing) -> None:
    site = standing.site
    assert site
    standing.client("autoscaling").set_desired_capacity(AutoScalingGroupName=standing.scaling_group, DesiredCapacity=3)
    group(scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 2})(standing)
    assert summary(site.plan(standing.desired())) == {}
    standing.whole = True


def test_entries_of_aws_and_of_others_are_left_alone(standing: Standing) -> None:
    """The creator's entry, the nodes' entry, and one created by hand."""
    site = standing.site
    assert site
    new_role(standing.cloud, "stranger")
    standing.eks.create_access_entry(clusterName=NAME, principalArn=f"arn:aws:iam::{ACCOUNT}:role/stranger")
    before = standing.eks.list_access_entries(clusterName=NAME)["accessEntries"]
    assert summary(site.plan(standing.desired(), purge=["*"])) == {}
    site.apply(standing.desired(), purge=["*"])
    assert standing.eks.list_access_entries(clusterName=NAME)["accessEntries"] == before
    standing.whole = True
