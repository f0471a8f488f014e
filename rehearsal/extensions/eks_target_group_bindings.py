"""The TargetGroupBinding objects that the load balancer controller keeps, one per target group, if their definition is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rehearsal.traffic.balancing import Served

GROUP = "/apis/elbv2.k8s.aws/v1beta1"
OWNED = "rehearsal.mainstay/stack"


def bind(plane: Any, served: Iterable[Served]) -> None:
    """Creates what is missing, changes what differs, and deletes those of target groups that are gone."""
    from rehearsal.kubernetes.api import ApiError

    try:
        present = {_place_of(each): each for each in plane.api.get(f"{GROUP}/targetgroupbindings", labelSelector=OWNED)["items"]}
    except ApiError as error:
        if error.status == 404:
            return
        raise
    wanted = {_place_of(each): each for each in (made for one in served for made in bindings(one))}
    for place in present.keys() - wanted.keys():
        plane.api.delete(_path(*place))
    for place, binding in wanted.items():
        if present.get(place, {}).get("spec") != binding["spec"]:
            plane.api.patch(_path(*place), binding, "apply", fieldManager="controller", force="true")


def bindings(served: Served) -> list[dict[str, Any]]:
    """Each has the name of its target group, as its pods' readiness gates."""
    found = []
    for group in served.routing.groups:
        backend, arn = group.backend, served.arns[group.backend.resource]
        port: Any = int(backend.port) if backend.port.isdigit() else backend.port
        spec = {"serviceRef": {"name": backend.service, "port": port}, "targetGroupARN": arn, "targetType": group.target_type}
        metadata = {"name": arn.split("/")[1], "namespace": backend.namespace, "labels": {OWNED: served.name}}
        found.append({"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding", "metadata": metadata, "spec": spec})
    return found


def _place_of(binding: dict[str, Any]) -> tuple[str, str]:
    return str(binding["metadata"]["namespace"]), str(binding["metadata"]["name"])


def _path(namespace: str, name: str) -> str:
    return f"{GROUP}/namespaces/{namespace}/targetgroupbindings/{name}"
