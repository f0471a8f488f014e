# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Blue/green and canary by the playbooks, with the load balancer as their users meet it: each step begins where the last one ended."""

from __future__ import annotations

import pytest

from scripts.applications import Users

from .support import HOST, Shop
from .test_life import succeeded

KEPT = 3600
"""Seconds that a cookie leads to the same color."""

BAD = "1.2.0-http-500"


def described(shop: Shop, strategy: str, **settings: object) -> dict[str, object]:
    """Variables of a deployment with a strategy. There is no migration: its own tests have one."""
    ingress = {**shop.variables()["app_deploy_ingress"], "stickiness": KEPT}
    return {
        "app_deploy_ingress": ingress,
        "app_deploy_migration": {},
        "app_deploy_strategy": strategy,
        f"app_deploy_{strategy}": {"register": 10, **settings},
    }


def pods(shop: Shop, image: str) -> set[str]:
    """The UIDs of the pods with this image that are not leaving."""
    found = shop.api.get("/api/v1/namespaces/shop/pods")["items"]
    here = [one for one in found if one["spec"]["containers"][0]["image"] == image and not one["metadata"].get("deletionTimestamp")]
    return {one["metadata"]["uid"] for one in here}


def test_two_colors_from_one_to_the_other_and_back(shop: Shop) -> None:
    colors = described(shop, "blue_green", keep=KEPT)
    succeeded(shop.deploy("1.0.0", **colors))
    assert (shop.answer(), shop.deployments(), shop.forwards()[-1]) == ((200, "1.0.0"), ["api"], {"api-blue": 100})
    users = Users(shop.cloud.description, f"https://{HOST}/")

    killed_before_the_switch(shop, colors)
    old = shop.returning()
    assert old() == (200, "1.0.0")
    succeeded(shop.deploy("1.1.0", **colors))
    assert shop.answer() == (200, "1.1.0")
    assert shop.forwards() == [{"api-blue": 0, "api-green": 100}], "the load balancer's weights switch, and both target groups stay"
    assert shop.stickiness() == ({str(KEPT)}, {KEPT}), "cookies of rules and of target groups live equally long"
    assert old() == (200, "1.0.0"), "who has a cookie stays with the old color"
    assert shop.deployment("api")["status"]["availableReplicas"] == 2
    new = shop.returning()
    assert new() == (200, "1.1.0")

    refused = shop.deploy("1.0.0", **colors)
    assert refused.code != 0
    assert "blue pods still serve users whose cookies lead to them" in " ".join(refused.output.split())

    switched_back(shop)
    statuses = users.stop(at_least=500)
    assert set(statuses) == {"200"}, statuses
    assert [each() for each in (old, new)] == [(200, "1.0.0")] * 2, "no cookie leads to pods that are gone"
    succeeded(shop.play("destroy", destroy="prod"))


def killed_before_the_switch(shop: Shop, colors: dict[str, object]) -> None:
    """The second color runs, and has no requests yet."""

    def second_color_is_there() -> bool:
        return "api-green" in shop.deployments() and bool(shop.deployment("api-green")["status"].get("availableReplicas"))

    shop.killed("1.1.0", second_color_is_there, "the second color runs", **colors)
    assert shop.forwards() == [{"api-blue": 100, "api-green": 0}]
    assert {shop.answer() for _number in range(10)} == {(200, "1.0.0")}


def switched_back(shop: Shop) -> None:
    """The rollback changes weights. The pods that users return to are those from before."""
    image = shop.digest("api", "1.0.0")
    before, generation = pods(shop, image), shop.deployment()["metadata"]["generation"]
    succeeded(shop.play("rollback", rollback_to="", app_deploy_strategy="blue_green"))
    assert shop.answer() == (200, "1.0.0")
    assert (pods(shop, image), shop.deployment()["metadata"]["generation"]) == (before, generation)
    assert (shop.forwards(), shop.deployments()) == ([{"api-blue": 100}], ["api"])


@pytest.mark.nightly
def test_a_canary_is_aborted_by_the_metrics_of_its_own_target_group(shop: Shop) -> None:
    """Its pods are ready and answer every request with an error, so that only the load balancer's metrics show it."""
    shop.cloud.admin.settings(traffic_seconds={"registration": 0.3, "propagation": 0.5, "metrics": 5.0})
    source = {
        "namespace": "AWS/ApplicationELB",
        "metric": "HTTPCode_Target_5XX_Count",
        "dimensions": {"LoadBalancer": "${load_balancer}", "TargetGroup": "${target_group}"},
        "statistic": "Sum",
    }
    metric = {"name": "errors", "cloudwatch": source, "maximum": 0, "gross": 5, "interval": 5.0, "on_no_data": "pass"}
    canary = described(shop, "canary", steps=[{"weight": 30, "bake": 300}], metrics=[metric], probes=[], drain=2)
    succeeded(shop.deploy("1.0.0", **canary))
    stable = pods(shop, shop.digest("api", "1.0.0"))
    users = Users(shop.cloud.description, f"https://{HOST}/")

    def gets_requests() -> bool:
        return users.statuses["500"] > 0

    shop.killed(BAD, gets_requests, "the canary gets requests", **canary)
    assert {"api": 70, "api-canary": 30} in shop.forwards()
    aborted = shop.deploy(BAD, **canary)
    assert aborted.code != 0
    said = " ".join(aborted.output.split())
    assert "step 1 of 1" in said
    assert "The application went back to release 1.0.0" in said
    assert set(users.stop()) == {"200", "500"}
    assert (shop.forwards(), shop.deployments()) == ([{"api": 1}], ["api"])
    assert {shop.answer() for _number in range(20)} == {(200, "1.0.0")}
    assert pods(shop, shop.digest("api", "1.0.0")) == stable, "the stable track was never touched"
    succeeded(shop.play("destroy", destroy="prod"))
