# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keep only the parts of an object that the judgment reads. A thousand pods then take megabytes instead of tens of megabytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

METADATA = (
    "name",
    "namespace",
    "uid",
    "labels",
    "ownerReferences",
    "deletionTimestamp",
    "finalizers",
    "creationTimestamp",
    "resourceVersion",
)
POD_SPEC = ("nodeName", "readinessGates", "schedulingGates", "affinity")
POD_STATUS = ("phase", "reason", "message", "conditions", "podIP")
CONTAINER = ("name", "readinessProbe", "startupProbe", "livenessProbe", "restartPolicy")
STATUS = ("name", "ready", "started", "restartCount", "state", "lastState")


def _only(thing: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: thing[name] for name in names if thing and thing.get(name) is not None}


def pod(found: Mapping[str, Any]) -> dict[str, Any]:
    spec, status = found.get("spec") or {}, found.get("status") or {}
    kept = _only(spec, POD_SPEC)
    for part in ("containers", "initContainers"):
        kept[part] = [_only(container, CONTAINER) for container in spec.get(part) or ()]
    volumes = [_only(volume, ("name", "persistentVolumeClaim", "ephemeral")) for volume in spec.get("volumes") or ()]
    kept["volumes"] = [volume for volume in volumes if len(volume) > 1]
    seen = _only(status, POD_STATUS)
    for part in ("containerStatuses", "initContainerStatuses"):
        seen[part] = [_only(one, STATUS) for one in status.get(part) or ()]
    return {"kind": "Pod", "metadata": _only(found.get("metadata"), METADATA), "spec": kept, "status": seen}


def revision(found: Mapping[str, Any]) -> dict[str, Any]:
    """A ControllerRevision without its template."""
    return {"metadata": _only(found.get("metadata"), METADATA), "revision": found.get("revision")}


def whole(found: Mapping[str, Any]) -> dict[str, Any]:
    """The object without managedFields, which is long and used only for workloads."""
    inner = dict(found.get("metadata") or {})
    inner.pop("managedFields", None)
    return {**found, "metadata": inner}


def everything(found: Mapping[str, Any]) -> dict[str, Any]:
    return dict(found)


def node(found: Mapping[str, Any]) -> dict[str, Any]:
    conditions = [one for one in (found.get("status") or {}).get("conditions") or () if one.get("type") == "Ready"]
    return {"metadata": _only(found.get("metadata"), ("name", "uid", "labels")), "status": {"conditions": conditions}}
