# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The contents of a cluster with a real control plane: workloads, budgets, and helpers that wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.upgrade.look_inside import api_of
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.client import Api
from rehearsal.testing import Cloud

SECONDS = 120.0


def inside(cloud: Cloud, cluster: str) -> Api:
    """A cluster's API with its creator's permissions."""
    return api_of(cloud.client, cluster, cloud.region, SECONDS)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {SECONDS:g} s"
        time.sleep(0.1)


def namespace(api: Api, name: str) -> None:
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def deployment(api: Api, name: str, space: str, replicas: int = 2, labels: Mapping[str, str] | None = None) -> None:
    """A Deployment whose pods start at once, spread over nodes; returns when all of them are available."""
    marked = {"app": name, **(labels or {})}
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": marked},
        }
    ]
    pod = {"containers": [{"name": "app", "image": "registry.example/app:1"}], "topologySpreadConstraints": spread}
    body: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": space},
        "spec": {"replicas": replicas, "selector": {"matchLabels": marked}, "template": {"metadata": {"labels": marked}, "spec": pod}},
    }
    api.create(f"/apis/apps/v1/namespaces/{space}/deployments", body)
    path = f"/apis/apps/v1/namespaces/{space}/deployments/{name}"
    until(lambda: api.get(path)["status"].get("availableReplicas", 0) == replicas, f"Deployment {space}/{name} is available")


def budget(api: Api, name: str, space: str, at_least: int) -> None:
    """A PodDisruptionBudget for the pods of the Deployment with that name; returns once it counts them."""
    body = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": space},
        "spec": {"minAvailable": at_least, "selector": {"matchLabels": {"app": name}}},
    }
    api.create(f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets", body)
    path = budget_path(name, space)
    until(lambda: api.get(path).get("status", {}).get("expectedPods", 0) > 0, f"PodDisruptionBudget {space}/{name} knows its pods")


def budget_path(name: str, space: str) -> str:
    return f"/apis/policy/v1/namespaces/{space}/poddisruptionbudgets/{name}"


CONTROLLER = "aws-load-balancer-controller"
INGRESS = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"
SERVICE = "/api/v1/namespaces/{}/services"


def controller(api: Api) -> None:
    """A load balancer controller: it is simulated while one of its pods is ready."""
    deployment(api, CONTROLLER, "kube-system", 1, {"app.kubernetes.io/name": CONTROLLER})
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "alb"},
        "spec": {"controller": "ingress.k8s.aws/alb"},
    }
    api.create("/apis/networking.k8s.io/v1/ingressclasses", body)


def no_controller(api: Api) -> None:
    """Removes its pods, as when its release is removed first."""
    api.patch(f"/apis/apps/v1/namespaces/kube-system/deployments/{CONTROLLER}", {"spec": {"replicas": 0}})
    selected = {"labelSelector": f"app.kubernetes.io/name={CONTROLLER}"}
    until(lambda: not api.list("/api/v1/pods", **selected).items, "the controller's pods are gone")


def exposed(api: Api, space: str, delay: str = "0s") -> None:
    """A Service behind an Ingress and one that is a load balancer itself; returns when both have an address. Deletion takes ``delay``."""
    notes = {"rehearsal.mainstay/delete-delay": delay}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    inner = {"metadata": {"name": "inner", "namespace": space}, "spec": {"selector": {"app": "api"}, "ports": ports}}
    outer = {
        "metadata": {"name": "outer", "namespace": space, "annotations": notes},
        "spec": {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb", "selector": {"app": "api"}, "ports": ports},
    }
    backend = {"service": {"name": "inner", "port": {"number": 80}}}
    rule = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": space, "annotations": {**notes, "alb.ingress.kubernetes.io/target-type": "ip"}},
        "spec": {"ingressClassName": "alb", "rules": [rule]},
    }
    for one in (inner, outer):
        api.create(SERVICE.format(space), {"apiVersion": "v1", "kind": "Service", **one})
    api.create(INGRESS.format(space), ingress)
    for path in (f"{INGRESS.format(space)}/front", f"{SERVICE.format(space)}/outer"):
        until(lambda path=path: bool(api.get(path)["status"]["loadBalancer"].get("ingress")), f"{path} has an address")  # type: ignore[misc]
