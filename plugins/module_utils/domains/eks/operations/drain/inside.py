# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a cluster's own API shows that leads to resources in AWS: Ingresses, Services of type LoadBalancer, Karpenter's node pools, and
persistent volumes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .....kubernetes.client import Api
from .....kubernetes.objects import metadata, name, spec, status
from .....kubernetes.problems import NotFound

INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
SERVICES = "/api/v1/services"
CONTROLLER = "app.kubernetes.io/name=aws-load-balancer-controller"
"""The label that the controller's chart puts on its pods."""
KARPENTER = "app.kubernetes.io/name=karpenter"
POOLS = {"NodePool": "/apis/karpenter.sh/v1/nodepools", "NodeClaim": "/apis/karpenter.sh/v1/nodeclaims"}
"""Karpenter launches instances for NodePools; a NodeClaim is one instance. Deleting a pool drains and terminates its instances."""
CONTROLLER_FINALIZERS = ("ingress.k8s.aws/", "group.ingress.k8s.aws/", "service.k8s.aws/")
EBS_DRIVER = "ebs.csi.aws.com"


@dataclass(frozen=True)
class Entry:
    """An Ingress, a Service of type LoadBalancer, or a NodePool or NodeClaim of Karpenter, which have no namespace.

    ``held``: a finalizer of the load balancer controller holds it.
    """

    kind: str
    namespace: str
    name: str
    going: bool = False
    held: bool = False

    def __str__(self) -> str:
        return f"{self.kind} {self.full_name}"

    @property
    def full_name(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def path(self) -> str:
        if self.kind == "Ingress":
            return f"/apis/networking.k8s.io/v1/namespaces/{self.namespace}/ingresses/{self.name}"
        if self.kind in POOLS:
            return f"{POOLS[self.kind]}/{self.name}"
        return f"/api/v1/namespaces/{self.namespace}/services/{self.name}"


def entries(api: Api) -> list[Entry]:
    """All entries in all namespaces. Raises ApiProblem."""
    ingresses = [_entry("Ingress", one) for one in api.list(INGRESSES).items]
    services = [_entry("Service", one) for one in api.list(SERVICES).items if spec(one).get("type") == "LoadBalancer"]
    return [*ingresses, *services]


def pools(api: Api) -> list[Entry]:
    """The NodePools and NodeClaims; none if the cluster does not have these kinds. Raises ApiProblem."""
    found = []
    for kind, path in POOLS.items():
        with contextlib.suppress(NotFound):
            found += [_entry(kind, one) for one in api.list(path).items]
    return found


def _entry(kind: str, one: Mapping[str, Any]) -> Entry:
    about = metadata(one)
    held = any(str(each).startswith(CONTROLLER_FINALIZERS) for each in about.get("finalizers") or ())
    return Entry(kind, str(about.get("namespace") or ""), name(one), bool(about.get("deletionTimestamp")), held)


def delete_entries(api: Api, found: list[Entry]) -> int:
    """Start the deletion of the entries that are not being deleted yet; returns how many there were."""
    wanted = [one for one in found if not one.going]
    for one in wanted:
        with contextlib.suppress(NotFound):
            api.delete(one.path, {"propagationPolicy": "Background"})
    return len(wanted)


def controller_runs(api: Api, label: str = CONTROLLER) -> bool:
    """Whether a pod of a controller is ready, by default of the one for load balancers; without one, its finalizers are never removed."""
    return any(is_ready(one) for one in api.list("/api/v1/pods", labelSelector=label).items)


def is_ready(pod: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in status(pod).get("conditions") or ())


def volumes(api: Api) -> list[dict[str, str]]:
    """The EBS volumes behind persistent volumes: they remain in AWS if the cluster is deleted while its persistent volumes still exist."""
    return [found for one in api.list("/api/v1/persistentvolumes").items if (found := read_volume(one))]


def read_volume(one: Mapping[str, Any]) -> dict[str, str] | None:
    """{id, size, claim} of a persistent volume on EBS; None for any other volume."""
    inside = spec(one)
    csi = inside.get("csi") or {}
    old = inside.get("awsElasticBlockStore") or {}
    identity = csi.get("volumeHandle") if csi.get("driver") == EBS_DRIVER else old.get("volumeID")
    if not identity:
        return None
    claim = inside.get("claimRef") or {}
    claimed = "/".join(str(claim[part]) for part in ("namespace", "name") if claim.get(part))
    return {"id": str(identity).rpartition("/")[2], "size": str((inside.get("capacity") or {}).get("storage") or ""), "claim": claimed}
