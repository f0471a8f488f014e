# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A cluster's state in AWS, read through boto3 alone, and one check per row about clusters in the requirements table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from rehearsal.extensions.eks_releases import releases

LOGS = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
POLICIES = "arn:aws:iam::aws:policy/"


class ClusterState:
    """An account's cluster from the component ``cluster``."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.client = client
        self.eks = client("eks")
        self.ec2 = client("ec2")
        self.iam = client("iam")

    @cached_property
    def cluster(self) -> dict[str, Any]:
        (name,) = self.eks.list_clusters()["clusters"]
        found: dict[str, Any] = self.eks.describe_cluster(name=name)["cluster"]
        return found

    @property
    def name(self) -> str:
        return str(self.cluster["name"])

    @cached_property
    def groups(self) -> dict[str, dict[str, Any]]:
        names = self.eks.list_nodegroups(clusterName=self.name)["nodegroups"]
        return {name: self.eks.describe_nodegroup(clusterName=self.name, nodegroupName=name)["nodegroup"] for name in names}

    @cached_property
    def associations(self) -> dict[tuple[str, str], str]:
        """(namespace, service account) -> the name of its pods' role."""
        listed = self.eks.list_pod_identity_associations(clusterName=self.name)["associations"]
        described = [
            self.eks.describe_pod_identity_association(clusterName=self.name, associationId=one["associationId"])["association"]
            for one in listed
        ]
        return {(one["namespace"], one["serviceAccount"]): one["roleArn"].rpartition("/")[2] for one in described}

    def scaling_group(self, group: str) -> str:
        return str(self.groups[group]["resources"]["autoScalingGroups"][0]["name"])

    def template(self, group: str) -> dict[str, Any]:
        given = self.groups[group]["launchTemplate"]
        (found,) = self.ec2.describe_launch_template_versions(LaunchTemplateId=given["id"], Versions=[given["version"]])[
            "LaunchTemplateVersions"
        ]
        data: dict[str, Any] = found["LaunchTemplateData"]
        return data


Check = Callable[[ClusterState], None]


