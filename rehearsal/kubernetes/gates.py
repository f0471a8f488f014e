"""Readiness gates of load balancers: the controller's webhook adds to each new pod of a labeled namespace a gate per target group that it
will be in. The pod is ready only once its target is healthy.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.kubernetes import pod_webhooks
from rehearsal.kubernetes.plane import ControlPlane

WEBHOOK = "gates.rehearsal.mainstay"
LABEL = "elbv2.k8s.aws/pod-readiness-gate-inject"


def injected(request: Mapping[str, Any], gates: Sequence[str]) -> dict[str, Any]:
    """The response to a pod's admission review: allowed, with these gates besides its own."""
    response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
    present = ((request.get("object") or {}).get("spec") or {}).get("readinessGates") or []
    new = [{"conditionType": gate} for gate in gates if gate not in [each["conditionType"] for each in present]]
    if not new:
        return response
    patch = [{"op": "add", "path": "/spec/readinessGates", "value": [*present, *new]}]
    return response | {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}


def register(plane: ControlPlane, url: str, authority: bytes) -> None:
    """Registers the webhook for new pods in namespaces with the label."""
    pod_webhooks.register(plane, WEBHOOK, url, authority, namespaceSelector={"matchLabels": {LABEL: "enabled"}})
