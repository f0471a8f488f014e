# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Refusals before the first API call, and their wording."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.cluster import Network, read_network, with_public_cidrs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.validate import validate
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN
from tests.unit.domains.eks.samples import ACCOUNT, ADMINS, NETWORK, SUBNETS, cluster, complaints, settings

GROUP = "node_groups.system"
POLICIES = (
    "AmazonEKSClusterAdminPolicy, AmazonEKSAdminPolicy, AmazonEKSAdminViewPolicy, AmazonEKSEditPolicy, AmazonEKSViewPolicy, "
    "AmazonEKSSecretReaderPolicy"
)
TAINT_REMEDY = "it must be a mapping of key, effect (one of NO_SCHEDULE, NO_EXECUTE, PREFER_NO_SCHEDULE) and, optionally, value, a string"
ENTRY = {"principal_arn": ADMINS, "policies": {"AmazonEKSClusterAdminPolicy": "cluster"}}
POD = {"namespace": "web", "service_account": "api", "managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}


def group(**more: Any) -> dict[str, Any]:
    return {"node_groups": {"system": more}}


def entry(**more: Any) -> dict[str, Any]:
    return {"access": {"admins": {**ENTRY, **more}}}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"version": None}, 'version is missing: give the minor version of Kubernetes in quotes, for example "1.36"'),
        ({"version": 1.36}, 'version is 1.36, but it must be quoted, because YAML reads it as a number: "1.36"'),
        (
            {"version": "1.36.2"},
            "version is '1.36.2', but it must be a minor version of Kubernetes such as \"1.36\"; EKS chooses the patch",
        ),
        (
            {"version": "latest"},
            "version is 'latest', but it must be a minor version of Kubernetes such as \"1.36\"; EKS chooses the patch",
        ),
        ({"upgrade_policy": "standard"}, "upgrade_policy is 'standard', but it must be one of STANDARD, EXTENDED"),
        (
            {"name": "a.b"},
            "name is 'a.b', but EKS accepts 1 to 100 letters, digits, hyphens and underscores, starting with a letter or digit",
        ),
        (
            {"name": "x" * 101},
            f"name is '{'x' * 76}..., but EKS accepts 1 to 100 letters, digits, hyphens and underscores, starting with a letter or digit",
        ),
        ({"verison": "1.36"}, "verison is not a setting; did you mean version?"),
        (
            {"subnet_ids": []},
            "subnet_ids is missing: list private subnets in at least two availability zones, or name a network that has them",
        ),
        ({"subnet_ids": [SUBNETS[0]]}, f"subnet_ids is ['{SUBNETS[0]}'], but EKS wants subnets in at least two availability zones"),
        ({"subnet_ids": ["private"]}, "subnet_ids[0] is 'private', but it must be an id such as subnet-0123456789abcdef0"),
        ({"subnet_ids": [SUBNETS[0]] * 2}, f"subnet_ids[1] is '{SUBNETS[0]}', but the list already contains it; list each once"),
        ({"subnet_ids": "a"}, "subnet_ids is 'a', but it must be a list of ids that begin with subnet-"),
        (
            {"endpoint": {"private": False}},
            "endpoint.private is False, but then nothing could reach the cluster; leave it true, or list public_cidrs",
        ),
        ({"endpoint": {"public": True}}, "endpoint.public is not a setting; did you mean public_cidrs?"),
        (
            {"endpoint": {"public_cidrs": ["10.0.0.0/8"]}},
            "endpoint.public_cidrs[0] is '10.0.0.0/8', but it must be a public IPv4 block without host bits; EKS refuses private and "
            "reserved ones",
        ),
        ({"endpoint": {"public_cidrs": "0.0.0.0/0"}}, "endpoint.public_cidrs is '0.0.0.0/0', but it must be a list"),
        (
            {"endpoint": {"public_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}},
            "endpoint.public_cidrs is ['0.0.0.0/1', '128.0.0.0/1'], but in prod the endpoint must not be open to the internet; list the "
            "blocks that administrators and pipelines connect from",
        ),
        (
            {"endpoint": {"public_cidrs": ["0.0.0.0/0"]}},
            "endpoint.public_cidrs is ['0.0.0.0/0'], but in prod the endpoint must not be open to the internet; list the blocks that "
            "administrators and pipelines connect from",
        ),
        (
            {"service_ipv4_cidr": "100.64.0.0/16"},
            "service_ipv4_cidr is '100.64.0.0/16', but EKS accepts /12 to /24 within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16",
        ),
        (
            {"service_ipv4_cidr": "10.0.0.0/8"},
            "service_ipv4_cidr is '10.0.0.0/8', but EKS accepts /12 to /24 within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16",
        ),
        ({"log_types": ["all"]}, "log_types[0] is 'all', but it must be one of api, audit, authenticator, controllerManager, scheduler"),
        (
            {"log_retention_in_days": 100},
            "log_retention_in_days is 100, but CloudWatch Logs supports only these periods: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, "
            "365, 400, "
            "545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        (
            {"creator_is_admin": False},
            "creator_is_admin is False, but no other principal could administer the cluster; give an entry of access "
            "AmazonEKSClusterAdminPolicy: cluster",
        ),
        (
            {"node_scaling": "karpenter", "node_groups": None},
            "node_groups is missing: Karpenter itself runs on a node group, since it cannot launch its own nodes; describe a small one",
        ),
        (
            {"node_scaling": "karpenter", "node_groups": {"a": {"taints": [{"key": "gpu", "effect": "NO_SCHEDULE"}]}}},
            "node_scaling is 'karpenter', but no node group takes the pods of Karpenter itself: a has the taint gpu:NO_SCHEDULE; add a "
            "group that takes them",
        ),
        (
            {"node_scaling": "karpenter", "node_groups": {"a": {"autoscaled": True}}},
            "node_groups.a.autoscaled is True, but node_scaling is karpenter, so nothing would scale the group; set it to false, or "
            "node_scaling to cluster_autoscaler",
        ),
        (
            {"node_scaling": "karpenter", "controllers": ["cluster-autoscaler"]},
            "controllers is 'cluster-autoscaler', but node_scaling is karpenter, which decides what adds nodes; set node_scaling to "
            "cluster_autoscaler, or remove it here",
        ),
        (
            {"controllers": ["karpenter"]},
            "controllers is 'karpenter', but node_scaling is cluster_autoscaler, which decides what adds nodes; set node_scaling to "
            "karpenter, or remove it here",
        ),
        (
            {"karpenter_discovery": "prod"},
            "karpenter_discovery is 'prod', but node_scaling is cluster_autoscaler, so nothing looks for it; set node_scaling to "
            "karpenter, or remove this",
        ),
        (
            {"node_scaling": "karpenter", "access": {"karpenter-nodes": {"principal_arn": ADMINS, "kubernetes_groups": ["a"]}}},
            "access is 'karpenter-nodes', but the entry of the nodes that Karpenter launches has that name; choose another one",
        ),
        (
            {"node_scaling": "fleet"},
            "node_scaling is 'fleet', but it must be one of none, cluster_autoscaler, karpenter",
        ),
        (
            {"controllers": ["nginx"]},
            "controllers[0] is 'nginx', but it must be one of aws-load-balancer-controller, cluster-autoscaler, fluent-bit, "
            "external-secrets, karpenter",
        ),
        (
            {"tags": {"mainstay:x": "y"}},
            "tags.mainstay:x is 'y', but names that begin with aws:, mainstay:, rds: are reserved; choose another name",
        ),
    ],
)
def test_refused(more: dict[str, Any], expected: str) -> None:
    assert expected in complaints(**more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (group(min_size=4, max_size=3), f"{GROUP}.min_size is 4, but it must not be more than max_size, which is 3"),
        (group(min_size=1, max_size=3, desired_size=5), f"{GROUP}.desired_size is 5, but it must be from min_size (1) to max_size (3)"),
        (group(min_size=2, max_size=3, desired_size=1), f"{GROUP}.desired_size is 1, but it must be from min_size (2) to max_size (3)"),
        (group(max_size=0), f"{GROUP}.max_size is 0, but it must be a whole number from 1 to 450"),
        (group(instance_types=[]), f"{GROUP}.instance_types is [], but at least one instance type is needed"),
        (group(instance_types=["big"]), f"{GROUP}.instance_types[0] is 'big', but it must be an instance type such as t3.medium"),
        (group(capacity_type="spot"), f"{GROUP}.capacity_type is 'spot', but it must be one of ON_DEMAND, SPOT"),
        (
            group(ami_type="AL2_x86_64"),
            f"{GROUP}.ami_type is 'AL2_x86_64', but it must be one of AL2023_x86_64_STANDARD, AL2023_ARM_64_STANDARD, "
            f"AL2023_x86_64_NEURON, "
            "AL2023_x86_64_NVIDIA, AL2023_ARM_64_NVIDIA, BOTTLEROCKET_x86_64, BOTTLEROCKET_ARM_64, BOTTLEROCKET_x86_64_FIPS, "
            "BOTTLEROCKET_ARM_64_FIPS, BOTTLEROCKET_x86_64_NVIDIA, BOTTLEROCKET_ARM_64_NVIDIA",
        ),
        (group(disk_gib=8), f"{GROUP}.disk_gib is 8, but it must be a whole number from 20 to 16384"),
        (group(labels={"a": ["b"]}), f"{GROUP}.labels.a is ['b'], but it must be a string"),
        (
            group(taints=[{"key": "dedicated", "effect": "NoSchedule"}]),
            f"{GROUP}.taints[0] is {{'key': 'dedicated', 'effect': 'NoSchedule'}}, but {TAINT_REMEDY}",
        ),
        (group(taints=[{"effect": "NO_SCHEDULE"}]), f"{GROUP}.taints[0] is {{'effect': 'NO_SCHEDULE'}}, but {TAINT_REMEDY}"),
        (
            group(update={"max_unavailable": 1, "max_unavailable_percentage": 50}),
            f"{GROUP}.update is {{'max_unavailable': 1, 'max_unavailable_percentage': 50}}, but give either max_unavailable or "
            "max_unavailable_percentage",
        ),
        (
            group(scaling={"target_cpu_percent": 70}),
            f"{GROUP}.scaling is {{'target_cpu_percent': 70}}, but the cluster autoscaler owns the number of nodes of this group; "
            "set autoscaled: false, or remove scaling",
        ),
        (
            {"node_scaling": "none", **group(autoscaled=True)},
            f"{GROUP}.autoscaled is True, but node_scaling is none, so nothing would scale the group; set it to false, "
            "or node_scaling to cluster_autoscaler",
        ),
        (
            group(autoscaled=False, scaling={"target_cpu_percent": 95}),
            f"{GROUP}.scaling.target_cpu_percent is 95, but it must be a whole number from 10 to 90",
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"night": {"min_size": 1}}}),
            f'{GROUP}.scaling.schedules.night.recurrence is missing: give the time as a cron expression with five fields, such as "0 '
            '8 * * 1-5"',
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"night": {"recurrence": "0 20 * * *"}}}),
            f"{GROUP}.scaling.schedules.night is {{'recurrence': '0 20 * * *'}}, but it changes nothing; give one of min_size, max_size, "
            "desired_size",
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"night": {"recurrence": "daily", "min_size": 0}}}),
            f"{GROUP}.scaling.schedules.night.recurrence is 'daily', but it must be a cron expression with five fields, such as \"0 8 "
            '* * 1-5"',
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"day": {"recurrence": "0 8 * * *", "desired_size": 9}}}),
            f"{GROUP}.scaling.schedules.day.desired_size is 9, but max_size is never more than 3; raise it, too",
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"day": {"recurrence": "0 8 * * *", "min_size": 9}}}),
            f"{GROUP}.scaling.schedules.day.min_size is 9, but max_size is never more than 3; raise it, too",
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"night": {"recurrence": "0 8 * * *", "desired_size": 0}}}),
            f"{GROUP}.scaling.schedules.night.desired_size is 0, but min_size is never less than 1; lower it, too",
        ),
        (
            group(autoscaled=False, min_size=2, max_size=2, scaling={"target_cpu_percent": 70}),
            f"{GROUP}.scaling.target_cpu_percent is 70, but min_size and max_size are both 2, so it changes nothing; widen them, or remove "
            "it",
        ),
        (
            group(taints=[{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}, {"key": "a", "value": "c", "effect": "NO_SCHEDULE"}]),
            f"{GROUP}.taints is {{'key': 'a', 'value': 'c', 'effect': 'NO_SCHEDULE'}}, but the list has another taint a with NO_SCHEDULE"
            "; keep one",
        ),
        (
            group(labels={"a b/c": "d"}),
            f"{GROUP}.labels.a b/c is 'd', but the prefix before the slash must be a DNS name of at most 253 lower-case characters, such "
            "as example.com",
        ),
        (
            group(autoscaled=False, scaling={"schedules": {"night": {"recurrence": "0 20 * * *", "min_size": 3, "max_size": 1}}}),
            f"{GROUP}.scaling.schedules.night is {{'recurrence': '0 20 * * *', 'min_size': 3, 'max_size': 1}}, but min_size must not be "
            f"more "
            "than desired_size, nor desired_size more than max_size",
        ),
        (
            {"node_groups": {"System": {}}},
            "node_groups is 'System', but the name of a node group must be at most 63 lower-case letters, digits and hyphens, "
            "starting with a letter",
        ),
    ],
)
def test_refused_of_node_groups(more: dict[str, Any], expected: str) -> None:
    assert expected in complaints(**more)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            entry(principal_arn=None),
            "access.admins.principal_arn is missing: it must be the ARN of an IAM role or user, such as "
            "arn:aws:iam::123456789012:role/deploy (no session, no group)",
        ),
        (
            entry(principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/admins/anna"),
            f"access.admins.principal_arn is 'arn:aws:sts::{ACCOUNT}:assumed-role/admins/anna', but it must be the ARN of an IAM role "
            f"or user, "
            "such as arn:aws:iam::123456789012:role/deploy (no session, no group)",
        ),
        (entry(policies={"Admin": "cluster"}), f"access.admins.policies is 'Admin', but it must be one of {POLICIES}"),
        (
            entry(policies={"AmazonEKSViewPolicy": "all"}),
            "access.admins.policies.AmazonEKSViewPolicy is 'all', but it must be cluster, or a list of namespaces, which may contain *",
        ),
        (entry(policies={}), "access.admins grants no permissions: add policies, or kubernetes_groups bound in RBAC"),
        (
            entry(kubernetes_groups=["system:masters"]),
            "access.admins.kubernetes_groups[0] is 'system:masters', but it must be a name that does not begin with system:, eks:, aws:, "
            "amazon:, iam:",
        ),
        (
            {"access": {"admins": ENTRY, "more": ENTRY}},
            f"access.more.principal_arn is '{ADMINS}', but admins already uses it, and a principal can have one entry per cluster; "
            "merge the two",
        ),
        (
            entry(type="EC2_LINUX"),
            "access.admins.type is 'EC2_LINUX', but such an entry takes neither policies nor kubernetes_groups nor username",
        ),
        (
            {"pod_identities": {"a": POD, "b": POD}},
            "pod_identities.b.service_account is 'api', but eks_clusters.main.pod_identities.a.service_account already gives web/api "
            "a role, "
            "and a service account can have only one",
        ),
        (
            {"pod_identities": {"a": {**POD, "namespace": "kube-system", "service_account": "aws-node"}}},
            "pod_identities.a.service_account is 'aws-node', but eks_clusters.main.addons.vpc-cni already gives kube-system/aws-node "
            "a role, "
            "and a service account can have only one",
        ),
        (
            {"pod_identities": {"cluster-autoscaler": POD}},
            "pod_identities is 'cluster-autoscaler', but a controller has that name; choose another one",
        ),
        (
            {"pod_identities": {"a": {"namespace": "web", "service_account": "api"}}},
            "pod_identities.a grants no permissions: add policy or managed_policy_arns",
        ),
        (
            {"pod_identities": {"a": {**POD, "policy": [{"Effect": "Allow"}]}}},
            "pod_identities.a.policy[0] is {'Effect': 'Allow'}, but the statement has no Action and no Resource",
        ),
        (
            {"irsa_roles": {"a": {**POD, "namespace": "Web"}}},
            "irsa_roles.a.namespace is 'Web', but it must be the namespace of the pods, such as web",
        ),
        (
            {"addons": {"eks-pod-identity-agent": None}},
            "addons.eks-pod-identity-agent is None, but without it these get no AWS permissions: kube-system/aws-load-balancer-controller, "
            "kube-system/aws-node, kube-system/cluster-autoscaler, kube-system/ebs-csi-controller-sa",
        ),
        (
            {"addons": {"coredns": {"role_arn": "arn:aws:iam::1:role/x"}}},
            "addons.coredns.role_arn is 'arn:aws:iam::1:role/x', but coredns is not known to need AWS permissions; those that do are "
            "vpc-cni, "
            "aws-ebs-csi-driver, aws-efs-csi-driver, amazon-cloudwatch-observability",
        ),
        (
            {"node_groups": None, "addons": {"coredns": {}}},
            "addons is 'coredns', but its pods need a node; add a node group or a Fargate profile, or leave it out",
        ),
        ({"fargate_profiles": {"jobs": {}}}, "fargate_profiles.jobs.selectors is [], but EKS accepts 1 to 5 selectors per profile"),
        (
            {"fargate_profiles": {"jobs": {"selectors": [{"labels": {}}]}}},
            "fargate_profiles.jobs.selectors[0] is {'labels': {}}, but it must have a namespace, and may have labels (strings): "
            "{namespace: jobs, labels: {size: big}}",
        ),
    ],
)
def test_refused_of_access_and_rights(more: dict[str, Any], expected: str) -> None:
    assert expected in complaints(**more)


