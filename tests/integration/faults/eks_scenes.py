# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Small clusters for the fault matrix: what they stand on, what is desired before and after each phase, and what there is afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from rehearsal.testing import Cloud

REGION, ACCOUNT = "us-east-1", "111122223333"
NAME = "test-main"
ROLES = {
    "cluster": "eks.amazonaws.com",
    "nodes": "ec2.amazonaws.com",
    "fargate": "eks-fargate-pods.amazonaws.com",
    "pods": "pods.eks.amazonaws.com",
    "others": "pods.eks.amazonaws.com",
}
CLUSTER_POLICY = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"


@dataclass(frozen=True)
class Ground:
    """What clusters stand on and no kind here makes: subnets, and ARNs of roles by name."""

    subnets: list[str]
    roles: dict[str, str]


def ground(cloud: Cloud) -> Ground:
    ec2, iam = cloud.client("ec2"), cloud.client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}") for n, zone in enumerate("ab")]
    roles = {}
    for name, service in ROLES.items():
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        roles[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="cluster", PolicyArn=CLUSTER_POLICY)
    return Ground([one["Subnet"]["SubnetId"] for one in made], roles)


Scene = Callable[[Ground], list[Resource]]

CLUSTER = ref("eks_cluster.main")
ONE, TWO = {"team": "one", "old": "yes"}, {"team": "two"}


def nothing(_ground: Ground) -> list[Resource]:
    return []


def cluster(on: Ground, **changes: Any) -> Resource:
    properties = {
        "cluster_name": NAME,
        "role_arn": on.roles["cluster"],
        "version": "1.34",
        "subnet_ids": on.subnets,
        "endpoint_public_access": False,
        "endpoint_private_access": True,
        "log_types": ["api"],
        "authentication_mode": "API",
        "bootstrap_self_managed_addons": False,
    }
    return Resource("eks_cluster", "main", {**properties, **changes})


def provider(clients: list[str], tags: dict[str, str]) -> Resource:
    return Resource("iam_oidc_provider", "main", {"url": ref("eks_cluster.main", "oidc_issuer"), "client_id_list": clients, "tags": tags})


def template(size: int, tags: dict[str, str]) -> Resource:
    data = {
        "MetadataOptions": {"HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": size}}],
    }
    return Resource("launch_template", "main/a", {"launch_template_name": f"{NAME}-a", "data": data, "tags": tags})


def nodes(on: Ground, **changes: Any) -> Resource:
    properties = {
        "cluster_name": CLUSTER,
        "nodegroup_name": "a",
        "node_role": on.roles["nodes"],
        "subnet_ids": on.subnets,
        "instance_types": ["t3.medium"],
        "launch_template_id": ref("launch_template.main/a"),
        "launch_template_version": ref("launch_template.main/a", "latest_version"),
        "min_size": 1,
        "max_size": 2,
        "desired_size": 1,
    }
    return Resource("eks_nodegroup", "main/a", {**properties, **changes})


def group() -> Resource:
    return Resource("cluster_log_group", "main", {"log_group_name": f"/aws/eks/{NAME}/cluster", "retention_in_days": 30})


def addon(name: str = "vpc-cni", **more: Any) -> Resource:
    return Resource("eks_addon", f"main/{name}", {"cluster_name": CLUSTER, "addon_name": name, **more})


def entry(on: Ground, groups: list[str], policies: dict[str, Any]) -> Resource:
    properties = {"cluster_name": CLUSTER, "principal_arn": on.roles["pods"], "kubernetes_groups": groups, "policies": policies}
    return Resource("eks_access_entry", "main/team", {**properties, "type": "STANDARD"})


def association(on: Ground, role: str) -> Resource:
    properties = {"cluster_name": CLUSTER, "namespace": "web", "service_account": "api", "role_arn": on.roles[role]}
    return Resource("eks_pod_identity_association", "main/api", properties)


