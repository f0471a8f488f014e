"""Manifests and live objects for the tests here."""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import Wanted, read
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.record import Release


def named(kind: str, name: str = "api", api_version: str = "v1", **content: Any) -> dict[str, Any]:
    metadata = {"name": name} if kind in ("Namespace", "ClusterRole", "CustomResourceDefinition") else {"name": name, "namespace": "shop"}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def deployment(name: str = "api", image: str = "api:1", **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "app", "image": image}]}}
    return named("Deployment", name, "apps/v1", spec={"selector": {"matchLabels": {"app": name}}, "template": template, **spec})


def job(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"containers": [{"name": "migrate", "image": "migrations:1"}]}}
    return named("Job", "migrate", "batch/v1", spec={"template": template, **spec})


def secret(name: str = "session", **data: str) -> dict[str, Any]:
    return named("Secret", name, data={key: base64.b64encode(value.encode()).decode() for key, value in data.items()})


def wanted(*manifests: Mapping[str, Any]) -> list[Wanted]:
    found, problems = read(list(manifests), "")
    assert not problems
    return found


def entry(manager: str, fields: Mapping[str, Any], operation: str = "Apply", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": fields, **more}


def live(manifest: Mapping[str, Any], *managers: Mapping[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(dict(manifest))
    found["metadata"] |= {"uid": "u1", "resourceVersion": "7", "managedFields": list(managers)}
    return found


def release(number: int, status: str = "verified", *objects: Mapping[str, Any], **more: Any) -> Release:
    return Release(**{"id": f"r{number}", "number": number, "version": f"{number}.0", "status": status, "objects": objects, **more})
