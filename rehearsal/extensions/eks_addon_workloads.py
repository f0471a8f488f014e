"""An add-on's workloads in a control plane: Deployments and DaemonSets in its namespace, their service accounts, and their health.

A background player polls the availability of Deployments, so that AWS calls never wait for a control plane.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from rehearsal.extensions.eks_addon_catalog import Product, Workload
from rehearsal.extensions.eks_common import member_of
from rehearsal.kubernetes.api import ApiError
from rehearsal.registry import one_at_a_time

MANAGER = "eks"
"""The field manager that EKS uses to apply add-on workloads."""
MANAGED = "app.kubernetes.io/managed-by"
ROLE = "eks.amazonaws.com/role-arn"
COMPUTE_TYPE = "eks.amazonaws.com/compute-type"
PLAYER = "add-ons"
LOOK_SOON_SECONDS, LOOK_SECONDS = 0.5, 3.0
PATHS = {
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "Deployment": "/apis/apps/v1/namespaces/{namespace}/deployments",
    "DaemonSet": "/apis/apps/v1/namespaces/{namespace}/daemonsets",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets",
}
LABELS_OF_PODS = {
    "coredns": {"k8s-app": "kube-dns", "eks.amazonaws.com/component": "coredns"},
    **{name: {"app": name} for name in ("secrets-store-csi-driver", "secrets-store-csi-driver-provider-aws")},
}
"""The conventional pod labels, where they differ from the workload's name."""


def left_unmanaged(cluster: Any) -> dict[str, str]:
    """The versions of a cluster's self-managed add-ons, by add-on name."""
    found: dict[str, str] = cluster.__dict__.setdefault("rehearsal_unmanaged", {})
    return found


def well(addon: Any) -> bool:
    """Whether the add-on's workloads have the nodes they need.

    With a control plane, this is the last observed availability of the Deployments. Without one, a node that accepts their pods is enough,
    or a Fargate profile that selects them.
    """
    if not addon.product.needs_nodes:
        return True
    member = member_of(addon.cluster)
    if member is None:
        return _has_capacity(addon)
    member.rounds.add(PLAYER, lambda plane: look(addon.cluster, plane))
    return set(_deployments(addon.product)) <= _available(addon.cluster)


def _has_capacity(addon: Any) -> bool:
    """Whether each Deployment has a node whose taints its pods tolerate, or a Fargate profile that selects them."""
    settings = json.loads(addon.configuration or "{}")
    pods = [_workload(addon.product, one, addon.version, settings)["spec"]["template"] for one in addon.product.workloads]
    needing = [pod for pod, one in zip(pods, addon.product.workloads, strict=True) if one.kind == "Deployment"]
    return all(_fits_node(addon.cluster, pod) or _fits_fargate(addon.cluster, addon.product.namespace, pod) for pod in needing)


def _fits_node(cluster: Any, pod: dict[str, Any]) -> bool:
    from rehearsal.extensions.eks_nodegroup_life import kubernetes_taint, node_labels, ready_groups  # they check the add-ons themselves

    return any(
        all(_tolerated(kubernetes_taint(taint), pod["spec"]["tolerations"]) for taint in group.taints)
        and _selected(pod["spec"]["nodeSelector"], node_labels(group, group.rehearsal_build))
        for group in ready_groups(cluster)
    )


