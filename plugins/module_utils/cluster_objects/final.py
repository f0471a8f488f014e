# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Fields that are immutable in an existing object: changing them requires a replacement.

From the update validation of Kubernetes (pkg/apis/*/validation): the immutable paths of each kind and, for some, the exceptions below them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kubernetes.values import Obj

FINAL: Mapping[str, tuple[str, ...]] = {
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "StatefulSet": ("spec",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode"),
    "PersistentVolumeClaim": ("spec",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "PriorityClass": ("value", "preemptionPolicy"),
    "IngressClass": ("spec.controller",),
    "Secret": ("type",),
    "Pod": ("spec",),
    "CustomResourceDefinition": ("spec.group", "spec.scope", "spec.names.plural", "spec.names.kind"),
}
CHANGEABLE: Mapping[str, tuple[str, ...]] = {
    "StatefulSet": (
        "spec.replicas",
        "spec.template",
        "spec.updateStrategy",
        "spec.persistentVolumeClaimRetentionPolicy",
        "spec.minReadySeconds",
        "spec.ordinals",
        "spec.revisionHistoryLimit",
    ),
    "PersistentVolumeClaim": ("spec.resources", "spec.volumeAttributesClassName"),
}
SEALED = ("data", "binaryData")
"""Immutable in a ConfigMap or Secret with ``immutable: true``."""


def split(kind: str, wanted: Obj, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The immutable fields and the others."""
    places = FINAL.get(kind, ())
    if kind in ("ConfigMap", "Secret") and wanted.get("immutable") is True:
        places = (*places, *SEALED)
    final = {place: value for place, value in fields.items() if _in(place, places) and not _in(place, CHANGEABLE.get(kind, ()))}
    return final, {place: value for place, value in fields.items() if place not in final}


def _in(place: str, places: tuple[str, ...]) -> bool:
    return any(place == one or place.startswith((f"{one}.", f"{one}[")) for one in places)
