"""What the simulated controller of Argo CD begins, compares, and says. No cluster."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import argo_cd

DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": {"replicas": 2}}


def application(revision: str = "v1", tried: str = "", policy: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    spec = {"source": {"targetRevision": revision}, "destination": {"namespace": "shop"}, "syncPolicy": policy or {}}
    return {"metadata": {"name": "shop"}, "spec": spec, "status": {"operationState": {"syncResult": {"revision": tried}}}, **more}


OPERATIONS: dict[str, tuple[dict[str, Any], str | None]] = {
    "nothing is asked for": (application(), None),
    "an operation": (application(operation={"sync": {"revision": "v9"}}), "v9"),
    "automatic": (application(policy={"automated": {}}), "v1"),
    "automatic, and tried already": (application(tried="v1", policy={"automated": {}}), None),
    "automatic, and another revision": (application("v2", tried="v1", policy={"automated": {}}), "v2"),
    "switched off": (application(policy={"automated": {"enabled": False}}), None),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_synced(name: str) -> None:
    found, expected = OPERATIONS[name]
    operation = argo_cd.wanted_operation(found)
    assert (operation["sync"]["revision"] if operation else None) == expected


def live(updated: int, available: int, generation: int = 1, **condition: Any) -> dict[str, Any]:
    status = {
        "updatedReplicas": updated,
        "availableReplicas": available,
        "observedGeneration": 1,
        "conditions": [condition] if condition else [],
    }
    return {**DEPLOYMENT, "metadata": {"name": "api", "generation": generation}, "status": status}


HEALTH: dict[str, tuple[dict[str, Any] | None, str]] = {
    "missing": (None, "Missing"),
    "rolled out": (live(2, 2), "Healthy"),
    "rolling out": (live(1, 2), "Progressing"),
    "not seen yet": (live(2, 2, generation=2), "Progressing"),
    "given up": (live(1, 1, type="Progressing", reason="ProgressDeadlineExceeded"), "Degraded"),
    "a kind without health": ({"kind": "Service", "metadata": {"name": "api"}}, "Healthy"),
}


@pytest.mark.parametrize("name", HEALTH)
def test_the_health_of_an_object(name: str) -> None:
    found, expected = HEALTH[name]
    assert argo_cd.health_of(found)[0] == expected


def test_an_application_is_as_healthy_as_its_worst_object() -> None:
    assert argo_cd.worst(["Healthy", "Degraded", "Progressing"]) == "Degraded"
    manifest = argo_cd.with_tracking(application(), DEPLOYMENT)
    assert manifest["metadata"]["namespace"] == "shop"
    assert manifest["metadata"]["annotations"] == {argo_cd.INSTANCE: "shop:apps/Deployment:shop/api"}
    resources = [argo_cd.resource_of(manifest, ("Progressing", "1 of 2"), synced=False)]
    status = argo_cd.compared(application("v2"), resources, "now")
    assert (status["sync"]["status"], status["sync"]["revision"], status["health"]["status"]) == ("OutOfSync", "v2", "Progressing")
    assert not argo_cd.is_settled({**application("v2"), "status": status})
    good = argo_cd.compared(application("v2"), [argo_cd.resource_of(manifest, ("Healthy", ""), synced=True)], "now")
    assert argo_cd.is_settled({**application("v2"), "status": good})
    assert not argo_cd.is_settled({**application("v3"), "status": good})


def test_a_revision_that_the_repository_lacks() -> None:
    with pytest.raises(argo_cd.SyncFailed, match="unable to resolve 'v9'"):
        argo_cd.manifests_of({"data": {"v1": "[]"}}, "v9")
    assert argo_cd.manifests_of({"data": {"v1": "[]"}}, "v1") == []


def test_only_successful_syncs_are_history() -> None:
    entries: dict[str, Any] = {}
    for number in range(12):
        entries = {"history": argo_cd.history_of(entries, f"v{number}", "now")}
    assert [one["revision"] for one in entries["history"]][-1] == "v11"
    assert (len(entries["history"]), entries["history"][-1]["id"]) == (argo_cd.KEPT, 11)
