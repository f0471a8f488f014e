"""Drains nodes as EKS and kubectl do: through the eviction API, so that PodDisruptionBudgets are respected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.kubernetes.api import Api, ApiError

TOO_MANY_REQUESTS = 429


def drain(api: Api, node: str) -> tuple[str, ...]:
    """Evicts every pod that must leave a node and returns those that remain: "web/api-0 (why it stays)". Empty once the node is drained."""
    pods = api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={node}")["items"]
    return tuple(_evicted(api, pod) for pod in pods if has_to_leave(pod))


def has_to_leave(pod: Mapping[str, Any]) -> bool:
    """DaemonSet pods and static pods stay until the node is removed; pods that have ended do not block."""
    owners = {owner["kind"] for owner in pod["metadata"].get("ownerReferences") or []}
    ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not ended and not owners & {"DaemonSet", "Node"}


def _evicted(api: Api, pod: Mapping[str, Any]) -> str:
    """Evicts the pod; returns it with the reason if it remains."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    if pod["metadata"].get("deletionTimestamp"):
        return f"{namespace}/{name} (it is being deleted)"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    try:
        api.create(f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", eviction)
    except ApiError as error:
        if error.status == TOO_MANY_REQUESTS:
            return f"{namespace}/{name} (a PodDisruptionBudget does not let it go)"
        if error.status != 404:
            raise
    return f"{namespace}/{name} (it was asked to go)"
