# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of a cluster: addresses, properties, references, and creation order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.component.present_names import with_present_names
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.continuity import NAMES
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.domain import KINDS
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.outputs import outputs
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.resources import build
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.settings.node_groups import AMI_TYPES
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.foreign_rules import OF_CLUSTERS
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Ref, Resource, ref, refs_in
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from tests.unit.domains.eks.samples import ACCOUNT, ADMINS, NETWORK, OFFERS, PLACE, REGION, SUBNETS, cluster, resources

NODES = {"node_groups": {"system": {"min_size": 2, "max_size": 4, "instance_types": ["t3.medium"]}}}
JOBS = {"fargate_profiles": {"jobs": {"selectors": [{"namespace": "jobs", "labels": {"size": 1}}]}}}
POD = {"namespace": "web", "service_account": "api", "managed_policy_arns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}
IRSA = {"irsa_roles": {"legacy": {**POD, "service_account": "old"}}}
EVERYTHING: dict[str, Any] = {
    **JOBS,
    **IRSA,
    "access": {"admins": {"principal_arn": ADMINS, "policies": {"AmazonEKSClusterAdminPolicy": "cluster"}}},
    "pod_identities": {"uploads": POD},
    "controllers": ["aws-load-balancer-controller", "fluent-bit", "external-secrets"],
}


def order(found: dict[str, Resource]) -> list[str]:
    """The addresses in a valid creation order, as the planner finds it."""
    return [action.address for action in make_plan(list(found.values()), [], KINDS, Consent()).actions]


def statement(resource: Resource, name: str = "assume_role_policy_document") -> dict[str, Any]:
    (found,) = resource.properties[name]["Statement"]
    return dict(found)


def test_addresses_of_a_small_cluster() -> None:
    assert sorted(resources()) == [
        "cluster_log_group.main",
        "eks_addon.main/aws-ebs-csi-driver",
        "eks_addon.main/coredns",
        "eks_addon.main/eks-pod-identity-agent",
        "eks_addon.main/kube-proxy",
        "eks_addon.main/metrics-server",
        "eks_addon.main/vpc-cni",
        "eks_cluster.main",
        "eks_nodegroup.main/system",
        "eks_pod_identity_association.main/aws-load-balancer-controller",
        "eks_pod_identity_association.main/cluster-autoscaler",
        "iam_role.main/addon-aws-ebs-csi-driver",
        "iam_role.main/addon-vpc-cni",
        "iam_role.main/cluster",
        "iam_role.main/nodes",
        "iam_role.main/pod-aws-load-balancer-controller",
        "iam_role.main/pod-cluster-autoscaler",
        "kms_key.main/secrets",
        "launch_template.main/system",
    ]


def test_what_more_settings_add() -> None:
    assert set(resources(**EVERYTHING)) - set(resources()) == {
        "cluster_log_group.main/containers",
        "cluster_log_group.main/fargate",
        "eks_access_entry.main/admins",
        "eks_fargate_profile.main/jobs",
        "eks_pod_identity_association.main/external-secrets",
        "eks_pod_identity_association.main/fluent-bit",
        "eks_pod_identity_association.main/uploads",
        "iam_oidc_provider.main",
        "iam_role.main/fargate",
        "iam_role.main/irsa-legacy",
        "iam_role.main/pod-external-secrets",
        "iam_role.main/pod-fluent-bit",
        "iam_role.main/pod-uploads",
        "security_group_rule.main/fargate-to-nodes",
        "security_group_rule.main/nodes-to-fargate",
        "security_group_rule.main/out-to-fargate",
    }


def test_kinds_know_every_property() -> None:
    """The planner rejects undeclared kinds and properties, and unresolved references."""
    assert len(order(resources(**EVERYTHING))) == len(resources(**EVERYTHING))


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("cluster_log_group.main", "eks_cluster.main"),
        ("kms_key.main/secrets", "cluster_log_group.main"),
        ("eks_cluster.main", "eks_access_entry.main/admins"),
        ("eks_addon.main/vpc-cni", "eks_nodegroup.main/system"),
        ("eks_addon.main/kube-proxy", "eks_nodegroup.main/system"),
        ("eks_addon.main/eks-pod-identity-agent", "eks_nodegroup.main/system"),
        ("launch_template.main/system", "eks_nodegroup.main/system"),
        ("eks_nodegroup.main/system", "eks_addon.main/coredns"),
        ("eks_nodegroup.main/system", "eks_addon.main/aws-ebs-csi-driver"),
        ("eks_nodegroup.main/system", "eks_addon.main/metrics-server"),
        ("eks_addon.main/eks-pod-identity-agent", "eks_pod_identity_association.main/uploads"),
        ("iam_role.main/pod-uploads", "eks_pod_identity_association.main/uploads"),
        ("cluster_log_group.main/fargate", "eks_fargate_profile.main/jobs"),
        ("iam_oidc_provider.main", "iam_role.main/irsa-legacy"),
    ],
)
def test_order(first: str, then: str) -> None:
    found = order(resources(**EVERYTHING))
    assert found.index(first) < found.index(then)


