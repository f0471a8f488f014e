"""EKS clusters. Each has its own control plane, whose real start, upgrade, and shutdown times are the cluster's."""

from __future__ import annotations

import base64
import secrets
from ipaddress import IPv4Network
from typing import Any

from rehearsal import transitions
from rehearsal.extensions import eks_addons, eks_argo_cd, eks_external_secrets, eks_load_balancers, eks_logs, eks_network, eks_secrets_store
from rehearsal.extensions.eks_access import admit_creator, admit_planner, configured_access
from rehearsal.extensions.eks_checks import blocks_of
from rehearsal.extensions.eks_common import (
    Update,
    at_rest,
    carried_out,
    cluster_of,
    finish_updates,
    in_progress,
    member_of,
    page,
    subnets_by_id,
    updates_of,
)
from rehearsal.extensions.eks_health import issues_of
from rehearsal.extensions.eks_versions import PLATFORM_VERSION
from rehearsal.kubernetes import VERSIONS
from rehearsal.kubernetes.fleet import fleet
from rehearsal.registry import Call, adjusts, answers, backend, prepare, refuses, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import TransitionalState

SERVICE_RANGES = ("172.20.0.0/16", "10.100.0.0/16")
"""Default service CIDRs: EKS takes the first that does not overlap the VPC."""


class ClusterState(TransitionalState):
    """A transitional state that lasts at least as long as the control plane needs."""

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

    for service in ("ec2", "logs"):  # services in which clusters create resources of their own
        prepare(service)
    Cluster.id = property(lambda self: self.name)
    Nodegroup.id = property(lambda self: self.nodegroup_name)
    Cluster.status = ClusterState(transitions.KINDS["eks_cluster"])
    Nodegroup.status = NodegroupState(transitions.KINDS["eks_nodegroup"])


@settles("eks")
@settles("ec2")
@settles("logs")
def move_on(call: Call) -> None:
    """Applies what has completed since the last call: finished updates, deleted add-ons, and deleted clusters with their resources
    elsewhere.
    """
    eks = backend("eks", call.account_id, call.region)
    for name, cluster in list(eks.clusters.items()):
        finish_updates(cluster)
        eks_addons.settle(cluster)
        member = member_of(cluster)
        if _gone(cluster, "eks_cluster") and (member is None or member.phase == "stopped"):
            fleet.forget(cluster.arn)
            eks_network.disconnect(cluster)
            eks_logs.leave(eks, cluster)
            del eks.clusters[name]
            eks.cluster_count -= 1
    eks_logs.settle(eks, call.account_id, call.region)


def _gone(resource: Any, kind: str) -> bool:
    """Whether a deletion has completed."""
    descriptor = transitions.descriptor(kind)
    return bool(TransitionalState.__get__(descriptor, resource) == "DELETED")


@answers("eks", "CreateCluster")
def create(call: Call) -> Any:
    placed = _network(call)
    services = {"serviceIpv4Cidr": _services(call, placed["vpcId"])} | dict(call.get("kubernetesNetworkConfig") or {})
    network = {"ipFamily": "ipv4"} | services
    if network["ipFamily"] == "ipv6":
        network = {"ipFamily": "ipv6", "serviceIpv6Cidr": f"fd{secrets.token_hex(1)}:{secrets.token_hex(2)}:{secrets.token_hex(2)}::/108"}
    cluster = carried_out(
        lambda: call.backend.create_cluster(
            name=call.get("name"),
            role_arn=call.get("roleArn"),
            resources_vpc_config=placed,
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
    cluster.deletion_protection = bool(call.get("deletionProtection"))
    cluster.zonal_shift = {"enabled": bool((call.get("zonalShiftConfig") or {}).get("enabled"))}
    cluster.rehearsal_bootstrapped = call.get("bootstrapSelfManagedAddons", True)
    admit_creator(call, cluster)
    admit_planner(call, cluster)
    eks_network.connect(cluster)
    if call.settings.control_planes:
        fleet.launch(cluster.arn, cluster.name, cluster.version, issuer, services["serviceIpv4Cidr"])
        eks_load_balancers.begin(call, cluster)
        eks_external_secrets.begin(call, cluster)
        eks_secrets_store.begin(call, cluster)
        eks_argo_cd.begin(call, cluster)
    if cluster.rehearsal_bootstrapped:
        eks_addons.install_self_managed(cluster)
    return {"cluster": described(cluster)}


def _network(call: Call) -> dict[str, Any]:
    """A cluster's network in the shape of DescribeCluster."""
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


def _services(call: Call, vpc: str) -> str:
    taken = blocks_of(call, vpc)
    free = [block for block in SERVICE_RANGES if not any(IPv4Network(block).overlaps(other) for other in taken)]
    return free[0] if free else SERVICE_RANGES[0]


def described(cluster: Any) -> dict[str, Any]:
    """A cluster in the shape of DescribeCluster. Until it is created, it has neither an endpoint nor a certificate."""
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
        "deletionProtection": cluster.deletion_protection,
        "zonalShiftConfig": cluster.zonal_shift,
        "health": {"issues": issues_of(cluster)},
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


@answers("eks", "DescribeCluster")
def describe(call: Call) -> Any:
    return {"cluster": described(cluster_of(call))}


@answers("eks", "DeleteCluster")
def delete(call: Call) -> Any:
    """A protected cluster can be deleted only while it is not active."""
    cluster = cluster_of(call)
    if update := in_progress(cluster):
        text = f"Cannot DeleteCluster because cluster {cluster.name} currently has update {update.identifier} in progress"
        raise Refusal("ResourceInUseException", text, 409)
    if cluster.deletion_protection and cluster.status == "ACTIVE":
        raise Refusal("InvalidRequestException", f"Cluster {cluster.name} cannot be deleted: deletion protection is enabled")
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


@refuses("eks", "UpdateNodegroupConfig", "UpdateNodegroupVersion")
def one_at_a_time(call: Call) -> None:
    """Node groups cannot be updated while the cluster itself is being updated."""
    at_rest(call, call.operation)


@answers("eks", "ListClusters")
def list_clusters(call: Call) -> Any:
    return page(call, "clusters", list(call.backend.clusters))


@answers("eks", "ListNodegroups")
def list_nodegroups(call: Call) -> Any:
    return page(call, "nodegroups", list(cluster_of(call).nodegroups))


@answers("eks", "ListFargateProfiles")
def list_fargate_profiles(call: Call) -> Any:
    return page(call, "fargateProfileNames", list(cluster_of(call).fargate_profiles))


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
