"""Node groups: instances of a type in an Auto Scaling group, and nodes with that type's capacity."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions import eks_nodegroup_checks as checks
from rehearsal.extensions.eks_access import admit_nodes
from rehearsal.extensions.eks_common import at_rest, begin_update, carried_out, in_progress, member_of, nodegroup_of, plays
from rehearsal.extensions.eks_instances import Build, instances_of
from rehearsal.extensions.eks_nodegroup_life import (
    advance_described,
    creation_issue,
    follow,
    is_gone,
    is_settled,
    kubernetes_taint,
)
from rehearsal.extensions.eks_nodegroup_marks import check_labels, check_taints
from rehearsal.extensions.eks_releases import CUSTOM
from rehearsal.extensions.eks_user_data import CODE, max_pods, unusable
from rehearsal.registry import Call, answers, settles
from rehearsal.replies import Refusal
from rehearsal.transitions import TransitionalState, descriptor


class NodegroupState(TransitionalState):
    """A transitional state that also lasts until the nodes accept pods."""

    def __get__(self, group: Any, owner: Any = None) -> Any:
        if group is None:
            return self
        state = super().__get__(group, owner)
        if state == "DELETED":
            return "DELETING"
        if state != "ACTIVE" or self.scripted(group) or "rehearsal_cluster" not in group.__dict__:
            return state
        if _failure(group):
            return "CREATE_FAILED"
        if not group.rehearsal_joined:
            return "CREATING"
        if in_progress(group.rehearsal_cluster, group.nodegroup_name):
            return "UPDATING"
        return "DEGRADED" if _issues(group) else state


@settles("eks")
def let_described_groups_follow(call: Call) -> None:
    """Updates groups of clusters without a control plane: applies whether they have a network, and removes deleted ones."""
    for cluster in list(call.backend.clusters.values()):
        for name, group in list(cluster.nodegroups.items()):
            if not is_settled(group) and (member_of(cluster) is None or (group.rehearsal_deleted and not plays(cluster))):
                advance_described(group)
            if group.rehearsal_deleted and is_gone(group) and TransitionalState.__get__(descriptor("eks_nodegroup"), group) == "DELETED":
                _forget(group)
                call.backend.delete_nodegroup(cluster.name, name)


def _forget(group: Any) -> None:
    from rehearsal.extensions.autoscaling_groups import delete_of

    delete_of(group)


@answers("eks", "CreateNodegroup")
def create(call: Call) -> Any:
    from rehearsal.extensions.autoscaling_groups import create_for

    cluster, subnets = at_rest(call, "CreateNodegroup"), list(call.get("subnets") or [])
    template = checks.template_of(call, call.get("launchTemplate"))
    sizes = checks.checked_sizes(call.get("scalingConfig"))
    types, ami = checks.checked_types(list(call.get("instanceTypes") or []), template, call.get("amiType"))
    version, release = _versions(call, cluster, ami)
    checks.checked_subnets(call, cluster, subnets)
    update_config = checks.checked_update_config(call.get("updateConfig")) or {"maxUnavailable": 1}
    check_marks(call.get("labels"), call.get("taints"))
    checks.checked_role(call, str(call.get("nodeRole")), "ec2.amazonaws.com", "nodeRole")
    group = carried_out(
        lambda: call.backend.create_nodegroup(
            cluster_name=cluster.name,
            nodegroup_name=call.get("nodegroupName"),
            node_role=call.get("nodeRole"),
            subnets=subnets,
            scaling_config=sizes,
            disk_size=call.get("diskSize"),
            instance_types=types,
            ami_type=ami,
            remote_access=call.get("remoteAccess"),
            labels=dict(call.get("labels") or {}),
            taints=list(call.get("taints") or []),
            tags=dict(call.get("tags") or {}),
            client_request_token=call.get("clientRequestToken"),
            launch_template=template.shown() if template else None,
            capacity_type=call.get("capacityType"),
            version=version,
            release_version=release,
        )
    )
    group.update_config, group.node_repair_config = update_config, call.get("nodeRepairConfig")
    if not call.get("remoteAccess"):
        group.remote_access = None
        group.resources.pop("remoteAccessSecurityGroup", None)
    _begin(call, cluster, group, template, release)
    group.rehearsal_scaling = create_for(group)
    group.resources["autoScalingGroups"] = [{"name": group.rehearsal_scaling.name}]
    admit_nodes(call, cluster, group.node_role)
    follow(group)
    return {"nodegroup": described(group)}


def check_marks(labels: dict[str, str] | None, taints: list[dict[str, str]] | None) -> None:
    check_labels(labels or {})
    check_taints(taints or [])
    for taint in taints or []:
        kubernetes_taint(taint)


def _versions(call: Call, cluster: Any, ami: str) -> tuple[str, str]:
    """The version and the release of a new group. A custom image determines both, and then neither may be given."""
    version, release = call.get("version"), call.get("releaseVersion")
    if ami == CUSTOM:
        if version or release:
            raise checks.invalid("You cannot specify version or releaseVersion when the launch template has an image id")
        return cluster.version, ""
    if version not in (None, cluster.version):
        raise checks.invalid(f"Requested Nodegroup version {version} must be that of the cluster, {cluster.version}")
    return cluster.version, checks.checked_release(ami, cluster.version, release)


def _begin(call: Call, cluster: Any, group: Any, template: checks.Template | None, release: str) -> None:
    """Adds the state that moto's own attributes do not cover."""
    own = cluster.resources_vpc_config.get("clusterSecurityGroupId")
    disk = template.disk_gib if template else int(group.disk_size)
    group.rehearsal_cluster, group.rehearsal_account = cluster, call.account_id
    group.rehearsal_security_groups = (template.security_groups if template else []) or ([own] if own else [])
    group.rehearsal_build = Build(
        group.version,
        release,
        group.instance_types[0],
        disk,
        template.version if template else None,
        template.image_id if template else None,
        max_pods(template.data, group.ami_type) if template else None,
    )
    wrong = unusable(template.data, group.ami_type) if template else ""
    group.rehearsal_roll = None
    group.rehearsal_failed = {"code": CODE, "message": wrong, "resourceIds": [template.identity]} if template and wrong else None
    group.rehearsal_starts = not wrong
    group.rehearsal_joined = group.rehearsal_deleted = group.rehearsal_settled = False
    group.rehearsal_shortage, group.rehearsal_late = "", []
    group.rehearsal_dropped_labels, group.rehearsal_dropped_taints = set(), set()
    group.rehearsal_disk_given = template is None
    group.rehearsal_types_of_template = bool(template and template.data.get("InstanceType"))
    group.release_version = group.rehearsal_build.release


