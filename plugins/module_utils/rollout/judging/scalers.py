# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Who decides how many pods a workload has: its manifest, or an autoscaler that may scale it to 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...kubernetes.objects import metadata, spec
from ...kubernetes.values import Obj
from .context import Context

PATHS: Mapping[str, str] = {
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "KEDA ScaledObject": "/apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects",
    "Flagger Canary": "/apis/flagger.app/v1beta1/namespaces/{}/canaries",
    "Argo Rollout": "/apis/argoproj.io/v1alpha1/namespaces/{}/rollouts",
}
"""What may own the replica count, as text, and where to list it. Most clusters have only the first."""

REFERENCES = ("scaleTargetRef", "targetRef", "workloadRef")
PROGRESSIVE = ("Flagger Canary", "Argo Rollout")
"""These run a workload's pods in a separate workload and scale the original to 0."""


MINIMUM = {"HorizontalPodAutoscaler": ("minReplicas", 1), "KEDA ScaledObject": ("minReplicaCount", 0)}
"""Field for the minimum number of replicas, and its default. An autoscaler that never scales to 0 does not scale up from 0 either."""


def may_scale_to_zero(words: str, scaler: Obj, kind: str, called: str) -> bool:
    """Whether this object scales the workload and may scale it to 0. KEDA's reference may omit the kind, which then is Deployment."""
    references = [spec(scaler).get(key) or {} for key in REFERENCES]
    if not any(one.get("name") == called and str(one.get("kind") or "Deployment") == kind for one in references):
        return False
    if words not in MINIMUM:
        return True
    field, default = MINIMUM[words]
    found = spec(scaler).get(field)
    return int(default if found is None else found) == 0


def zero_is_meant(live: Obj, context: Context) -> str:
    """What has intentionally scaled the workload to 0, as text; empty if it was its manifest."""
    if context.seen.scalers:
        return ", ".join(context.seen.scalers)
    return next((str(entry.get("manager") or "a client") for entry in metadata(live).get("managedFields") or () if _scaled(entry)), "")


def runs_elsewhere(by: str) -> tuple[str, ...]:
    """A note if the controller that scaled the workload to 0 runs its pods in a separate workload."""
    found = [words for words in PROGRESSIVE if by.startswith(words)]
    return (f"{by} runs the pods in a workload of its own, which was not verified",) if found else ()


def _scaled(entry: Mapping[str, Any]) -> bool:
    """Whether this manager owns the replica count through the scale subresource, as autoscalers and kubectl scale do."""
    return entry.get("subresource") == "scale" and "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