@pytest.mark.parametrize("name", ["vpc-cni", "kube-proxy", "coredns"])
def test_addons_wait_for_the_version_of_the_control_plane(name: str) -> None:
    assert "eks_cluster.main" in resources()[f"eks_addon.main/{name}"].after
    assert "eks_cluster.main" in resources()["eks_nodegroup.main/system"].after


def test_cluster() -> None:
    found = resources(name="blue", endpoint={"public_cidrs": ["52.94.76.0/24"]}, service_ipv4_cidr="172.20.0.0/16")["eks_cluster.main"]
    assert found.properties == {
        "cluster_name": "blue",
        "role_arn": ref("iam_role.main/cluster", "arn"),
        "version": "1.36",
        "subnet_ids": list(SUBNETS),
        "security_group_ids": list(NETWORK.security_group_ids),
        "endpoint_public_access": True,
        "endpoint_private_access": True,
        "public_access_cidrs": ["52.94.76.0/24"],
        "log_types": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
        "secrets_key_arn": ref("kms_key.main/secrets", "arn"),
        "service_ipv4_cidr": "172.20.0.0/16",
        "ip_family": "ipv4",
        "upgrade_policy": "STANDARD",
        "deletion_protection": True,
        "authentication_mode": "API",
        "creator_is_admin": True,
        "bootstrap_self_managed_addons": False,
        "tags": {"owner": "platform", "Name": "blue"},
    }


def test_a_private_endpoint_names_no_blocks() -> None:
    """The CIDR blocks there are EKS's default and have no meaning."""
    assert "public_access_cidrs" not in resources()["eks_cluster.main"].properties


def test_log_group() -> None:
    found = resources(log_retention_in_days=30)["cluster_log_group.main"].properties
    assert (found["log_group_name"], found["retention_in_days"]) == ("/aws/eks/prod-main/cluster", 30)
    assert found["kms_key_id"] == ref("kms_key.main/secrets", "arn")


