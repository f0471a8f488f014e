"""Requests through rehearsed load balancers to simulated pods: routing, rollouts, weights, stickiness, and what goes wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.kubernetes.plane import ControlPlane

from ..conftest import until
from .balanced import DEPLOYMENTS, Load, Traffic, arn_of, deployment, ingress, rolled_out, service
from .conftest import wait


@pytest.fixture(scope="module")
def traffic(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    traffic = Traffic(plane, tmp_path_factory.mktemp("traffic"))
    yield traffic
    traffic.close()


def deployed(plane: ControlPlane, namespace: str, manifest: dict[str, Any]) -> None:
    name = manifest["metadata"]["name"]
    plane.api.create(f"/api/v1/namespaces/{namespace}/services", service(name, namespace))
    plane.api.create(DEPLOYMENTS.format(namespace), manifest)
    rolled_out(plane, namespace, name, wait)


def port_of(traffic: Traffic, name: str) -> int:
    found = next(each for each in traffic.dataplane.described() if each["name"] == name)
    return int(found["listeners"][0]["address"].partition(":")[2])


@pytest.mark.parametrize(("pre_stop", "expected"), [(10, {200}), (0, {200, 502})])
def test_a_rollout_loses_no_request_if_pods_wait_before_they_stop(
    plane: ControlPlane, namespace: str, traffic: Traffic, pre_stop: int, expected: set[int]
) -> None:
    deployed(plane, namespace, deployment("api", "1", pre_stop=pre_stop))
    resource = f"{namespace}/shop-api:80"
    served = traffic.serve(ingress("shop", namespace, "shop.example.com", {"/": "api"}))
    until(lambda: traffic.states(resource)["healthy"] == 2)
    load = Load(port_of(traffic, served.name), "shop.example.com", pause=0.001)
    gate = f"target-health.elbv2.k8s.aws/{arn_of(resource).split('/')[1]}"
    plane.api.patch(f"{DEPLOYMENTS.format(namespace)}/api", deployment("api", "2", pre_stop=pre_stop, gate=gate))
    rolled_out(plane, namespace, "api", wait)
    until(lambda: traffic.states(resource)["healthy"] == 2)
    assert set(load.stop(at_least=2000)) == expected, load.statuses
    assert load.versions["1"] > 0
    assert load.versions["2"] > 0


def test_weights_stickiness_and_redirects_over_https(plane: ControlPlane, namespace: str, traffic: Traffic) -> None:
    for name, version in (("blue", "1"), ("green", "2")):
        deployed(plane, namespace, deployment(name, version, replicas=1))
    groups = [{"serviceName": name, "servicePort": "80", "weight": weight} for name, weight in (("blue", 3), ("green", 1))]
    said = {
        "listen-ports": '[{"HTTP": 80}, {"HTTPS": 443}]',
        "ssl-redirect": "443",
        "certificate-arn": "arn:aws:acm:x",
        "actions.split": json.dumps({"type": "forward", "forwardConfig": {"targetGroups": groups}}),
        "actions.gone": '{"type": "fixed-response", "fixedResponseConfig": {"statusCode": "410", "messageBody": "gone"}}',
        "conditions.gone": '[{"field": "http-header", "httpHeaderConfig": {"httpHeaderName": "X-Old", "values": ["y*"]}}]',
    }
    paths = {"/old": "use-annotation:gone", "/": "use-annotation:split"}
    traffic.serve(ingress("colors", namespace, "colors.example.com", paths, **said))
    until(lambda: all(traffic.states(f"{namespace}/colors-{name}:80")["healthy"] == 1 for name in ("blue", "green")))
    url = "https://colors.example.com/"
    versions = Counter(traffic.get(url)[1]["x-version"] for _ in range(8))
    assert versions == {"1": 6, "2": 2}
    assert json.loads(traffic.get(url)[2])["path"] == "/"
    status, headers, _ = traffic.get("http://colors.example.com/a?b=c")
    assert (status, headers["location"]) == (301, "https://colors.example.com:443/a?b=c")
    assert traffic.get(f"{url}old/1", X_Old="yes")[0] == 410
    assert traffic.get(f"{url}old/1", X_Old="no")[0] == 200

    sticky = {"enabled": True, "durationSeconds": 60}
    said["actions.split"] = json.dumps(
        {"type": "forward", "forwardConfig": {"targetGroups": groups, "targetGroupStickinessConfig": sticky}}
    )
    said["target-group-attributes"] = "stickiness.enabled=true,stickiness.lb_cookie.duration_seconds=60"
    traffic.serve(ingress("colors", namespace, "colors.example.com", paths, **said))
    first = next(headers for _, headers, _ in (traffic.get(url) for _ in range(8)) if headers["x-version"] == "2")
    assert [each.partition("=")[0].strip() for each in first["set-cookie"].split(";")] == [
        "AWSALBTG",
        "AWSALBTGCORS",
        "AWSALB",
        "AWSALBCORS",
    ]
    groups[0]["weight"], groups[1]["weight"] = 1, 0
    said["actions.split"] = json.dumps(
        {"type": "forward", "forwardConfig": {"targetGroups": groups, "targetGroupStickinessConfig": sticky}}
    )
    traffic.serve(ingress("colors", namespace, "colors.example.com", paths, **said))
    assert {traffic.get(url, Cookie=first["set-cookie"])[1]["x-version"] for _ in range(4)} == {"2"}
    assert {traffic.get(url)[1]["x-version"] for _ in range(4)} == {"1"}


def test_without_a_healthy_target(plane: ControlPlane, namespace: str, traffic: Traffic) -> None:
    """No target: 503. Only unhealthy ones: all get requests, as AWS fails open. A slow one: 504 after the idle timeout."""
    traffic.serve(ingress("empty", namespace, "empty.example.com", {"/": "bad"}), idle_timeout=0.2)
    assert traffic.get("http://empty.example.com/")[0] == 503
    deployed(plane, namespace, deployment("bad", "1", replicas=1, http_status="500", http_latency="50ms"))
    resource = f"{namespace}/empty-bad:80"
    until(lambda: traffic.states(resource)["unhealthy"] == 1)
    assert traffic.get("http://empty.example.com/")[0] == 500
    (target,) = traffic.dataplane.health(arn_of(resource)) or []
    assert target["TargetHealth"]["Description"] == "Health checks failed with these codes: [500]"
    plane.api.patch(f"{DEPLOYMENTS.format(namespace)}/bad", deployment("bad", "2", replicas=1, http_status="200", http_latency="400ms"))
    rolled_out(plane, namespace, "bad", wait)
    until(lambda: traffic.get("http://empty.example.com/")[0] == 504)


def test_which_load_balancer_the_proxy_leads_to(plane: ControlPlane, namespace: str, traffic: Traffic) -> None:
    served = traffic.serve(ingress("names", namespace, "*.names.example.com", {"/": "api"}))
    assert traffic.get("http://any.names.example.com/")[0] == 503
    assert traffic.get(f"http://{served.dns_name}/")[0] == 404  # its rule is for another host
    traffic.records["shop.elsewhere.example"] = served.dns_name
    assert traffic.get("http://shop.elsewhere.example/")[0] == 404
    status, _, body = traffic.get("http://unknown.example.com/")
    assert status == 502
    assert "No rehearsed load balancer answers for unknown.example.com" in body
    assert "*.names.example.com" in body
    with pytest.raises(OSError, match="502"):
        traffic.get("https://any.names.example.com/")


def test_a_network_load_balancer(plane: ControlPlane, namespace: str, traffic: Traffic) -> None:
    deployed(plane, namespace, deployment("tcp", "7", replicas=1))
    manifest = service("tcp", namespace)
    manifest["metadata"] |= {"uid": "uid-tcp", "annotations": {"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip"}}
    manifest["spec"] |= {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb"}
    served = traffic.serve(manifest)
    until(lambda: traffic.states(f"{namespace}/tcp:80")["healthy"] == 1)
    assert traffic.get(f"http://{served.dns_name}/")[1]["x-version"] == "7"
    plane.api.patch(f"{DEPLOYMENTS.format(namespace)}/tcp", {"spec": {"replicas": 0}})
    until(lambda: traffic.states(f"{namespace}/tcp:80")["healthy"] == 0)
    until(lambda: traffic.states(f"{namespace}/tcp:80")["draining"] == 1)
    until(lambda: is_reset(traffic, f"http://{served.dns_name}/"))


def is_reset(traffic: Traffic, url: str) -> bool:
    try:
        traffic.get(url)
    except OSError:
        return True
    return False


def test_metrics_of_requests(plane: ControlPlane, namespace: str, traffic: Traffic) -> None:
    deployed(plane, namespace, deployment("api", "1", replicas=1, http_error_rate="0.25", http_latency="20ms"))
    traffic.serve(ingress("counted", namespace, "counted.example.com", {"/": "api"}))
    until(lambda: traffic.states(f"{namespace}/counted-api:80")["healthy"] == 1)
    traffic.dataplane.flush()
    traffic.data.clear()
    for _ in range(8):
        traffic.get("http://counted.example.com/")
    traffic.dataplane.flush()
    group = arn_of(f"{namespace}/counted-api:80").rpartition(":")[2]
    of_group: dict[str, Any] = {each.name: each for each in traffic.data if ("TargetGroup", group) in each.dimensions}
    sums = {name: each.value for name, each in of_group.items() if not each.observed}
    assert sums == {
        "RequestCount": 8,
        "HTTPCode_Target_2XX_Count": 6,
        "HTTPCode_Target_5XX_Count": 2,
        "HealthyHostCount": 1,
        "UnHealthyHostCount": 0,
    }
    observed = of_group["TargetResponseTime"].observed
    assert sum(observed.values()) == 8
    assert 0.02 <= min(observed) < 0.2
