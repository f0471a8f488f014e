# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where the pods of an add-on can run: on which node groups and Fargate profiles of a cluster. Pure functions.

An add-on whose pods find no node stays DEGRADED, and a run waits twenty minutes for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .addons import BEFORE_NODES, FARGATE
from .cluster import Addon, Cluster, FargateProfile
from .karpenter import KARPENTER
from .node_groups import NodeGroup

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute"}
"""The effects that keep pods off a node: EKS's name -> Kubernetes's name."""

CRITICAL: Mapping[str, Any] = {"key": "CriticalAddonsOnly", "operator": "Exists"}
CONTROL_PLANE: Mapping[str, Any] = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Pods:
    """The pods of an add-on that need a node: their namespace, the labels that Fargate profiles may select, and what they tolerate.

    ``part``: the section of the add-on's configuration that places them, if it is not the top level.
    """

    namespace: str = "kube-system"
    labels: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = (CRITICAL,)
    part: str = ""


PODS: Mapping[str, Pods] = {
    "coredns": Pods(
        labels={"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"},
        tolerations=(CRITICAL, CONTROL_PLANE),
    ),
    "aws-ebs-csi-driver": Pods(
        labels={"app": "ebs-csi-controller"}, tolerations=(CRITICAL, {"operator": "Exists", "effect": "NoExecute"}), part="controller"
    ),
    "metrics-server": Pods(labels={"app.kubernetes.io/name": "metrics-server"}),
    KARPENTER: Pods(),
}
"""The manifests of EKS's own builds, and the role's chart of Karpenter. Of other add-ons, only whether there is any node is checked."""


def unplaced(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """(add-on, remedy) of every add-on that no node group and no Fargate profile takes. Clusters without either are checked elsewhere."""
    if not cluster.node_groups and not cluster.fargate_profiles:
        return
    for name, addon in cluster.addons.items():
        if name in BEFORE_NODES:
            continue
        obstacles = [obstacle_of_group(addon, group) for group in cluster.node_groups.values()]
        profiles = list(cluster.fargate_profiles.values())
        if not all(obstacles) or ((not cluster.node_groups or on_fargate(addon)) and any(takes(profile, addon) for profile in profiles)):
            continue
        if obstacles:
            yield name, f"no node group takes its pods: {'; '.join(obstacles)}; {_remedy(name)}"
        elif not obstacles:
            yield name, _no_profile(name, addon)


def _remedy(name: str) -> str:
    configure = f", or give addons.{name}.configuration tolerations and a nodeSelector that fit" if name in PODS else ""
    return f"add a group that takes them{configure}"


def _no_profile(name: str, addon: Addon) -> str:
    namespace = PODS[name].namespace if name in PODS else ""
    return f"its pods run in {namespace}, and no Fargate profile selects them; add the selector {{namespace: {namespace}}} to one"


def on_fargate(addon: Addon) -> bool:
    """Whether the user moves the pods to Fargate although the cluster has nodes."""
    return str(addon.configuration.get("computeType", "")).lower() == FARGATE.lower()


def takes(profile: FargateProfile, addon: Addon) -> bool:
    """Whether a profile selects the pods of an add-on. Where they run is unknown for add-ons that are not in PODS: any profile may."""
    pods = PODS.get(addon.name)
    return pods is None or any(selects(selector, pods.namespace, pods.labels) for selector in profile.selectors)


def selects(selector: Mapping[str, Any], namespace: str, labels: Mapping[str, str]) -> bool:
    """Selectors may contain * and ? (docs.aws.amazon.com/eks/latest/userguide/fargate-profile.html)."""
    wanted: Mapping[str, str] = selector.get("labels") or {}
    return fnmatchcase(namespace, str(selector["namespace"])) and all(
        any(fnmatchcase(key, name) and fnmatchcase(value, text) for key, value in labels.items()) for name, text in wanted.items()
    )


def obstacle_of_group(addon: Addon, group: NodeGroup) -> str:
    """Why a group's nodes do not take the pods of an add-on; empty if they do."""
    if not group.starts_nodes:
        return f"{group.name} has desired_size 0"
    pods = PODS.get(addon.name)
    if pods is None:
        return ""
    configuration = _placing(addon, pods)
    tolerated = configuration.get("tolerations")
    tolerations = tolerated if isinstance(tolerated, list | tuple) and tolerated else pods.tolerations
    for taint in group.taints:
        if taint["effect"] in EFFECTS and not any(tolerates(one, taint) for one in tolerations):
            value = f"={taint['value']}" if taint.get("value") else ""
            return f"{group.name} has the taint {taint['key']}{value}:{taint['effect']}"
    return _selector_obstacle(configuration.get("nodeSelector"), group)


def _placing(addon: Addon, pods: Pods) -> Mapping[str, Any]:
    own = addon.configuration.get(pods.part) if pods.part else addon.configuration
    return own if isinstance(own, Mapping) else {}


def tolerates(toleration: Any, taint: Mapping[str, str]) -> bool:
    """Kubernetes's rule: an absent key, with Exists, or an absent effect matches all (kubernetes.io, taints and tolerations)."""
    if not isinstance(toleration, Mapping) or toleration.get("effect") not in (None, "", EFFECTS[taint["effect"]]):
        return False
    exists = toleration.get("operator") == "Exists"
    if not toleration.get("key"):
        return exists
    return toleration["key"] == taint["key"] and (exists or str(toleration.get("value") or "") == taint.get("value", ""))


def _selector_obstacle(selector: Any, group: NodeGroup) -> str:
    """A label of the node selector that a group's nodes do not have. Labels that depend on the instance are not known here."""
    if not isinstance(selector, Mapping):
        return ""
    known = {**_labels(group), **group.labels}
    for key, value in selector.items():
        if (key in known or "kubernetes.io/" not in str(key)) and known.get(str(key)) != str(value):
            return f"{group.name} lacks the label {key}: {value} of its nodeSelector"
    return ""


def _labels(group: NodeGroup) -> dict[str, str]:
    """The labels that nodes get from EKS and the kubelet and that follow from the group's settings."""
    return {
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "arm64" if group.architecture == "arm64" else "amd64",
        "eks.amazonaws.com/nodegroup": group.name,
        "eks.amazonaws.com/capacityType": group.capacity_type,
    }


def waits_for_profiles(addon: Addon, profiles: Iterable[FargateProfile], has_nodes: bool) -> list[str]:
    """The profiles whose completion an add-on's pods wait for."""
    if has_nodes and not on_fargate(addon):
        return []
    return sorted(profile.name for profile in profiles if takes(profile, addon))
