"""Canary and blue/green on a real control plane: what is where at each change, after failures, and after a kill."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.cluster_objects.manifest import read
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.strategies import blue_green, canary, routes, settings, steering
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.verification import options_of
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.wish import Outcome
from ansible_collections.mainstay.aws.plugins.module_utils.kubernetes.problems import NotFound

from .prometheus import metric, prometheus
from .support import QUICK, Application
from .test_rollback import rollback

STEPS = [{"weight": 20, "bake": 2}, {"weight": 60, "bake": 2}]
QUICKER = {**QUICK, "settle": 0.5, "poll_interval": 0.3}
PATIENT = {**QUICKER, "settle": 30.0}
"""For a release whose containers crash a moment after they were ready: on a busy machine, the simulated crash itself can be late."""


class Killed(BaseException):
    """The process is gone: nothing that would clean up runs."""


@pytest.fixture
def errors() -> Iterator[Any]:
    """A Prometheus that returns what ``errors.rate`` returns at each query."""
    with prometheus() as server:
        yield server


def shop(app: Application, image: str, **more: Any) -> list[dict[str, Any]]:
    rules = [
        {
            "host": "shop.example.com",
            "http": {
                "paths": [
                    {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "api", "port": {"name": "http"}}}},
                ]
            },
        }
    ]
    ingress = app.named("Ingress", "shop", "networking.k8s.io/v1", spec={"ingressClassName": "alb", "rules": rules})
    return [app.namespace_object, app.service(), app.deployment(image=image, replicas=2, **more), ingress, app.deployment("worker", image)]


def strategy(kind: str, objects: list[dict[str, Any]], app: Application, given: dict[str, Any], verification: Any = QUICKER) -> Any:
    wanted, _problems = read(objects, "")
    options, _problems = options_of(verification, app.namespace)
    found, problems = settings.read(kind, {"register": 0.0, **given}, wanted, options)
    assert not problems, problems
    return canary.strategy(found) if kind == "canary" else blue_green.BlueGreenStrategy(found)


def deploy(app: Application, kind: str, image: str, given: dict[str, Any], watch: Any = None, **more: Any) -> Outcome:
    objects = shop(app, image, **more)
    how = PATIENT if "behavior" in more else QUICKER
    transaction = app.transaction(*objects, version=image, verification=how, strategy=strategy(kind, objects, app, given, how))
    if watch is not None:
        transaction.cluster.api.before = watch  # type: ignore[attr-defined]
    return transaction.run()


def weights(app: Application) -> dict[str, int]:
    live = app.api.get(f"/apis/networking.k8s.io/v1/namespaces/{app.namespace}/ingresses/shop")
    return routes.live_weights(live)["api"]


def selector(app: Application, name: str = "api") -> dict[str, str]:
    return dict(app.get("services", name)["spec"]["selector"])


def rolled_out(app: Application, image: str = "api:1") -> None:
    assert app.deploy(*shop(app, image), version=image, verification=QUICKER).reason == ""


def seen(app: Application, found: list[Any]) -> Any:
    """Notes the weights and the image of the stable track before each change of the Ingress."""

    def watch(_number: int, call: str) -> None:
        if "/ingresses/" in call and "dryRun" not in call:
            found.append((weights(app), app.image()))

    return watch


def test_a_canary_takes_its_steps_and_then_the_release_is_rolled_out(app: Application, errors: Any) -> None:
    rolled_out(app)
    found: list[Any] = []
    outcome = deploy(app, "canary", "api:2", {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}, seen(app, found))
    assert outcome.reason == "", outcome.reason
    assert found == [
        ({"api": 1}, "api:1"),
        ({"api": 100, "api-canary": 0}, "api:1"),
        ({"api": 80, "api-canary": 20}, "api:1"),
        ({"api": 40, "api-canary": 60}, "api:2"),
    ], "the stable track keeps its version until the last step, and its new version has no more requests before it runs"
    assert (weights(app), app.names("deployments"), app.names("services")) == ({"api": 1}, ["api", "worker"], ["api"])
    assert app.image("worker") == "api:2"
    assert app.changes(*shop(app, "api:2"), version="api:2") == [], "what is left is the release as any other strategy deploys it"


def test_a_canary_with_errors_is_aborted(app: Application, errors: Any) -> None:
    rolled_out(app)

    errors.rate = lambda: int(weights(app).get("api-canary", 0) >= 20)
    outcome = deploy(app, "canary", "api:2", {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0})
    assert outcome.went_back, outcome.reason
    assert "step " in outcome.reason
    assert "errors" in outcome.reason
    assert (app.image(), app.image("worker"), weights(app)) == ("api:1", "api:1", {"api": 1})
    assert (app.names("deployments"), app.names("services")) == (["api", "worker"], ["api"])
    assert app.releases == [(2, "api:2", "failed"), (1, "api:1", "verified")]


def test_no_canary_beside_a_stable_version_that_does_not_run(app: Application, errors: Any) -> None:
    """Nothing could be concluded from it. The run says so before the canary appears, and names the way out."""
    rolled_out(app)
    pods = f"/api/v1/namespaces/{app.namespace}/pods"
    for pod in app.api.list(pods, labelSelector="app=api").items:
        conditions = [
            {**one, "status": "False"} if one["type"] in ("Ready", "ContainersReady") else one for one in pod["status"]["conditions"]
        ]
        app.api.patch(f"{pods}/{pod['metadata']['name']}/status", {"status": {"conditions": conditions}})
    outcome = deploy(app, "canary", "api:2", {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0})
    assert "the stable version of api has fewer than its" in outcome.reason
    assert "strategy rolling" in outcome.reason
    assert app.names("deployments") == ["api", "worker"]
    assert app.image() == "api:1"


def test_a_canary_whose_pods_fail_never_gets_a_request(app: Application, errors: Any) -> None:
    rolled_out(app)
    given = {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}
    found: list[Any] = []
    outcome = deploy(app, "canary", "api:2", given, seen(app, found), behavior="crash-loop")
    assert outcome.went_back, outcome.reason
    assert all(shares.get("api-canary", 0) == 0 for shares, _image in found)
    assert app.names("deployments") == ["api", "worker"]


def test_a_killed_canary_goes_on_with_its_step(app: Application, errors: Any) -> None:
    share = 60
    rolled_out(app)
    given = {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}

    def kill(_number: int, call: str) -> None:
        if "release.2" in call and weights(app).get("api-canary") == share:
            raise Killed

    with pytest.raises(Killed):
        deploy(app, "canary", "api:2", given, kill)
    assert weights(app)["api-canary"] == share
    found: list[Any] = []
    outcome = deploy(app, "canary", "api:2", given, seen(app, found))
    assert outcome.reason == "", outcome.reason
    assert [shares.get("api-canary") for shares, _image in found if shares.get("api-canary", 0) < share] == []
    assert (app.image(), weights(app), app.names("deployments")) == ("api:2", {"api": 1}, ["api", "worker"])


def test_another_release_takes_over_from_a_killed_canary(app: Application, errors: Any) -> None:
    rolled_out(app)
    given = {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}

    def kill(_number: int, call: str) -> None:
        if "release.2" in call and weights(app).get("api-canary") == 20:
            raise Killed

    with pytest.raises(Killed):
        deploy(app, "canary", "api:2", given, kill)
    outcome = app.deploy(*shop(app, "api:3"), version="api:3")
    assert outcome.reason == "", outcome.reason
    assert (app.image(), weights(app), app.names("deployments"), app.names("services")) == (
        "api:3",
        {"api": 1},
        ["api", "worker"],
        ["api"],
    )


def test_what_a_killed_canary_left_is_removed_with_the_application(app: Application, errors: Any) -> None:
    rolled_out(app)

    def kill(_number: int, call: str) -> None:
        if "release.2" in call and weights(app).get("api-canary") == 20:
            raise Killed

    with pytest.raises(Killed):
        deploy(app, "canary", "api:2", {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}, kill)
    assert app.names("deployments") == ["api", "api-canary", "worker"]
    planned = app.removal()
    planned.plan()
    assert planned.outcome.plan is not None
    assert {f"kubernetes_object.{kind}/{app.namespace}/api-canary" for kind in ("Deployment", "Service")} <= set(
        planned.outcome.plan.actions
    )
    assert app.removal().run().reason == ""
    assert app.namespace not in [one["metadata"]["name"] for one in app.api.list("/api/v1/namespaces").items]


def test_two_colors_switch_back_and_forth(app: Application) -> None:
    rolled_out(app)
    found: list[Any] = []
    outcome = deploy(app, "blue_green", "api:2", {"keep": 3600}, seen(app, found))
    assert outcome.reason == "", outcome.reason
    assert [shares for shares, _image in found] == [{"api": 1}, {"api": 100, "api-green": 0}], "one change switches"
    assert weights(app) == {"api-green": 100, "api": 0}
    assert (app.image(), app.image("api-green")) == ("api:1", "api:2"), "the old color is kept"
    assert selector(app) == {"app": "api"}, "its Service is the old target group"
    objects = shop(app, "api:2")
    again = {"keep": 3600}
    assert app.changes(*objects, version="api:2", strategy=strategy("blue_green", objects, app, again)) == []
    # the time is over: the old color goes, and clients inside the cluster reach the new one
    outcome = deploy(app, "blue_green", "api:2", {"keep": 0})
    assert outcome.reason == "", outcome.reason
    assert (app.names("deployments"), weights(app), selector(app)["app"]) == (["api-green", "worker"], {"api-green": 100}, "api-green")
    # the next release takes the other color
    outcome = deploy(app, "blue_green", "api:3", {"keep": 3600})
    assert outcome.reason == "", outcome.reason
    assert weights(app) == {"api-blue": 100, "api-green": 0}
    assert (app.image(), app.image("api-green"), selector(app)) == ("api:3", "api:2", {"app": "api"})


def test_a_bad_second_color_is_never_reached(app: Application) -> None:
    rolled_out(app)
    found: list[Any] = []
    outcome = deploy(app, "blue_green", "api:2", {"keep": 0}, seen(app, found), behavior="crash-loop")
    assert outcome.went_back, outcome.reason
    assert all(shares.get("api-green", 0) == 0 for shares, _image in found)
    assert (weights(app), app.names("deployments"), app.names("services")) == ({"api": 1}, ["api", "worker"], ["api"])


def test_errors_after_the_switch_lead_back_to_the_old_color(app: Application, errors: Any) -> None:
    rolled_out(app)
    errors.rate = lambda: int(weights(app).get("api-green") == 100)
    outcome = deploy(app, "blue_green", "api:2", {"keep": 0, "metrics": [metric(errors)], "bake": {"duration": 2}})
    assert outcome.went_back, outcome.reason
    assert (app.image(), weights(app), app.names("deployments")) == ("api:1", {"api": 1}, ["api", "worker"])


def test_a_switch_that_was_killed_goes_on(app: Application) -> None:
    rolled_out(app)

    def kill(_number: int, call: str) -> None:
        if "/services/api" in call or ("release.2" in call and weights(app).get("api-green") == 100):
            raise Killed

    with pytest.raises(Killed):
        deploy(app, "blue_green", "api:2", {"keep": 3600}, kill)
    outcome = deploy(app, "blue_green", "api:2", {"keep": 3600})
    assert outcome.reason == "", outcome.reason
    assert (weights(app), app.image("api-green")) == ({"api-green": 100, "api": 0}, "api:2")


def available(app: Application, name: str) -> int:
    with contextlib.suppress(NotFound):
        return int(app.get("deployments", name)["status"].get("availableReplicas") or 0)
    return 0


def test_switching_back_on_request_changes_weights_alone_while_the_old_color_lives(app: Application) -> None:
    rolled_out(app)
    assert deploy(app, "blue_green", "api:2", {"keep": 3600}).reason == ""
    before = app.get("deployments", "api")["metadata"]["generation"]
    back = rollback(app)
    assert back.run().reason == ""
    changed = [call.rpartition("/")[2].partition("?")[0] for call in back.cluster.api.changes if "PATCH" in call]  # type: ignore[attr-defined]
    assert "shop" in changed
    assert app.get("deployments", "api")["metadata"]["generation"] == before
    assert (weights(app), app.names("deployments")) == ({"api": 1}, ["api", "worker"])


def test_requests_move_to_pods_that_run(app: Application) -> None:
    """From green to a rolling update of blue, whose Deployment is gone, and back to green, which is gone then."""
    rolled_out(app)
    assert deploy(app, "blue_green", "api:2", {"keep": 0}).reason == ""
    assert app.names("deployments") == ["api-green", "worker"]
    found: dict[str, list[int]] = {"api": [], "api-green": []}

    def watch(name: str) -> Any:
        def before(_number: int, call: str) -> None:
            if "dryRun" not in call and ("/ingresses/" in call or call.partition("?")[0].endswith("/services/api")):
                found[name].append(available(app, name))

        return before

    made = app.transaction(*shop(app, "api:3"), version="api:3")
    made.cluster.api.before = watch("api")  # type: ignore[attr-defined]
    assert made.run().reason == ""
    assert (weights(app), app.names("deployments")) == ({"api": 1}, ["api", "worker"])
    back = rollback(app, "api:2")
    back.cluster.api.before = watch("api-green")  # type: ignore[attr-defined]
    assert back.run().reason == ""
    assert (weights(app), app.names("deployments"), app.image("api-green")) == ({"api-green": 100}, ["api-green", "worker"], "api:2")
    assert found == {"api": [2, 2], "api-green": [2, 2]}


def test_an_autoscaler_neither_shrinks_the_stable_track_nor_sizes_the_canary(app: Application, errors: Any) -> None:
    """One autoscaler for each track, with a minimum of its own for as long as the canary takes."""

    def scaled(image: str) -> list[dict[str, Any]]:
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]
        spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 10, "metrics": metrics}
        objects = [one for one in shop(app, image) if one["metadata"]["name"] != "worker"]
        del next(one for one in objects if one["kind"] == "Deployment")["spec"]["replicas"]
        return [*objects, app.named("HorizontalPodAutoscaler", "api", "autoscaling/v2", spec=spec)]

    def minimum(name: str) -> int:
        path = f"/apis/autoscaling/v2/namespaces/{app.namespace}/horizontalpodautoscalers/{name}"
        return int(app.api.get(path)["spec"]["minReplicas"])

    assert app.deploy(*scaled("api:1"), version="1").reason == ""
    app.kubectl("scale", "deployment/api", "--replicas=5")
    app.kubectl("rollout", "status", "deployment/api")
    found: list[Any] = []

    def watch(_number: int, call: str) -> None:
        if "/ingresses/" in call and "dryRun" not in call and available(app, "api-canary"):
            found.append((minimum("api"), minimum("api-canary"), available(app, "api"), available(app, "api-canary")))

    objects = scaled("api:2")
    given = {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}
    made = app.transaction(*objects, version="2", strategy=strategy("canary", objects, app, given))
    made.cluster.api.before = watch  # type: ignore[attr-defined]
    assert made.run().reason == ""
    assert found == [(5, 1, 5, 1), (5, 3, 5, 3), (5, 3, 5, 3)], "before 20%, before 60%, and before all requests return"
    assert (minimum("api"), app.image(), app.names("deployments")) == (2, "api:2", ["api"])


class Balancer:
    """The rules of a load balancer that follows the Ingress until it has given the canary ``until`` percent, and then no longer."""

    def __init__(self, app: Application, until: int) -> None:
        self.app, self.until, self.now = app, until, {"api": 1}

    def names(self, *_arguments: Any) -> dict[str, Any]:
        return {}

    def rules(self, *_arguments: Any) -> list[dict[str, int]]:
        if self.now.get("api-canary", 0) < self.until:
            self.now = weights(self.app)
        return [self.now]


def test_a_canary_stays_while_the_load_balancer_leads_to_it(app: Application, errors: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that is throttled or fails leaves the old weights; pods that still get requests must not go."""
    monkeypatch.setattr(steering, "FOLLOW_SECONDS", 2.0)
    rolled_out(app)
    objects = shop(app, "api:2")
    given = {"steps": STEPS, "metrics": [metric(errors)], "drain": 0.0}
    made = app.transaction(*objects, version="api:2", strategy=strategy("canary", objects, app, given))
    made.verifier.targets = Balancer(app, 20)
    outcome = made.run()
    assert "has not followed" in outcome.reason
    assert "The canary stays" in outcome.reason
    assert outcome.went_back
    assert available(app, "api-canary") > 0
    assert (weights(app), app.image()) == ({"api": 1}, "api:1")
    # once it follows again, the next release removes the canary
    made = app.transaction(*shop(app, "api:3"), version="api:3")
    assert made.run().reason == ""
    assert (app.names("deployments"), app.names("services")) == (["api", "worker"], ["api"])
