"""An application whose revisions Argo CD syncs. The rehearsal plays Argo CD's Applications; everything else is real."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes import settings
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.argo_cd import Application as Wanted
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.modes.argo_cd import ArgoMode
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.transaction import Transaction
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome
from rehearsal.extensions import eks_argo_cd
from rehearsal.kubernetes.argo_cd import DEFINITION, REPOSITORY
from rehearsal.kubernetes.plane import ControlPlane
from rehearsal.kubernetes.rounds import Rounds

from .support import Application
from .test_rollback import go_back


@pytest.fixture(scope="module")
def controller(plane: ControlPlane) -> Iterator[None]:
    """Argo CD's definition and its controller."""
    plane.api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", DEFINITION)
    rounds = Rounds(plane, lambda: True)
    rounds.add(eks_argo_cd.PLAYER, eks_argo_cd.play)
    yield
    rounds.stop()


@pytest.fixture
def argo(app: Application, controller: None) -> str:
    """An Application in the namespace of the test, with its repository. Returns its path."""
    app.kubectl("create", "namespace", app.namespace)
    app.kubectl("wait", "--for=condition=Established", f"crd/{DEFINITION['metadata']['name']}", "--timeout=60s")
    data = {
        "v1": json.dumps([app.deployment(image="api:1"), app.service()]),
        "v2": json.dumps([app.deployment(image="api:2", behavior="crash-loop"), app.service()]),
        "v3": json.dumps([app.deployment(image="api:3"), app.service(), app.deployment("worker", "api:3")]),
    }
    app.api.create(f"/api/v1/namespaces/{app.namespace}/configmaps", app.config("repository", **data))
    spec = {
        "project": "default",
        "source": {"repoURL": "https://git.example.com/shop", "path": ".", "targetRevision": "v1"},
        "destination": {"server": "https://kubernetes.default.svc", "namespace": app.namespace},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
    }
    made = app.named("Application", "shop", "argoproj.io/v1alpha1", spec=spec)
    made["metadata"]["annotations"] = {REPOSITORY: "repository"}
    path = f"/apis/argoproj.io/v1alpha1/namespaces/{app.namespace}/applications"
    app.api.create(path, made)
    return f"{path}/shop"


def mode(app: Application, revision: str, name: str = "shop") -> ArgoMode:
    given = {"application": name, "namespace": app.namespace, "timeout": 60.0, "grace": 4.0}
    found, problems = settings.read({"mode": "argocd", "argocd": given, "version": revision})
    assert isinstance(found, Wanted), problems
    return ArgoMode(found)


def transaction(app: Application, revision: str) -> Transaction:
    return app.transaction(app.config(level="info"), version=revision, strategy=mode(app, revision), release=f"id-of-{revision}")


def deploy(app: Application, revision: str) -> Outcome:
    return transaction(app, revision).run()


def test_a_revision_is_synced_undone_and_chosen_again(app: Application, argo: str) -> None:
    plan = transaction(app, "v3").plan(applying=False)
    (change,) = plan.actions[f"argocd_application.{app.namespace}/shop"].changes
    assert (change.property, change.before, change.after) == ("targetRevision", "v1", "v3")
    assert deploy(app, "v1").reason == ""
    again = transaction(app, "v1")
    assert again.run().unchanged
    assert again.cluster.api.changes == []  # type: ignore[attr-defined]

    bad = deploy(app, "v2")
    assert bad.went_back, bad.reason
    assert any("automatic sync of Application shop is off now" in one for one in bad.warnings)
    live = app.api.get(argo)
    assert live["spec"]["source"]["targetRevision"] == "v1"
    assert "automated" not in live["spec"]["syncPolicy"]
    assert app.image() == "api:1"
    assert app.releases == [(2, "v2", "failed"), (1, "v1", "verified")]

    assert deploy(app, "v3").reason == ""
    assert (app.image(), app.names("deployments")) == ("api:3", ["api", "worker"])
    back = go_back(app, "v1", strategy=mode(app, "recorded"))
    assert back.reason == ""
    assert (app.image(), app.names("deployments")) == ("api:1", ["api"])


def test_what_cannot_be_synced_is_refused_or_undone(app: Application, argo: str) -> None:
    missing = app.transaction(app.config(), version="v1", strategy=mode(app, "v1", "nothing")).run()
    assert "does not exist: create it first" in " ".join(one.message for one in missing.failures)
    assert deploy(app, "v1").reason == ""
    unknown = deploy(app, "v9")
    assert unknown.went_back, unknown.reason
    assert "unable to resolve 'v9'" in unknown.reason
    assert app.api.get(argo)["spec"]["source"]["targetRevision"] == "v1"