def _failure(group: Any) -> dict[str, Any] | None:
    """Why a group's creation failed."""
    member = member_of(group.rehearsal_cluster)
    if member is not None and member.phase == "failed" and not group.rehearsal_joined:
        return {"code": "ClusterUnreachable", "message": member.error, "resourceIds": [group.nodegroup_name]}
    failure: dict[str, Any] | None = group.rehearsal_failed
    return failure


def _issues(group: Any) -> list[dict[str, Any]]:
    if failure := _failure(group):
        return [failure]
    late = [each for each in group.rehearsal_late if each in instances_of(group) and not each.joined]
    return [creation_issue(group, late)] if late or group.rehearsal_shortage else []


def described(group: Any) -> dict[str, Any]:
    shown = {
        "nodegroupName": group.nodegroup_name,
        "nodegroupArn": group.arn,
        "clusterName": group.cluster_name,
        "createdAt": group.created_at,
        "modifiedAt": group.modified_at,
        "status": group.status,
        "capacityType": group.capacity_type,
        "scalingConfig": group.scaling_config,
        "subnets": group.subnets,
        "amiType": group.ami_type,
        "nodeRole": group.node_role,
        "labels": group.labels,
        "taints": group.taints,
        "resources": group.resources,
        "health": {"issues": _issues(group)},
        "updateConfig": group.update_config,
        "tags": group.tags,
    }
    template = group.launch_template
    optional = {
        "version": group.version,
        "releaseVersion": group.release_version or (group.rehearsal_build.image_id if template else None),
        "remoteAccess": group.remote_access,
        "launchTemplate": template,
        "nodeRepairConfig": group.node_repair_config,
        "instanceTypes": None if group.rehearsal_types_of_template else group.instance_types,
        "diskSize": int(group.disk_size) if group.rehearsal_disk_given else None,
    }
    return shown | {name: value for name, value in optional.items() if value}