def profile(on: Ground) -> Resource:
    properties = {"cluster_name": CLUSTER, "fargate_profile_name": "jobs", "pod_execution_role_arn": on.roles["fargate"]}
    return Resource("eks_fargate_profile", "main/jobs", {**properties, "subnet_ids": on.subnets, "selectors": [{"namespace": "jobs"}]})


VIEW, EDIT = {"AmazonEKSViewPolicy": "cluster"}, {"AmazonEKSEditPolicy": ["web"]}
SCALED = {"target_cpu_percent": 70, "schedules": {"day": {"recurrence": "0 8 * * *", "min_size": 2}}}
UNSCALED: dict[str, Any] = {"target_cpu_percent": None, "schedules": {}}


def ground_floor(on: Ground) -> list[Resource]:
    logged = replace(cluster(on), after=("cluster_log_group.main",))
    return [group(), logged, provider(["sts.amazonaws.com"], ONE), template(20, ONE)]


def bare(on: Ground) -> list[Resource]:
    return [cluster(on)]


def inside(on: Ground) -> list[Resource]:
    return [cluster(on), addon(), entry(on, ["team"], VIEW), association(on, "pods"), profile(on)]


def inside_changed(on: Ground) -> list[Resource]:
    configured = {"configuration": {"enableNetworkPolicy": "true"}}
    return [cluster(on), addon(**configured), entry(on, ["crew"], EDIT), association(on, "others"), profile(on)]


def with_provider(on: Ground) -> list[Resource]:
    return [cluster(on, tags=ONE), provider(["sts.amazonaws.com", "old"], ONE)]


def reconfigured(on: Ground) -> list[Resource]:
    changed = cluster(on, tags=TWO, version="1.35", log_types=["api", "audit"], upgrade_policy="STANDARD", deletion_protection=False)
    return [changed, provider(["sts.amazonaws.com", "new"], TWO)]


def roomy(on: Ground) -> list[Resource]:
    return [cluster(on), addon(), template(20, ONE)]


def with_nodes(on: Ground) -> list[Resource]:
    return [cluster(on), addon(), template(20, ONE), nodes(on, **SCALED)]


def nodes_changed(on: Ground) -> list[Resource]:
    return [cluster(on), addon(), template(30, TWO), nodes(on, max_size=3, labels={"a": "1"}, **UNSCALED)]


def all_of_it(on: Ground) -> list[Resource]:
    return [*ground_floor(on), addon(), nodes(on), entry(on, [], {}), association(on, "pods"), profile(on)]


def inventory(cloud: Cloud) -> Counter[str]:
    """Everything of these kinds that is in the account, ours or not: what a duplicate or an orphan would show up in."""
    eks, ec2, iam, logs, scaling = (cloud.client(name) for name in ("eks", "ec2", "iam", "logs", "autoscaling"))
    found: Counter[str] = Counter()
    for name in eks.list_clusters()["clusters"]:
        found["clusters"] += 1
        for method, items in (
            ("list_addons", "addons"),
            ("list_nodegroups", "nodegroups"),
            ("list_access_entries", "accessEntries"),
            ("list_pod_identity_associations", "associations"),
            ("list_fargate_profiles", "fargateProfileNames"),
        ):
            found[items] += len(getattr(eks, method)(clusterName=name)[items])
    templates = ec2.describe_launch_templates()["LaunchTemplates"]
    found["templates"] = sum(one["LaunchTemplateName"].startswith(NAME) for one in templates)
    found["versions"] = sum(one["LatestVersionNumber"] for one in templates if one["LaunchTemplateName"].startswith(NAME))
    found["providers"] = len(iam.list_open_id_connect_providers()["OpenIDConnectProviderList"])
    found["log groups"] = len(logs.describe_log_groups()["logGroups"])
    found["scaling groups"] = len(scaling.describe_auto_scaling_groups()["AutoScalingGroups"])
    found["scaling policies"] = len(scaling.describe_policies()["ScalingPolicies"])
    found["schedules"] = len(scaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"])
    return found
