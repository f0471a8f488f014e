"""Strategies with two tracks: the objects of a track, the weights of an Ingress, the colors, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.target_groups import TargetGroup
from ansible_collections.mainstay.aws.plugins.module_utils.deployment import target_groups
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.calls import options
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.strategies import colors, routes, settings, tracks
from ansible_collections.mainstay.aws.plugins.module_utils.deployment.verification import options_of
from rehearsal.kubernetes.load_balancers import stacks_of
from rehearsal.kubernetes.routing import routing_of
from rehearsal.traffic.matching import meets
from rehearsal.traffic.messages import Request

from .samples import deployment, named, wanted

ANNOTATION = "alb.ingress.kubernetes.io/"
METRIC = {"name": "errors", "prometheus": {"url": "http://prometheus", "query": "q"}, "maximum": 1, "period": 10}


def service(name: str = "api", **spec: Any) -> dict[str, Any]:
    return named(
        "Service", name, spec={"selector": {"app": name}, "ports": [{"port": 80, "nodePort": 30080}], "clusterIP": "10.0.0.1", **spec}
    )


def scaler(name: str = "api", low: int = 2, high: int = 10) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    spec = {"scaleTargetRef": target, "minReplicas": low, "maxReplicas": high}
    return named("HorizontalPodAutoscaler", name, "autoscaling/v2", spec=spec)


def budget(name: str = "api") -> dict[str, Any]:
    return named("PodDisruptionBudget", name, "policy/v1", spec={"maxUnavailable": 1, "selector": {"matchLabels": {"app": name}}})


def policy(name: str, **labels: str) -> dict[str, Any]:
    return named("NetworkPolicy", name, "networking.k8s.io/v1", spec={"podSelector": {"matchLabels": labels}})


def ingress(paths: Mapping[str, str] | None = None, **annotations: str) -> dict[str, Any]:
    listed = [
        {"path": path, "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"name": "http"}}}}
        for path, name in (paths or {"/": "api"}).items()
    ]
    found = named(
        "Ingress",
        "shop",
        "networking.k8s.io/v1",
        spec={"ingressClassName": "alb", "rules": [{"host": "shop.example.com", "http": {"paths": listed}}]},
    )
    found["metadata"]["annotations"] = {f"{ANNOTATION}{name.replace('_', '-')}": value for name, value in annotations.items()}
    return found


STICKY = {"target_group_attributes": "stickiness.enabled=true,stickiness.type=lb_cookie,stickiness.lb_cookie.duration_seconds=3600"}


def shop(**more: Any) -> list[dict[str, Any]]:
    return [deployment(), service(), ingress(**more), deployment("worker")]


# --- the objects of a track ----------------------------------------------------------------------------------------------


def by_name(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in objects}


def test_nothing_of_one_track_selects_pods_of_the_other() -> None:
    objects = [
        deployment(),
        service(),
        scaler(),
        budget(),
        policy("api", app="api"),
        policy("all", team="shop"),
        deployment("web"),
        service("web"),
    ]
    found = by_name(tracks.twins(objects[0], objects, "canary"))
    assert sorted(found) == [
        "Deployment/api-canary",
        "HorizontalPodAutoscaler/api-canary",
        "NetworkPolicy/api-canary",
        "PodDisruptionBudget/api-canary",
        "Service/api-canary",
    ]
    labels = {"app": "api-canary", tracks.TRACK: "canary"}
    twin = found["Deployment/api-canary"]
    assert tracks.labels_of(twin) == tracks.selector_of(twin) == labels
    assert found["Service/api-canary"]["spec"] == {"selector": labels, "ports": [{"port": 80}]}
    assert found["PodDisruptionBudget/api-canary"]["spec"]["selector"]["matchLabels"] == labels
    assert found["NetworkPolicy/api-canary"]["spec"]["podSelector"]["matchLabels"] == labels
    assert found["HorizontalPodAutoscaler/api-canary"]["spec"]["scaleTargetRef"]["name"] == "api-canary"
    for one in objects:
        selector = tracks.selector_of(one) or one["spec"].get("selector", {})
        assert not tracks.selects(selector, labels), one["kind"]


def test_spread_and_affinity_are_about_the_pods_of_the_track() -> None:
    one = deployment()
    chosen = {"labelSelector": {"matchLabels": {"app": "api"}}}
    one["spec"]["template"]["spec"] |= {
        "topologySpreadConstraints": [{"maxSkew": 1, **chosen}],
        "affinity": {"podAffinity": {"required": [{"labelSelector": {"matchLabels": {"app": "cache"}}}]}},
    }
    pods = tracks.twins(one, [one], "canary")[0]["spec"]["template"]["spec"]
    assert pods["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == {"app": "api-canary"}
    assert pods["affinity"]["podAffinity"]["required"][0]["labelSelector"]["matchLabels"] == {"app": "cache"}
    assert one["spec"]["template"]["spec"]["topologySpreadConstraints"][0] == {"maxSkew": 1, **chosen}


def test_a_track_behind_the_same_service() -> None:
    one = tracks.sharing(deployment(replicas=4), "canary", 1)
    assert tracks.selects(service()["spec"]["selector"], tracks.labels_of(one))
    assert (tracks.selector_of(one), one["spec"]["replicas"]) == ({"app": "api", tracks.TRACK: "canary"}, 1)


NO_TRACK: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a Service that would select both": ([deployment(), service(selector={"tier": "web"})], "would reach both tracks"),
    "a name that is too long": ([deployment("a" * 60)], "67 characters"),
    "a selector of expressions": ([deployment(selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]})], "matchLabels alone"),
}


@pytest.mark.parametrize("name", NO_TRACK)
def test_what_cannot_have_a_second_track(name: str) -> None:
    objects, expected = NO_TRACK[name]
    objects[0]["spec"]["template"]["metadata"]["labels"]["tier"] = "web"
    with pytest.raises(tracks.NoTrack, match=expected):
        tracks.twins(objects[0], objects, "canary")


SIZES: dict[str, tuple[list[dict[str, Any]], dict[str, int], Any]] = {
    "fixed": ([deployment(replicas=2)], {"api": 5}, ["replicas 5"]),
    "of others": ([deployment(replicas=2)], {"web": 5}, ["replicas 2"]),
    "an autoscaler's": ([deployment(), scaler()], {"api": 5}, ["replicas None", "2-10 -> 5-10"]),
    "above an autoscaler's maximum": ([scaler(high=4)], {"api": 6}, ["2-10 -> 6-6"]),
    "below an autoscaler's minimum": ([scaler(low=3)], {"api": 1}, ["2-10 -> 3-10"]),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    objects, sizes, expected = SIZES[name]
    found = [
        f"replicas {one['spec'].get('replicas')}"
        if one["kind"] == "Deployment"
        else f"2-10 -> {one['spec']['minReplicas']}-{one['spec']['maxReplicas']}"
        for one in tracks.sized(objects, sizes)
    ]
    assert found == expected


def test_a_track_begins_with_its_own_minimum_and_not_with_that_of_the_whole_service() -> None:
    objects = tracks.twins(deployment(), [deployment(), scaler(low=6)], "canary")
    found = by_name(tracks.least(objects, "canary", {"api": 2}))
    assert found["HorizontalPodAutoscaler/api-canary"]["spec"]["minReplicas"] == 2


# --- weights -------------------------------------------------------------------------------------------------------------


def test_an_ingress_divides_requests_and_leads_the_header_to_the_new_track() -> None:
    before = ingress({"/api": "api", "/": "web"}, **STICKY)
    found = routes.routed(before, {"api": routes.shares("api", "api-canary", 10)}, routes.Preview({"api": "api-canary"}, "r1"))
    assert [(path["path"], routes.backend_of(path)) for path in routes.paths_of(found)] == [
        ("/api", "api-preview"),
        ("/api", "api-weights"),
        ("/", "web"),
    ]
    said = found["metadata"]["annotations"]
    action = json.loads(said[f"{ANNOTATION}actions.api-weights"])["forwardConfig"]
    assert [(one["serviceName"], one["weight"]) for one in action["targetGroups"]] == [("api", 90), ("api-canary", 10)]
    assert action["targetGroupStickinessConfig"] == {"enabled": True, "durationSeconds": 3600}
    assert json.loads(said[f"{ANNOTATION}conditions.api-preview"])[0]["httpHeaderConfig"] == {
        "httpHeaderName": routes.HEADER,
        "values": ["r1"],
    }
    assert routes.live_weights(found) == {"api": {"api": 90, "api-canary": 10}, "web": {"web": 1}}
    assert routes.plain(found) == before


LIVE: dict[str, tuple[dict[str, Any] | None, Any]] = {
    "no Ingress": (None, {}),
    "plain": (ingress(), {"api": {"api": 1}}),
    "divided": (routes.routed(ingress(), {"api": {"api-blue": 0, "api-green": 100}}), {"api": {"api-blue": 0, "api-green": 100}}),
    "with the header": (
        routes.routed(ingress(), {"api": {"api": 100, "api-green": 0}}, routes.Preview({"api": "api-green"}, "r1")),
        {"api": {"api": 100, "api-green": 0}},
    ),
    "an annotation that is no action": (
        {**ingress({"/": "api"}), **routes.routed(ingress(), {"api": {}})} | {"metadata": {"name": "shop", "annotations": {}}},
        {"api": {}},
    ),
}


@pytest.mark.parametrize("name", LIVE)
def test_what_a_live_ingress_says(name: str) -> None:
    live, expected = LIVE[name]
    assert routes.live_weights(live) == expected


@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        ("", 0),
        ("deregistration_delay.timeout_seconds=15", 0),
        ("stickiness.enabled=false,stickiness.lb_cookie.duration_seconds=60", 0),
        ("stickiness.enabled=true, stickiness.lb_cookie.duration_seconds=60", 60),
        ("stickiness.enabled=true,stickiness.type=app_cookie,stickiness.app_cookie.duration_seconds=90", 90),
        ("stickiness.enabled=true", 86400),
    ],
)
def test_how_long_cookies_live(attributes: str, seconds: int) -> None:
    assert routes.stickiness_of(ingress(target_group_attributes=attributes)) == seconds


# --- colors --------------------------------------------------------------------------------------------------------------


def both() -> colors.Colors:
    return colors.Colors([*shop(), scaler(), budget(), named("ConfigMap", "settings")], ["api"])


def selector_in(objects: list[dict[str, Any]], name: str) -> Any:
    return by_name(objects)[f"Service/{name}"]["spec"]["selector"]


def test_the_objects_of_each_color() -> None:
    blue, green = both().objects("blue"), both().objects("green")
    same = {"ConfigMap/settings", "Deployment/worker", "Ingress/shop", "Service/api"}
    own = ("Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget")
    assert set(by_name(blue)) == same | {f"{kind}/api" for kind in own} | {"Service/api-blue"}
    assert set(by_name(green)) == same | {f"{kind}/api-green" for kind in own} | {"Service/api-green"}
    assert selector_in(blue, "api") == selector_in(blue, "api-blue") == {"app": "api"}
    assert selector_in(green, "api") == selector_in(green, "api-green") == {"app": "api-green", tracks.TRACK: "green"}
    assert routes.live_weights(by_name(green)["Ingress/shop"]) == {"api": {"api-green": 100}}
    assert tracks.selector_of(by_name(blue)["Deployment/api"]) == {"app": "api"}, "a rolled out application is blue already"


def test_the_old_target_group_stays_without_requests() -> None:
    later = both().objects("green", {"api": "api-blue"})
    assert routes.live_weights(by_name(later)["Ingress/shop"]) == {"api": {"api-green": 100, "api-blue": 0}}
    assert selector_in(later, "api")["app"] == "api-green"
    first = both().objects("green", {"api": "api"})
    assert routes.live_weights(by_name(first)["Ingress/shop"]) == {"api": {"api-green": 100, "api": 0}}
    assert selector_in(first, "api")["app"] == "api", "the Service is the old target group still"


ACTIVE: dict[str, tuple[Any, str, str]] = {
    "nothing there": ({}, "", ""),
    "only a record": ({}, "green", "green"),
    "rolled out": ({"api": {"api": 1}}, "blue", "blue"),
    "switched, and killed before the record": ({"api": {"api-blue": 0, "api-green": 100}}, "blue", "green"),
    "before the switch": ({"api": {"api-blue": 100, "api-green": 0}}, "blue", "blue"),
    "switched back by hand": ({"api": {"api-green": 0, "api-blue": 1}}, "green", "blue"),
}


@pytest.mark.parametrize("name", ACTIVE)
def test_which_color_users_reach(name: str) -> None:
    live, recorded, expected = ACTIVE[name]
    assert colors.active_color(colors.active_backends(live, ["api"]), recorded) == expected


CHOSEN: dict[str, tuple[str, str, bool, str]] = {
    "first release": ("", "", False, "blue"),
    "next release": ("blue", "", False, "green"),
    "and the next": ("green", "", False, "blue"),
    "the one that is deployed": ("green", "green", True, "green"),
    "killed before the switch": ("blue", "green", False, "green"),
    "killed after the switch": ("green", "green", False, "green"),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_color_of_a_release(name: str) -> None:
    active, recorded, current, expected = CHOSEN[name]
    assert colors.chosen(active, recorded, current) == expected


def test_the_old_color_is_kept_while_cookies_live() -> None:
    now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert colors.still_kept("2026-01-01T11:30:00Z", 3600, now)
    assert not colors.still_kept("2026-01-01T10:30:00Z", 3600, now)
    assert not colors.still_kept(None, 3600, now)


# --- settings ------------------------------------------------------------------------------------------------------------

VERIFICATION, _PROBLEMS = options_of({"probes": [{"url": "https://shop.example.com/"}, {"service": "api"}]}, "shop")
STEPS = {"steps": [{"weight": 10, "bake": 60}, {"weight": 50}], "metrics": [METRIC]}


def read(strategy: str, given: Mapping[str, Any], *objects: dict[str, Any]) -> tuple[Any, list[str]]:
    return settings.read(strategy, given, wanted(*(objects or shop())), VERIFICATION)


def test_a_canary_is_judged_by_metrics_and_probes_of_its_own() -> None:
    found, problems = read("canary", STEPS)
    assert problems == []
    assert found.services == ("api",), "workers have no share of the requests"
    assert [step.options["bake"]["duration"] for step in found.steps] == [60, 300]
    assert [probe["url"] for probe in found.first["probes"]] == ["https://shop.example.com/"]
    assert settings.with_header(found.first, "r1")["probes"][0]["headers"] == {routes.HEADER: "r1"}
    assert [step.size(5) for step in found.steps] == [1, 3]


def test_a_canary_by_replicas_needs_no_ingress() -> None:
    found, problems = read("canary", {"steps": [{"replicas": 1}], "metrics": [METRIC]}, deployment(), service())
    assert (problems, found.by_weight, found.services) == ([], False, ("api",))


def test_the_old_color_is_kept_as_long_as_cookies_live() -> None:
    keeps = [read("blue_green", given, *shop(**more))[0].keep for given, more in [({}, {}), ({}, STICKY), ({"keep": 60}, STICKY)]]
    assert keeps == [settings.DEFAULT_KEEP, 3600, 60]


WRONG: dict[str, tuple[str, dict[str, Any], Callable[[], list[dict[str, Any]]], str]] = {
    "no steps": ("canary", {}, shop, "canary.steps is missing"),
    "no metrics": ("canary", {"steps": [{"weight": 10}]}, shop, "has no metrics"),
    "no weights": ("canary", {**STEPS, "steps": [{"bake": 60}]}, shop, "has no share"),
    "both": ("canary", {**STEPS, "steps": [{"weight": 10}, {"replicas": 2}]}, shop, "either by weight or by replicas"),
    "shrinking": ("canary", {**STEPS, "steps": [{"weight": 50}, {"weight": 10}]}, shop, "greater than the one before"),
    "more than all": ("canary", {**STEPS, "steps": [{"weight": 200}]}, shop, "from 1 to 100"),
    "a bake too short for its metrics": ("canary", {**STEPS, "steps": [{"weight": 10, "bake": 5}]}, shop, "too short"),
    "a misspelled setting": ("canary", {**STEPS, "weights": [1]}, shop, "weights"),
    "no ingress": ("canary", STEPS, lambda: [deployment(), service()], "replicas instead of weights"),
    "no ingress for two colors": ("blue_green", {}, lambda: [deployment(), service()], "has none"),
    "an ingress of another controller": (
        "blue_green",
        {},
        lambda: [deployment(), service(), {**ingress(), "spec": {**ingress()["spec"], "ingressClassName": "nginx"}}],
        "which others ignore",
    ),
    "unknown service": ("blue_green", {"services": ["worker"]}, shop, "'worker'; it must be a Deployment behind the Ingress: api"),
    "an action of its own": (
        "blue_green",
        {},
        lambda: [deployment(), service(), routes.routed(ingress(), {"api": {"api": 1}})],
        "actions of its own (api-weights)",
    ),
    "pods that exclude each other": (
        "blue_green",
        {},
        lambda: [deployment(strategy={"type": "Recreate"}), service(), ingress()],
        "Recreate",
    ),
    "a shared selector": (
        "canary",
        STEPS,
        lambda: [_tiered(), service(selector={"tier": "web"}), ingress()],
        "would reach both tracks",
    ),
    "negative time": ("blue_green", {"keep": -1}, shop, "cannot be negative"),
}


def _tiered() -> dict[str, Any]:
    one = deployment()
    one["spec"]["template"]["metadata"]["labels"]["tier"] = "web"
    return one


@pytest.mark.parametrize("name", WRONG)
def test_settings_that_are_refused(name: str) -> None:
    strategy, given, objects, expected = WRONG[name]
    found, problems = read(strategy, given, *objects())
    assert found is None
    assert expected in "\n".join(problems)


@pytest.mark.parametrize(
    ("strategy", "mode", "refused"),
    [
        ("canary", "helm", "the chart owns"),
        ("blue_green", "argocd", "Argo CD owns"),
        ("canary", "apply", ""),
        ("rolling", "helm", ""),
    ],
)
def test_strategies_and_modes(strategy: str, mode: str, refused: str) -> None:
    problem = settings.mode_problem(strategy, mode)
    assert refused in problem
    assert bool(refused) == bool(problem)


# --- the module's options ------------------------------------------------------------------------------------------------

WITH_SECRETS = {
    "verification": {"probes": [{"url": "https://shop.example.com", "headers": {"Authorization": "Bearer s3cret-one", "Host": "shop"}}]},
    "canary": {"metrics": [{"name": "errors", "prometheus": {"url": "http://prometheus", "query": "q", "token": "s3cret-two"}}]},
    "blue_green": {},
}


def test_tokens_of_metrics_and_headers_of_probes_are_masked() -> None:
    found = options.secrets_of_probes(WITH_SECRETS)
    assert {"s3cret-one", "s3cret-two"} <= set(found)
    assert not {"shop", "errors", "q", "https://shop.example.com"} & set(found)


# --- the load balancer ---------------------------------------------------------------------------------------------------


def group(name: str, service: str, cluster: str = "main") -> TargetGroup:
    arn = "arn:aws:elasticloadbalancing:af-south-1:123456789012"
    return TargetGroup(f"{arn}:targetgroup/{name}/1", (f"{arn}:loadbalancer/app/shop/1",), cluster, f"shop/shop-{service}")


PLACE = target_groups.Place("shop", ["shop"])
GROUPS: dict[str, tuple[list[TargetGroup], str]] = {
    "its own": ([group("a", "api-canary"), group("b", "api")], "targetgroup/a/1"),
    "of another cluster too": ([group("a", "api-canary"), group("b", "api-canary", "other")], "targetgroup/a/1"),
    "none": ([group("b", "web-api-canary")], "no target group of a load balancer"),
    "several": ([group("a", "api-canary"), group("b", "api-canary")], "2 target groups"),
}


@pytest.mark.parametrize("name", GROUPS)
def test_the_target_group_of_a_track(name: str) -> None:
    listed, expected = GROUPS[name]
    found = target_groups.group_of(listed, "main", PLACE, "api-canary")
    if "/" not in expected:
        with pytest.raises(target_groups.NoTargetGroup, match=expected):
            target_groups.names_in(found, PLACE, "api-canary")
        return
    names = target_groups.names_in(found, PLACE, "api-canary")
    assert names == {target_groups.GROUP: expected, target_groups.BALANCER: "app/shop/1"}


def test_metrics_are_about_each_target_group() -> None:
    asked = {"name": "errors", "cloudwatch": {"dimensions": {"TargetGroup": "${target_group}", "LoadBalancer": "${load_balancer}"}}}
    groups = {name: {target_groups.GROUP: f"targetgroup/{name}/1", target_groups.BALANCER: "app/shop/1"} for name in ("a", "b")}
    found = target_groups.for_each([asked, {"name": "latency"}], groups)
    assert [one["name"] for one in found] == ["errors (a)", "errors (b)", "latency"]
    assert found[1]["cloudwatch"]["dimensions"] == {"TargetGroup": "targetgroup/b/1", "LoadBalancer": "app/shop/1"}


STEP = target_groups.Expected({"api": 80, "api-canary": 20}, preview="api-canary")
ALONE = target_groups.Expected({"api": 1}, gone=["api-canary"])
FOLLOWED: dict[str, tuple[list[dict[str, int]], target_groups.Expected, bool]] = {
    "no rule yet": ([], STEP, False),
    "the step before": ([{"api-canary": 1}, {"api": 90, "api-canary": 10}], STEP, False),
    "the step, beside the header's rule": ([{"api-canary": 1}, {"api": 80, "api-canary": 20}], STEP, True),
    "in other numbers": ([{"api": 4, "api-canary": 1}], STEP, True),
    "one of two listeners": ([{"api": 80, "api-canary": 20}, {"api": 1}], STEP, False),
    "only the header's rule": ([{"api-canary": 1}], STEP, False),
    "the canary is gone": ([{"api": 1}], ALONE, True),
    "the canary is still there": ([{"api": 80, "api-canary": 20}], ALONE, False),
    "without weight, where cookies lead to it": ([{"api": 100, "api-canary": 0}], ALONE, False),
    "by the header": ([{"api": 1}, {"api-canary": 1}], ALONE, False),
    "switched": (
        [{"api-green": 100, "api-blue": 0}, {"api-green": 1}],
        target_groups.Expected({"api-blue": 0, "api-green": 100}, preview="api-green"),
        True,
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_whether_the_load_balancer_follows(name: str) -> None:
    rules, expected, follows = FOLLOWED[name]
    assert target_groups.follows(rules, expected) is follows


def test_the_weights_of_rules() -> None:
    rules = [
        {"Actions": [{"Type": "forward", "TargetGroupArn": "a"}]},
        {
            "Actions": [
                {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a", "Weight": 9}, {"TargetGroupArn": "b"}]}}
            ]
        },
        {"Actions": [{"Type": "fixed-response"}]},
    ]
    assert target_groups.weights_of(rules, {"a": "api", "b": "api-canary"}) == [{"api": 1}, {"api": 9, "api-canary": 1}]


def test_the_rules_that_a_load_balancer_makes_of_a_divided_ingress() -> None:
    """The header's rule comes before the divided one, for the same path."""
    weights = {"api": routes.shares("api", "api-canary", 20)}
    live = routes.routed(ingress(**STICKY), weights, routes.Preview({"api": "api-canary"}, "r1"))
    live["metadata"]["uid"] = "u1"
    (stack,) = stacks_of([live], [], [{"metadata": {"name": "alb"}, "spec": {"controller": "ingress.k8s.aws/alb"}}])
    preview, divided = routing_of(stack, []).listeners[0].rules
    shares = [{one["Resource"]: one["Weight"] for one in rule.action["ForwardConfig"]["TargetGroups"]} for rule in (preview, divided)]
    assert shares == [{"shop/shop-api-canary:http": 1}, {"shop/shop-api:http": 80, "shop/shop-api-canary:http": 20}]
    for headers, met in (({}, False), ({"x-mainstay-track": "r1"}, True), ({"x-mainstay-track": "r0"}, False)):
        asked = Request("GET", "/", "/", "", {"host": "shop.example.com", **headers})
        assert meets(preview.conditions, asked) is met
        assert meets(divided.conditions, asked)