def _selected(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Labels that kubelets set are not known without a control plane."""
    return all(labels.get(key) == value for key, value in selector.items() if not key.startswith("kubernetes.io/"))


def _tolerated(taint: dict[str, str], tolerations: list[dict[str, Any]]) -> bool:
    return taint["effect"] == "PreferNoSchedule" or any(
        one.get("effect") in (None, "", taint["effect"])
        and one.get("key") in (None, "", taint["key"])
        and (one.get("operator") == "Exists" or (one.get("value") or "") == taint.get("value", ""))
        for one in tolerations
    )


def _fits_fargate(cluster: Any, namespace: str, pod: dict[str, Any]) -> bool:
    labels, annotations = pod["metadata"]["labels"], pod["metadata"]["annotations"]
    if annotations.get(COMPUTE_TYPE, "fargate") != "fargate":
        return False
    profiles = [profile for profile in cluster.fargate_profiles.values() if profile.status == "ACTIVE"]
    return any(
        fnmatchcase(namespace, selector.get("namespace", ""))
        and all(fnmatchcase(labels.get(key, ""), value) for key, value in (selector.get("labels") or {}).items())
        for profile in profiles
        for selector in profile.selectors
    )


def _deployments(product: Product) -> list[tuple[str, str]]:
    """(namespace, name) of an add-on's Deployments."""
    return [(product.namespace, workload.name) for workload in product.workloads if workload.kind == "Deployment"]


def _available(cluster: Any) -> set[tuple[str, str]]:
    """(namespace, name) of the Deployments that were available at the last poll."""
    found: set[tuple[str, str]] = cluster.__dict__.get("rehearsal_available", set())
    return found


def look(cluster: Any, plane: Any) -> float:
    """Records which add-on Deployments are available and returns when to poll again: soon, while any of them is unavailable."""
    items = plane.api.get("/apis/apps/v1/deployments", labelSelector=f"{MANAGED}={MANAGER}")["items"]
    available = {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items if _is_available(item)}
    with one_at_a_time:
        cluster.rehearsal_available = available
    return LOOK_SECONDS if len(available) == len(items) else LOOK_SOON_SECONDS


def _is_available(deployment: dict[str, Any]) -> bool:
    conditions = deployment.get("status", {}).get("conditions") or []
    return any((entry["type"], entry["status"]) == ("Available", "True") for entry in conditions)


def apply(addon: Any) -> None:
    """Applies the add-on's manifests to the control plane, if there is one."""

    def done(refused: str) -> None:
        addon.applied, addon.refused = True, refused

    submit(addon.cluster, addon.product, addon.version, addon.configuration, addon.role_arn, done)


def submit(
    cluster: Any,
    product: Product,
    version: str,
    configuration: str | None = None,
    role_arn: str | None = None,
    done: Callable[[str], None] = lambda refused: None,
) -> None:
    """The same for a version and a configuration. `done` is then called with what the API server rejected, or with an empty value."""
    member = member_of(cluster)
    if member is None:
        return
    wanted = manifests(product, version, json.loads(configuration or "{}"), role_arn)

    def task(plane: Any) -> None:
        try:
            for kind, manifest in wanted:
                path = _path(product, kind, manifest["metadata"]["name"])
                plane.api.patch(path, manifest, "apply", fieldManager=MANAGER, force="true")
        except ApiError as error:
            done(f"{error}")
        else:
            done("")
        member.rounds.wake(PLAYER)

    member.submit(task)


def remove(addon: Any) -> None:
    """Removes the add-on's workloads; definitions, service accounts, and namespaces remain."""
    member, product = member_of(addon.cluster), addon.product
    if member is None:
        return

    def task(plane: Any) -> None:
        for workload in product.workloads:
            for kind in (workload.kind, *(("PodDisruptionBudget",) if workload.budget else ())):
                with contextlib.suppress(ApiError):
                    plane.api.delete(_path(product, kind, workload.name), propagationPolicy="Background")

    member.submit(task)


def _path(product: Product, kind: str, name: str) -> str:
    return f"{PATHS[kind].format(namespace=product.namespace)}/{name}"


def manifests(product: Product, version: str, settings: dict[str, Any], role_arn: str | None = None) -> list[tuple[str, dict[str, Any]]]:
    """(kind, manifest) of everything in an add-on, in the order of application."""
    found: list[tuple[str, dict[str, Any]]] = []
    if product.namespace != "kube-system":
        found.append(("Namespace", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": product.namespace}}))
    found += [(str(one["kind"]), dict(one)) for one in product.definitions]
    annotations = {ROLE: role_arn} if role_arn else {}
    for workload in product.workloads:
        account = _account(product, workload)
        metadata = {"name": account, "namespace": product.namespace, "annotations": annotations if account in product.accounts else {}}
        found.append(("ServiceAccount", {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}))
        found.append((workload.kind, _workload(product, workload, version, settings)))
        if workload.budget:
            found.append(("PodDisruptionBudget", _budget(product, workload)))
    return found


def _account(product: Product, workload: Workload) -> str:
    """A workload's service account: for the first workload, the one that can have a role; for others, their own."""
    named = next(iter(product.accounts), None)
    return named if named and workload is product.workloads[0] else workload.name


def _labels(workload: Workload) -> dict[str, str]:
    return LABELS_OF_PODS.get(workload.name) or {"app.kubernetes.io/name": workload.name}


def _workload(product: Product, workload: Workload, version: str, settings: dict[str, Any]) -> dict[str, Any]:
    part = settings.get("controller" if workload.kind == "Deployment" else "node")
    own = settings | (part if isinstance(part, dict) else {})
    everywhere = [{"operator": "Exists"}]
    critical = [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
    container = {
        "name": workload.name,
        "image": f"addons.rehearsal.invalid/eks/{workload.name}:{version}",
        "resources": own.get("resources") or {"requests": {"cpu": workload.cpu, "memory": workload.memory}},
    }
    pod = {
        "serviceAccountName": _account(product, workload),
        "priorityClassName": f"system-{'node' if workload.kind == 'DaemonSet' else 'cluster'}-critical",
        "tolerations": own.get("tolerations") or (everywhere if workload.kind == "DaemonSet" else critical),
        "nodeSelector": own.get("nodeSelector") or {},
        "containers": [container],
    } | ({"hostNetwork": True} if workload.kind == "DaemonSet" else {})
    labels = _labels(workload)
    annotations = dict(own.get("podAnnotations") or {})
    if product.name == "coredns":
        annotations[COMPUTE_TYPE] = str(settings.get("computeType") or "ec2").lower()
    template = {"metadata": {"labels": labels | dict(own.get("podLabels") or {}), "annotations": annotations}, "spec": pod}
    spec: dict[str, Any] = {"selector": {"matchLabels": labels}, "template": template}
    if workload.kind == "Deployment":
        spec["replicas"] = own.get("replicaCount") or own.get("replicas") or workload.replicas
    metadata = {"name": workload.name, "namespace": product.namespace, "labels": {**labels, MANAGED: MANAGER}}
    return {"apiVersion": "apps/v1", "kind": workload.kind, "metadata": metadata, "spec": spec}


def _budget(product: Product, workload: Workload) -> dict[str, Any]:
    metadata = {"name": workload.name, "namespace": product.namespace}
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _labels(workload)}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": spec}
