# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The life of one application, run by the playbooks as a user does: each step is one run, and begins where the last one ended."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from scripts.applications import Users
from tests.integration.deployment.prometheus import metric, prometheus
from tests.integration.examples.running import Run, mutations

from .support import HEADER, HOST, SECRET, Shop


def succeeded(run: Run) -> Run:
    assert run.code == 0, run.output
    return run


def changing_calls(run: Run) -> int:
    """Those of AWS and of Kubernetes together."""
    return sum(int(one["api_calls"]["write"]) for one in run.report["components"])


def closed() -> dict[str, object]:
    """A window that opens once a year, half a year from now."""
    return {"schedule": f"0 0 1 {(datetime.now(UTC).month + 5) % 12 + 1} *", "duration": "1h", "time_zone": "UTC"}


def deploy_gradually(shop: Shop, old: str, new: str) -> None:
    """A canary by the weights of the load balancer, while users ask."""
    with prometheus() as errors, shop.load() as answers:
        canary = {"steps": [{"weight": 30, "bake": 3}, {"weight": 70, "bake": 3}], "drain": 2, "metrics": [metric(errors)]}
        run = succeeded(shop.deploy(new, app_deploy_strategy="canary", app_deploy_canary=canary))
    versions = [one.version for one in answers]
    assert {one.status for one in answers} == {200}, "no request fails while the load balancer's weights change"
    assert old in versions[versions.index(new) :], "both versions serve users by their weights"
    assert "could not be read" not in run.output, "the rules of the load balancer were awaited"
    assert shop.answer() == (200, new)
    assert shop.deployments() == ["api"]


def behind_a_distribution(shop: Shop) -> None:
    """The load balancer gets a web ACL and demands a header, whose value is then rotated. No value is shown or recorded."""
    old, new = "O" * 40, "N" * 40
    secrets, acl = shop.cloud.client("secretsmanager"), shop.web_acl()
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"password": old}))
    settings = {"origin_secret": {"secret": SECRET}, "web_acl": acl}
    admitted = succeeded(shop.deploy("1.1.0", **shop.demanding(old, **settings)))
    assert [shop.answer(value)[0] for value in ("", new, old)] == [403, 403, 200]
    balancer = shop.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    assert shop.cloud.client("wafv2").get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]["ARN"] == acl

    secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"password": new}), VersionStages=["AWSPENDING"])
    rotated = succeeded(shop.deploy("1.1.0", **shop.demanding(old, **settings)))
    assert set(rotated.actions) >= {"kubernetes_object.Ingress/shop/shop"}
    assert [shop.answer(value) for value in (new, old)] == [(200, "1.1.0")] * 2
    again = succeeded(shop.deploy("1.1.0", **shop.demanding(old, **settings)))
    assert changing_calls(again) == 0

    shown = "".join(json.dumps(run.report) + run.output for run in (admitted, rotated, again)).replace(f"{HEADER}: {old}", "")
    assert [value for value in (old, new) if value in shown] == []
    assert new not in shop.recorded()


def test_an_application_from_its_first_deployment_to_its_removal(shop: Shop) -> None:
    deployed_once_although_killed(shop)
    only_with_a_reason_outside_the_window(shop)
    lost_no_request_although_killed(shop)
    described_by_its_history(shop)
    back_to_the_release_before(shop)
    back_by_itself_from_a_bad_release(shop)
    behind_a_distribution(shop)
    removed(shop)


def deployed_once_although_killed(shop: Shop) -> None:
    """The first run is killed while its migration runs in the database. The Job goes on, and the next run waits for it."""
    with shop.migrations_held() as waits:
        shop.killed("1.0.0", waits, "the migration runs")
    with shop.own_policies():
        first = succeeded(shop.deploy("1.0.0"))
    assert shop.snapshots()
    assert shop.migrated() == ["1.0.0"]
    assert shop.image() == shop.digest("api", "1.0.0")
    assert {shop.digest("api", "1.0.0"), shop.digest("migrations", "1.0.0")} == shop.images()
    assert shop.answer() == (200, "1.0.0")
    assert shop.records() == [f"{HOST}."]
    assert "kubernetes_object.Deployment/shop/api" in first.actions

    again = succeeded(shop.deploy("1.0.0"))
    assert (again.report["result"], changing_calls(again), mutations(shop.cloud)) == ("no_changes", 0, [])


def only_with_a_reason_outside_the_window(shop: Shop) -> None:
    refused = shop.deploy("1.1.0", app_deploy_window=closed())
    assert refused.code != 0
    assert "app_deploy_break_glass" in refused.output
    assert (changing_calls(refused), mutations(shop.cloud)) == (0, [])


def lost_no_request_although_killed(shop: Shop) -> None:
    """Its users notice neither the rollout, nor that the run is killed during it and begun again."""
    users = Users(shop.cloud.description, f"https://{HOST}/")
    shop.killed("1.1.0", lambda: shop.image() != shop.digest("api", "1.0.0"), "pods are being replaced")
    with shop.own_policies():
        let_through = succeeded(shop.deploy("1.1.0", app_deploy_window=closed(), app_deploy_break_glass="outage 4711"))
    statuses = users.stop(at_least=2000)
    assert set(statuses) == {"200"}, statuses
    assert "outage 4711" in let_through.output
    assert shop.answer() == (200, "1.1.0")
    assert shop.migrated() == ["1.0.0", "1.1.0"]


def described_by_its_history(shop: Shop) -> None:
    history = succeeded(shop.play("history"))
    assert history.output.index("version: 1.1.0") < history.output.index("version: 1.0.0")
    assert "outage 4711" in history.output
    shop.settle()
    before = shop.deployment()["metadata"]["resourceVersion"]
    verified = succeeded(shop.play("verify"))
    assert mutations(shop.cloud) == []
    assert shop.deployment()["metadata"]["resourceVersion"] == before
    assert shop.api.get("/api/v1/namespaces/shop/configmaps", labelSelector="mainstay.aws/rollout-record")["items"] == []
    assert "rolled out" in verified.output


def back_to_the_release_before(shop: Shop) -> None:
    succeeded(shop.play("rollback", rollback_to=""))
    assert shop.answer() == (200, "1.0.0")
    assert shop.managers() == [("mainstay", "Apply")]


def back_by_itself_from_a_bad_release(shop: Shop) -> None:
    bad = shop.deploy("1.2.0-http-500")
    assert bad.code != 0
    assert "The application went back to release 1.0.0" in " ".join(bad.output.split())
    assert "run again to continue" not in bad.output
    assert shop.image() == shop.digest("api", "1.0.0")
    assert shop.answer() == (200, "1.0.0")
    assert shop.managers() == [("mainstay", "Apply")]
    deploy_gradually(shop, "1.0.0", "1.1.0")
    assert shop.migrated() == ["1.0.0", "1.1.0", "1.2.0-http-500"]


def removed(shop: Shop) -> None:
    planned = succeeded(shop.play("destroy", "--check"))
    assert planned.actions["kubernetes_object.Ingress/shop/shop"]["action"] == "delete"
    assert mutations(shop.cloud) == []
    gone = succeeded(shop.play("destroy", destroy="prod"))
    assert gone.actions["kubernetes_object.Namespace/shop"]["outcome"] == "done"
    assert shop.records() == []
    assert shop.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert [tag for tag in shop.tags("api") if tag.startswith("deployed-")] == []
    assert "shop" not in [one["metadata"]["name"] for one in shop.api.get("/api/v1/namespaces")["items"]]
    assert succeeded(shop.play("destroy", destroy="prod")).report["result"] == "no_changes"
