"""Node groups over time: instances launch, join, drain, and terminate until the group has the wanted number of the right build.

If the cluster has a control plane, a player does this in rounds (kubernetes/rounds.py). If the cluster exists in the EKS API only, it
happens whenever a call reads the state.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import Any

from rehearsal import transitions
from rehearsal.extensions.eks_addons import runs
from rehearsal.extensions.eks_common import member_of
from rehearsal.extensions.eks_instances import (
    Build,
    Instance,
    attach_pod_interface,
    batch_of,
    instances_of,
    launch,
    next_step,
    terminate,
)
from rehearsal.extensions.eks_nodegroup_marks import registers
from rehearsal.extensions.eks_reach import reaches_aws
from rehearsal.registry import one_at_a_time
from rehearsal.replies import Refusal

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}
NOT_JOINED = "Instances failed to join the kubernetes cluster"
# Without it, no node becomes ready.
NETWORK = "vpc-cni"
PLAYER = "node groups"
LOOK_AGAIN, LOOK_SELDOM = 0.5, 2.0


@dataclass
class Roll:
    """An update of a group's version. `error` is the reason it failed; `done` means that every node has been replaced."""

    target: Build
    force: bool
    error: dict[str, Any] | None = None
    done: bool = False

    @property
    def over(self) -> bool:
        return self.done or self.error is not None


def follow(group: Any) -> None:
    """Applies the wanted state to the group's instances and to the control plane's nodes, if there is one."""
    group.rehearsal_settled = False
    member = member_of(group.rehearsal_cluster)
    if member is None:
        advance_described(group)
    else:
        cluster = group.rehearsal_cluster
        member.rounds.add(PLAYER, lambda plane: play(cluster, plane))


def is_gone(group: Any) -> bool:
    return not instances_of(group)


def is_settled(group: Any) -> bool:
    return bool(group.__dict__.get("rehearsal_settled"))


def ready_groups(cluster: Any) -> list[Any]:
    """The node groups with a node that accepts pods."""
    return [group for group in cluster.nodegroups.values() if any(each.joined and each.leaving is None for each in instances_of(group))]


def desired_size(group: Any) -> int:
    return int(group.scaling_config["desiredSize"]) if group.rehearsal_starts and not group.rehearsal_deleted else 0


# --- with and without a control plane ---


def _advance(group: Any) -> None:
    """A group's next step, as far as AWS alone decides it."""
    roll = _current_roll(group)
    desired, target = desired_size(group), roll.target if roll else group.rehearsal_build
    step = next_step(instances_of(group), desired, target, batch_of(group.update_config, desired) if roll else 0)
    group.rehearsal_shortage = ""
    try:
        launch(group, step.launch, target)
    except Refusal as refusal:
        group.rehearsal_shortage = refusal.message
    for instance in step.retire:
        instance.leaving, instance.forced = time.monotonic(), roll is None or roll.force
        instance.patience = "pod_eviction" if roll else "node_drain"
    _give_up(group, roll)


def _current_roll(group: Any) -> Roll | None:
    """The update in progress. Deleting the group ends it."""
    roll: Roll | None = group.rehearsal_roll
    return None if roll is None or roll.over or group.rehearsal_deleted else roll


def _give_up(group: Any, roll: Roll | None) -> None:
    """Applies timeouts: a new group that takes too long fails, and an update ends with an error."""
    now, patience = time.monotonic(), transitions.delays.patience_for
    absent = [each for each in instances_of(group) if not each.joined]
    group.rehearsal_late = waiting = absent if any(now > each.began + patience("node_join") for each in absent) else []
    if not group.rehearsal_joined and (waiting or group.rehearsal_shortage) and not group.rehearsal_deleted:
        group.rehearsal_failed = group.rehearsal_failed or creation_issue(group, waiting)
    if roll is None:
        return
    stuck = [each for each in instances_of(group) if not each.forced and is_overdue(each)]
    if group.rehearsal_shortage:
        roll.error = {
            "errorCode": "InsufficientFreeAddresses",
            "errorMessage": group.rehearsal_shortage,
            "resourceIds": list(group.subnets),
        }
    elif waiting:
        text = f"Couldn't proceed with upgrade process as new nodes are not joining node group {group.nodegroup_name}"
        roll.error = {"errorCode": "NodeCreationFailure", "errorMessage": text, "resourceIds": [each.identity for each in waiting]}
    elif stuck:
        pods = "; ".join(f"{each.node}: {', '.join(each.held_by)}" for each in stuck)
        text = f"Reached max retries while trying to evict pods from nodes in node group {group.nodegroup_name}: {pods}"
        roll.error = {"errorCode": "PodEvictionFailure", "errorMessage": text, "resourceIds": [each.node for each in stuck]}
    if roll.error:
        for each in instances_of(group):
            each.leaving = each.leaving if each.forced else None


def is_overdue(instance: Instance) -> bool:
    """Whether an instance has been draining for too long."""
    limit = transitions.delays.patience_for(instance.patience)
    return instance.leaving is not None and time.monotonic() > instance.leaving + limit


def creation_issue(group: Any, waiting: list[Instance]) -> dict[str, Any]:
    if group.rehearsal_shortage:
        return {"code": "InsufficientFreeAddresses", "message": group.rehearsal_shortage, "resourceIds": list(group.subnets)}
    return {"code": "NodeCreationFailure", "message": NOT_JOINED, "resourceIds": [each.identity for each in waiting]}


