"""The stacks that the AWS Load Balancer Controller derives from Ingresses and Services. Each stack becomes one load balancer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

CONTROLLER = "ingress.k8s.aws/alb"
SERVICE_CLASS = "service.k8s.aws/nlb"
INGRESS, SERVICE = "alb.ingress.kubernetes.io", "service.beta.kubernetes.io"
DELAY = "rehearsal.mainstay/delete-delay"
NAME_ANNOTATIONS = {"ingress": f"{INGRESS}/load-balancer-name", "service": f"{SERVICE}/aws-load-balancer-name"}
FINALIZERS = {"ingress": "ingress.k8s.aws/resources", "service": "service.k8s.aws/resources"}
# The path of the controller's webhook for Services, which sets its class on Services that name none.
SERVICE_WEBHOOK = "/mutate-v1-service"
DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h)$")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class Backend:
    """A Service port that becomes a target group. `resource` is the controller's name for it."""

    resource: str
    namespace: str
    service: str
    port: str
    protocol: str


@dataclass
class Stack:
    """A future load balancer. `objects` are those it serves; `leaving` are those of them in deletion."""

    kind: str  # ingress or service
    identity: str  # namespace/name, or the group of Ingresses
    name: str  # of the load balancer
    finalizer: str
    objects: list[Mapping[str, Any]] = field(default_factory=list)
    leaving: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def type(self) -> str:
        return "application" if self.kind == "ingress" else "network"

    @property
    def scheme(self) -> str:
        return self.said("scheme") or "internal"

    @property
    def subnets(self) -> list[str]:
        return [each.strip() for each in (self.said("subnets") or "").split(",") if each.strip()]

    @property
    def security_groups(self) -> list[str]:
        return [each.strip() for each in (self.said("security-groups") or "").split(",") if each.strip()]

    @property
    def tags(self) -> dict[str, str]:
        """The tags from an annotation: k1=v1,k2=v2."""
        given = self.said("tags") if self.kind == "ingress" else self.said("additional-resource-tags")
        return _pairs(given)

    @property
    def attributes(self) -> dict[str, str]:
        """Those of the load balancer, from an annotation: k1=v1,k2=v2."""
        given = self.said("load-balancer-attributes") if self.kind == "ingress" else self.said("attributes")
        return _pairs(given)

    @property
    def web_acl(self) -> str | None:
        """The ARN of the web ACL in front; the annotation's `none` takes it away."""
        return self.said("wafv2-acl-arn")

    @property
    def target_type(self) -> str:
        return (self.said("target-type") if self.kind == "ingress" else self.said("nlb-target-type")) or "instance"

    def said(self, name: str) -> str | None:
        """The value of an annotation on any of the objects."""
        prefix = f"{INGRESS}/" if self.kind == "ingress" else f"{SERVICE}/aws-load-balancer-"
        values = [notes_of(each).get(f"{prefix}{name}") for each in self.objects]
        return next((value for value in values if value), None)

    def backends(self) -> list[Backend]:
        """The ports of a Service of type LoadBalancer; those of Ingresses depend on annotations, see `routing.py`."""
        return [each for one in self.objects for each in _of_service(one)]


def notes_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """An object's annotations."""
    return dict(resource["metadata"].get("annotations") or {})


def path_of(resource: Mapping[str, Any], kind: str) -> str:
    metadata = resource["metadata"]
    root = "/apis/networking.k8s.io/v1" if kind == "ingress" else "/api/v1"
    return f"{root}/namespaces/{metadata['namespace']}/{'ingresses' if kind == 'ingress' else 'services'}/{metadata['name']}"


def stacks_of(
    ingresses: Iterable[Mapping[str, Any]], services: Iterable[Mapping[str, Any]], classes: Iterable[Mapping[str, Any]]
) -> list[Stack]:
    """One per Service and per Ingress, except that all Ingresses of a group share one. An object that is no longer of the controller's
    class but still has its finalizer is leaving.
    """
    own_classes = {each["metadata"]["name"] for each in classes if each["spec"].get("controller") == CONTROLLER}
    stacks: dict[tuple[str, str], Stack] = {}
    for ingress in ingresses:
        group = notes_of(ingress).get(f"{INGRESS}/group.name")
        finalizer = f"group.ingress.k8s.aws/{group}" if group else FINALIZERS["ingress"]
        _add(stacks, "ingress", ingress, _own_ingress(ingress, own_classes), group, finalizer)
    for service in services:
        _add(stacks, "service", service, own_service(service), None, FINALIZERS["service"])
    return list(stacks.values())


