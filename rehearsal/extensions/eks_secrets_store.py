"""The simulated Secrets Store CSI driver with its provider for AWS: pods that mount secrets start once their volumes can be mounted.

Both come with the add-on aws-secrets-store-csi-driver-provider. Without it, such pods wait, as on any cluster.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from rehearsal import registry
from rehearsal.extensions.aws_values import Place, parameter, secret
from rehearsal.extensions.eks_addons import addons_of
from rehearsal.extensions.eks_common import member_of
from rehearsal.kubernetes.events import Memory, warn
from rehearsal.registry import Call, one_at_a_time
from rehearsal.replies import Refusal

PLAYER = "secrets store"
ADDON = "aws-secrets-store-csi-driver-provider"
LOOK_AGAIN, LOOK_FOR_IT = 1.0, 5.0
PODS = "/api/v1/pods"
DRIVER_PODS, PROVIDER_PODS = "app=secrets-store-csi-driver", "app=secrets-store-csi-driver-provider-aws"
Object = Mapping[str, Any]


def begin(call: Call, cluster: Any) -> None:
    """Simulates the driver in a new cluster's control plane, if there is one."""
    member = member_of(cluster)
    if member is not None:
        place, memory = Place(call.account_id, call.region), Memory()
        member.rounds.add(PLAYER, lambda plane: play(place, memory, cluster, plane))


def play(place: Place, memory: Memory, cluster: Any, plane: Any) -> float:
    """Runs one round: mounts the volumes of all pods that wait for them."""
    from rehearsal.kubernetes.secrets_store import waits

    waiting = [pod for pod in plane.api.get(PODS, fieldSelector="status.phase=Pending")["items"] if waits(pod)]
    with one_at_a_time:
        addon = addons_of(cluster).get(ADDON)
        settings = json.loads((addon and addon.configuration) or "{}")
    if waiting:
        nodes = {label: _nodes_with(plane, label) for label in (DRIVER_PODS, PROVIDER_PODS)}
        for pod in waiting:
            _start(place, memory, plane, pod, nodes, _syncs(settings))
    return LOOK_AGAIN if addon or waiting else LOOK_FOR_IT


def _syncs(settings: Object) -> bool:
    """Whether the driver copies into Secrets, which it does only if it is told to."""
    return bool(((settings.get("secrets-store-csi-driver") or {}).get("syncSecret") or {}).get("enabled"))


def _nodes_with(plane: Any, label: str) -> set[str]:
    """The nodes on which such a pod is ready."""
    ready = {"type": "Ready", "status": "True"}
    return {
        str(pod["spec"].get("nodeName"))
        for pod in plane.api.get(PODS, labelSelector=label)["items"]
        if any(ready.items() <= each.items() for each in pod["status"].get("conditions") or [])
    }


def _start(place: Place, memory: Memory, plane: Any, pod: Object, nodes: Mapping[str, set[str]], syncs: bool) -> None:
    """Mounts all volumes of a pod, or says why one cannot be mounted."""
    from rehearsal.kubernetes import secrets_store
    from rehearsal.kubernetes.behaviors import MOUNTED

    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    path = f"/api/v1/namespaces/{namespace}/pods/{name}"
    volume = ""
    try:
        for volume, provider_class in secrets_store.volumes_of(pod):
            _mount(place, plane, pod, (volume, provider_class), nodes, syncs)
    except secrets_store.MountError as error:
        _say(memory, plane, pod, "FailedMount", secrets_store.failure(volume, str(error)))
        return
    if absent := secrets_store.lacking(pod, _secrets(plane, namespace)):
        text = f'secret "{absent}" not found'
        waiting = {"reason": "CreateContainerConfigError", "message": text}
        statuses = [{**each, "state": {"waiting": waiting}} for each in pod["status"].get("containerStatuses") or []]
        if statuses and _say(memory, plane, pod, "Failed", f"Error: {text}"):
            plane.api.patch(f"{path}/status", {"status": {"containerStatuses": statuses}})
        return
    plane.api.patch(path, {"metadata": {"annotations": {MOUNTED: "true"}}})


def _mount(place: Place, plane: Any, pod: Object, named: tuple[str, str], nodes: Mapping[str, set[str]], syncs: bool) -> None:
    from rehearsal.kubernetes import secrets_store
    from rehearsal.kubernetes.api import ApiError

    volume, name = named
    node, namespace = pod["spec"]["nodeName"], pod["metadata"]["namespace"]
    if node not in nodes[DRIVER_PODS]:
        raise secrets_store.MountError(secrets_store.NOT_REGISTERED)
    if node not in nodes[PROVIDER_PODS]:
        raise secrets_store.MountError(secrets_store.NO_PROVIDER)
    try:
        one = plane.api.get(f"{secrets_store.GROUP}/namespaces/{namespace}/secretproviderclasses/{name}")
    except ApiError as error:
        if error.status != 404:
            raise
        absent = f'SecretProviderClass.secrets-store.csi.x-k8s.io "{name}" not found'
        raise secrets_store.MountError(
            f"{secrets_store.RPC}failed to get secretproviderclass {namespace}/{name}, error: {absent}"
        ) from None
    region = str((one["spec"].get("parameters") or {}).get("region") or "")

    def fetch(kind: str, key: str, entry: Object) -> secrets_store.Fetched:
        try:
            if kind == "ssmparameter":
                return secrets_store.Fetched(*parameter(place, region, key))
            stage, version = str(entry.get("objectVersionLabel") or ""), str(entry.get("objectVersion") or "")
            return secrets_store.Fetched(*secret(place, region, key, version, stage))
        except Refusal:
            raise secrets_store.MountError(secrets_store.not_fetched(pod, key)) from None

    with one_at_a_time:
        registry.prepare("secretsmanager")
        mounted = secrets_store.mount(one, fetch)
    with contextlib.suppress(ApiError):  # it exists: a volume of the pod was mounted before another failed
        status = secrets_store.pod_status(pod, name, volume, mounted.versions)
        plane.api.create(f"{secrets_store.GROUP}/namespaces/{namespace}/secretproviderclasspodstatuses", status)
    if syncs:
        for copy in secrets_store.copies(one, mounted.files, pod, _secrets(plane, namespace)):
            path = f"/api/v1/namespaces/{namespace}/secrets/{copy['metadata']['name']}"
            plane.api.patch(path, copy, "apply", fieldManager=secrets_store.MANAGER, force="true")


def _secrets(plane: Any, namespace: str) -> dict[str, Object]:
    return {each["metadata"]["name"]: each for each in plane.api.get(f"/api/v1/namespaces/{namespace}/secrets")["items"]}


def _say(memory: Memory, plane: Any, pod: Object, reason: str, text: str) -> bool:
    """Records an event of the kubelet, once; whether it is new."""
    if not memory.is_new(pod["metadata"]["uid"], text):
        return False
    warn(plane, pod, ("v1", "Pod"), reason, text, "kubelet")
    return True
