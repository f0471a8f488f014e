"""Load balancers for tests without an AWS: the data plane in this process, in front of a control plane's pods."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.kubernetes.load_balancers import stacks_of
from rehearsal.kubernetes.plane import ControlPlane
from rehearsal.kubernetes.routing import routing_of
from rehearsal.traffic.balancing import Served
from rehearsal.traffic.dataplane import DataPlane, Outside
from rehearsal.traffic.metrics import Datum
from rehearsal.traffic.targets import Pace
from rehearsal.traffic.tls import Certificates
from rehearsal.traffic.watching import Server

CLUSTER = "arn:aws:eks:eu-west-1:111122223333:cluster/main"
CLASSES = [{"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}}]
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


@dataclass
class Traffic:
    """`proxy`: the proxy's port. `data`: the metrics handed over so far; `records`: DNS names; `tags`: those of images by digest."""

    plane: ControlPlane
    directory: Path
    pace: Pace = field(default_factory=lambda: Pace(registration=0.1, propagation=0.4, scale=0.1))
    data: list[Datum] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    woken: int = 0

    def __post_init__(self) -> None:
        proxy = socket.socket()
        proxy.bind(("127.0.0.1", 0))
        self.proxy = proxy.getsockname()[1]
        self.bundle = self.directory / "ca.pem"
        outside = Outside(self.data.extend, lambda image: self.tags.get(image, []), self.records.get)
        certificates = Certificates(self.directory / "pki", self.bundle)
        self.dataplane = DataPlane(proxy, certificates, outside, lambda: 3600.0)
        self._served: dict[str, Served] = {}

    def serve(self, *objects: dict[str, Any], services: list[dict[str, Any]] | None = None, idle_timeout: float = 60.0) -> Served:
        """The load balancer of these Ingresses or this Service, beside those served before."""
        kind = "ingresses" if "rules" in objects[0]["spec"] or "defaultBackend" in objects[0]["spec"] else "services"
        found = stacks_of(objects, [], CLASSES) if kind == "ingresses" else stacks_of([], objects, [])
        stack = found[0]
        routing = routing_of(stack, services or [])
        arns = {each.backend.resource: arn_of(each.backend.resource) for each in routing.groups}
        certificates = {each.port: [each.hosts or ("localhost",)] for each in routing.listeners if each.encrypts}
        arn = f"arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/{stack.name}/0123456789abcdef"
        dns_name = f"{stack.name}-1.eu-west-1.elb.amazonaws.com"
        place = {"account": "111122223333", "region": "eu-west-1", "arns": arns, "certificates": certificates}
        served = Served(CLUSTER, stack.name, arn, dns_name, stack.type, routing=routing, idle_timeout=idle_timeout, **place)
        self._served[stack.name] = served
        self.dataplane.serve(CLUSTER, lambda: Server(*self.plane.api.connection), self.pace, list(self._served.values()), self._wake)
        return served

    def _wake(self) -> None:
        self.woken += 1

    def states(self, resource: str) -> Counter[str]:
        return Counter(each["TargetHealth"]["State"] for each in self.dataplane.health(arn_of(resource)) or [])

    def close(self) -> None:
        self.dataplane.forget()

    def get(self, url: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers, and body of one request through the proxy."""
        scheme, _, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        port = int(host.partition(":")[2] or (443 if scheme == "https" else 80))
        name = host.partition(":")[0]
        if scheme == "https":
            context = ssl.create_default_context(cafile=str(self.bundle))
            connection: http.client.HTTPConnection = http.client.HTTPSConnection("127.0.0.1", self.proxy, context=context, timeout=20)
            connection.set_tunnel(name, port)
            target = slash + path or "/"
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.proxy, timeout=20)
            target = url
        try:
            connection.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            body = response.read().decode()
            return (
                response.status,
                {name.lower(): response.headers.get_all(name, [])[0] for name in response.headers}
                | {"set-cookie": "; ".join(each.partition(";")[0] for each in response.headers.get_all("Set-Cookie", []))},
                body,
            )
        finally:
            connection.close()


def arn_of(resource: str) -> str:
    name = resource.replace("/", "-").replace(":", "-")
    return f"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/{name}/0123456789abcdef"


class Load:
    """Clients that send requests one after the other until `stop`, or until `total` requests are sent. `statuses` counts the answers."""

    def __init__(self, port: int, host: str, clients: int = 4, pause: float = 0.0) -> None:
        self.statuses: Counter[Any] = Counter()
        self.versions: Counter[str] = Counter()
        self._port, self._host, self._pause = port, host, pause
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._ended.is_set():
            try:
                connection.request("GET", "/", headers={"Host": self._host})
                response = connection.getresponse()
                response.read()
                self.statuses[response.status] += 1
                self.versions[response.headers.get("X-Version", "")] += 1
            except OSError as error:
                connection.close()
                self.statuses[type(error).__name__] += 1
            time.sleep(self._pause)

    def stop(self, at_least: int = 0) -> Counter[Any]:
        """The statuses, once this many requests have been answered."""
        deadline = time.monotonic() + 60
        while self.statuses.total() < at_least and time.monotonic() < deadline:
            time.sleep(0.02)
        self._ended.set()
        for thread in self._threads:
            thread.join()
        return self.statuses


def deployment(
    name: str, version: str, replicas: int = 2, *, pre_stop: int = 0, grace: int = 30, gate: str = "", **notes: str
) -> dict[str, Any]:
    labels = {"app": name}
    container: dict[str, Any] = {"name": "app", "image": f"registry.example/{name}:{version}", "ports": [{"containerPort": 8080}]}
    if pre_stop:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop}}}
    annotations = {f"rehearsal.mainstay/{key.replace('_', '-')}": value for key, value in notes.items()}
    spec: dict[str, Any] = {"containers": [container], "terminationGracePeriodSeconds": grace}
    if gate:
        spec["readinessGates"] = [{"conditionType": gate}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec},
        },
    }


def service(name: str, namespace: str) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": ports, "selector": {"app": name}},
    }


def ingress(name: str, namespace: str, host: str, paths: dict[str, str], **said: str) -> dict[str, Any]:
    """`paths`: Prefix path to Service, or to use-annotation:<action>."""
    found = []
    for path, to in paths.items():
        action = to.removeprefix("use-annotation:")
        port = {"number": 80} if action == to else {"name": "use-annotation"}
        found.append({"path": path, "pathType": "Prefix", "backend": {"service": {"name": action, "port": port}}})
    rule = {"http": {"paths": found}} | ({"host": host} if host else {})
    annotations = {f"alb.ingress.kubernetes.io/{key}": value for key, value in {"target-type": "ip", **said}.items()}
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "annotations": annotations}
    return {"metadata": metadata, "spec": {"ingressClassName": "alb", "rules": [rule]}}


def rolled_out(plane: ControlPlane, namespace: str, name: str, wait: Callable[..., Any]) -> None:
    """Returns when all replicas are updated, available, and alone."""

    def done(each: dict[str, Any]) -> bool:
        status, replicas = each.get("status", {}), each["spec"]["replicas"]
        counts = [status.get(one, 0) for one in ("updatedReplicas", "availableReplicas", "replicas")]
        return bool(status.get("observedGeneration", 0) >= each["metadata"]["generation"] and counts == [replicas] * 3)

    wait(plane.api, DEPLOYMENTS.format(namespace), name, done)
