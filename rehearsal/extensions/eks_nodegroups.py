"""Node groups: as many played nodes as they want, with what their instance type has room for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rehearsal.extensions.eks_access import admit_nodes
from rehearsal.extensions.eks_common import begin_update, carried_out, cluster_of, in_progress, member_of, nodegroup_of, subnets_by_id
from rehearsal.kubernetes.node_groups import Group, Place, keep, remove
from rehearsal.kubernetes.nodes import UnknownInstanceType, shape_of
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal
from rehearsal.transitions import TransitionalState

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
DEFAULT_AMI_TYPE = "AL2023_x86_64_STANDARD"
AMI_LABEL = "eks.amazonaws.com/nodegroup-image"
CAPACITY_LABEL = "eks.amazonaws.com/capacityType"


class NodegroupState(TransitionalState):
    """As any state that takes time, and until the nodes are there."""

    def __get__(self, group: Any, owner: Any = None) -> Any:
        if group is None:
            return self
        state = super().__get__(group, owner)
        if state == "DELETED":
            return "DELETING"
        if state != "ACTIVE" or self.scripted(group) or "rehearsal_cluster" not in group.__dict__:
            return state
        member = member_of(group.rehearsal_cluster)
        if member and not group.__dict__.get("rehearsal_joined"):
            return "CREATE_FAILED" if member.phase == "failed" else "CREATING"
        return "UPDATING" if in_progress(group.rehearsal_cluster, group.nodegroup_name) else state


@answers("eks", "CreateNodegroup")
def create(call: Call) -> Any:
    cluster = cluster_of(call)
    scaling = {"minSize": 1, "maxSize": 2, "desiredSize": 2} | dict(call.get("scalingConfig") or {})
    _check_scaling(scaling)
    instance_types = list(call.get("instanceTypes") or ["t3.medium"])
    _check_instance_types(instance_types)
    places = _places(call, list(call.get("subnets") or []))
    group = carried_out(
        lambda: call.backend.create_nodegroup(
            cluster_name=cluster.name,
            nodegroup_name=call.get("nodegroupName"),
            node_role=call.get("nodeRole"),
            subnets=list(call.get("subnets") or []),
            scaling_config=scaling,
            disk_size=call.get("diskSize"),
            instance_types=instance_types,
            ami_type=call.get("amiType") or DEFAULT_AMI_TYPE,
            remote_access=call.get("remoteAccess"),
            labels=dict(call.get("labels") or {}),
            taints=list(call.get("taints") or []),
            tags=dict(call.get("tags") or {}),
            client_request_token=call.get("clientRequestToken"),
            launch_template=dict(call.get("launchTemplate") or {}) or None,
            capacity_type=call.get("capacityType"),
            version=call.get("version") or cluster.version,
            release_version=call.get("releaseVersion") or f"{cluster.version}.0-rehearsal",
        )
    )
    group.rehearsal_cluster, group.rehearsal_places = cluster, places
    group.update_config = dict(call.get("updateConfig") or {"maxUnavailable": 1})
    if not call.get("remoteAccess"):
        group.remote_access = None
        group.resources.pop("remoteAccessSecurityGroup", None)
    admit_nodes(call, cluster, group.node_role)
    _follow(group)
    return {"nodegroup": described(group)}


def _check_scaling(scaling: dict[str, int]) -> None:
    low, high, desired = scaling["minSize"], scaling["maxSize"], scaling["desiredSize"]
    if low > desired:
        raise Refusal("InvalidParameterException", f"Minimum capacity {low} can't be greater than desired size {desired}")
    if desired > high:
        raise Refusal("InvalidParameterException", f"desired capacity {desired} can't be greater than max size {high}")


def _check_instance_types(types: list[str]) -> None:
    for name in types:
        try:
            shape_of(name)
        except UnknownInstanceType as error:
            raise Refusal("InvalidParameterException", f"The following supplied instance types do not exist: [{name}]") from error


def _places(call: Call, subnets: list[str]) -> tuple[Place, ...]:
    known = subnets_by_id(call)
    for subnet in subnets:
        if subnet not in known:
            raise Refusal("InvalidParameterException", f"The subnet ID '{subnet}' does not exist")
    if not subnets:
        raise Refusal("InvalidParameterException", "A node group needs at least one subnet")
    return tuple(Place(subnet, known[subnet].availability_zone, known[subnet].cidr_block) for subnet in subnets)


def _follow(group: Any, dropped_labels: tuple[str, ...] = ()) -> None:
    """Has the control plane's nodes follow what the node group wants by now."""
    member = member_of(group.rehearsal_cluster)
    if member is None:
        return
    wanted = Group(
        group.nodegroup_name,
        group.scaling_config["desiredSize"],
        replace(shape_of(group.instance_types[0], int(group.disk_size)), version=f"{group.version}.0"),
        group.rehearsal_places,
        tuple((dict(group.labels) | {CAPACITY_LABEL: group.capacity_type, AMI_LABEL: f"ami-{group.uuid[:8]}"}).items()),
        tuple(tuple(_taint(taint).items()) for taint in group.taints),
        "ec2.internal" if group.region == "us-east-1" else f"{group.region}.compute.internal",
        dropped_labels,
    )

    def follow(plane: Any) -> None:
        keep(plane, wanted)
        group.rehearsal_joined = True

    member.submit(follow)


