# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Applications and their load balancers: gathered from an inventory, found in AWS by the tags of the load balancer controller."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.connection import Aws
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place
from ansible_collections.mainstay.aws.plugins.module_utils.aws.target_groups import TargetGroup
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability import questions
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.alarm_sets import completed
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.dashboards.every import application_dashboard
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.described import read_settings
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.judge import log_problems
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.logs.queries import metric_filters, saved_queries
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.platform_form import read_platform
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.questions import found_by
from ansible_collections.mainstay.aws.plugins.module_utils.domains.observability.sets.every import alarms_of
from ansible_collections.mainstay.aws.plugins.module_utils.inputs.problems import Problems
from ansible_collections.mainstay.aws.plugins.module_utils.platform.watched import Host, watched
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN

PLACE = Place("prod", "alarms", "af-south-1", "123456789012")
CLUSTERS = Host("cluster", {"platform_environment": "prod", "eks_clusters": {"main": {"version": "1.36"}}})
SHOP: dict[str, Any] = {
    "app_deploy_namespace": "shop",
    "app_deploy_services": {"api": {}, "worker": {}},
    "app_deploy_ingress": {"hosts": {"www.shop.example": {"/": "api"}}},
}
TAG = "prod-main/shop/shop-api"
COLORS = [f"{TAG}-blue", f"{TAG}-green", TAG]
GROUP, BALANCER = "targetgroup/k8s-shop-api/1", "app/k8s-shop/2"


def gathered(applying: bool = False, **hosts: dict[str, Any]) -> dict[str, Any]:
    return watched({"eks": [CLUSTERS], "app_deploy": [Host(name, one) for name, one in hosts.items()]}, applying)


def platform_of(given: dict[str, Any], **answers: Any) -> Any:
    problems = Problems()
    platform = read_platform(given, "platform", problems, "prod", "af-south-1")
    assert problems.messages == []
    return completed(platform, PLACE, answers)


def names(given: dict[str, Any], **answers: Any) -> set[str]:
    return {one.name for one in alarms_of(platform_of(given, **answers)) if one.subject[0] in ("applications", "load_balancers")}


def test_a_plan_lists_the_alarms_that_the_deployment_makes_possible() -> None:
    planned = names(gathered(shop=SHOP))
    assert {"application-shop-api-errors", "application-shop-api-latency", "load-balancer-shop-elb-5xx"} <= planned
    assert names(gathered(applying=True, shop=SHOP), target_groups={TAG: (GROUP, BALANCER)}) == planned
    assert names(gathered(applying=True, shop=SHOP)) == set(), "nothing is deployed"


def test_dimensions_are_those_of_what_was_found() -> None:
    found = platform_of(gathered(shop=SHOP), target_groups={TAG: (GROUP, BALANCER)})
    (balancer,), (service, worker) = found.load_balancers, found.applications[0].services
    assert (balancer.dimension, balancer.target_groups[0].dimensions) == (BALANCER, (GROUP,))
    assert (service.load_balancer, service.target_groups, worker.target_groups) == (BALANCER, (GROUP,), ())
    assert found_by(found) == {TAG}


def test_applications_that_share_a_load_balancer_share_its_alarms() -> None:
    shared = {**SHOP["app_deploy_ingress"], "group": "public"}
    other = {**SHOP, "app_deploy_namespace": "blog", "app_deploy_ingress": shared}
    (balancer,) = gathered(shop={**SHOP, "app_deploy_ingress": shared}, blog=other)["load_balancers"]
    assert balancer["name"] == "public"
    assert [one["name"] for one in balancer["target_groups"]] == ["shop-api", "blog-api"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"app_deploy_manage": False}, {}),
        ({"app_deploy_state": "absent"}, {}),
        ({"app_deploy_ingress": {}}, {"applications": [("api", []), ("worker", [])]}),
        ({"app_deploy_strategy": "blue_green"}, {"applications": [("api", COLORS), ("worker", [])], "load_balancers": 1}),
        ({"app_deploy_eks_cluster": "theirs"}, {"applications": [("api", ["theirs/shop/shop-api"]), ("worker", [])], "load_balancers": 1}),
    ],
)
def test_what_is_gathered(variables: dict[str, Any], expected: dict[str, Any]) -> None:
    found = gathered(shop={**SHOP, **variables})
    services = [(one["name"], one.get("found_by", [])) for app in found.get("applications", ()) for one in app["services"]]
    assert services == expected.get("applications", [])
    assert len(found.get("load_balancers", ())) == expected.get("load_balancers", 0)