def test_names_too_long() -> None:
    """Role names are composed, and each part alone is within its limits."""
    given = {"a-cluster-with-a-rather-long-name": settings()}
    assert validate(given, "eks_clusters", "prod", "eks", NETWORK)[1] == [
        "eks_clusters is 'a-cluster-with-a-rather-long-name', but the name of a cluster must be at most 32 lower-case letters, "
        "digits and hyphens, starting with a letter"
    ]
    given = {"a-cluster-with-a-long-name": settings()}
    problems = validate(given, "eks_clusters", "production", "platform-eks", NETWORK)[1]
    assert (
        "eks_clusters.a-cluster-with-a-long-name is 'pod-aws-load-balancer-controller', but the name of a role would be "
        "production.platform-eks.a-cluster-with-a-long-name.pod-aws-load-balancer-controller (83 characters), and IAM allows 64; "
        "choose shorter names"
    ) in problems


def test_two_clusters_of_one_name() -> None:
    given = {"blue": settings(name="same"), "green": settings(name="same")}
    assert validate(given, "eks_clusters", "prod", "eks", NETWORK)[1] == [
        "eks_clusters.green.name is 'same', but blue already has that name; names are unique in an account and region"
    ]


def test_everything_at_once() -> None:
    assert len(complaints(version="1", endpoint={"private": False}, **group(min_size=4, max_size=2))) == 3


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_the_world_is_let_in_outside_of_production_where_that_is_said(environment: str) -> None:
    assert complaints(environment, endpoint={"public_cidrs": ["0.0.0.0/0"]}) == []