def _settle(group: Any) -> None:
    """Records whether the group has reached the wanted state."""
    roll, instances = _current_roll(group), instances_of(group)
    complete = len(instances) == desired_size(group) and all(each.joined and each.leaving is None for each in instances)
    if roll and complete and all(each.build == roll.target for each in instances):
        group.rehearsal_build, roll.done = roll.target, True
    if complete:
        group.rehearsal_joined = True
    group.rehearsal_settled = complete and _current_roll(group) is None


def roll_is_over(group: Any) -> bool:
    return _current_roll(group) is None


def can_join(group: Any) -> bool:
    """Whether new nodes become ready: the network add-on runs, their kubelets register, and their subnets lead to AWS."""
    return bool(runs(group.rehearsal_cluster, NETWORK)) and registers(group) and reaches_aws(group)


# --- clusters without a control plane ---


def advance_described(group: Any) -> None:
    """Completes all steps at once: only the network can hold them up."""
    for _ in range(2 * len(instances_of(group)) + 2 * desired_size(group) + 2):
        _advance(group)
        for instance in list(instances_of(group)):
            if can_join(group) and not instance.joined:
                instance.joined = True
                attach_pod_interface(group, instance)
            if instance.leaving is not None:
                terminate(group, instance)
        _settle(group)
        if is_settled(group) or not (_current_roll(group) or group.rehearsal_deleted):
            return


# --- clusters with a control plane ---


def play(cluster: Any, plane: Any) -> float | None:
    """Runs one round for all node groups of a cluster."""
    from rehearsal.kubernetes.node_groups import keep

    with one_at_a_time:
        groups = list(cluster.nodegroups.values())
        if all(is_settled(group) for group in groups) and groups:
            return None
        for group in groups:
            _advance(group)
        wanted = [wish for group in groups for wish in wishes(group)]
        ended = [(group, each) for group in groups for each in instances_of(group) if each.ended]
    seen = keep(plane, wanted)
    with one_at_a_time:
        for group, instance in ended:
            terminate(group, instance)
        for group in groups:
            for instance in list(instances_of(group)):
                _note(group, instance, seen.get(instance.node))
            _settle(group)
        waiting = [group for group in cluster.nodegroups.values() if not is_settled(group)]
    if waiting and all(group.rehearsal_failed for group in waiting):
        return LOOK_SELDOM
    return LOOK_AGAIN if waiting else None


def _note(group: Any, instance: Instance, seen: Any) -> None:
    if seen is None or instance.ended:
        return
    if seen.ready and not instance.joined:
        instance.joined = True
        attach_pod_interface(group, instance)
    instance.held_by = seen.held_by
    instance.ended = instance.leaving is not None and bool(seen.left or (instance.forced and is_overdue(instance)))


def wishes(group: Any) -> list[Any]:
    """The wanted state of a group's nodes."""
    from rehearsal.kubernetes.node_groups import Wanted

    network = can_join(group)
    return [
        Wanted(
            name=each.node,
            group=group.nodegroup_name,
            shape=shape(each.build),
            zone=each.zone,
            address=each.address,
            provider_id=f"aws:///{each.zone}/{each.identity}",
            labels=node_labels(group, each.build),
            taints=tuple(kubernetes_taint(taint) for taint in group.taints),
            dropped_labels=frozenset(group.rehearsal_dropped_labels),
            dropped_taints=frozenset(group.rehearsal_dropped_taints),
            network=network or each.joined,
            drained=each.leaving is not None,
        )
        for each in instances_of(group)
        if not each.ended
    ]


def shape(build: Build) -> Any:
    """The capacity of a node. The launch template's user data decides how many pods it takes, up to EKS's limit for the type."""
    from rehearsal.kubernetes.nodes import most_pods, shape_of

    usual = replace(shape_of(build.instance_type, build.disk_gib), version=kubelet_version(build))
    return replace(usual, pods=min(build.max_pods, most_pods(usual.cpus))) if build.max_pods else usual


def node_labels(group: Any, build: Build) -> dict[str, str]:
    """The group's own labels and those that EKS adds."""
    labels = dict(group.labels) | {
        "eks.amazonaws.com/capacityType": str(group.capacity_type),
        "eks.amazonaws.com/nodegroup-image": build.image_id or image_of(group.ami_type, build.release),
    }
    template = group.launch_template
    if template:
        labels["eks.amazonaws.com/sourceLaunchTemplateId"] = str(template["id"])
        labels["eks.amazonaws.com/sourceLaunchTemplateVersion"] = str(build.template_version)
    return labels


def image_of(ami_type: str, release: str) -> str:
    """The image of a release; the same release always has the same image."""
    return f"ami-{hashlib.sha256(f'{ami_type} {release}'.encode()).hexdigest()[:17]}"


def kubelet_version(build: Build) -> str:
    """The release's kubelet version. Amazon Linux releases begin with it; Bottlerocket numbers its releases separately."""
    patch = build.release.split("-")[0]
    return f"{patch if patch.startswith(f'{build.version}.') else f'{build.version}.0'}-eks-rehearsal"


def kubernetes_taint(taint: dict[str, str]) -> dict[str, str]:
    effect = EFFECTS.get(taint.get("effect", ""))
    if effect is None:
        raise Refusal("InvalidParameterException", f"The effect of a taint must be one of {', '.join(EFFECTS)}")
    return {"key": taint["key"], "effect": effect} | ({"value": taint["value"]} if taint.get("value") else {})