def managed_control_plane(state: ClusterState) -> None:
    """Active, in private subnets of at least two zones, with access entries only."""
    assert state.cluster["status"] == "ACTIVE"
    subnets = state.ec2.describe_subnets(SubnetIds=state.cluster["resourcesVpcConfig"]["subnetIds"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) >= 2
    assert state.cluster["accessConfig"]["authenticationMode"] == "API"


def version(minor: str) -> Check:
    def check(state: ClusterState) -> None:
        assert state.cluster["version"] == minor
        assert {group["version"] for group in state.groups.values()} == {minor}

    return check


def extended_support(state: ClusterState) -> None:
    assert state.cluster["upgradePolicy"]["supportType"] == "EXTENDED"


def named(name: str) -> Check:
    def check(state: ClusterState) -> None:
        assert state.name == name

    return check


def newest_release(state: ClusterState) -> None:
    """Every node group runs the newest release that AWS publishes for its image and the cluster's version."""
    groups = state.groups.values()
    assert groups
    for group in groups:
        newest = releases(group["amiType"], group["version"])[-1]
        assert (group["version"], group["releaseVersion"]) == (state.cluster["version"], newest)


def encrypted_secrets(state: ClusterState) -> None:
    (configured,) = state.cluster["encryptionConfig"]
    key = state.client("kms").describe_key(KeyId=configured["provider"]["keyArn"])["KeyMetadata"]
    assert (configured["resources"], key["KeyManager"], key["KeyState"]) == (["secrets"], "CUSTOMER", "Enabled")


def control_plane_logs(state: ClusterState) -> None:
    """All of them, in an encrypted log group with a retention period."""
    logging = state.cluster["logging"]["clusterLogging"]
    assert {kind for entry in logging if entry["enabled"] for kind in entry["types"]} == LOGS
    (group,) = state.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/eks/{state.name}/cluster")["logGroups"]
    assert group["retentionInDays"] > 0
    assert group["kmsKeyId"]


def node_group(name: str, types: list[str], low: int, high: int, desired: int | None = None, capacity: str = "ON_DEMAND") -> Check:
    """A managed group of this size, whose nodes have no public addresses and whose pods cannot get the nodes' credentials."""

    def check(state: ClusterState) -> None:
        group = state.groups[name]
        sizes = group["scalingConfig"]
        assert (group["instanceTypes"], group["capacityType"]) == (types, capacity)
        assert (sizes["minSize"], sizes["maxSize"]) == (low, high)
        assert desired is None or sizes["desiredSize"] == desired
        assert state.template(name)["MetadataOptions"]["HttpTokens"] == "required"
        assert state.template(name)["MetadataOptions"]["HttpPutResponseHopLimit"] == 1

    return check


def encrypted_disks(state: ClusterState) -> None:
    """EBS volumes of the nodes, and the driver for those of pods."""
    for name in state.groups:
        disks = [device["Ebs"] for device in state.template(name)["BlockDeviceMappings"]]
        assert disks
        assert all(disk["Encrypted"] and disk["VolumeType"] == "gp3" for disk in disks)
    assert "aws-ebs-csi-driver" in state.eks.list_addons(clusterName=state.name)["addons"]


def fargate(namespace: str) -> Check:
    def check(state: ClusterState) -> None:
        (profile,) = state.eks.list_fargate_profiles(clusterName=state.name)["fargateProfileNames"]
        found = state.eks.describe_fargate_profile(clusterName=state.name, fargateProfileName=profile)["fargateProfile"]
        assert (found["status"], [selector["namespace"] for selector in found["selectors"]]) == ("ACTIVE", [namespace])

    return check


def metrics_for_autoscaling_of_pods(state: ClusterState) -> None:
    """The metrics that the horizontal pod autoscaler reads."""
    assert "metrics-server" in state.eks.list_addons(clusterName=state.name)["addons"]


def cluster_autoscaler(state: ClusterState) -> None:
    """Its pods may change the size of this cluster's groups only."""
    role = state.associations["kube-system", "cluster-autoscaler"]
    (name,) = state.iam.list_role_policies(RoleName=role)["PolicyNames"]
    statements = state.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
    (scaling,) = [one for one in statements if "autoscaling:SetDesiredCapacity" in one["Action"]]
    assert scaling["Condition"] == {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{state.name}": "owned"}}


def load_balancer_controller(state: ClusterState) -> None:
    assert ("kube-system", "aws-load-balancer-controller") in state.associations


def target_tracking(group: str, percent: float) -> Check:
    def check(state: ClusterState) -> None:
        found = state.client("autoscaling").describe_policies(AutoScalingGroupName=state.scaling_group(group))["ScalingPolicies"]
        (policy,) = found
        configuration = policy["TargetTrackingConfiguration"]
        assert configuration["TargetValue"] == percent
        assert configuration["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ASGAverageCPUUtilization"

    return check


def schedules(group: str, *recurrences: str) -> Check:
    def check(state: ClusterState) -> None:
        found = state.client("autoscaling").describe_scheduled_actions(AutoScalingGroupName=state.scaling_group(group))
        assert sorted(action["Recurrence"] for action in found["ScheduledUpdateGroupActions"]) == sorted(recurrences)

    return check


def one_owner_of_scaling(state: ClusterState) -> None:
    """A group that AWS scales has its own taint or label, and no scaling policy applies to the autoscaler's groups."""
    autoscaling = state.client("autoscaling")
    for name in state.groups:
        group = state.scaling_group(name)
        tracked = bool(autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"])
        assert tracked is (name == "batch")


def role_by_service_account(namespace: str, account: str) -> Check:
    """IRSA: the cluster's own OIDC provider, and a role that trusts this service account alone."""

    def check(state: ClusterState) -> None:
        issuer = state.cluster["identity"]["oidc"]["issuer"].removeprefix("https://")
        providers = [entry["Arn"] for entry in state.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        assert [arn for arn in providers if arn.endswith(issuer)]
        documents = [role["AssumeRolePolicyDocument"]["Statement"] for role in state.iam.list_roles()["Roles"]]
        trusts = [statement for one in documents for statement in (one if isinstance(one, list) else [one])]
        conditions = [one["Condition"]["StringEquals"] for one in trusts if one["Action"] == "sts:AssumeRoleWithWebIdentity"]
        assert {f"{issuer}:sub": f"system:serviceaccount:{namespace}:{account}", f"{issuer}:aud": "sts.amazonaws.com"} in conditions

    return check


def least_rights_of_nodes(state: ClusterState) -> None:
    """Nodes may register and pull images. Pods' permissions, such as for buckets, belong in pod roles."""
    roles = {group["nodeRole"].rpartition("/")[2] for group in state.groups.values()}
    for role in roles:
        attached = {policy["PolicyArn"] for policy in state.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]}
        assert attached == {f"{POLICIES}AmazonEKSWorkerNodeMinimalPolicy", f"{POLICIES}AmazonEC2ContainerRegistryPullOnly"}
        assert state.iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def pods_reach(bucket: str, namespace: str, account: str) -> Check:
    def check(state: ClusterState) -> None:
        role = state.associations[namespace, account]
        (name,) = state.iam.list_role_policies(RoleName=role)["PolicyNames"]
        statements = state.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        assert {one["Resource"].removesuffix("/*") for one in statements} == {f"arn:aws:s3:::{bucket}"}

    return check


def network_policies(state: ClusterState) -> None:
    """They take effect only where the network add-on enforces them."""
    addon = state.eks.describe_addon(clusterName=state.name, addonName="vpc-cni")["addon"]
    assert '"enableNetworkPolicy":"true"' in addon["configurationValues"].replace(" ", "")


def replaces_failed_nodes(state: ClusterState) -> None:
    """Groups span the cluster's zones, so that failed nodes are replaced in another zone."""
    for group in state.groups.values():
        assert sorted(group["subnets"]) == sorted(state.cluster["resourcesVpcConfig"]["subnetIds"])
        assert len(group["subnets"]) >= 2
