# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read what an earlier task did to the cluster from its registered result: kubernetes.core.k8s and modules with the same return shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..kubernetes.objects import generation, metadata, spec, template_of, uid
from .judging.job import is_complete
from .judging.judge import KINDS
from .target import Target

CONFIGS = ("ConfigMap", "Secret")
_STORED = ("ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim", "StorageClass", "CSIDriver", "Lease", "PodTemplate")
_NETWORK = ("Service", "Endpoints", "EndpointSlice", "Ingress", "IngressClass", "NetworkPolicy")
_ACCESS = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_LIMITS = ("Namespace", "LimitRange", "ResourceQuota", "PriorityClass", "RuntimeClass", "PodDisruptionBudget", "HorizontalPodAutoscaler")
_API = ("APIService", "CustomResourceDefinition", "FlowSchema", "PriorityLevelConfiguration")
_ADMISSION = (
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
PASSIVE = frozenset((*_STORED, *_NETWORK, *_ACCESS, *_LIMITS, *_API, *_ADMISSION))
"""Built-in Kubernetes kinds that run nothing. Workloads and probes show whether they work."""


def objects(result: Any, changed: bool | None = None) -> Iterator[tuple[Mapping[str, Any], bool | None]]:
    """Yield every object in a result and whether it changed. Accepts the result of one object, of a list, or of a loop."""
    if isinstance(result, (list, tuple)):
        for one in result:
            yield from objects(one, changed)
    elif isinstance(result, Mapping):
        if result.get("kind") and isinstance(result.get("metadata"), Mapping) and not str(result["kind"]).endswith("List"):
            yield result, changed
            return
        inner = bool(result["changed"]) if "changed" in result else changed
        for key in ("result", "results", "items"):
            if result.get(key):
                yield from objects(result[key], inner)


def targets(result: Any, *, trusted: bool) -> list[Target]:
    """The workloads in a result. ``trusted`` is false in check mode, because a dry run returns no generation to wait for."""
    found = list(objects(result))
    configs = frozenset(
        (str(thing["kind"]), str(metadata(thing).get("name"))) for thing, changed in found if thing.get("kind") in CONFIGS and changed
    )
    return [_target(thing, changed, configs, trusted) for thing, changed in found if thing.get("kind") in KINDS and _there(thing)]


def not_verified(result: Any) -> list[str]:
    """Other applied objects that may run something, as text: CronJobs, bare pods, and every kind that is not built into Kubernetes."""
    found = (thing for thing, _changed in objects(result) if thing.get("kind") not in KINDS and thing.get("kind") not in PASSIVE)
    return list(dict.fromkeys(_called(thing) for thing in found if _there(thing)))


def _called(thing: Mapping[str, Any]) -> str:
    space = metadata(thing).get("namespace")
    return f"{thing['kind']} {f'{space}/' if space else ''}{metadata(thing)['name']}"


def _there(thing: Mapping[str, Any]) -> bool:
    return bool(metadata(thing).get("name")) and not metadata(thing).get("deletionTimestamp")


def _target(thing: Mapping[str, Any], changed: bool | None, configs: frozenset[tuple[str, str]], trusted: bool) -> Target:
    place = (str(thing["kind"]), str(metadata(thing)["name"]), str(metadata(thing).get("namespace") or "default"))
    if not trusted or not uid(thing):
        return Target(*place)
    completed = int(spec(thing).get("completions") or 1) if thing["kind"] == "Job" and is_complete(thing) else 0
    return Target(*place, generation(thing) or None, uid(thing), template_of(thing) or None, changed, configs, completed)