def test_the_key_serves_the_logs_of_this_cluster_alone() -> None:
    (account, logs) = resources()["kms_key.main/secrets"].properties["policy"]["Statement"]
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/eks/prod-main/*"
    assert logs["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}


# --- nodes ---


def test_node_group() -> None:
    found = resources(**NODES)["eks_nodegroup.main/system"].properties
    assert {name: value for name, value in found.items() if isinstance(value, Ref)} == {
        "cluster_name": ref("eks_cluster.main"),
        "node_role": ref("iam_role.main/nodes", "arn"),
        "launch_template_id": ref("launch_template.main/system"),
        "launch_template_version": ref("launch_template.main/system", "latest_version"),
    }
    assert {name: value for name, value in found.items() if not isinstance(value, Ref)} == {
        "nodegroup_name": "system",
        "subnet_ids": list(SUBNETS),
        "instance_types": ["t3.medium"],
        "ami_type": "AL2023_x86_64_STANDARD",
        "capacity_type": "ON_DEMAND",
        "version": "1.36",
        "min_size": 2,
        "max_size": 4,
        "desired_size": 2,
        "labels": {},
        "taints": [],
        "update_config": {"max_unavailable_percentage": 33},
        "tags": {"owner": "platform", "Name": "prod-main-system"},
    }


def test_the_role_of_nodes_may_register_and_pull_images_only() -> None:
    found = resources()["iam_role.main/nodes"].properties
    assert found["managed_policy_arns"] == [
        "arn:aws:iam::aws:policy/AmazonEKSWorkerNodeMinimalPolicy",
        "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    ]
    assert "inline_policy" not in found


def test_a_group_that_scales_by_itself() -> None:
    """An autoscaled group omits its size, so that an autoscaler's changes are not drift."""
    scaling = {"target_cpu_percent": 70, "schedules": {"night": {"recurrence": "0 20 * * *", "min_size": 0}}}
    group = {"system": {"autoscaled": False, "scaling": scaling}}
    found = resources(node_groups=group)["eks_nodegroup.main/system"].properties
    assert found["target_cpu_percent"] == 70
    assert found["schedules"] == {"night": {"recurrence": "0 20 * * *", "min_size": 0}}
    assert {"target_cpu_percent", "schedules"}.isdisjoint(resources()["eks_nodegroup.main/system"].properties)


def test_launch_template() -> None:
    data = resources(**NODES)["launch_template.main/system"].properties["data"]
    assert data["MetadataOptions"] == {"HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 1, "HttpTokens": "required"}
    assert data["SecurityGroupIds"] == list(NETWORK.node_security_group_ids)
    assert data["Monitoring"] == {"Enabled": True}
    assert [entry["ResourceType"] for entry in data["TagSpecifications"]] == ["instance", "volume", "network-interface"]
    assert data["TagSpecifications"][0]["Tags"] == [{"Key": "Name", "Value": "prod-main-system"}, {"Key": "owner", "Value": "platform"}]


@pytest.mark.parametrize("ami_type", AMI_TYPES)
def test_every_disk_is_encrypted(ami_type: str) -> None:
    """Bottlerocket keeps container data on a second disk."""
    group = {"system": {"ami_type": ami_type, "disk_gib": 80}}
    devices = resources(node_groups=group)["launch_template.main/system"].properties["data"]["BlockDeviceMappings"]
    assert all(device["Ebs"]["Encrypted"] and device["Ebs"]["VolumeType"] == "gp3" for device in devices)
    sized = {device["DeviceName"]: device["Ebs"].get("VolumeSize") for device in devices}
    assert sized == ({"/dev/xvda": None, "/dev/xvdb": 80} if ami_type.startswith("BOTTLEROCKET") else {"/dev/xvda": 80})


def test_nodes_and_pods_on_fargate_reach_each_other_by_rules() -> None:
    """Their groups differ. Giving the nodes the cluster's group would replace them with the first profile."""
    nodes, own = NETWORK.node_security_group_ids[0], ref("eks_cluster.main", "cluster_security_group_id")
    found = {address.partition("/")[2]: one.properties for address, one in resources(**JOBS).items() if one.kind == "security_group_rule"}
    assert {part: (one["group_id"], one["peer_group_id"], one["is_egress"]) for part, one in found.items()} == {
        "fargate-to-nodes": (nodes, own, False),
        "nodes-to-fargate": (own, nodes, False),
        "out-to-fargate": (nodes, own, True),
    }
    assert {one["ip_protocol"] for one in found.values()} == {"-1"}
    assert all(one["description"].startswith(OF_CLUSTERS) for one in found.values())
    assert resources(**JOBS)["launch_template.main/system"] == resources()["launch_template.main/system"]


@pytest.mark.parametrize(("groups", "expected"), [([], 0), (["sg-0d000000"], 3), (["sg-0d000000", "sg-0e000000"], 6)])
def test_rules_for_each_group_of_the_nodes(groups: list[str], expected: int) -> None:
    """Without a group of theirs, the nodes have the cluster's own, as the pods do."""
    found = resources(**JOBS, node_security_group_ids=groups)
    assert len([one for one in found.values() if one.kind == "security_group_rule"]) == expected


# --- add-ons and permissions ---


def test_addon_with_rights() -> None:
    found = resources()["eks_addon.main/vpc-cni"]
    assert found.properties == {
        "cluster_name": ref("eks_cluster.main"),
        "addon_name": "vpc-cni",
        "addon_version": "v1.2.0-eksbuild.1",
        "configuration": {"enableNetworkPolicy": "true"},
        "resolve_conflicts": "OVERWRITE",
        "pod_identity_role_arn": ref("iam_role.main/addon-vpc-cni", "arn"),
        "pod_identity_service_account": "aws-node",
        "tags": {"owner": "platform", "Name": "prod-main-vpc-cni"},
    }
    assert "iam_role.main/addon-vpc-cni" in found.after


def test_addon_with_a_role_of_the_users() -> None:
    found = resources(addons={"vpc-cni": {"role_arn": ADMINS, "configuration": {"enableNetworkPolicy": "false"}}})
    assert "iam_role.main/addon-vpc-cni" not in found
    assert found["eks_addon.main/vpc-cni"].properties["pod_identity_role_arn"] == ADMINS
    assert found["eks_addon.main/vpc-cni"].properties["configuration"] == {"enableNetworkPolicy": "false"}


def test_an_installed_addon_that_is_newer_stays() -> None:
    (found,) = [
        resource
        for resource in build({"main": cluster()}, PLACE, OFFERS, {"eks_addon.main/coredns": "v1.3.0-eksbuild.2"})
        if resource.name == "main/coredns" and resource.kind == "eks_addon"
    ]
    assert found.properties["addon_version"] == "v1.3.0-eksbuild.2"


@pytest.mark.parametrize(
    ("role", "namespace", "account"),
    [
        ("addon-vpc-cni", "kube-system", "aws-node"),
        ("pod-cluster-autoscaler", "kube-system", "cluster-autoscaler"),
        ("pod-uploads", "web", "api"),
    ],
)
def test_roles_of_pods_are_for_one_service_account_of_one_cluster(role: str, namespace: str, account: str) -> None:
    found = statement(resources(pod_identities={"uploads": POD})[f"iam_role.main/{role}"])
    assert found["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert found["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert found["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ACCOUNT,
        "aws:RequestTag/eks-cluster-name": "prod-main",
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": account,
    }


def test_roles_by_the_oidc_provider_are_for_one_service_account() -> None:
    found = statement(resources(**IRSA)["iam_role.main/irsa-legacy"])
    assert found["Principal"] == {"Federated": ref("iam_oidc_provider.main", "arn")}
    assert found["Condition"]["StringEquals"] == {
        Ref("eks_cluster.main", "oidc_provider", suffix=":sub"): "system:serviceaccount:web:old",
        Ref("eks_cluster.main", "oidc_provider", suffix=":aud"): "sts.amazonaws.com",
    }


@pytest.mark.parametrize("name", ["aws-load-balancer-controller", "cluster-autoscaler", "fluent-bit", "external-secrets", "karpenter"])
def test_controllers_may_write_where_it_is_theirs(name: str) -> None:
    """Mutating permissions name resources or tags of this cluster or environment; the exceptions are listed."""
    scaling = "karpenter" if name == "karpenter" else "cluster_autoscaler"
    policy = resources(controllers=[name], node_scaling=scaling)[f"iam_role.main/pod-{name}"].properties["inline_policy"]
    loose = {
        entry["Sid"]
        for entry in policy["Statement"]
        if entry["Resource"] == "*" and not entry["Sid"].startswith("Read") and "Condition" not in entry
    }
    assert loose <= {"Firewall", "Listeners"}
    assert len(str(policy)) < 10_240  # IAM's limit for inline policies


KARPENTER = {"node_scaling": "karpenter"}


def test_karpenter_has_what_it_needs_in_aws() -> None:
    plain, found = resources(node_scaling="none"), resources(**KARPENTER)
    assert sorted(set(found) - set(plain)) == [
        "eks_access_entry.main/karpenter-nodes",
        "eks_pod_identity_association.main/karpenter",
        *(f"events_rule.main/karpenter-{event}" for event in ("capacity", "health", "rebalance", "spot", "state")),
        "iam_instance_profile.main/karpenter-nodes",
        "iam_role.main/karpenter-nodes",
        "iam_role.main/pod-karpenter",
        "sqs_queue.main/karpenter",
    ]
    entry, queue = found["eks_access_entry.main/karpenter-nodes"], found["sqs_queue.main/karpenter"]
    assert (entry.properties["type"], entry.properties["principal_arn"]) == ("EC2_LINUX", ref("iam_role.main/karpenter-nodes", "arn"))
    profile = found["iam_instance_profile.main/karpenter-nodes"].properties
    assert found["iam_role.main/karpenter-nodes"].properties["role_name"] == "prod.eks.main.karpenter-nodes"
    assert profile["instance_profile_name"] == "prod.eks.main.karpenter-nodes-profile"
    allow, deny = queue.properties["policy"]["Statement"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:prod_eks_main_karpenter"
    assert (queue.properties["queue_name"], allow["Resource"], deny["Effect"]) == ("prod_eks_main_karpenter", arn, "Deny")
    assert allow["Condition"] == {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/prod.eks.main.karpenter-*"}}
    rule = found["events_rule.main/karpenter-spot"].properties
    assert rule["event_pattern"] == {"source": ["aws.ec2"], "detail-type": ["EC2 Spot Instance Interruption Warning"]}
    assert rule["target_arns"] == [ref("sqs_queue.main/karpenter", "arn")]
    assert [
        one for one in found.values() if one.kind in ("sqs_queue", "events_rule") and one.properties["tags"]["owner"] != "platform"
    ] == []


def test_karpenter_passes_only_the_role_of_its_nodes_and_reads_only_its_queue() -> None:
    found = resources(**KARPENTER)["iam_role.main/pod-karpenter"].properties["inline_policy"]["Statement"]
    by_sid = {one["Sid"]: one for one in found}
    assert by_sid["PassNodeRole"]["Resource"] == ref("iam_role.main/karpenter-nodes", "arn")
    assert by_sid["PassNodeRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    assert by_sid["TakeEvents"]["Resource"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:prod_eks_main_karpenter"
    actions = {action for one in found for action in one["Action"]}
    assert not {one for one in actions if "InstanceProfile" in one} - {"iam:GetInstanceProfile", "iam:ListInstanceProfiles"}
    for sid in ("DeleteOwn", "TagOwnInstances", "UseOwnTemplates"):
        assert by_sid[sid]["Condition"]["StringEquals"] == {"aws:ResourceTag/kubernetes.io/cluster/prod-main": "owned"}


def test_with_karpenter_node_groups_keep_their_size() -> None:
    sized = {"node_groups": {"system": {"min_size": 1, "desired_size": 2, "max_size": 3}}}
    assert resources(**KARPENTER, **sized)["eks_nodegroup.main/system"].properties["node_count"] == 2


def test_the_log_router_of_fargate_writes_one_group() -> None:
    found = resources(**JOBS)
    group = found["cluster_log_group.main/fargate"].properties["log_group_name"]
    assert statement(found["iam_role.main/fargate"], "inline_policy")["Resource"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*"
    trust = statement(found["iam_role.main/fargate"])
    assert trust["Condition"] == {"ArnLike": {"aws:SourceArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:fargateprofile/prod-main/*"}}


def test_every_role_has_the_boundary() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"
    found = resources(replace(PLACE, permissions_boundary=boundary), **EVERYTHING)
    roles = [resource for resource in found.values() if resource.kind == "iam_role"]
    assert {resource.properties["permissions_boundary"] for resource in roles} == {boundary}
    assert all(len(resource.properties["role_name"]) <= 64 for resource in roles)


def test_other_partitions() -> None:
    china = Place("prod", "cluster", "cn-north-1", ACCOUNT, partition="aws-cn")
    found = resources(china, **EVERYTHING)
    texts = [leaf for resource in found.values() for leaf in str(resource.properties).split("'") if leaf.startswith("arn:")]
    ours = [text for text in texts if ":iam::aws:" in text or ACCOUNT in text]
    assert {text for text in ours if not text.startswith("arn:aws-cn:")} == {ADMINS, POD["managed_policy_arns"][0]}
    assert statement(found["iam_role.main/nodes"])["Principal"] == {"Service": "ec2.amazonaws.com.cn"}
    assert statement(found["iam_role.main/cluster"])["Principal"] == {"Service": "eks.amazonaws.com"}


def test_access_entry() -> None:
    access = {
        "team": {
            "principal_arn": ADMINS,
            "policies": {"AmazonEKSEditPolicy": ["b", "a"]},
            "kubernetes_groups": ["team"],
            "username": "team",
        }
    }
    assert resources(access=access)["eks_access_entry.main/team"].properties == {
        "cluster_name": ref("eks_cluster.main"),
        "principal_arn": ADMINS,
        "type": "STANDARD",
        "username": "team",
        "kubernetes_groups": ["team"],
        "policies": {"AmazonEKSEditPolicy": ["a", "b"]},
        "tags": {"owner": "platform", "Name": "prod-main-team"},
    }


def test_fargate_profile() -> None:
    found = resources(**JOBS)["eks_fargate_profile.main/jobs"].properties
    assert found["selectors"] == [{"namespace": "jobs", "labels": {"size": "1"}}]
    assert found["subnet_ids"] == list(SUBNETS)


def test_references_lead_somewhere() -> None:
    found = resources(**EVERYTHING)
    assert {one.address for resource in found.values() for one in refs_in(dict(resource.properties))} <= set(found)


# --- outputs ---


def test_outputs_have_a_shape_of_their_own() -> None:
    """Keys come from addresses; a value that is not known yet is a leaf."""
    unknown = {address: dict.fromkeys(("id", "arn"), "?") for address in resources(**EVERYTHING)}
    found = outputs(unknown)["clusters"]["main"]
    assert found["node_groups"] == {"system": {"name": "system", "autoscaling_group_name": None}}
    assert sorted(found["roles"]) == [
        "aws-load-balancer-controller",
        "cluster-autoscaler",
        "external-secrets",
        "fluent-bit",
        "legacy",
        "uploads",
    ]
    assert found["fargate_profiles"] == ["jobs"]
    assert set(found) == set(outputs({"eks_cluster.main": {}})["clusters"]["main"])
    assert outputs({}) == {"clusters": {}}


def test_the_name_of_a_cluster_is_known_before_it_is_made() -> None:
    planned = {"eks_cluster.main": {"id": UNKNOWN, "arn": UNKNOWN}}
    found = outputs(planned, {"main": "prod-main", "other": "prod-other"})["clusters"]
    assert (list(found), found["main"]["name"], found["main"]["arn"]) == (["main"], "prod-main", UNKNOWN)


@pytest.mark.parametrize(
    ("caller", "more", "expected"),
    [
        (ADMINS, {}, True),
        (ADMINS, {"access": {"a": EVERYTHING["access"]["admins"]}}, False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admins/anna", {"access": {"a": EVERYTHING["access"]["admins"]}}, False),
        (f"arn:aws:iam::{ACCOUNT}:user/anna", {"access": {"a": EVERYTHING["access"]["admins"]}}, True),
        (ADMINS, {"access": {"a": EVERYTHING["access"]["admins"]}, "creator_is_admin": False}, False),
    ],
)
def test_a_listed_principal_gets_no_second_entry(caller: str, more: dict[str, Any], expected: bool) -> None:
    """EKS gives the creator an entry, and a principal can have only one in a cluster."""
    found = build({"main": cluster(**more)}, replace(PLACE, caller=caller), OFFERS, {})
    (made,) = [resource for resource in found if resource.kind == "eks_cluster"]
    assert made.properties["creator_is_admin"] is expected


ROLE, KEY = f"arn:aws:iam::{ACCOUNT}:role/own", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"
SSM = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def made(**more: Any) -> dict[str, Resource]:
    return {resource.address: resource for resource in build({"main": cluster(**JOBS, **more)}, PLACE, OFFERS, {})}


def test_roles_and_a_key_of_the_users_own() -> None:
    own = {"role_arn": ROLE, "node_role_arn": f"{ROLE}-nodes", "fargate_role_arn": f"{ROLE}-fargate", "secrets_key_arn": KEY}
    found = made(**own)
    assert not {"iam_role.main/cluster", "iam_role.main/nodes", "iam_role.main/fargate"} & set(found)
    assert found["eks_cluster.main"].properties["role_arn"] == ROLE
    assert found["eks_cluster.main"].properties["secrets_key_arn"] == KEY
    assert found["eks_nodegroup.main/system"].properties["node_role"] == f"{ROLE}-nodes"
    assert found["eks_fargate_profile.main/jobs"].properties["pod_execution_role_arn"] == f"{ROLE}-fargate"
    for resource in found.values():
        assert {one.address for one in refs_in(resource.properties)} | set(resource.after) <= set(found)


def test_secrets_without_a_key() -> None:
    found = made(secrets_key_arn="none")
    assert "secrets_key_arn" not in found["eks_cluster.main"].properties
    assert "inline_policy" not in found["iam_role.main/cluster"].properties


def test_a_key_of_the_users_own_is_the_one_that_the_cluster_may_use() -> None:
    document = made(secrets_key_arn=KEY)["iam_role.main/cluster"].properties["inline_policy"]
    assert document["Statement"][0]["Resource"] == KEY


def test_further_policies_of_the_nodes() -> None:
    assert SSM in made(node_managed_policy_arns=[SSM])["iam_role.main/nodes"].properties["managed_policy_arns"]


def test_what_exists_under_another_name_keeps_it() -> None:
    present = [
        Observed("iam_role", "iam_role.main/nodes", "x", {"role_name": "prod.eks.old.nodes"}),
        Observed("eks_nodegroup", "eks_nodegroup.main/system", "x", {"nodegroup_name": "first"}),
        Observed("launch_template", "launch_template.main/system", "x", {"launch_template_name": "gone"}, state="deleting"),
    ]
    found = {one.address: one.properties for one in with_present_names(list(made().values()), present, NAMES)}
    assert found["iam_role.main/nodes"]["role_name"] == "prod.eks.old.nodes"
    assert found["eks_nodegroup.main/system"]["nodegroup_name"] == "first"
    assert found["launch_template.main/system"]["launch_template_name"] == "prod-main-system"
