# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The state of objects, and when a release is ready: its workloads are available and its webhooks respond. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..reconcile.model import State
from .api import BY_NAME, WEBHOOKS, ApiType

WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet")
Key = tuple[str, str, str, str]
"""apiVersion, kind, namespace and name of an object."""


def key_of(manifest: Mapping[str, Any], namespace: str, type_: ApiType | None = None) -> Key:
    """The key of an object in a release's manifest, which may omit the namespace of the release. ``type_``: that of a custom resource."""
    type_ = type_ or BY_NAME.get((str(manifest["apiVersion"]), str(manifest["kind"])))
    metadata = manifest.get("metadata") or {}
    within = "" if type_ is not None and not type_.namespaced else str(metadata.get("namespace") or namespace)
    return str(manifest["apiVersion"]), str(manifest["kind"]), within, str(metadata.get("name", ""))


def services_behind(manifests: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Namespace and name of every Service that the webhook configurations among these objects call."""
    found = set()
    for manifest in manifests:
        if manifest.get("kind") in WEBHOOKS:
            for webhook in manifest.get("webhooks") or ():
                service = (webhook.get("clientConfig") or {}).get("service")
                if service:
                    found.add((str(service["namespace"]), str(service["name"])))
    return found


def has_ready_endpoint(slices: Iterable[Mapping[str, Any]]) -> bool:
    return any((endpoint.get("conditions") or {}).get("ready") for each in slices for endpoint in each.get("endpoints") or ())


def unavailable(workload: Mapping[str, Any]) -> str:
    """Why a workload is not available yet; empty if it is."""
    kind, spec, status = workload["kind"], workload.get("spec") or {}, workload.get("status") or {}
    name = f"{kind} {workload['metadata']['namespace']}/{workload['metadata']['name']}"
    if (status.get("observedGeneration") or 0) < (workload["metadata"].get("generation") or 0):
        return f"{name} has not been observed by its controller yet"
    if kind == "DaemonSet":
        wanted, there = status.get("desiredNumberScheduled") or 0, status.get("numberAvailable") or 0
        updated = status.get("updatedNumberScheduled") or 0
    else:
        wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
        there, updated = status.get("availableReplicas") or 0, status.get("updatedReplicas") or 0
    if updated < wanted:
        return f"{name}: {updated} of {wanted} pods are of the newest revision"
    return f"{name}: {there} of {wanted} pods are available" if there < wanted else ""


def given_up(workload: Mapping[str, Any]) -> str:
    """Why a Deployment's controller has given up on its rollout; empty if it has not."""
    status = workload.get("status") or {}
    if (status.get("observedGeneration") or 0) < (workload["metadata"].get("generation") or 0):
        return ""  # the conditions describe an earlier revision
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            metadata = workload["metadata"]
            return f"{workload['kind']} {metadata['namespace']}/{metadata['name']}: {condition.get('message')}"
    return ""


def state_of(kind: str, live: Mapping[str, Any]) -> tuple[State, str]:
    """The state of an object. A workload is ready once the API has it; k8s_rollout_verify checks whether its rollout succeeds."""
    if live["metadata"].get("deletionTimestamp"):
        return "deleting", ""
    if kind == "CustomResourceDefinition":
        conditions: Sequence[Mapping[str, Any]] = (live.get("status") or {}).get("conditions") or ()
        established = any(one.get("type") == "Established" and one.get("status") == "True" for one in conditions)
        return ("ready" if established else "pending"), ""
    return "ready", ""
