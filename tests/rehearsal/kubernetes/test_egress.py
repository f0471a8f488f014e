"""The API server's calls into the cluster are answered, so that charts with webhooks and aggregated APIs install and work."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.certificates import Authority
from rehearsal.kubernetes.plane import ControlPlane

from .conftest import condition, pod, pods_of, wait

LABELS = {"app": "hook"}


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture
def hook(plane: ControlPlane, namespace: str, tmp_path: Path) -> dict[str, Any]:
    """A Service with a certificate from its own authority, as charts create them, without pods; {"caBundle", "service"} for its webhook."""
    authority = Authority(tmp_path / "chart", "the chart's own")
    pair = authority.server("hook", [f"hook.{namespace}.svc"])
    data = {"tls.crt": encoded(pair.certificate), "tls.key": encoded(pair.key)}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "hook-tls"}, "data": data}
    plane.api.create(f"/api/v1/namespaces/{namespace}/secrets", secret)
    ports = [{"port": 443, "targetPort": 9443}]
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook"}, "spec": {"selector": LABELS, "ports": ports}}
    plane.api.create(f"/api/v1/namespaces/{namespace}/services", service)
    return {"caBundle": encoded(authority.certificate), "service": {"name": "hook", "namespace": namespace, "port": 443}}


def answer_the_hook(plane: ControlPlane, namespace: str) -> None:
    manifest = pod("hook")
    manifest["metadata"]["labels"] = LABELS
    plane.api.create(pods_of(namespace), manifest)
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    for event in plane.api.watch(slices, 60, labelSelector="kubernetes.io/service-name=hook"):
        if any((each.get("conditions") or {}).get("ready") for each in event["object"].get("endpoints") or []):
            return
    raise AssertionError("the Service has no endpoints")


def test_a_webhook_that_must_answer(plane: ControlPlane, namespace: str, hook: dict[str, Any]) -> None:
    """failurePolicy Fail: without pods every Service is refused, with pods Services are created; with a wrong authority, never."""
    configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    webhook = {
        "name": "hook.example.com",
        "clientConfig": {"caBundle": hook["caBundle"], "service": {**hook["service"], "path": "/validate"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 10,
    }
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
    }
    plane.api.create(configurations, {**configuration, "webhooks": [webhook]})
    try:
        assert_refused(plane, namespace, "failed calling webhook", "503")
        answer_the_hook(plane, namespace)
        plane.api.create(f"/api/v1/namespaces/{namespace}/services", service("after"))
        webhook["clientConfig"]["caBundle"] = base64.b64encode(plane.authority).decode()
        plane.api.patch(f"{configurations}/{namespace}", {"webhooks": [webhook]})
        assert_refused(plane, namespace, "certificate signed by unknown authority")
    finally:
        plane.api.delete(f"{configurations}/{namespace}")


def service(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]}}


def assert_refused(plane: ControlPlane, namespace: str, *words: str) -> None:
    """The API server takes a moment to see a change of webhooks; until then Services are created and deleted again."""
    path = f"/api/v1/namespaces/{namespace}/services"
    for attempt in range(200):
        try:
            plane.api.create(path, service(f"probe-{attempt}"))
        except ApiError as error:
            if error.status == 500 and all(word in str(error) for word in words):
                return
        else:
            plane.api.delete(f"{path}/probe-{attempt}")
    raise AssertionError(f"no Service was refused with {words}")


def test_the_webhook_that_gives_services_to_the_controller(plane: ControlPlane, namespace: str, hook: dict[str, Any]) -> None:
    """The AWS Load Balancer Controller's: Services that request a load balancer without a class get its class."""
    configurations = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    webhook = {
        "name": "hook.example.com",
        "clientConfig": {"caBundle": hook["caBundle"], "service": {**hook["service"], "path": "/mutate-v1-service"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["services"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    answer_the_hook(plane, namespace)
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    plane.api.create(configurations, {**kind, "metadata": {"name": namespace}, "webhooks": [webhook]})
    services = f"/api/v1/namespaces/{namespace}/services"
    try:
        for attempt in range(200):
            made = service(f"wants-{attempt}")
            made["spec"]["type"] = "LoadBalancer"
            if plane.api.create(services, made)["spec"].get("loadBalancerClass"):
                break
        assert plane.api.get(f"{services}/wants-{attempt}")["spec"]["loadBalancerClass"] == "service.k8s.aws/nlb"
        assert "loadBalancerClass" not in plane.api.create(services, service("inside"))["spec"]
    finally:
        plane.api.delete(f"{configurations}/{namespace}")


def test_an_aggregated_api_becomes_available(plane: ControlPlane, namespace: str, hook: dict[str, Any]) -> None:
    path, name = "/apis/apiregistration.k8s.io/v1/apiservices", f"v1.{namespace}.example.com"
    spec = {**hook, "group": f"{namespace}.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10}
    plane.api.create(path, {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": name}, "spec": spec})
    try:
        wait(plane.api, path, name, lambda each: condition(each, "Available")["status"] == "False")
        answer_the_hook(plane, namespace)
        wait(plane.api, path, name, lambda each: condition(each, "Available")["status"] == "True")
        assert plane.api.get(f"/apis/{namespace}.example.com/v1")["resources"] == []
    finally:
        plane.api.delete(f"{path}/{name}")
