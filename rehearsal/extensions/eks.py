"""EKS clusters: each is a control plane of its own, and takes as long as that needs to come, to change its version and to go."""

from __future__ import annotations

import base64
import re
import secrets
from typing import Any

from rehearsal import transitions
from rehearsal.extensions import eks_addons
from rehearsal.extensions.eks_access import admit_creator, configured_access
from rehearsal.extensions.eks_common import (
    Update,
    active_cluster,
    begin_update,
    carried_out,
    cluster_of,
    finish_updates,
    in_progress,
    member_of,
    page,
    subnets_by_id,
    updates_of,
)
from rehearsal.kubernetes import VERSIONS
from rehearsal.kubernetes.fleet import fleet
from rehearsal.registry import Call, adjusts, answers, refuses, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import TransitionalState

PLATFORM_VERSION = "eks.1"
SERVICE_RANGE = "172.20.0.0/16"


class ClusterState(TransitionalState):
    """As any state that takes time, and at least as long as the control plane takes."""

    def __get__(self, cluster: Any, owner: Any = None) -> Any:
        if cluster is None:
            return self
        state = super().__get__(cluster, owner)
        member = member_of(cluster)
        if state == "DELETED":
            return "DELETING"
        if state != "ACTIVE" or self.scripted(cluster):
            return state
        if member and member.endpoint is None:
            return "FAILED" if member.phase == "failed" else "CREATING"
        return "UPDATING" if in_progress(cluster) else state


@adjusts("eks")
def install_states() -> None:
    from moto.eks.models import Cluster, Nodegroup

    from rehearsal.extensions.eks_nodegroups import NodegroupState

    Cluster.id = property(lambda self: self.name)
    Nodegroup.id = property(lambda self: self.nodegroup_name)
    kinds = {kind.name: kind for kind in transitions.KINDS}
    Cluster.status = ClusterState(kinds["eks_cluster"])
    Nodegroup.status = NodegroupState(kinds["eks_nodegroup"])


@settles("eks")
def move_on(call: Call) -> None:
    """What time has brought about: updates that are done, clusters that are gone."""
    for name, cluster in list(call.backend.clusters.items()):
        finish_updates(cluster)
        eks_addons.settle(call, cluster)
        member = member_of(cluster)
        if _gone(cluster, "eks_cluster") and (member is None or member.phase == "stopped"):
            fleet.forget(cluster.arn)
            del call.backend.clusters[name]
            call.backend.cluster_count -= 1


def _gone(resource: Any, kind: str) -> bool:
    """Whether a deletion has taken its time."""
    descriptor = transitions.descriptor(kind)
    return bool(TransitionalState.__get__(descriptor, resource) == "DELETED")


@refuses("eks", "CreateCluster")
def check_new_cluster(call: Call) -> None:
    name, version = call.get("name", ""), call.get("version")
    if not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
        raise Refusal("InvalidParameterException", "The cluster name may have 1 to 100 letters, digits, hyphens and underscores")
    if version is not None and version not in VERSIONS:
        raise Refusal("InvalidParameterException", f"unsupported Kubernetes version {version}; {VERSIONS[0]} to {VERSIONS[-1]} can be had")
    subnets = (call.get("resourcesVpcConfig") or {}).get("subnetIds") or []
    known = subnets_by_id(call)
    for subnet in subnets:
        if subnet not in known:
            raise Refusal("InvalidParameterException", f"The subnet ID '{subnet}' does not exist")
    if len({known[subnet].availability_zone for subnet in subnets}) < 2:
        raise Refusal("InvalidParameterException", "Subnets specified must be in at least two different AZs")


@answers("eks", "CreateCluster")
def create(call: Call) -> Any:
    network = {"serviceIpv4Cidr": SERVICE_RANGE, "ipFamily": "ipv4"} | dict(call.get("kubernetesNetworkConfig") or {})
    cluster = carried_out(
        lambda: call.backend.create_cluster(
            name=call.get("name"),
            role_arn=call.get("roleArn"),
            resources_vpc_config=_network(call),
            version=call.get("version") or VERSIONS[-1],
            kubernetes_network_config=network,
            logging=call.get("logging"),
            client_request_token=call.get("clientRequestToken"),
            tags=dict(call.get("tags") or {}),
            encryption_config=call.get("encryptionConfig"),
        )
    )
    identifier = secrets.token_hex(16).upper()
    issuer = f"https://oidc.eks.{call.region}.amazonaws.com/id/{identifier}"
    cluster.identity = {"oidc": {"issuer": issuer}}
    cluster.endpoint = f"https://{identifier}.gr7.{call.region}.eks.amazonaws.com"
    cluster.upgrade_policy = dict(call.get("upgradePolicy") or {"supportType": "EXTENDED"})
    admit_creator(call, cluster)
    if call.settings.control_planes:
        fleet.launch(cluster.arn, cluster.name, cluster.version, issuer, network["serviceIpv4Cidr"])
    if call.get("bootstrapSelfManagedAddons", True):
        eks_addons.install_self_managed(cluster)
    return {"cluster": described(cluster)}


