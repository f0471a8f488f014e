"""Fargate profiles: which pods get a dedicated node, in which subnets, and with which role."""

from __future__ import annotations

from typing import Any

from rehearsal.extensions.ec2_common import leads_to_the_internet
from rehearsal.extensions.eks_access import admit_nodes
from rehearsal.extensions.eks_common import at_rest, carried_out, cluster_of, role_that_trusts, subnets_by_id
from rehearsal.extensions.eks_fargate_life import follow, is_vacant
from rehearsal.registry import Call, adjusts, answers, backend, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import KINDS, TransitionalState, descriptor, extra_fields

MOST_SELECTORS = 5
TRUST = "eks-fargate-pods.amazonaws.com"


class ProfileState(TransitionalState):
    """A transitional state; a deleted profile stays in deletion until its pods' nodes are gone."""

    def __get__(self, profile: Any, owner: Any = None) -> Any:
        state = super().__get__(profile, owner)
        return "DELETING" if state == "DELETED" else state


@adjusts("eks")
def install_states_of_profiles() -> None:
    from moto.eks.models import FargateProfile

    FargateProfile.id = property(lambda self: self.fargate_profile_name)
    FargateProfile.arn = property(lambda self: self.fargate_profile_arn)
    FargateProfile.status = ProfileState(KINDS["eks_fargate_profile"])


@settles("eks")
def forget_deleted_profiles(call: Call) -> None:
    for cluster in call.backend.clusters.values():
        for name, profile in list(cluster.fargate_profiles.items()):
            if TransitionalState.__get__(descriptor("eks_fargate_profile"), profile) == "DELETED" and is_vacant(cluster, name):
                call.backend.delete_fargate_profile(cluster.name, name)


@answers("eks", "CreateFargateProfile")
def create(call: Call) -> Any:
    cluster, name = at_rest(call, "CreateFargateProfile"), str(call.get("fargateProfileName"))
    _check_others(cluster, name, "create")
    selectors = [dict(each) for each in call.get("selectors") or []]
    if len(selectors) > MOST_SELECTORS:
        raise _invalid(f"A Fargate profile has at most {MOST_SELECTORS} selectors, not {len(selectors)}")
    subnets = _subnets(call, cluster)
    role = str(call.get("podExecutionRoleArn"))
    if role_that_trusts(call, role, TRUST) is None:
        raise _invalid(f"Misconfigured PodExecutionRole Trust Policy; Please add the {TRUST} Service Principal ({role})")
    profile = carried_out(
        lambda: call.backend.create_fargate_profile(
            fargate_profile_name=name,
            cluster_name=cluster.name,
            selectors=selectors,
            pod_execution_role_arn=role,
            subnets=subnets,
            client_request_token=call.get("clientRequestToken"),
            tags=dict(call.get("tags") or {}),
        )
    )
    admit_nodes(call, cluster, role, "FARGATE_LINUX")
    follow(cluster, call.account_id, call.region)
    return {"fargateProfile": described(profile)}


def _check_others(cluster: Any, name: str, change: str) -> None:
    """Only one profile of a cluster can be created or deleted at a time."""
    for other in cluster.fargate_profiles.values():
        if other.status in ("CREATING", "DELETING") and (change == "create" or other.fargate_profile_name != name):
            text = f"Cannot {change} Fargate Profile {name} because cluster {cluster.name} currently has Fargate profile"
            raise Refusal("ResourceInUseException", f"{text} {other.fargate_profile_name} in status {other.status}", 409)


def _subnets(call: Call, cluster: Any) -> list[str]:
    """Private subnets of the cluster's VPC; by default, the cluster's own."""
    subnets, known = list(call.get("subnets") or cluster.resources_vpc_config["subnetIds"]), subnets_by_id(call)
    for subnet in subnets:
        if subnet not in known:
            raise _invalid(f"The subnet ID '{subnet}' does not exist")
        if known[subnet].vpc_id != cluster.resources_vpc_config.get("vpcId"):
            raise _invalid(f"Subnet {subnet} is not in the VPC of the cluster, {cluster.resources_vpc_config.get('vpcId')}")
        if leads_to_the_internet(backend("ec2", call.account_id, call.region), known[subnet]):
            raise _invalid(f"Subnet {subnet} provided in Fargate Profile is not a private subnet")
    return subnets


def _invalid(text: str) -> Refusal:
    return Refusal("InvalidParameterException", text)


def described(profile: Any) -> dict[str, Any]:
    return {
        "fargateProfileName": profile.fargate_profile_name,
        "fargateProfileArn": profile.fargate_profile_arn,
        "clusterName": profile.cluster_name,
        "createdAt": profile.created_at,
        "podExecutionRoleArn": profile.pod_execution_role_arn,
        "subnets": profile.subnets,
        "selectors": profile.selectors,
        "status": profile.status,
        "tags": profile.tags,
        "health": {"issues": []},
    } | dict(extra_fields(profile))


def _profile(call: Call) -> Any:
    cluster, name = cluster_of(call), call.get("fargateProfileName")
    if name not in cluster.fargate_profiles:
        raise Refusal("ResourceNotFoundException", f"No Fargate Profile found with name: {name}.", 404)
    return cluster.fargate_profiles[name]


@answers("eks", "DescribeFargateProfile")
def describe(call: Call) -> Any:
    return {"fargateProfile": described(_profile(call))}


@answers("eks", "DeleteFargateProfile")
def delete(call: Call) -> Any:
    """Deletes the profile's pods; their owners recreate them without it."""
    profile, cluster = _profile(call), cluster_of(call)
    _check_others(cluster, profile.fargate_profile_name, "delete")
    if profile.status != "DELETING":
        profile.status = "DELETED"
        follow(cluster, call.account_id, call.region)
    return {"fargateProfile": described(profile)}
