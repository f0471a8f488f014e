# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Services and workers as Deployments, and what goes with them: Services, autoscalers, and disruption budgets. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from ..settings.facts import Facts
from ..settings.ingress import Ingress
from ..settings.load_balancers import ANNOTATIONS
from ..settings.scaling import behavior_of
from ..settings.workloads import Workload
from .common import Manifest, made, selector
from .pods import Around, Pod, template

HISTORY = 3
"""ReplicaSets that are kept. Going back applies a recorded release and needs none of them; they are for people who look."""

SERVICE_PORT = 80
GRPC_PATH = "/AWS.ALB/healthcheck"
GRPC_CODES = "0,12"
"""OK, and "unimplemented", which a server without that method answers."""

ZONES, HOSTS = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


def workload_objects(one: Workload, around: Around, ingress: Ingress | None) -> Iterator[Manifest]:
    facts = around.facts
    yield deployment(one, around)
    if one.part == "service":
        yield service(one, facts, ingress)
    if one.size.scale:
        yield autoscaler(one, facts)
    if one.disruption is not None:
        budget = {
            "maxUnavailable": one.disruption,
            "selector": {"matchLabels": selector(facts, one.name)},
            # A pod that is not ready protects nothing, and would keep its node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        }
        yield made(facts, "policy/v1", "PodDisruptionBudget", one.name, one.part, spec=budget)


def deployment(one: Workload, around: Around) -> Manifest:
    """A Deployment. Without a number of replicas if an autoscaler owns it."""
    facts = around.facts
    spec: Manifest = {
        **({} if one.size.replicas is None else {"replicas": one.size.replicas}),
        "revisionHistoryLimit": HISTORY,
        "progressDeadlineSeconds": one.progress_deadline,
        "selector": {"matchLabels": selector(facts, one.name)},
        "strategy": {"type": "Recreate"} if one.recreate else _rolling(one),
        "template": _template(one, around),
    }
    return made(facts, "apps/v1", "Deployment", one.name, one.part, spec=spec)


def _rolling(one: Workload) -> Manifest:
    """No pod leaves before its successor is ready."""
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": one.max_surge}}


def _template(one: Workload, around: Around) -> Manifest:
    ports = {**({"http": one.port} if one.port else {}), **one.ports}
    container: Manifest = {**one.probes.fields()}
    if ports:
        container["ports"] = [{"name": name, "containerPort": number, "protocol": "TCP"} for name, number in ports.items()]
    if one.pre_stop:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": one.pre_stop}}}
    spec: Manifest = {"terminationGracePeriodSeconds": one.grace}
    if spread := _spread(one, around.facts):
        spec["topologySpreadConstraints"] = spread
    variables = {
        "PORT": str(one.port or ""),
        "KEEP_ALIVE_SECONDS": str(one.keep_alive or ""),
        "SHUTDOWN_SECONDS": str(one.grace - one.pre_stop),
    }
    return template(Pod(one.name, one.part, one.container, variables), around, container, spec)


def _spread(one: Workload, facts: Facts) -> list[Manifest]:
    """Over zones, then over hosts, each revision for itself. Every pod on Fargate has a host of its own."""
    if one.spread == "none" or (one.size.scale is None and one.size.least < 2):
        return []
    required = {ZONES: one.spread == "required", **({} if facts.cluster.fargate else {HOSTS: False})}
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule" if must else "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(facts, one.name)},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key, must in required.items()
    ]


def service(one: Workload, facts: Facts, ingress: Ingress | None) -> Manifest:
    """A Service on port 80. Its annotations say how the load balancer checks this one of the services behind it."""
    ports = [{"name": "http", "port": SERVICE_PORT, "targetPort": "http", "protocol": "TCP"}]
    ports += [{"name": name, "port": number, "targetPort": name, "protocol": "TCP"} for name, number in one.ports.items()]
    annotations: dict[str, str] = {}
    if one.behind_ingress and ingress:
        annotations[f"{ANNOTATIONS}healthcheck-path"] = _health_path(one, ingress)
        if one.protocol != "http1":
            annotations[f"{ANNOTATIONS}backend-protocol-version"] = {"http2": "HTTP2", "grpc": "GRPC"}[one.protocol]
        if one.protocol == "grpc" and not ingress.health.codes:
            annotations[f"{ANNOTATIONS}success-codes"] = "0" if ingress.health.path else GRPC_CODES
    spec = {"type": "ClusterIP", "selector": selector(facts, one.name), "ports": ports}
    return made(facts, "v1", "Service", one.name, one.part, annotations, spec=spec)


def _health_path(one: Workload, ingress: Ingress) -> str:
    return ingress.health.path or one.probes.path or GRPC_PATH


def autoscaler(one: Workload, facts: Facts) -> Manifest:
    scale = one.size.scale
    if scale is None:
        raise ValueError(f"{one.name} has no scale")
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}}}
        for name, percent in scale.metrics.items()
    ]
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": one.name},
        "minReplicas": scale.low,
        "maxReplicas": scale.high,
        "metrics": metrics,
        "behavior": behavior_of(scale),
    }
    return made(facts, "autoscaling/v2", "HorizontalPodAutoscaler", one.name, one.part, spec=spec)
