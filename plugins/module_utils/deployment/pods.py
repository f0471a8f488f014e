# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether the namespace would take the pods of a release: its quotas, limits, Pod Security level, and webhooks.

A Deployment is accepted whatever its template says; its pods are refused later, one by one. So a pod of each changed template is tried with
a dry run.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ..kubernetes.objects import share, spec, template_of, wanted_replicas
from ..kubernetes.problems import ApiProblem, Forbidden, Refused
from . import refusals
from .cluster import Cluster, together
from .look import KIND, Look
from .planning import ReleasePlan

QUOTA = "exceeded quota"
SHAPING = ("Namespace", "ResourceQuota", "LimitRange")
"""If the release itself changes one of these, what the namespace takes now says nothing."""

MAY_COME = ("serviceaccount", "service account", "PriorityClass", "RuntimeClass")
"""What a pod names and the release itself may bring."""


def template(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod template of a workload; None for other objects."""
    if manifest.get("kind") == "CronJob":
        return template_of({"spec": (spec(manifest).get("jobTemplate") or {}).get("spec") or {}}) or None
    return template_of(manifest) or None if manifest.get("kind") in ("Deployment", "StatefulSet", "DaemonSet", "Job") else None


def pod_of(manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    """A pod as the workload's controller would create it; None for other objects."""
    found = template(manifest)
    if not found:
        return None
    inside = copy.deepcopy(dict(found.get("spec") or {}))
    inside.setdefault("restartPolicy", "Always")
    marks = {key: value for key, value in (found.get("metadata") or {}).items() if key in ("labels", "annotations")}
    name = f"{manifest['metadata']['name'][:50]}-dry-run"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": manifest["metadata"]["namespace"], **marks},
        "spec": inside,
    }


def needs_room(manifest: Mapping[str, Any], live: Mapping[str, Any] | None) -> bool:
    """Whether a rollout needs room for one pod more than run now: a full quota then stops it."""
    if live is None:
        return True
    if manifest.get("kind") != "Deployment":
        return False
    strategy = spec(manifest).get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return False
    rolling = strategy.get("rollingUpdate") or {}
    return share(rolling.get("maxUnavailable", "25%"), wanted_replicas(live), up=False) == 0


def pod_problems(cluster: Cluster, found: ReleasePlan, job: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """(address, sentence) for each workload whose pods the namespace would refuse."""
    if any(look.one.kind in SHAPING for look in found.changing):
        return []
    tried = [(look.address, cluster.manifest(look.one), look.live) for look in found.changing if _is_tried(look)]
    if job is not None and any(look.one.namespace == job["metadata"]["namespace"] and look.result for look in found.looks):
        tried.append((f"{KIND}.Job/{job['metadata']['namespace']}/{job['metadata']['name']}", dict(job), None))
    problems = together(lambda one: _problem(cluster, one[1], one[2]), tried)
    return [(one[0], problem) for one, problem in zip(tried, problems) if problem]


def _is_tried(look: Look) -> bool:
    if look.problem or not look.type or not template(look.one.manifest) or look.untried:
        return False
    return look.live is None or look.result is None or template(look.live) != template(look.result)


def _problem(cluster: Cluster, manifest: Mapping[str, Any], live: Mapping[str, Any] | None) -> str:
    """Why the namespace would refuse a pod; empty if it would not, or that cannot be told."""
    pod = pod_of(manifest)
    if pod is None:
        return ""
    text = _tried(cluster, pod)
    if text and any(part in text for part in MAY_COME[:2]):
        for name in ("serviceAccountName", "serviceAccount"):
            pod["spec"].pop(name, None)
        text = _tried(cluster, pod)
    if not text or refusals.NO_DRY_RUN in text or "cannot create resource" in text or any(part in text for part in MAY_COME):
        return ""
    if QUOTA in text and not needs_room(manifest, live):
        return ""
    return f"its pods would be refused: {refusals.refused(text, cluster.texts)}."


def _tried(cluster: Cluster, pod: Mapping[str, Any]) -> str:
    try:
        cluster.api.create(f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods", pod, dryRun="All")
    except (Refused, Forbidden) as problem:
        return str(problem)
    except ApiProblem:
        return ""
    return ""