def test_what_is_not_known_yet_is_taken() -> None:
    """In a plan from nothing, the network's IDs are unknown, and all unknown values look alike."""
    network = Network((UNKNOWN, UNKNOWN), (UNKNOWN,), (UNKNOWN,))
    assert complaints(network=network) == []
    assert read_network({"subnet_ids": [UNKNOWN, UNKNOWN], "security_group_ids": [UNKNOWN]}, "network")[1] == []


def test_a_network_that_is_not_one() -> None:
    assert read_network({"subnets": []}, "network")[1] == ["network.subnets is not a setting; did you mean subnet_ids?"]


def test_defaults() -> None:
    main = cluster()
    assert (main.aws_name, main.deletion_protection, main.upgrade_policy) == ("prod-main", True, "STANDARD")
    assert main.endpoint.private
    assert not main.endpoint.public
    assert list(main.addons) == ["vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver", "metrics-server"]
    assert main.controllers == ("aws-load-balancer-controller", "cluster-autoscaler")
    assert (main.node_groups["system"].desired_size, main.node_groups["system"].max_size) == (2, 3)
    assert list(cluster(node_groups=None).addons) == ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]


@pytest.mark.parametrize(
    ("settings_", "expected"),
    [
        ({}, ["203.0.113.7/32"]),
        ({"endpoint": {"private": True}}, ["203.0.113.7/32"]),
        ({"endpoint": {"public_cidrs": ["198.51.100.0/24"]}}, ["198.51.100.0/24", "203.0.113.7/32"]),
        ({"endpoint": {"public_cidrs": ["203.0.113.7/32"]}}, ["203.0.113.7/32"]),
    ],
)
def test_blocks_for_one_run(settings_: dict[str, Any], expected: list[str]) -> None:
    assert with_public_cidrs({"main": settings_}, ["203.0.113.7/32"])["main"]["endpoint"]["public_cidrs"] == expected


@pytest.mark.parametrize("wrong", [None, [], {"main": None}, {"main": {"endpoint": []}}, {"main": {"endpoint": {"public_cidrs": "x"}}}])
def test_blocks_for_what_is_no_cluster(wrong: Any) -> None:
    assert with_public_cidrs(wrong, ["203.0.113.7/32"]) == wrong or wrong == {"main": {"endpoint": []}}


@pytest.mark.parametrize(
    ("section", "account", "accepted"),
    [
        ("irsa_roles", "api", True),
        ("irsa_roles", "api-*", True),
        ("irsa_roles", "*", True),
        ("irsa_roles", "api:x", False),
        ("irsa_roles", "API", False),
        ("pod_identities", "api", True),
        ("pod_identities", "api-*", False),
        ("pod_identities", "a?i", False),
        ("pod_identities", "a" * 254, False),
    ],
)
def test_patterns_of_service_accounts(section: str, account: str, accepted: bool) -> None:
    found = complaints(**{section: {"uploads": {**POD, "service_account": account}}})
    assert [text.startswith(f"{section}.uploads.service_account is ") for text in found] == ([] if accepted else [True])
