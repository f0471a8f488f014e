"""Images in the account's own ECR: a pod whose image does not exist waits for it, as with a real kubelet.

A webhook of the cluster is called only for new pods with such images. Images in other registries, including AWS's, are assumed to exist,
because the rehearsal makes no external calls.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.kubernetes import pod_webhooks
from rehearsal.kubernetes.behaviors import PREFIX
from rehearsal.kubernetes.plane import ControlPlane

WEBHOOK = "images.rehearsal.mainstay"
BEHAVIOR = f"{PREFIX}/behavior"
OF_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<repository>[a-z0-9._/-]+?)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)

# Looks up an image: account, region, repository, tag, digest.
Lookup = Callable[[str, str, str, str | None, str | None], bool]


def is_missing(image: str, account: str, there: Lookup) -> bool:
    """Whether an image belongs in this account's ECR and does not exist there."""
    match = OF_ECR.fullmatch(image)
    if match is None or match["account"] != account:
        return False
    tag = match["tag"] or (None if match["digest"] else "latest")
    return not there(account, match["region"], match["repository"], tag, match["digest"])


def admitted(request: Mapping[str, Any], response: dict[str, Any], account: str, there: Lookup) -> dict[str, Any]:
    """The response to a pod's admission review; a pod with a missing image gets the behavior that waits for it. An explicit one wins."""
    pod = request.get("object") or {}
    spec, annotations = pod.get("spec") or {}, (pod.get("metadata") or {}).get("annotations") or {}
    images = [str(each.get("image")) for kind in ("initContainers", "containers") for each in spec.get(kind) or []]
    if BEHAVIOR in annotations or not any(is_missing(image, account, there) for image in images):
        return response
    patch = json.loads(base64.b64decode(response["patch"])) if "patch" in response else []
    changed = next((each["value"] for each in patch if each["path"] == "/metadata/annotations"), annotations)
    patch = [each for each in patch if each["path"] != "/metadata/annotations"]
    patch.append({"op": "add", "path": "/metadata/annotations", "value": {**changed, BEHAVIOR: "image-not-found"}})
    return response | {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}


def register(plane: ControlPlane, url: str, authority: bytes, account: str) -> None:
    """Registers the webhook for new pods with images in this account's ECR."""
    of_account = f"object.spec.containers.exists(c, c.image.startsWith('{account}.dkr.ecr.'))"
    of_init = f"has(object.spec.initContainers) && object.spec.initContainers.exists(c, c.image.startsWith('{account}.dkr.ecr.'))"
    condition = {"name": "images-of-this-account", "expression": f"{of_account} || ({of_init})"}
    pod_webhooks.register(plane, WEBHOOK, url, authority, matchConditions=[condition])
