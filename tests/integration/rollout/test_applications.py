# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The objects of applications on a real API server: every field is known there, and restricted Pod Security warns of nothing."""

from __future__ import annotations

import http.client
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.api import BY_NAME
from rehearsal.kubernetes.plane import ControlPlane
from tests.unit.application import test_jobs, test_plain, test_services
from tests.unit.application.made import CERTIFICATE, CIDRS, ROLE, answer, merged, with_ingress, with_service

NUMBERS = itertools.count(1)
CONFIGURED = {
    "configuration": {"api": {"LEVEL": "debug"}, "files": {"app.toml": "a = 1"}},
    "secrets": {"session": {"generate": {"key": "KEY"}}, "old": {"existing": "app-secrets"}, "db": {"csi": {"key": "x"}}},
    "service_account": {"name": "api", "identity": "irsa", "role": ROLE},
}
API = {
    "configuration": ["api", {"name": "files", "mount": "/etc/app"}],
    "secrets": ["session", {"name": "old", "keys": {"DATABASE_URL": "database-url"}}, {"name": "db", "mount": "/mnt/db"}],
    "writable": {"/tmp": "100Mi"},
    "scale": {"min": 2, "max": 100, "cpu": 70, "memory": 80},
    "ports": {"metrics": 9090},
    "spread": "required",
    "user": 10001,
    "group": 10001,
}
WEB = {"services": {"web": {"image": "web:1", "port": 3000, "probe": "/", "keep_alive": 90}}}
SAMPLES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "an API and a web server behind a load balancer": (
        merged(with_ingress(API, hosts={"shop.example.com": {"/api": "api", "/": "web"}}), {**WEB, **CONFIGURED}),
        {},
    ),
    "a load balancer with everything that it can have": (
        with_ingress(
            {"protocol": "http2"},
            access_logs={"bucket": "logs", "prefix": "x"},
            stickiness=60,
            group="shared",
            group_order=3,
            name="shop",
            security_groups=["sg-0123456789abcdef0"],
            web_acl="arn:aws:wafv2:af-south-1:123456789012:regional/webacl/shop/1",
            tags={"team": "shop"},
        ),
        {},
    ),
    "workers, cron jobs, and a migration": (
        {
            "workers": {"mail": {"image": "mail:1", "update": "recreate", "probes": {"liveness": {"command": ["true"]}}}},
            **test_jobs.with_cron(time_zone="Africa/Johannesburg", schedule="*/5 8-17 * jan-jun mon-fri"),
            "migration": test_jobs.MIGRATION,
            "network": {**CIDRS, "databases": ["10.0.144.0/23"], "from_namespaces": ["monitoring"], "to_cidrs": {"10.9.0.0/16": []}},
        },
        {},
    ),
    "pods on Fargate": (merged(with_service(), {"service_account": {"role": ROLE}}), {"cluster": {"fargate": True}}),
    "probes of every kind": (
        with_service(probe=None, probes={"readiness": {"grpc": True}, "liveness": {"tcp": True}, "startup": {"path": "/", "delay": 3}}),
        {},
    ),
}


def plain(folder: Path) -> dict[str, Any]:
    manifests = [test_plain.DEPLOYMENT, test_plain.SERVICE, test_plain.INGRESS, test_plain.budget(maxUnavailable=1)]
    (folder / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))
    return {"manifests": str(folder)}


def applied(plane: ControlPlane, manifest: dict[str, Any], **query: str) -> tuple[int, dict[str, Any], list[str]]:
    """(status, reply, warnings) of a server-side apply that refuses unknown and duplicate fields."""
    metadata = manifest["metadata"]
    path = BY_NAME[manifest["apiVersion"], manifest["kind"]].path(metadata.get("namespace", ""), metadata["name"])
    parameters = "&".join(f"{name}={value}" for name, value in {"fieldManager": "test", "fieldValidation": "Strict", **query}.items())
    host, port, context, headers = plane.api.connection
    connection = http.client.HTTPSConnection(host, port, context=context, timeout=30)
    try:
        content = {**headers, "Content-Type": "application/apply-patch+yaml"}
        connection.request("PATCH", f"{path}?{parameters}", json.dumps(manifest), content)
        reply = connection.getresponse()
        return reply.status, json.loads(reply.read()), reply.msg.get_all("Warning") or []
    finally:
        connection.close()


def problems_with(plane: ControlPlane, found: dict[str, Any]) -> list[str]:
    """What the API server says against the built-in objects of an application, in a namespace that exists."""
    objects = [*found["objects"], *([found["migration"]] if found["migration"] else [])]
    known = [one for one in objects if (one["apiVersion"], one["kind"]) in BY_NAME]
    assert known
    namespaces = [one for one in known if one["kind"] == "Namespace"]
    assert [applied(plane, one)[0] for one in namespaces] == [201]
    problems = []
    for one in known:
        if one not in namespaces:
            status, reply, warnings = applied(plane, one, dryRun="All")
            problems += [f"{one['kind']} {one['metadata']['name']}: {reply.get('message')}"] if status >= 300 else []
            problems += [f"{one['kind']} {one['metadata']['name']}: {warning}" for warning in warnings]
    return problems


@pytest.mark.parametrize("name", [*SAMPLES, "plain manifests"])
def test_the_api_server_knows_every_field_and_warns_of_nothing(plane: ControlPlane, name: str, tmp_path: Path) -> None:
    settings, given = SAMPLES.get(name) or (plain(tmp_path), {})
    assert problems_with(plane, answer(settings, namespace=f"application-{next(NUMBERS)}", **given)) == []


def test_a_namespace_without_the_defaults_would_be_warned_of(plane: ControlPlane) -> None:
    """The check above sees what it is about: a root user and a field that does not exist."""
    found = answer(test_services.with_service(), namespace=f"application-{next(NUMBERS)}")
    (deployment,) = [one for one in found["objects"] if one["kind"] == "Deployment"]
    deployment["spec"]["template"]["spec"].pop("securityContext")
    (service,) = [one for one in found["objects"] if one["kind"] == "Service"]
    service["spec"]["prots"] = []
    problems = "\n".join(problems_with(plane, found))
    assert "would violate PodSecurity" in problems
    assert "prots" in problems


def test_pods_are_admitted_and_become_ready(plane: ControlPlane) -> None:
    namespace = f"application-{next(NUMBERS)}"
    settings = merged(with_ingress({"replicas": 2}, certificate=CERTIFICATE), {"network": CIDRS})
    for one in answer(settings, namespace=namespace)["objects"]:
        assert applied(plane, one)[0] == 201
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    ready = (event["object"] for event in plane.api.watch(path, 60) if event["object"].get("status", {}).get("availableReplicas") == 2)
    assert next(ready)["metadata"]["name"] == "api"
