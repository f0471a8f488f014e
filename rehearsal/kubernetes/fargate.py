"""The Fargate part of a cluster: a webhook that assigns a profile's pods to Fargate's scheduler, and a node for each of those pods.

As on AWS, a pod is matched to a profile by its namespace and labels when it is created.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.kubernetes import pod_webhooks
from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.node_groups import NODES, is_ready, remove
from rehearsal.kubernetes.nodes import NodeShape
from rehearsal.kubernetes.plane import ControlPlane
from rehearsal.kubernetes.pod_webhooks import WEBHOOKS

SCHEDULER = "fargate-scheduler"
PROFILE_LABEL = "eks.amazonaws.com/fargate-profile"
COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
WEBHOOK = "0500-amazon-eks-fargate-mutation.amazonaws.com"
TAINT = {"key": COMPUTE_TYPE, "value": "fargate", "effect": "NoSchedule"}
# The sizes that can be provisioned: CPU in millicores, then the minimum, maximum, and step of memory in GiB.
SIZES = (
    (250, (0.5, 1, 2)),
    (500, (1, 2, 3, 4)),
    (1000, tuple(range(2, 9))),
    (2000, tuple(range(4, 17))),
    (4000, tuple(range(8, 31))),
    (8000, tuple(range(16, 61, 4))),
    (16000, tuple(range(32, 121, 8))),
)
KEPT_MIB = 256  # of memory, reserved for the Kubernetes components on the node


@dataclass(frozen=True)
class Profile:
    name: str
    selectors: tuple[Mapping[str, Any], ...]

    def takes(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether any selector matches; * and ? in selectors match any text and any single character."""
        return any(
            fnmatchcase(namespace, str(selector.get("namespace")))
            and all(key in labels and fnmatchcase(labels[key], value) for key, value in (selector.get("labels") or {}).items())
            for selector in self.selectors
        )


@dataclass(frozen=True)
class Node:
    """A node for one pod."""

    name: str
    address: str
    zone: str
    version: str
    pod: str  # its path


def profile_for(profiles: Iterable[Profile], namespace: str, pod: Mapping[str, Any]) -> Profile | None:
    """A pod's profile; if several match, the first by name. DaemonSet pods and pods that request another scheduler have none."""
    metadata = pod.get("metadata") or {}
    if any(owner.get("kind") == "DaemonSet" for owner in metadata.get("ownerReferences") or []):
        return None
    if (pod.get("spec") or {}).get("schedulerName", "default-scheduler") != "default-scheduler":
        return None
    fitting = [profile for profile in profiles if profile.takes(namespace, metadata.get("labels") or {})]
    return min(fitting, key=lambda profile: profile.name, default=None)


def admitted(request: Mapping[str, Any], profiles: Iterable[Profile]) -> dict[str, Any]:
    """The response to an AdmissionReview of a pod: always allowed, and patched if a profile selects it."""
    response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
    pod = request.get("object") or {}
    profile = profile_for(profiles, str(request.get("namespace")), pod)
    if profile is None:
        return response
    labels = {**((pod.get("metadata") or {}).get("labels") or {}), PROFILE_LABEL: profile.name}
    cpu, memory = provisioned(pod)
    annotations = {**((pod.get("metadata") or {}).get("annotations") or {}), "CapacityProvisioned": f"{cpu / 1000:g}vCPU {memory:g}GB"}
    patch = [
        {"op": "add", "path": "/spec/schedulerName", "value": SCHEDULER},
        {"op": "add", "path": "/metadata/labels", "value": labels},
        {"op": "add", "path": "/metadata/annotations", "value": annotations},
    ]
    return response | {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}


def provisioned(pod: Mapping[str, Any]) -> tuple[int, float]:
    """The size that Fargate gives a pod: the smallest that holds its containers' requests. CPU in millicores, memory in GiB."""
    spec = pod.get("spec") or {}
    asked = [((container.get("resources") or {}).get("requests") or {}) for container in spec.get("containers") or []]
    first = [((container.get("resources") or {}).get("requests") or {}) for container in spec.get("initContainers") or []]
    cpu = max(sum(_thousandths(each.get("cpu")) for each in asked), *(_thousandths(each.get("cpu")) for each in first), 0)
    memory = max(sum(_mebibytes(each.get("memory")) for each in asked), *(_mebibytes(each.get("memory")) for each in first), 0.0)
    for size, memories in SIZES:
        for gibibytes in memories:
            if size >= cpu and gibibytes * 1024 >= memory + KEPT_MIB:
                return size, float(gibibytes)
    return SIZES[-1][0], float(SIZES[-1][1][-1])


def _thousandths(quantity: Any) -> int:
    text = str(quantity or "0")
    return int(text[:-1]) if text.endswith("m") else int(float(text) * 1000)


def _mebibytes(quantity: Any) -> float:
    text = str(quantity or "0")
    units = {"Ki": 1 / 1024, "Mi": 1.0, "Gi": 1024.0, "Ti": 1024.0**2, "k": 1e3 / 2**20, "M": 1e6 / 2**20, "G": 1e9 / 2**20}
    for unit, factor in units.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text) / 2**20


def register(plane: ControlPlane, url: str, authority: bytes) -> None:
    """Registers the webhook as EKS does; if it is unavailable, pods are scheduled like any others."""
    pod_webhooks.register(plane, WEBHOOK, url, authority)


def unregister(plane: ControlPlane) -> None:
    _quietly(lambda: plane.api.delete(f"{WEBHOOKS}/{WEBHOOK}"))


def pods(plane: ControlPlane) -> list[dict[str, Any]]:
    """The pods that a profile has selected."""
    items: list[dict[str, Any]] = plane.api.get("/api/v1/pods", labelSelector=PROFILE_LABEL)["items"]
    return items


def path_of(pod: Mapping[str, Any]) -> str:
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def delete_pods(plane: ControlPlane, paths: Iterable[str]) -> None:
    for path in paths:
        _quietly(lambda path=path: plane.api.delete(path))


def keep(plane: ControlPlane, wanted: Sequence[Node], unbound: frozenset[str]) -> None:
    """Creates missing nodes, binds pods to their ready nodes, and removes nodes whose pods are gone."""
    present = {node["metadata"]["name"]: node for node in plane.api.get(NODES, labelSelector=f"{COMPUTE_TYPE}=fargate")["items"]}
    for name in present.keys() - {each.name for each in wanted}:
        remove(plane, name)
    for each in wanted:
        if each.name not in present:
            plane.create_node(
                each.name,
                NodeShape("", cpus=2, memory_mib=4096, pods=1, disk_gib=20, version=each.version),
                zone=each.zone,
                address=each.address,
                labels={COMPUTE_TYPE: "fargate"},
                taints=[TAINT],
                provider_id=f"aws:///{each.zone}/{each.name.split('.')[0]}",
            )
        elif each.pod in unbound and is_ready(present[each.name]):
            _bind(plane, each)


def _bind(plane: ControlPlane, node: Node) -> None:
    target = {"apiVersion": "v1", "kind": "Node", "name": node.name}
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": node.pod.rsplit("/", 1)[1]}, "target": target}
    _quietly(lambda: plane.api.create(f"{node.pod}/binding", binding))


def _quietly(call: Any) -> None:
    """Ignores conflicts and objects that are already gone."""
    try:
        call()
    except ApiError as error:
        if error.status not in (404, 409):
            raise
