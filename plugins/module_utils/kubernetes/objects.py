# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Read objects in the form the API returns. Missing fields get the API's documented default."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .values import Obj

TEMPLATE_HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"
REVISION = "deployment.kubernetes.io/revision"
MAX_INT32 = 2**31 - 1
"""As a progress deadline, this value means that no deadline applies."""


def metadata(thing: Obj) -> Mapping[str, Any]:
    return thing.get("metadata") or {}


def spec(thing: Obj) -> Mapping[str, Any]:
    return thing.get("spec") or {}


def status(thing: Obj) -> Mapping[str, Any]:
    return thing.get("status") or {}


def name(thing: Obj) -> str:
    return str(metadata(thing).get("name", ""))


def uid(thing: Obj) -> str:
    return str(metadata(thing).get("uid", ""))


def label(thing: Obj, key: str) -> str:
    return str((metadata(thing).get("labels") or {}).get(key, ""))


def count(thing: Obj, counter: str) -> int:
    """A status counter. The API omits counters that are 0."""
    return int(status(thing).get(counter) or 0)


def generation(thing: Obj) -> int:
    return int(metadata(thing).get("generation") or 0)


def wanted_replicas(thing: Obj) -> int:
    """``spec.replicas``, or the API's default of 1 if it is missing."""
    replicas = spec(thing).get("replicas")
    return 1 if replicas is None else int(replicas)


def condition(thing: Obj, kind: str) -> Mapping[str, Any]:
    return next((found for found in status(thing).get("conditions") or () if found.get("type") == kind), {})


def owned_by(things: Iterable[Obj], owner: str) -> list[Obj]:
    """The objects whose controller has this uid. Labels alone prove nothing: selectors may overlap."""
    return [thing for thing in things if controller_uid(thing) == owner]


def controller_uid(thing: Obj) -> str:
    references = metadata(thing).get("ownerReferences") or ()
    return next((str(reference.get("uid", "")) for reference in references if reference.get("controller")), "")


def terminating(thing: Obj) -> bool:
    return bool(metadata(thing).get("deletionTimestamp"))


def moment(text: Any) -> datetime | None:
    """Parse an API timestamp, which ends in Z, with or without fractional seconds."""
    try:
        return datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None


def seconds_since(text: Any, now: datetime) -> float:
    """Age of an API timestamp by the API server's clock; 0 if the timestamp is missing."""
    then = moment(text)
    return max(0.0, (now - then).total_seconds()) if then else 0.0


def template_of(thing: Obj) -> Mapping[str, Any]:
    return spec(thing).get("template") or {}


def without_hash(template: Mapping[str, Any]) -> dict[str, Any]:
    """A pod template without the hash label that the controller adds."""
    inner = dict(template.get("metadata") or {})
    inner["labels"] = {key: value for key, value in (inner.get("labels") or {}).items() if key != TEMPLATE_HASH}
    inner.pop("creationTimestamp", None)
    return {**template, "metadata": {key: value for key, value in inner.items() if value}}


def fingerprint(template: Mapping[str, Any]) -> str:
    """A hash that is equal for two templates that create the same pods."""
    return hashlib.sha256(json.dumps(without_hash(template), sort_keys=True).encode()).hexdigest()[:16]


RESTART_MARKS = re.compile(r"(^|/)restartedAt$|^reloader\.stakater\.com/|^cattle\.io/timestamp$")
"""Pod template annotations that only trigger a restart of the pods: kubectl rollout restart, Reloader, Rancher."""

RESTART_VARIABLES = "STAKATER_"
"""Prefix of the environment variables with which Reloader does the same."""


def without_restart_marks(template: Mapping[str, Any]) -> dict[str, Any]:
    """A pod template without the fields that only restart its pods."""
    inner = dict(template.get("metadata") or {})
    inner["annotations"] = {key: value for key, value in (inner.get("annotations") or {}).items() if not RESTART_MARKS.search(key)}
    pods = dict(template.get("spec") or {})
    for part in ("containers", "initContainers"):
        if pods.get(part):
            pods[part] = [_without_marks(container) for container in pods[part]]
    return {**template, "metadata": inner, "spec": pods}


def _without_marks(container: Mapping[str, Any]) -> dict[str, Any]:
    kept = [one for one in container.get("env") or () if not str(one.get("name")).startswith(RESTART_VARIABLES)]
    return {**{key: value for key, value in container.items() if key != "env"}, **({"env": kept} if kept else {})}


def release_of(template: Mapping[str, Any]) -> str:
    """A hash that is equal for two templates of the same release. A template that only restarts the pods is not a new release."""
    return fingerprint(without_restart_marks(template))


def share(value: Any, total: int, *, up: bool) -> int:
    """Convert a number, or a percentage of ``total``, to a number of pods. Rounds percentages up or down."""
    text = str(value)
    if not text.endswith("%"):
        return int(text)
    part = int(text[:-1]) * total
    return -(-part // 100) if up else part // 100


def containers_of(pod_spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [*(pod_spec.get("initContainers") or ()), *(pod_spec.get("containers") or ())]
