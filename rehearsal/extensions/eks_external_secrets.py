"""The simulated controller of External Secrets: once its definitions are installed, ExternalSecrets become Secrets with values of the
emulated Secrets Manager or Parameter Store, and stores say whether they are usable.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.aws_values import Place, parameter, secret, secret_names
from rehearsal.extensions.eks_common import member_of
from rehearsal.kubernetes.events import Memory, warn
from rehearsal.registry import Call, one_at_a_time
from rehearsal.replies import Refusal

PLAYER = "external secrets"
LOOK_AGAIN, LOOK_FOR_IT = 1.0, 5.0
DEPLOYMENTS = "/apis/apps/v1/deployments"
LABEL = "app.kubernetes.io/name=external-secrets"
STORES = {"SecretStore": "secretstores", "ClusterSecretStore": "clustersecretstores"}
FAILED = "could not get secret data from provider"
Object = Mapping[str, Any]


def begin(call: Call, cluster: Any) -> None:
    """Simulates the controller in a new cluster's control plane, if there is one."""
    member = member_of(cluster)
    if member is not None:
        place, memory = Place(call.account_id, call.region), Memory()
        member.rounds.add(PLAYER, lambda plane: play(place, memory, plane))


def play(place: Place, memory: Memory, plane: Any) -> float:
    """Runs one round. The controller acts while its Deployment is available; without any, the definitions suffice."""
    from rehearsal.kubernetes.api import ApiError
    from rehearsal.kubernetes.external_secrets import GROUP, MANAGED, due, target_name

    try:
        externals = plane.api.get(f"{GROUP}/externalsecrets")["items"]
    except ApiError as error:
        if error.status == 404:
            return LOOK_FOR_IT
        raise
    deployments = plane.api.get(DEPLOYMENTS, labelSelector=LABEL)["items"]
    if deployments and not any((each.get("status") or {}).get("availableReplicas") for each in deployments):
        return LOOK_AGAIN
    stores = {(kind, _place_of(each)): each for kind, plural in STORES.items() for each in _listed(plane, f"{GROUP}/{plural}")}
    for (kind, _), store in stores.items():
        _judge(plane, kind, store)
    if externals:
        managed = {_place_of(each): each for each in plane.api.get("/api/v1/secrets", labelSelector=f"{MANAGED}=true")["items"]}
        for external in externals:
            secret = managed.get((external["metadata"]["namespace"], target_name(external)))
            if not external["metadata"].get("deletionTimestamp") and due(external, secret, datetime.now(UTC)):
                _sync(place, memory, plane, external, stores)
    return LOOK_AGAIN


def _listed(plane: Any, path: str) -> list[Object]:
    from rehearsal.kubernetes.api import ApiError

    try:
        return list(plane.api.get(path)["items"])
    except ApiError as error:
        if error.status == 404:
            return []
        raise


def _place_of(resource: Object) -> tuple[str, str]:
    return str(resource["metadata"].get("namespace") or ""), str(resource["metadata"]["name"])


def _provider(store: Object) -> Object | None:
    found: Object | None = (store["spec"].get("provider") or {}).get("aws")
    return found if found and found.get("service", "SecretsManager") in ("SecretsManager", "ParameterStore") else None


def _judge(plane: Any, kind: str, store: Object) -> None:
    """Sets a store's condition, once."""
    from rehearsal.kubernetes.external_secrets import GROUP

    good = _provider(store) is not None
    wanted = ("True", "Valid", "store validated") if good else ("False", "InvalidProviderConfig", "the rehearsal has the provider aws only")
    present: Object = next((each for each in (store.get("status") or {}).get("conditions") or [] if each["type"] == "Ready"), {})
    if tuple(present.get(name) for name in ("status", "reason", "message")) == wanted:
        return
    condition = dict(zip(("status", "reason", "message"), wanted, strict=True)) | {"type": "Ready", "lastTransitionTime": _now()}
    status = {"conditions": [condition], "capabilities": "ReadWrite"}
    namespace, name = _place_of(store)
    path = f"{GROUP}/namespaces/{namespace}/{STORES[kind]}/{name}" if namespace else f"{GROUP}/{STORES[kind]}/{name}"
    plane.api.patch(f"{path}/status", {"status": status})


def _sync(place: Place, memory: Memory, plane: Any, external: Object, stores: Mapping[Any, Object]) -> None:
    from rehearsal.kubernetes.api import ApiError
    from rehearsal.kubernetes.external_secrets import GROUP, Source, SyncError, secret_of, status_of, target_name, wanted_data

    namespace, name = _place_of(external)
    policy = (external["spec"].get("target") or {}).get("creationPolicy", "Owner")

    def source(reference: Object) -> Source:
        kind = str(reference.get("kind") or "SecretStore")
        store = stores.get((kind, (namespace if kind == "SecretStore" else "", str(reference.get("name")))))
        if store is None:
            raise SyncError(f'could not get {kind} "{reference.get("name")}": not found')
        provider = _provider(store)
        if provider is None:
            raise SyncError(f'{kind} "{reference.get("name")}" is not ready')
        return _source(place, provider)

    error = detail = ""
    try:
        with one_at_a_time:
            data = wanted_data(external, source)
        if policy != "None":
            secret = secret_of(external, data)
            path = f"/api/v1/namespaces/{namespace}/secrets/{target_name(external)}"
            plane.api.patch(path, secret, "apply", fieldManager="external-secrets", force="true")
    except SyncError as problem:
        error, detail = FAILED, str(problem)
    except ApiError as problem:
        error, detail = "could not update secret", str(problem)
    status = status_of(external, f"{error}: {detail}" if error else "", datetime.now(UTC))
    plane.api.patch(f"{GROUP}/namespaces/{namespace}/externalsecrets/{name}/status", {"status": status})
    if memory.is_new(external["metadata"]["uid"], detail) and detail:
        _say(plane, external, f"{error}: {detail}")


def _source(place: Place, provider: Object) -> Any:
    from rehearsal.kubernetes.external_secrets import Source, SyncError

    region, prefix = str(provider.get("region") or ""), str(provider.get("prefix") or "")

    def fetch(key: str, version: str) -> str:
        try:
            if provider.get("service") == "ParameterStore":
                return parameter(place, region, prefix + key)[0]
            if version.startswith("uuid/"):
                return secret(place, region, prefix + key, version.removeprefix("uuid/"))[0]
            return secret(place, region, prefix + key, stage=version)[0]
        except Refusal as refusal:
            raise SyncError("Secret does not exist" if "NotFound" in refusal.code else f"{refusal.code}: {refusal.message}") from None

    return Source(fetch, lambda: secret_names(place, region))


def _say(plane: Any, external: Object, text: str) -> None:
    warn(plane, external, (external["apiVersion"], "ExternalSecret"), "UpdateFailed", text, "external-secrets")


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