@answers("eks", "DescribeNodegroup")
def describe(call: Call) -> Any:
    return {"nodegroup": described(nodegroup_of(call))}


def active_nodegroup(call: Call) -> Any:
    """The group that a call changes; it must exist and have no update in progress."""
    at_rest(call, call.operation)
    group = nodegroup_of(call)
    if group.status not in ("ACTIVE", "DEGRADED"):
        raise Refusal("ResourceInUseException", f"Nodegroup cannot be updated as it is currently not in Active State ({group.status})", 409)
    return group


@answers("eks", "UpdateNodegroupConfig")
def update_config(call: Call) -> Any:
    from rehearsal.extensions.autoscaling_groups import resize

    group = active_nodegroup(call)
    cluster = group.rehearsal_cluster
    scaling = checks.checked_sizes(call.get("scalingConfig"), group.scaling_config)
    wanted = checks.checked_update_config(call.get("updateConfig"))
    labels, taints = dict(call.get("labels") or {}), dict(call.get("taints") or {})
    check_marks(labels.get("addOrUpdateLabels"), taints.get("addOrUpdateTaints"))
    before = [kubernetes_taint(taint) for taint in group.taints]
    carried_out(
        lambda: call.backend.update_nodegroup_config(
            cluster_name=cluster.name, nodegroup_name=group.nodegroup_name, labels=labels, taints=taints, scaling_config=scaling
        )
    )
    group.scaling_config, group.modified_at = scaling, datetime.now(UTC)
    group.update_config = wanted or group.update_config
    group.node_repair_config = call.get("nodeRepairConfig") or group.node_repair_config
    group.rehearsal_dropped_labels |= set(labels.get("removeLabels") or ())
    group.rehearsal_dropped_labels -= set(group.labels)
    group.rehearsal_dropped_taints |= {(taint["key"], taint["effect"]) for taint in before}
    resize(group)
    follow(group)
    update = begin_update(
        cluster,
        "ConfigUpdate",
        _params(call),
        "eks_nodegroup",
        nodegroup=group.nodegroup_name,
        pending=lambda: not is_settled(group) and not _issues(group),
        failure=lambda: [
            {"errorCode": each["code"], "errorMessage": each["message"], "resourceIds": each["resourceIds"]} for each in _issues(group)
        ],
    )
    return {"update": update.described()}


def _params(call: Call) -> dict[str, Any]:
    """An update's parameters in the shape of its description."""
    labels, taints = dict(call.get("labels") or {}), dict(call.get("taints") or {})
    sizes = {**(call.get("scalingConfig") or {}), **(call.get("updateConfig") or {})}
    listed = {name[0].upper() + name[1:]: value for name, value in sizes.items()}
    listed |= {"LabelsToAdd": labels.get("addOrUpdateLabels"), "LabelsToRemove": labels.get("removeLabels")}
    listed |= {"TaintsToAdd": taints.get("addOrUpdateTaints"), "TaintsToRemove": taints.get("removeTaints")}
    return {name: value for name, value in listed.items() if value not in (None, [], {})}


@answers("eks", "DeleteNodegroup")
def delete(call: Call) -> Any:
    """Drains the group's nodes; pods that do not leave in time are deleted with them."""
    group = nodegroup_of(call)
    if not group.rehearsal_deleted:
        group.rehearsal_deleted, group.status = True, "DELETED"
        for instance in instances_of(group):
            instance.leaving, instance.forced, instance.patience = instance.leaving or time.monotonic(), True, "node_drain"
        follow(group)
    return {"nodegroup": described(group)}
