"""Registration of the rehearsal's webhooks for new pods."""

from __future__ import annotations

import base64
from typing import Any

from rehearsal.kubernetes.api import ApiError
from rehearsal.kubernetes.plane import ControlPlane

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


def register(plane: ControlPlane, name: str, url: str, authority: bytes, **selection: Any) -> None:
    """Registers a webhook once. `selection`: further fields of the webhook that select pods. If it is unavailable, pods are created
    unchanged.
    """
    webhook = {
        "name": name,
        "clientConfig": {"url": url, "caBundle": base64.b64encode(authority).decode()},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"], "scope": "Namespaced"}],
        **selection,
        "failurePolicy": "Ignore",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 5,
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    try:
        plane.api.create(WEBHOOKS, {**kind, "metadata": {"name": name}, "webhooks": [webhook]})
    except ApiError as error:
        if error.status != 409:
            raise
