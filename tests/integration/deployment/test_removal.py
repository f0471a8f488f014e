"""An application is removed: load balancers first, everything that it owns, and nothing of others. A killed removal goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.deployment.registry import Registry

from .support import MARKS, Application, Counting
from .test_interrupted import Killed
from .test_transaction import shop, succeeded

FINALIZER = "ingress.k8s.aws/resources"
IMAGE = "123456789012.dkr.ecr.af-south-1.amazonaws.com/api@sha256:" + "a" * 64


@dataclass(frozen=True)
class Protecting(Registry):
    released: list[str] = field(default_factory=list)

    def release(self, images: Sequence[str]) -> Sequence[str]:
        self.released.extend(images)
        return ()


def ingress(app: Application) -> dict[str, Any]:
    backend = {"service": {"name": "api", "port": {"number": 80}}}
    rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return app.named("Ingress", "shop", "networking.k8s.io/v1", spec={"rules": [rule]})


def ingress_path(app: Application) -> str:
    return f"/apis/networking.k8s.io/v1/namespaces/{app.namespace}/ingresses/shop"


def hold_ingress(app: Application, *finalizers: str) -> None:
    app.api.patch(ingress_path(app), {"metadata": {"finalizers": list(finalizers)}})


def namespaces(app: Application) -> list[str]:
    return [one["metadata"]["name"] for one in app.api.list("/api/v1/namespaces").items]


def test_load_balancers_are_awaited_before_the_rest_and_nothing_is_left(app: Application) -> None:
    objects = [*shop(app, IMAGE, secret="session"), app.secret(key="s3cret-session"), ingress(app)]
    succeeded(app.deploy(*objects, migration=app.job(), version="1", verification={"settle": 0.0}))
    hold_ingress(app, FINALIZER)

    planned = app.removal()
    planned.plan()
    assert planned.outcome.plan is not None
    addresses = [one.removeprefix("kubernetes_object.") for one in planned.outcome.plan.actions]
    assert addresses[0] == f"Ingress/{app.namespace}/shop"
    assert addresses[-1] == f"Namespace/{app.namespace}"
    assert addresses.index(f"Deployment/{app.namespace}/api") < addresses.index(f"ConfigMap/{app.namespace}/settings")
    assert {one.verb for one in planned.outcome.plan.actions.values()} == {"delete"}
    assert planned.outcome.notes == ["1 records of releases are deleted"]

    held = app.removal(hold="the deployment window is closed").run()
    assert (held.reason, held.changed) == ("The removal was refused before anything was changed.", False)
    assert [(one.code, one.message) for one in held.failures] == [("Held", "the deployment window is closed")]

    stuck = app.removal(timeout=0.5).run()
    assert f"Ingress/{app.namespace}/shop: it has not gone after" in stuck.reason
    assert FINALIZER in stuck.reason
    assert app.names("deployments") == ["api"]
    assert app.releases == [(1, "1", "verified")]

    hold_ingress(app)
    registry = Protecting()
    removed = app.removal(registry).run()
    assert removed.reason == ""
    assert registry.released == [IMAGE]
    assert app.namespace not in namespaces(app)

    again = app.removal()
    assert again.run().unchanged
    assert isinstance(again.cluster.api, Counting)
    assert again.cluster.api.changes == []


def test_what_others_have_in_the_namespace_and_what_holds_data_stays(app: Application) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    objects = [*shop(app), app.named("PersistentVolumeClaim", "uploads", spec=claim)]
    succeeded(app.deploy(*objects, version="1", verification={"settle": 0.0}))
    app.kubectl("create", "configmap", "theirs", "--from-literal=a=b")
    labels = {**MARKS.scope(), "mainstay.aws/component": "other"}
    other = app.named("Service", "other", spec={"ports": [{"port": 80}]})
    app.api.create(f"/api/v1/namespaces/{app.namespace}/services", {**other, "metadata": {**other["metadata"], "labels": labels}})

    outcome = app.removal().run()
    assert outcome.reason == ""
    assert [name for name in app.names("configmaps") if name != "kube-root-ca.crt"] == ["theirs"]
    assert app.names("services") == ["other"]
    assert app.names("deployments") == []
    assert app.releases == []
    assert app.names("persistentvolumeclaims") == ["uploads"]
    leases = app.api.list(f"/apis/coordination.k8s.io/v1/namespaces/{app.namespace}/leases").items
    assert leases == []
    namespace = f"kubernetes_object.Namespace/{app.namespace}"
    assert f"kubernetes_object.PersistentVolumeClaim/{app.namespace}/uploads stays, because it holds data" in outcome.notes
    assert f"{namespace} stays, because others use it: ConfigMap/theirs, PersistentVolumeClaim/uploads, Service/other" in outcome.notes
    assert app.removal().run().unchanged


def test_a_removal_that_is_killed_again_and_again_ends_with_nothing_left(app: Application) -> None:
    objects = [*shop(app), ingress(app), app.config("more", a="b")]
    succeeded(app.deploy(*objects, migration=app.job(), version="1", verification={"settle": 0.0}))

    def before(count: int, _call: str) -> None:
        if count > 5:
            raise Killed

    for _run in range(20):
        removal = app.removal()
        assert isinstance(removal.cluster.api, Counting)
        removal.cluster.api.before = before  # type: ignore[assignment]
        try:
            outcome = removal.run()
        except Killed:
            continue
        if outcome.unchanged:
            break
    assert outcome.unchanged
    assert app.namespace not in namespaces(app)


def test_a_namespace_of_others_stays(app: Application) -> None:
    app.kubectl("create", "namespace", app.namespace)
    succeeded(app.deploy(*shop(app)[1:], version="1", verification={"settle": 0.0}))
    outcome = app.removal().run()
    assert (outcome.reason, outcome.notes) == ("", ["1 records of releases are deleted"])
    assert app.namespace in namespaces(app)
    assert app.names("services") == []
    assert app.removal().run().unchanged


def test_a_namespace_that_does_not_go_says_why_and_the_next_run_goes_on(app: Application) -> None:
    succeeded(app.deploy(*shop(app), version="1", verification={"settle": 0.0}))
    path = f"/api/v1/namespaces/{app.namespace}/configmaps/settings"
    app.api.patch(path, {"metadata": {"finalizers": ["example.com/hold"]}})
    stuck = app.removal(timeout=8.0).run()
    assert f"Namespace/{app.namespace}: it has not gone after" in stuck.reason
    assert "example.com/hold" in stuck.reason
    app.api.patch(path, {"metadata": {"finalizers": None}})
    again = app.removal().run()
    assert again.reason == ""
    assert app.namespace not in namespaces(app)