def _add(
    stacks: dict[tuple[str, str], Stack], kind: str, resource: Mapping[str, Any], own: bool, group: str | None, finalizer: str
) -> None:
    metadata = resource["metadata"]
    held = finalizer in (metadata.get("finalizers") or [])
    if not own and not held:
        return
    identity = group or f"{metadata['namespace']}/{metadata['name']}"
    stack = stacks.setdefault((kind, identity), Stack(kind, identity, "", finalizer))
    asked = stack.said("load-balancer-name") or notes_of(resource).get(NAME_ANNOTATIONS[kind])
    stack.name = asked or stack.name or name_of(kind, metadata, group)
    if own and not metadata.get("deletionTimestamp"):
        stack.objects.append(resource)
    elif held:
        stack.leaving.append(resource)


def _own_ingress(ingress: Mapping[str, Any], own_classes: set[str]) -> bool:
    return ingress["spec"].get("ingressClassName") in own_classes or notes_of(ingress).get("kubernetes.io/ingress.class") == "alb"


def own_service(service: Mapping[str, Any]) -> bool:
    if service["spec"].get("type") != "LoadBalancer":
        return False
    wanted = service["spec"].get("loadBalancerClass")
    return wanted == SERVICE_CLASS or (
        wanted is None and notes_of(service).get(f"{SERVICE}/aws-load-balancer-type") in ("external", "nlb-ip")
    )


def class_of_service(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The JSON patch for a new Service that requests a load balancer without a class: the controller creates it instead of Kubernetes."""
    spec = (request.get("object") or {}).get("spec") or {}
    if request.get("operation") != "CREATE" or spec.get("type") != "LoadBalancer" or spec.get("loadBalancerClass"):
        return []
    return [{"op": "add", "path": "/spec/loadBalancerClass", "value": SERVICE_CLASS}]


def name_of(kind: str, metadata: Mapping[str, Any], group: str | None) -> str:
    """The load balancer's name, which begins with its object's: at most 32 letters, digits, and hyphens."""
    if group:
        return f"k8s-{_plain(group)[:17]}-{short_hash(kind, group)}"
    namespace, name = str(metadata["namespace"]), str(metadata["name"])
    return f"k8s-{_plain(namespace)[:8]}-{_plain(name)[:8]}-{short_hash(kind, namespace, name, str(metadata.get('uid')))}"


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text)


def short_hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def listeners_of(service: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ports of a Service that get a listener, each number once: a load balancer has one listener on a port.

    TCP and UDP on one port become TCP_UDP if an annotation asks for it. Otherwise the first counts
    (aws-load-balancer-controller#4405, guide/service/annotations "tcp-udp-listener").
    """
    found: dict[int, dict[str, Any]] = {}
    both = notes_of(service).get(f"{SERVICE}/aws-load-balancer-enable-tcp-udp-listener") == "true"
    for port in service["spec"].get("ports") or []:
        protocol = str(port.get("protocol") or "TCP")
        known = found.setdefault(port["port"], {**port, "protocol": protocol})
        if both and {known["protocol"], protocol} == {"TCP", "UDP"}:
            known["protocol"] = "TCP_UDP"
    return list(found.values())


def _of_service(service: Mapping[str, Any]) -> list[Backend]:
    metadata = service["metadata"]
    return [
        Backend(
            f"{metadata['namespace']}/{metadata['name']}:{port['port']}",
            metadata["namespace"],
            metadata["name"],
            str(port["port"]),
            port["protocol"],
        )
        for port in listeners_of(service)
    ]


def delay_of(resource: Mapping[str, Any], usual: float) -> float:
    """How many seconds deletion takes: the annotation rehearsal.mainstay/delete-delay (500ms, 10s, 2m), else the default."""
    return seconds(notes_of(resource).get(DELAY, ""), usual)


def seconds(duration: str, usual: float = 0.0) -> float:
    """The length of a duration such as 500ms, 10s, or 2m; `usual` for anything else."""
    match = DURATION.match(duration)
    return float(match[1]) * UNITS[match[2]] if match else usual


def _pairs(given: str | None) -> dict[str, str]:
    return dict(pair.strip().split("=", 1) for pair in (given or "").split(",") if "=" in pair)


def is_available(deployments: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the controller runs: its Deployment has an available replica, or one of its pods is ready."""
    if any((each.get("status") or {}).get("availableReplicas") for each in deployments):
        return True
    conditions = [each for pod in pods for each in (pod.get("status") or {}).get("conditions") or []]
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
