"""Argo CD's Applications as its controller sees them: the definition, and what a sync leads to. Pure functions.

Argo CD itself is not in the rehearsal. Its API is: an Application names a revision, an operation asks for a sync, and the status says what
came of it, with the fields and in the order of Argo CD's documentation (argo-cd.readthedocs.io, operator-manual/application.yaml and
user-guide/sync-waves). A "repository" is a ConfigMap in the Application's namespace, named by the annotation
``rehearsal.mainstay/repository``: each key is a revision, and its value is the manifests as a JSON list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

GROUP = "/apis/argoproj.io/v1alpha1"
REPOSITORY = "rehearsal.mainstay/repository"
REFRESH = "argocd.argoproj.io/refresh"
INSTANCE = "argocd.argoproj.io/tracking-id"
MANAGER = "argocd-controller"
KEPT = 10
"""Entries of the history."""
Object = Mapping[str, Any]

ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "applications.argoproj.io", "labels": {"app.kubernetes.io/part-of": "argocd"}},
    "spec": {
        "group": "argoproj.io",
        "scope": "Namespaced",
        "names": {"kind": "Application", "listKind": "ApplicationList", "plural": "applications", "singular": "application"},
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            name: {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                            for name in ("spec", "status", "operation")
                        },
                    }
                },
            }
        ],
    },
}
"""As Argo CD's, in which the status is no subresource, so that whoever may change an Application may change its status too."""


class SyncFailed(Exception):
    """The manifests of a revision cannot be had; the message is that of the operation."""


def revision_of(application: Object) -> str:
    return str((application["spec"].get("source") or {}).get("targetRevision") or "HEAD")


def manifests_of(repository: Object | None, revision: str) -> list[dict[str, Any]]:
    """The manifests of a revision. Raises SyncFailed."""
    found = ((repository or {}).get("data") or {}).get(revision)
    if found is None:
        raise SyncFailed(f"ComparisonError: failed to generate manifest: unable to resolve '{revision}' to a commit SHA")
    return list(json.loads(found))


def automatic(application: Object) -> bool:
    automated = (application["spec"].get("syncPolicy") or {}).get("automated")
    return automated is not None and automated.get("enabled", True) is not False


def is_settled(application: Object) -> bool:
    """Whether the last comparison is about the revision that is set, and all was well."""
    status = application.get("status") or {}
    sync = status.get("sync") or {}
    about = ((sync.get("comparedTo") or {}).get("source") or {}) == dict(application["spec"].get("source") or {})
    return about and sync.get("status") == "Synced" and (status.get("health") or {}).get("status") == "Healthy"


def wanted_operation(application: Object) -> dict[str, Any] | None:
    """The operation to begin: the one that is asked for, or one that automatic sync begins for a revision that it has not tried."""
    if application.get("operation"):
        return dict(application["operation"])
    status = application.get("status") or {}
    tried = ((status.get("operationState") or {}).get("syncResult") or {}).get("revision")
    if automatic(application) and tried != revision_of(application):
        return {"sync": {"revision": revision_of(application), "prune": True}, "initiatedBy": {"automated": True}}
    return None


def with_tracking(application: Object, manifest: Object) -> dict[str, Any]:
    """A manifest as Argo CD applies it: in the destination's namespace, and with its mark."""
    namespace = str((application["spec"].get("destination") or {}).get("namespace") or "default")
    metadata = {"namespace": namespace, **manifest["metadata"]}
    group = str(manifest["apiVersion"]).rpartition("/")[0]
    mark = f"{application['metadata']['name']}:{group}/{manifest['kind']}:{metadata['namespace']}/{metadata['name']}"
    metadata["annotations"] = {**(metadata.get("annotations") or {}), INSTANCE: mark}
    return {**manifest, "metadata": metadata}


def health_of(live: Object | None) -> tuple[str, str]:
    """(health, message) of one object, as Argo CD judges a Deployment; what has no health is healthy."""
    if live is None:
        return "Missing", ""
    if live.get("kind") != "Deployment":
        return "Healthy", ""
    status, wanted = live.get("status") or {}, int(live["spec"].get("replicas", 1))
    for condition in status.get("conditions") or ():
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return "Degraded", f'Deployment "{live["metadata"]["name"]}" exceeded its progress deadline'
    if int(status.get("observedGeneration") or 0) < int(live["metadata"].get("generation") or 0):
        return "Progressing", "Waiting for rollout to finish: observed deployment generation less than desired generation"
    if min(int(status.get("updatedReplicas") or 0), int(status.get("availableReplicas") or 0)) < wanted:
        return (
            "Progressing",
            f"Waiting for rollout to finish: {status.get('availableReplicas') or 0} of {wanted} updated replicas are available",
        )
    return "Healthy", ""


ORDER = ("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown")


def worst(healths: Sequence[str]) -> str:
    return max(healths, key=ORDER.index, default="Healthy")


def resource_of(manifest: Object, health: tuple[str, str], *, synced: bool) -> dict[str, Any]:
    group, _, version = str(manifest["apiVersion"]).rpartition("/")
    said = {"status": health[0], **({"message": health[1]} if health[1] else {})}
    place = {"kind": manifest["kind"], "namespace": manifest["metadata"]["namespace"], "name": manifest["metadata"]["name"]}
    return {"group": group, "version": version, **place, "status": "Synced" if synced else "OutOfSync", "health": said}


def begun(operation: Object, now: str) -> dict[str, Any]:
    return {"operation": dict(operation), "phase": "Running", "message": "waiting for healthy state", "startedAt": now}


def ended(state: Object, phase: str, message: str, now: str, results: Sequence[Object] = ()) -> dict[str, Any]:
    sync = (state.get("operation") or {}).get("sync") or {}
    result = {"revision": sync.get("revision", ""), "resources": list(results)}
    return {**state, "phase": phase, "message": message, "finishedAt": now, "syncResult": result}


def history_of(status: Object, revision: str, now: str) -> list[dict[str, Any]]:
    """The history with a sync that succeeded."""
    entries = list(status.get("history") or ())
    number = int(entries[-1]["id"]) + 1 if entries else 0
    return [*entries, {"id": number, "revision": revision, "deployedAt": now}][-KEPT:]


def compared(application: Object, resources: Sequence[Object], now: str) -> dict[str, Any]:
    """The parts of the status that a comparison writes."""
    revision = revision_of(application)
    synced = all(one["status"] == "Synced" for one in resources)
    source = dict(application["spec"].get("source") or {})
    return {
        "sync": {"status": "Synced" if synced else "OutOfSync", "revision": revision, "comparedTo": {"source": source}},
        "health": {"status": worst([one["health"]["status"] for one in resources])},
        "resources": list(resources),
        "reconciledAt": now,
        "conditions": [],
    }
