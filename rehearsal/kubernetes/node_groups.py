"""Keeps the nodes of node groups in their wanted state: which exist, their labels and taints, and which are to be drained.

Nothing here blocks: each call does what it can and reports what it observed; repeat it until the state is as wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.drain import drain
from rehearsal.kubernetes.nodes import NodeShape
from rehearsal.kubernetes.plane import ControlPlane
from rehearsal.kubernetes.stages import NETWORK_ANNOTATION

LABEL = "eks.amazonaws.com/nodegroup"
NODES = "/api/v1/nodes"
# Taints that Kubernetes sets itself: a node with one of these accepts no pods even if it is already ready.
NOT_YET = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/network-unavailable"}


@dataclass(frozen=True)
class Wanted:
    """A node's wanted state. `network`: whether its pods can have a network; `drained`: whether its pods should be evicted."""

    name: str
    group: str
    shape: NodeShape
    zone: str
    address: str
    provider_id: str
    labels: Mapping[str, str]
    taints: tuple[Mapping[str, str], ...] = ()
    dropped_labels: frozenset[str] = frozenset()
    dropped_taints: frozenset[tuple[str, str]] = frozenset()  # key and effect
    network: bool = True
    drained: bool = False


@dataclass(frozen=True)
class Seen:
    """A node's observed state. `left`: it was to be drained and is empty. `held_by`: the pods that remain, and why."""

    ready: bool = False
    left: bool = False
    held_by: tuple[str, ...] = ()


def keep(plane: ControlPlane, wanted: Iterable[Wanted]) -> dict[str, Seen]:
    """Creates missing nodes, removes node group nodes that are not wanted, and updates and drains the others."""
    wishes = {each.name: each for each in wanted}
    present = {node["metadata"]["name"]: node for node in nodes_of_groups(plane)}
    for name in present.keys() - wishes.keys():
        remove(plane, name)
    for name in wishes.keys() - present.keys():
        _create(plane, wishes[name])
    return {name: _seen(plane, wishes[name], present[name]) for name in present.keys() & wishes.keys()}


def nodes_of_groups(plane: ControlPlane) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = plane.api.get(NODES, labelSelector=LABEL)["items"]
    return items


def is_ready(node: Mapping[str, Any]) -> bool:
    """Whether the node accepts pods: it is ready, and the node lifecycle controller has removed its taint, which happens slightly later."""
    conditions = node.get("status", {}).get("conditions") or []
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and not any(taint["key"] in NOT_YET for taint in node["spec"].get("taints") or [])


def repaired(wish: Wanted, node: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that brings a node to its wanted state; empty if nothing differs. Labels and taints from other sources stay."""
    metadata, spec = node["metadata"], node["spec"]
    labels: dict[str, str | None] = {name: None for name in wish.dropped_labels if name in metadata["labels"]}
    labels |= {name: value for name, value in own_labels(wish).items() if metadata["labels"].get(name) != value}
    present = list(spec.get("taints") or [])
    gone = wish.dropped_taints | {(taint["key"], taint["effect"]) for taint in wish.taints}
    taints = [taint for taint in present if (taint["key"], taint["effect"]) not in gone]
    taints += [next((old for old in present if _same(old, taint)), dict(taint)) for taint in wish.taints]
    changes: dict[str, Any] = {}
    if labels:
        changes["labels"] = labels
    if wish.network and (metadata.get("annotations") or {}).get(NETWORK_ANNOTATION):
        changes["annotations"] = {NETWORK_ANNOTATION: None}
    patch: dict[str, Any] = {"metadata": changes} if changes else {}
    specification: dict[str, Any] = {}
    if sorted(map(str, taints)) != sorted(map(str, present)):
        specification["taints"] = taints
    if bool(spec.get("unschedulable")) != wish.drained:
        specification["unschedulable"] = True if wish.drained else None
    if specification:
        patch["spec"] = specification
        # Others change taints too: a conflicting change is retried in the next round.
        patch["metadata"] = changes | {"resourceVersion": metadata["resourceVersion"]}
    return patch


def own_labels(wish: Wanted) -> dict[str, str]:
    return {**wish.labels, LABEL: wish.group}


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("key", "value", "effect"))


def _create(plane: ControlPlane, wish: Wanted) -> None:
    plane.create_node(
        wish.name,
        wish.shape,
        zone=wish.zone,
        address=wish.address,
        labels=own_labels(wish),
        taints=wish.taints,
        provider_id=wish.provider_id,
        annotations={} if wish.network else {NETWORK_ANNOTATION: "missing"},
    )


def _seen(plane: ControlPlane, wish: Wanted, node: Mapping[str, Any]) -> Seen:
    patch = repaired(wish, node)
    if patch:
        try:
            plane.api.patch(f"{NODES}/{wish.name}", patch)
        except ApiError as error:
            if error.status not in (404, 409):
                raise
            return Seen(ready=False)
    if not wish.drained:
        return Seen(ready=is_ready(node) and "spec" not in patch)
    held_by = drain(plane.api, wish.name)
    return Seen(ready=is_ready(node), left=not held_by, held_by=held_by)


def remove(plane: ControlPlane, name: str) -> None:
    """Removes a node as if its instance had terminated. Its pods are deleted first, so that their owners replace them at once."""
    for pod in plane.api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={name}")["items"]:
        metadata = pod["metadata"]
        _delete(plane, f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}", gracePeriodSeconds=0)
    _delete(plane, f"{NODES}/{name}")


def _delete(plane: ControlPlane, path: str, **options: Any) -> None:
    try:
        plane.api.delete(path, **options)
    except ApiError as error:
        if error.status != 404:
            raise
