"""Keeps the nodes of a node group as they are wanted: how many, where, with which labels and taints."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.nodes import NodeShape
from rehearsal.kubernetes.plane import ControlPlane

LABEL = "eks.amazonaws.com/nodegroup"
# The first addresses of a subnet belong to AWS, and the next to whatever else lives there.
FIRST_ADDRESS = 20


@dataclass(frozen=True)
class Place:
    """A subnet: its zone, and the block from which nodes get their addresses."""

    subnet: str
    zone: str
    block: str


@dataclass(frozen=True)
class Group:
    """What is wanted of a node group."""

    name: str
    count: int
    shape: NodeShape
    places: tuple[Place, ...]
    labels: tuple[tuple[str, str], ...]
    taints: tuple[tuple[tuple[str, str], ...], ...]
    domain: str  # of the nodes' names
    dropped_labels: tuple[str, ...] = ()

    def own_labels(self) -> dict[str, str]:
        return dict(self.labels) | {LABEL: self.name}

    def own_taints(self) -> list[dict[str, str]]:
        return [dict(taint) for taint in self.taints]


def keep(plane: ControlPlane, group: Group) -> None:
    """Makes the nodes that are missing, removes those that are too many, and gives every one its labels and taints."""
    nodes = _nodes(plane, group.name)
    for node in nodes[group.count :]:
        _remove(plane, node["metadata"]["name"])
    kept = nodes[: group.count]
    for node in kept:
        _mend(plane, group, node)
    taken = {address["address"] for node in _all_nodes(plane) for address in node["status"].get("addresses", [])}
    per_zone = {place.zone: sum(_zone(node) == place.zone for node in kept) for place in group.places}
    for _ in range(group.count - len(kept)):
        place = min(group.places, key=lambda each: (per_zone[each.zone], each.zone))
        address = next(candidate for candidate in _addresses(place.block) if candidate not in taken)
        taken.add(address)
        per_zone[place.zone] += 1
        plane.add_node(
            f"ip-{address.replace('.', '-')}.{group.domain}",
            group.shape,
            zone=place.zone,
            address=address,
            labels=group.own_labels(),
            taints=group.own_taints(),
        )


def remove(plane: ControlPlane, name: str) -> None:
    """Removes all nodes of a group, with the pods on them."""
    for node in _nodes(plane, name):
        _remove(plane, node["metadata"]["name"])


def _nodes(plane: ControlPlane, group: str) -> list[dict[str, Any]]:
    """Oldest first, so that the newest go first."""
    found = [node for node in _all_nodes(plane) if node["metadata"]["labels"].get(LABEL) == group]
    return sorted(found, key=lambda node: (node["metadata"]["creationTimestamp"], node["metadata"]["name"]))


def _all_nodes(plane: ControlPlane) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = plane.api.get("/api/v1/nodes")["items"]
    return items


def _zone(node: dict[str, Any]) -> str:
    return str(node["metadata"]["labels"].get("topology.kubernetes.io/zone"))


def _addresses(block: str) -> Iterator[str]:
    network = ipaddress.ip_network(block)
    return (str(network[index]) for index in range(FIRST_ADDRESS, network.num_addresses - 1))


def _mend(plane: ControlPlane, group: Group, node: dict[str, Any]) -> None:
    """Labels that somebody else gave stay."""
    labels: dict[str, str | None] = {**dict.fromkeys(group.dropped_labels), **group.own_labels()}
    path = f"/api/v1/nodes/{node['metadata']['name']}"
    plane.api.patch(path, {"metadata": {"labels": labels}, "spec": {"taints": group.own_taints()}})


def _remove(plane: ControlPlane, name: str) -> None:
    """The pods go first, so that their owners make others at once."""
    for pod in plane.api.get("/api/v1/pods", fieldSelector=f"spec.nodeName={name}")["items"]:
        metadata = pod["metadata"]
        _delete(plane, f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}")
    _delete(plane, f"/api/v1/nodes/{name}")


def _delete(plane: ControlPlane, path: str) -> None:
    try:
        plane.api.delete(path)
    except ApiError as error:
        if error.status != 404:
            raise
