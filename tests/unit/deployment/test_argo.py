"""Deploying through Argo CD: statuses as its documentation and public issues show them, and the sequence of calls."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import argo, argo_status
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.argo_status import Asked, Judged, Watch
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import Conflict, NotFound

OLD, NEW = "a" * 40, "b" * 40
T0, T1, T2, T3 = (f"2026-01-01T12:00:{second:02}Z" for second in (0, 10, 20, 30))
SINCE = datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)


def operation(phase: str = "Succeeded", revision: str = NEW, started: str = T1, finished: str = T2, **more: Any) -> dict[str, Any]:
    found = {"phase": phase, "operation": {"sync": {"revision": revision}}, "startedAt": started, **more}
    if phase not in argo_status.RUNNING:
        found |= {"finishedAt": finished, "syncResult": {"revision": revision, **more.get("syncResult", {})}}
    return found


def application(
    sync: str = "Synced", health: str = "Healthy", state: Mapping[str, Any] | None = None, revision: str = NEW, **more: Any
) -> dict[str, Any]:
    status = {
        "operationState": operation() if state is None else dict(state),
        "sync": {"status": sync, "revision": revision, "comparedTo": {"source": {"targetRevision": revision}}},
        "health": {"status": health},
        "reconciledAt": T3,
        **more.pop("status", {}),
    }
    source = {"repoURL": "https://git.example.com/shop", "path": "prod", "targetRevision": more.pop("target", revision)}
    metadata = {"name": "shop", "namespace": "argocd", "resourceVersion": "7", **more.pop("metadata", {})}
    return {"metadata": metadata, "spec": {"source": source, **more.pop("spec", {})}, "status": status, **more}


def resource(kind: str, status: str = "Synced", health: str = "Healthy", message: str = "") -> dict[str, Any]:
    return {
        "group": "apps",
        "kind": kind,
        "namespace": "shop",
        "name": "api",
        "status": status,
        "health": {"status": health, "message": message},
    }


STATUSES: dict[str, tuple[dict[str, Any], str, str]] = {
    "deployed": (application(), "success", ""),
    "not begun": (application(operation={"sync": {}}), "waiting", "has not begun"),
    "the operation before": (application(state=operation(revision=OLD, started=T0, finished=T0)), "waiting", "has not begun"),
    "another revision's, at the same time": (application(state=operation(revision=OLD)), "waiting", "has not begun"),
    "no operation ever": (application(state={}), "waiting", "has not begun"),
    "syncing": (application(state=operation("Running", message="waiting for hook")), "waiting", "waiting for hook"),
    "being terminated": (application(state=operation("Terminating")), "waiting", "syncing"),
    "the sync failed": (
        application(
            state=operation(
                "Failed",
                message="one or more objects failed to apply",
                syncResult={"resources": [{"kind": "Deployment", "name": "api", "status": "SyncFailed", "message": "field is immutable"}]},
            )
        ),
        "failure",
        "Deployment/api: field is immutable",
    ),
    "a hook failed": (
        application(
            state=operation(
                "Failed", syncResult={"resources": [{"kind": "Job", "name": "migrate", "hookPhase": "Failed", "message": "exit 1"}]}
            )
        ),
        "failure",
        "Job/migrate: exit 1",
    ),
    "the operation is in error": (application(state=operation("Error", message="rpc error")), "failure", "rpc error"),
    "health from before the sync": (application(status={"reconciledAt": T1}), "waiting", "has not compared"),
    "comparison with the revision before": (
        application(status={"sync": {"status": "Synced", "revision": OLD}}),
        "waiting",
        "compares with aaaaaaaaaa still",
    ),
    "comparison with the target before": (
        application(status={"sync": {"status": "Synced", "comparedTo": {"source": {"targetRevision": "main"}}}}),
        "waiting",
        "compares with main still",
    ),
    "rolling out": (
        application(health="Progressing", status={"resources": [resource("Deployment", health="Progressing", message="1 of 3 updated")]}),
        "waiting",
        "1 of 3 updated",
    ),
    "degraded": (
        application(health="Degraded", status={"resources": [resource("Deployment", health="Degraded", message="exceeded its deadline")]}),
        "bad",
        "Deployment/shop/api: exceeded its deadline",
    ),
    "missing": (application(health="Missing"), "bad", "Missing"),
    "suspended": (application(health="Suspended"), "bad", "Suspended"),
    "health not known yet": (application(health="Unknown"), "waiting", "Unknown"),
    "health not there yet": (application(status={"health": {}}), "waiting", "Unknown"),
    "out of sync after the sync": (
        application("OutOfSync", status={"resources": [resource("Deployment", "OutOfSync")]}),
        "bad",
        "Deployment/shop/api",
    ),
    "sync not known": (application("Unknown"), "waiting", "Unknown"),
    "the repository does not answer": (
        application("Unknown", status={"conditions": [{"type": "ComparisonError", "message": "connection refused"}]}),
        "bad",
        "ComparisonError: connection refused",
    ),
    "a warning": (application(status={"conditions": [{"type": "SharedResourceWarning", "message": "also in b"}]}), "success", ""),
    "being deleted": (application(metadata={"deletionTimestamp": T1}), "failure", "being deleted"),
}


@pytest.mark.parametrize("name", STATUSES)
def test_what_a_status_says(name: str) -> None:
    found, state, sentence = STATUSES[name]
    judged = argo_status.judge(found, Asked(NEW, SINCE))
    assert judged.state == state, judged
    assert sentence in judged.sentence


def test_a_tag_is_deployed_by_the_commit_that_it_leads_to() -> None:
    status = {"sync": {"status": "Synced", "revision": NEW, "comparedTo": {"source": {"targetRevision": "v2"}}}}
    assert argo_status.judge(application(status=status), Asked("v2", SINCE)) == Judged("success")
    before = {"sync": {"status": "Synced", "revision": OLD, "comparedTo": {"source": {"targetRevision": "v1"}}}}
    assert argo_status.judge(application(state=operation(revision=OLD), status=before), Asked("v2", SINCE)).state == "waiting"


def test_one_of_several_sources() -> None:
    state = operation() | {"operation": {"sync": {"revisions": ["1.0", NEW]}}, "syncResult": {"revisions": ["1.0", NEW]}}
    found = application(state=state, status={"sync": {"status": "Synced", "revisions": ["1.0", NEW]}})
    assert argo_status.judge(found, Asked(NEW, SINCE, 1)) == Judged("success")
    assert argo_status.judge(found, Asked(NEW, SINCE, 0)).state == "waiting"


BAD, GOOD, ROLLING = application(health="Degraded"), application(), application(health="Progressing")
SEQUENCES: dict[str, tuple[Sequence[tuple[float, dict[str, Any]]], str, str]] = {
    "scaled by an autoscaler meanwhile": ([(0, ROLLING), (5, BAD), (60, BAD), (70, GOOD)], "success", ""),
    "degraded for good": ([(0, BAD), (60, BAD), (121, BAD)], "failure", "bad for 121 s"),
    "degraded twice, with recovery between": ([(0, BAD), (100, ROLLING), (130, BAD), (200, BAD)], "waiting", "Degraded"),
    "one trouble after another": ([(0, BAD), (100, application("OutOfSync")), (125, BAD)], "failure", "bad for 125 s"),
    "never finished": ([(0, ROLLING), (601, ROLLING)], "failure", "after 601 s"),
}


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_bad_status_is_borne_for_a_grace(name: str) -> None:
    steps, state, sentence = SEQUENCES[name]
    watch = Watch(Asked(NEW, SINCE), grace=120, seconds=600, began=0)
    found = [watch.step(one, now) for now, one in steps]
    assert [one.state for one in found[:-1]] == ["waiting"] * (len(found) - 1)
    assert found[-1].state == state
    assert sentence in found[-1].sentence


REFUSED: dict[str, tuple[dict[str, Any], Asked, str]] = {
    "of a set": (
        application(metadata={"ownerReferences": [{"kind": "ApplicationSet", "name": "shops"}]}),
        Asked(NEW),
        "ApplicationSet shops",
    ),
    "of another application": (
        application(metadata={"labels": {"argocd.argoproj.io/instance": "root"}}),
        Asked(NEW),
        "synced by Application root",
    ),
    "of another one, by annotation": (
        application(metadata={"annotations": {"argocd.argoproj.io/tracking-id": "root:argoproj.io/Application:argocd/shop"}}),
        Asked(NEW),
        "synced by Application root",
    ),
    "several sources": (application(spec={"sources": [{}, {}]}), Asked(NEW), "has 2 sources"),
    "no such source": (application(), Asked(NEW, source=3), "source 3"),
    "no revision": (application(), Asked(""), "give the revision"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    found, asked, expected = REFUSED[name]
    assert expected in "; ".join(argo_status.refusals(found, asked))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [({}, False), ({"automated": {}}, True), ({"automated": {"selfHeal": True}}, True), ({"automated": {"enabled": False}}, False)],
)
def test_automatic_sync(policy: dict[str, Any], expected: bool) -> None:
    assert argo_status.syncs_itself(application(spec={"syncPolicy": policy})) is expected


def test_the_revision_to_go_back_to() -> None:
    history = {"history": [{"revision": "c" * 40}, {"revision": OLD}, {"revision": NEW}]}
    assert argo_status.last_good(application(status=history), None, NEW) == OLD
    assert argo_status.last_good(application(), None) == ""


def test_workloads_are_verified_only_where_they_run() -> None:
    there = {"resources": [resource("Deployment"), {"group": "", "kind": "Service", "namespace": "shop", "name": "api"}]}
    expected = [{"kind": "Deployment", "namespace": "shop", "name": "api"}]
    assert argo_status.workloads(application(status=there, spec={"destination": {"server": argo_status.IN_CLUSTER}})) == expected
    assert argo_status.workloads(application(status=there, spec={"destination": {"server": "https://other"}})) == []


# --- the sequence --------------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.time += seconds


class FakeArgo:
    """An Application that ``syncs`` answers for: a function from the revision to (phase, health)."""

    def __init__(
        self, live: dict[str, Any] | None, syncs: Callable[[str], tuple[str, str]] = lambda _revision: ("Succeeded", "Healthy")
    ) -> None:
        self.live, self.syncs, self.clock, self.patches = live, syncs, Clock(), []  # type: ignore[var-annotated]
        self.conflicts = 0

    def server_now(self) -> datetime:
        return datetime.fromtimestamp(1767268800 + self.clock.time, UTC)

    def get(self, _path: str) -> dict[str, Any]:
        if self.live is None:
            raise NotFound("no")
        self._advance()
        return copy.deepcopy(self.live)

    def patch(self, _path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert self.live is not None
        if self.conflicts and "spec" in body:
            self.conflicts -= 1
            raise Conflict("changed meanwhile")
        self.patches.append(body)
        source = (body.get("spec") or {}).get("source") or {}
        self.live["spec"]["source"] |= source
        if "syncPolicy" in (body.get("spec") or {}):
            self.live["spec"]["syncPolicy"] = {}
        if "operation" in body:
            self.live["operation"] = body["operation"]
        return self.live

    def _advance(self) -> None:
        assert self.live is not None
        if self.clock.time and (wanted := self.live.pop("operation", None)):
            revision, now = wanted["sync"]["revision"], self.server_now().isoformat()
            phase, health = self.syncs(revision)
            self.live["status"] |= {
                "operationState": operation(phase, revision, now, now),
                "sync": {"status": "Synced", "revision": revision, "comparedTo": {"source": {"targetRevision": revision}}},
                "health": {"status": health},
                "reconciledAt": now,
            }


def through(fake: FakeArgo) -> argo.Argo:
    return argo.Argo(fake, "argocd", "shop", lambda *_words: None)  # type: ignore[arg-type]


def test_a_revision_is_set_and_synced_in_one_change() -> None:
    fake = FakeArgo(application(revision=OLD, state=operation(revision=OLD), status={"history": [{"revision": OLD}]}))
    fake.conflicts = 2
    found = through(fake).deploy(Asked(NEW))
    assert (found.changed, found.before) == (True, OLD)
    changes = [patch for patch in fake.patches if "spec" in patch]
    assert len(changes) == 1
    assert changes[0]["spec"]["source"] == {"targetRevision": NEW}
    assert changes[0]["operation"]["sync"]["revision"] == NEW
    assert changes[0]["metadata"] == {"resourceVersion": "7"}
    fake.patches.clear()
    assert through(fake).deploy(Asked(NEW)).changed is False
    assert fake.patches == []


def test_going_back_switches_automatic_sync_off_first() -> None:
    live = application(revision=NEW, spec={"syncPolicy": {"automated": {"selfHeal": True}}})
    found = through(fake := FakeArgo(live)).back(OLD)
    assert found.switched_off
    assert "off now" in found.notes[0]
    first, second = [patch for patch in fake.patches if "spec" in patch]
    assert first["spec"] == {"syncPolicy": {"automated": None}}
    assert second["operation"]["sync"]["revision"] == OLD


FAILURES: dict[str, tuple[FakeArgo, str]] = {
    "no Application": (FakeArgo(None), "does not exist"),
    "the sync fails": (FakeArgo(application(revision=OLD), lambda _revision: ("Failed", "Healthy")), "ended as Failed"),
    "degraded for good": (FakeArgo(application(revision=OLD), lambda _revision: ("Succeeded", "Degraded")), "Degraded"),
    "busy for ever": (FakeArgo(application(revision=OLD, state=operation("Running", OLD))), "terminate-op shop"),
    "of a set": (FakeArgo(application(metadata={"ownerReferences": [{"kind": "ApplicationSet", "name": "shops"}]})), "ApplicationSet"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures(name: str) -> None:
    fake, expected = FAILURES[name]
    with pytest.raises(argo.ArgoFailed, match=expected):
        through(fake).deploy(Asked(NEW))
