"""The simulated controller of Argo CD: once its definition is installed, Applications are synced from their rehearsed repositories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.extensions.eks_common import member_of
from rehearsal.registry import Call

PLAYER = "argo cd"
LOOK_AGAIN, LOOK_FOR_IT = 0.5, 5.0
Object = Mapping[str, Any]


def begin(_call: Call, cluster: Any) -> None:
    """Simulates the controller in a new cluster's control plane, if there is one."""
    member = member_of(cluster)
    if member is not None:
        member.rounds.add(PLAYER, play)


def play(plane: Any) -> float:
    """Runs one round. An operation takes two: it is running before it ends."""
    from rehearsal.kubernetes.api import ApiError
    from rehearsal.kubernetes.argo_cd import GROUP

    try:
        applications = plane.api.get(f"{GROUP}/applications")["items"]
    except ApiError as error:
        if error.status == 404:
            return LOOK_FOR_IT
        raise
    for application in applications:
        try:
            _reconcile(plane.api, application)
        except ApiError as error:
            if error.status != 409:
                raise
    return LOOK_AGAIN


def _reconcile(api: Any, application: Object) -> None:
    from rehearsal.kubernetes import argo_cd

    status, now = dict(application.get("status") or {}), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    running = (status.get("operationState") or {}).get("phase") == "Running"
    if not running and (operation := argo_cd.wanted_operation(application)):
        _write(api, application, {"operationState": argo_cd.begun(operation, now)}, begins="operation" in application)
        return
    refreshes = argo_cd.REFRESH in (application["metadata"].get("annotations") or {})
    if not running and not refreshes and argo_cd.is_settled(application):
        return
    try:
        revision = (status.get("operationState") or {}).get("operation", {}).get("sync", {}).get("revision") if running else None
        repository = _repository(api, application)
        manifests = argo_cd.manifests_of(repository, revision or argo_cd.revision_of(application))
    except argo_cd.SyncFailed as problem:
        failed = {"operationState": argo_cd.ended(status["operationState"], "Error", str(problem), now)} if running else {}
        condition = {"type": "ComparisonError", "message": str(problem), "lastTransitionTime": now}
        if running or not status.get("conditions"):
            _write(api, application, {**failed, "conditions": [condition], "sync": {"status": "Unknown"}})
        return
    wanted = [argo_cd.with_tracking(application, one) for one in manifests]
    changed: dict[str, Any] = {}
    if running:
        changed = _synced(api, status, wanted, now)
    changed |= argo_cd.compared(application, [_compare(api, one) for one in wanted], now)
    if running or refreshes or _differs(status, changed):
        _write(api, application, changed, refreshed=True)


def _synced(api: Any, status: Object, wanted: list[dict[str, Any]], now: str) -> dict[str, Any]:
    """Applies the manifests, deletes what the revision no longer has, and ends the operation."""
    from rehearsal.kubernetes import argo_cd
    from rehearsal.kubernetes.api import ApiError

    state, results = status["operationState"], []
    for one in wanted:
        place = {"kind": one["kind"], "namespace": one["metadata"]["namespace"], "name": one["metadata"]["name"]}
        try:
            api.patch(_path(one), one, "apply", fieldManager=argo_cd.MANAGER, force="true")
        except ApiError as error:
            results.append({**place, "status": "SyncFailed", "message": str(error)})
    if results:
        return {"operationState": argo_cd.ended(state, "Failed", "one or more objects failed to apply", now, results)}
    if state["operation"]["sync"].get("prune"):
        kept = {(one["kind"], one["metadata"]["namespace"], one["metadata"]["name"]) for one in wanted}
        for old in status.get("resources") or ():
            if (old["kind"], old["namespace"], old["name"]) not in kept:
                version = f"{old['group']}/{old['version']}".lstrip("/")
                manifest = {"apiVersion": version, "kind": old["kind"], "metadata": {"namespace": old["namespace"], "name": old["name"]}}
                _delete(api, _path(manifest))
    found = argo_cd.ended(state, "Succeeded", "successfully synced (all tasks run)", now)
    return {"operationState": found, "history": argo_cd.history_of(status, found["syncResult"]["revision"], now)}


def _compare(api: Any, wanted: Object) -> dict[str, Any]:
    """Synced: an apply of the manifest would change nothing."""
    from rehearsal.kubernetes import argo_cd

    live = _live(api, _path(wanted))
    tried = api.patch(_path(wanted), wanted, "apply", fieldManager=argo_cd.MANAGER, force="true", dryRun="All")
    synced = live is not None and tried.get("spec") == live.get("spec") and tried.get("data") == live.get("data")
    return argo_cd.resource_of(wanted, argo_cd.health_of(live), synced=synced)


def _differs(status: Object, changed: Object) -> bool:
    """Whether a comparison says something new; its moment alone is not."""
    return any(status.get(name) != value for name, value in changed.items() if name != "reconciledAt")


def _repository(api: Any, application: Object) -> Object | None:
    from rehearsal.kubernetes.argo_cd import REPOSITORY

    name = (application["metadata"].get("annotations") or {}).get(REPOSITORY)
    return _live(api, f"/api/v1/namespaces/{application['metadata']['namespace']}/configmaps/{name}") if name else None


def _live(api: Any, path: str) -> dict[str, Any] | None:
    from rehearsal.kubernetes.api import ApiError

    try:
        found: dict[str, Any] = api.get(path)
    except ApiError as error:
        if error.status == 404:
            return None
        raise
    return found


def _delete(api: Any, path: str) -> None:
    from rehearsal.kubernetes.api import ApiError

    try:
        api.delete(path)
    except ApiError as error:
        if error.status != 404:
            raise


def _path(manifest: Object) -> str:
    group = str(manifest["apiVersion"])
    root = f"/apis/{group}" if "/" in group else f"/api/{group}"
    kind = str(manifest["kind"]).lower()
    plural = f"{kind}es" if kind.endswith("s") else f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    return f"{root}/namespaces/{manifest['metadata']['namespace']}/{plural}/{manifest['metadata']['name']}"


def _write(api: Any, application: Object, status: Object, *, refreshed: bool = False, begins: bool = False) -> None:
    """Replaces parts of the status. Refused by the API if the Application has changed since it was read."""
    from rehearsal.kubernetes import argo_cd

    metadata = application["metadata"]
    annotations = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != argo_cd.REFRESH or not refreshed}
    found = {**application, "metadata": {**metadata, "annotations": annotations}, "status": {**(application.get("status") or {}), **status}}
    if begins:
        del found["operation"]
    path = f"{argo_cd.GROUP}/namespaces/{metadata['namespace']}/applications/{metadata['name']}"
    api.call("PUT", path, found)