def _network(call: Call) -> dict[str, Any]:
    """The network of a cluster as AWS describes it."""
    given = dict(call.get("resourcesVpcConfig") or {})
    subnets = given.get("subnetIds") or []
    defaults = {
        "securityGroupIds": [],
        "vpcId": subnets_by_id(call)[subnets[0]].vpc_id,
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
    }
    return defaults | given


def described(cluster: Any) -> dict[str, Any]:
    """A cluster as its describe call shows it. Until it is there it has neither address nor certificate."""
    status, member = cluster.status, member_of(cluster)
    shown = {
        "name": cluster.name,
        "arn": cluster.arn,
        "createdAt": cluster.created_at,
        "version": cluster.version,
        "roleArn": cluster.role_arn,
        "resourcesVpcConfig": cluster.resources_vpc_config,
        "kubernetesNetworkConfig": cluster.kubernetes_network_config,
        "logging": cluster.logging,
        "status": status,
        "platformVersion": PLATFORM_VERSION,
        "tags": cluster.tags,
        "encryptionConfig": cluster.encryption_config,
        "accessConfig": configured_access(cluster),
        "upgradePolicy": cluster.upgrade_policy,
        "health": {"issues": _issues(cluster)},
        "certificateAuthority": {},
    }
    if status in ("CREATING", "FAILED"):
        return shown
    authority = member.authority if member else b"the control plane of this cluster is not started"
    reached = {
        "endpoint": member.endpoint if member else cluster.endpoint,
        "identity": cluster.identity,
        "certificateAuthority": {"data": base64.b64encode(authority).decode()},
    }
    return shown | reached


def _issues(cluster: Any) -> list[dict[str, Any]]:
    member = member_of(cluster)
    if member is None or member.phase != "failed":
        return []
    return [{"code": "Other", "message": member.error, "resourceIds": [cluster.name]}]


@answers("eks", "DescribeCluster")
def describe(call: Call) -> Any:
    return {"cluster": described(cluster_of(call))}


@answers("eks", "DeleteCluster")
def delete(call: Call) -> Any:
    cluster = cluster_of(call)
    if cluster.nodegroups:
        raise Refusal("ResourceInUseException", "Cluster has nodegroups attached", 409)
    if cluster.fargate_profiles:
        raise Refusal("ResourceInUseException", "Cluster has Fargate profiles attached", 409)
    if cluster.status != "DELETING":
        cluster.status = "DELETED"
        member = member_of(cluster)
        if member:
            member.finish()
    return {"cluster": described(cluster)}


@answers("eks", "UpdateClusterVersion")
def update_version(call: Call) -> Any:
    """One minor version at a time. The control plane starts again, at the same address and with what it holds."""
    cluster, version = active_cluster(call), str(call.get("version"))
    if version not in VERSIONS:
        raise Refusal("InvalidParameterException", f"unsupported Kubernetes version {version}; {VERSIONS[0]} to {VERSIONS[-1]} can be had")
    if version == cluster.version:
        raise Refusal("InvalidParameterException", f"Cluster is already at version {version}")
    if VERSIONS.index(version) != VERSIONS.index(cluster.version) + 1:
        raise Refusal("InvalidParameterException", f"Unsupported Kubernetes minor version update from {cluster.version} to {version}")
    member = member_of(cluster)
    if member:
        member.submit(lambda plane: plane.restart(version))
    params = {"Version": version, "PlatformVersion": PLATFORM_VERSION}
    return {
        "update": begin_update(cluster, "VersionUpdate", params, "eks_cluster", apply=lambda: _set_version(cluster, version)).described()
    }


def _set_version(cluster: Any, version: str) -> None:
    cluster.version = version


@answers("eks", "DescribeUpdate")
def describe_update(call: Call) -> Any:
    cluster = cluster_of(call, call.get("name"))
    return {"update": _update(cluster, call.get("updateId"), call.get("nodegroupName"), call.get("addonName")).described()}


@answers("eks", "ListUpdates")
def list_updates(call: Call) -> Any:
    cluster = cluster_of(call, call.get("name"))
    asked = (call.get("nodegroupName"), call.get("addonName"))
    return page(call, "updateIds", [update.identifier for update in updates_of(cluster) if (update.nodegroup, update.addon) == asked])


def _update(cluster: Any, identifier: str | None, nodegroup: str | None, addon: str | None) -> Update:
    for update in updates_of(cluster):
        if (update.identifier, update.nodegroup, update.addon) == (identifier, nodegroup, addon):
            return update
    raise Refusal("ResourceNotFoundException", f"No update found for ID: {identifier}", 404)
