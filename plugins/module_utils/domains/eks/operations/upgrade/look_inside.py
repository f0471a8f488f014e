# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What only the cluster's own API shows: nodes, PodDisruptionBudgets, pods. Three lists, with credentials that may read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .....kubernetes.client import Api
from .....kubernetes.clock import EventClock
from .....kubernetes.eks_access import eks_access
from .....kubernetes.objects import label, metadata, name, spec, status
from .facts import Budget, ClusterState, Node, Pod

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
MIRROR = "kubernetes.io/config.mirror"
PATIENCE = 20.0
"""Seconds without an answer after which a cluster's API counts as unreachable."""


def api_of(make: Callable[[str], Any], cluster: str, region: str, patience: float = PATIENCE) -> Api:
    """The API of an EKS cluster. Raises ApiProblem if it is not accessible."""
    clock = EventClock()
    return Api(eks_access(make, cluster, region), clock, clock.now() + patience)


def look_inside(api: Api) -> ClusterState:
    """Read all three lists. Raises ApiProblem if any of them cannot be read."""
    nodes = tuple(read_node(one) for one in api.list("/api/v1/nodes").items)
    budgets = tuple(read_budget(one) for one in api.list("/apis/policy/v1/poddisruptionbudgets").items)
    pods = tuple(read_pod(one) for one in api.list("/api/v1/pods").items if status(one).get("phase") not in ("Succeeded", "Failed"))
    return ClusterState(nodes, budgets, pods)


def read_node(node: Mapping[str, Any]) -> Node:
    ready: Mapping[str, Any] = next((one for one in status(node).get("conditions") or () if one.get("type") == "Ready"), {})
    fine = ready.get("status") == "True"
    kubelet = str((status(node).get("nodeInfo") or {}).get("kubeletVersion") or "")
    return Node(name(node), kubelet, label(node, GROUP_LABEL), fine, "" if fine else str(ready.get("reason") or "it has never reported"))


def read_budget(budget: Mapping[str, Any]) -> Budget:
    wanted, seen = spec(budget), status(budget)
    return Budget(
        str(metadata(budget).get("namespace") or ""),
        name(budget),
        wanted.get("selector") or {},
        str(wanted.get("minAvailable", "")),
        str(wanted.get("maxUnavailable", "")),
        int(seen.get("disruptionsAllowed") or 0),
        int(seen.get("currentHealthy") or 0),
        int(seen.get("desiredHealthy") or 0),
        int(seen.get("expectedPods") or 0),
    )


def read_pod(pod: Mapping[str, Any]) -> Pod:
    owner: Mapping[str, Any] = next((one for one in metadata(pod).get("ownerReferences") or () if one.get("controller")), {})
    return Pod(
        str(metadata(pod).get("namespace") or ""),
        name(pod),
        str(spec(pod).get("nodeName") or ""),
        metadata(pod).get("labels") or {},
        str(owner.get("kind") or ""),
        MIRROR in (metadata(pod).get("annotations") or {}),
    )