COLLECTING = {"version": "1.36", "node_groups": {"a": {}}, "controllers": ["fluent-bit"]}
FLUENT = Host("cluster", {"platform_environment": "prod", "eks_clusters": {"main": COLLECTING}})
GROUPED = Host("cluster", FLUENT.variables, {"clusters": {"main": {"container_log_group_name": "/aws/eks/prod-main/containers"}}})
COUNTING = {**SHOP, "app_deploy_metrics": {"new-users": '{ $.event = "user" || $.event = "guest" }'}}


@pytest.mark.parametrize(
    ("cluster", "applying", "expected"), [(FLUENT, False, True), (GROUPED, True, True), (FLUENT, True, False), (CLUSTERS, False, False)]
)
def test_what_an_application_counts_in_its_log(cluster: Host, applying: bool, expected: bool) -> None:
    """A cluster that was not made has no log group, and a filter needs one."""
    found = platform_of(watched({"eks": [cluster], "app_deploy": [Host("shop", {"platform_environment": "prod", **COUNTING})]}, applying))
    filters = {one.name: one for one in metric_filters(found)}
    assert set(filters) == ({"shop-fatal", "shop-new-users"} if expected else set())
    assert len(saved_queries(found)) == (4 if expected else 0)
    if expected:
        one = filters["shop-new-users"]
        assert one.log_group == "/aws/eks/prod-main/containers"
        assert one.pattern == '{ ($.kubernetes.namespace_name = "shop") && ($.event = "user" || $.event = "guest") }'
        assert one.metric == {"name": "prod-shop-new-users", "namespace": "Mainstay/Logs", "value": "1", "unit": "Count", "default": 0.0}
        assert all('namespace_name = "shop"' in query.query for query in saved_queries(found))
        assert "prod-shop-new-users" in json.dumps(application_dashboard(found, found.applications[0], ()))


def test_what_its_logs_say_counts_whoever_deploys_it() -> None:
    described = {"platform_environment": "prod", "app_deploy_manage": False, **COUNTING}
    found = platform_of(watched({"eks": [GROUPED], "app_deploy": [Host("shop", described)]}, applying=True))
    assert [one.name for one in metric_filters(found)] == ["shop-fatal", "shop-new-users"]
    assert (found.applications[0].services, found.load_balancers) == ((), ())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"alarms": {"none": {"metric": {"application": "shop", "name": "new-users"}, "threshold": 1}}}, []),
        (
            {"alarms": {"none": {"metric": {"application": "shop", "name": "new-user"}, "threshold": 1}}},
            ["alarms.none.metric is 'prod-shop-new-user', but nothing counts that in a log; did you mean prod-shop-new-users?"],
        ),
        (
            {"metric_filters": {"shop-fatal": {"log_group": "/x", "pattern": "x", "metric": {"name": "A", "namespace": "B"}}}},
            ["metric_filters.shop-fatal has the name of one that an application brings; rename it"],
        ),
    ],
)
def test_alarms_and_filters_beside_what_applications_count(given: dict[str, Any], expected: list[str]) -> None:
    platform = watched({"eks": [FLUENT], "app_deploy": [Host("shop", {"platform_environment": "prod", **COUNTING})]})
    settings, problems = read_settings({"environment": "prod", "region": "af-south-1", "platform": platform, **given})
    assert (problems, log_problems(settings)) == ([], expected)


def test_a_target_group_is_found_by_its_cluster_and_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:elasticloadbalancing:af-south-1:123456789012"
    listed = [
        TargetGroup(f"{arn}:{group}", (f"{arn}:loadbalancer/{BALANCER}",), cluster, "shop/shop-api")
        for cluster, group in (("prod-main", GROUP), ("other", "targetgroup/k8s-other/1"))
    ]
    monkeypatch.setattr(questions, "target_groups", lambda _aws: listed)
    assert questions.dimensions(cast("Aws", None), frozenset({TAG, "prod-main/shop/shop-gone"})) == {TAG: (GROUP, BALANCER)}


def test_unknown_dimensions_are_known_after_the_apply() -> None:
    (balancer,) = platform_of(gathered(shop=SHOP)).load_balancers
    assert (balancer.dimension, balancer.target_groups[0].dimensions) == (UNKNOWN, (UNKNOWN,))


@pytest.mark.parametrize("there", [COLORS[:1], COLORS[1:2], COLORS[:2]])
def test_an_application_with_colors_keeps_its_alarms_whichever_color_is_there(there: list[str]) -> None:
    given = gathered(applying=True, shop={**SHOP, "app_deploy_strategy": "blue_green"})
    answer = {tag: (f"targetgroup/{tag.rpartition('-')[2]}/1", BALANCER) for tag in there}
    assert names(given, target_groups=answer) == names(gathered(shop=SHOP))
    found = platform_of(given, target_groups=answer)
    groups = tuple(group for group, _balancer in answer.values())
    assert found.applications[0].services[0].target_groups == groups
    assert found.load_balancers[0].target_groups[0].dimensions == groups