def _taint(taint: dict[str, str]) -> dict[str, str]:
    effect = EFFECTS.get(taint.get("effect", ""))
    if effect is None:
        raise Refusal("InvalidParameterException", f"The effect of a taint must be one of {', '.join(EFFECTS)}")
    return {"key": taint["key"], "effect": effect} | ({"value": taint["value"]} if taint.get("value") else {})


def described(group: Any) -> dict[str, Any]:
    cluster = group.rehearsal_cluster
    member = member_of(cluster)
    failed = member is not None and member.phase == "failed"
    issues = [{"code": "NodeCreationFailure", "message": member.error, "resourceIds": [group.nodegroup_name]}] if member and failed else []
    shown = {
        "nodegroupName": group.nodegroup_name,
        "nodegroupArn": group.arn,
        "clusterName": group.cluster_name,
        "version": group.version,
        "releaseVersion": group.release_version,
        "createdAt": group.created_at,
        "modifiedAt": group.modified_at,
        "status": group.status,
        "capacityType": group.capacity_type,
        "scalingConfig": group.scaling_config,
        "instanceTypes": group.instance_types,
        "subnets": group.subnets,
        "amiType": group.ami_type,
        "nodeRole": group.node_role,
        "labels": group.labels,
        "taints": group.taints,
        "resources": group.resources,
        "diskSize": int(group.disk_size),
        "health": {"issues": issues},
        "updateConfig": group.update_config,
        "tags": group.tags,
    }
    optional = {"remoteAccess": group.remote_access, "launchTemplate": group.launch_template}
    return shown | {name: value for name, value in optional.items() if value}


@answers("eks", "DescribeNodegroup")
def describe(call: Call) -> Any:
    return {"nodegroup": described(nodegroup_of(call))}


@answers("eks", "UpdateNodegroupConfig")
def update_config(call: Call) -> Any:
    group = nodegroup_of(call)
    cluster = group.rehearsal_cluster
    if group.status != "ACTIVE":
        raise Refusal("ResourceInUseException", f"Nodegroup is in status {group.status}, which must be ACTIVE", 409)
    scaling = dict(group.scaling_config) | dict(call.get("scalingConfig") or {})
    _check_scaling(scaling)
    labels, taints = dict(call.get("labels") or {}), dict(call.get("taints") or {})
    for taint in taints.get("addOrUpdateTaints") or []:
        _taint(taint)
    carried_out(
        lambda: call.backend.update_nodegroup_config(
            cluster_name=cluster.name,
            nodegroup_name=group.nodegroup_name,
            labels=labels,
            taints=taints,
            scaling_config=scaling,
            update_config=call.get("updateConfig"),
        )
    )
    _follow(group, tuple(labels.get("removeLabels") or ()))
    params = {name[0].upper() + name[1:]: value for name, value in (call.get("scalingConfig") or {}).items()}
    params |= {"LabelsToAdd": labels["addOrUpdateLabels"]} if labels.get("addOrUpdateLabels") else {}
    params |= {"LabelsToRemove": labels["removeLabels"]} if labels.get("removeLabels") else {}
    params |= {"TaintsToAdd": taints["addOrUpdateTaints"]} if taints.get("addOrUpdateTaints") else {}
    params |= {"TaintsToRemove": taints["removeTaints"]} if taints.get("removeTaints") else {}
    return {"update": begin_update(cluster, "ConfigUpdate", params, "eks_nodegroup", nodegroup=group.nodegroup_name).described()}


@answers("eks", "DeleteNodegroup")
def delete(call: Call) -> Any:
    group = nodegroup_of(call)
    if group.status != "DELETING":
        group.status = "DELETED"
        member = member_of(group.rehearsal_cluster)
        if member:
            member.submit(lambda plane: remove(plane, group.nodegroup_name))
    return {"nodegroup": described(group)}
