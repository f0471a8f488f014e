"""What is played in a real control plane beside its nodes: Fargate, and the controller of load balancers. One cluster for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.kubernetes.api import Api

from ..conftest import ACCOUNT, REGION, CheckedCloud, trust, until
from ..eks_nodes import Site
from .conftest import is_gone, kubernetes, wait

SECONDS = 120.0
PODS, NODES = "/api/v1/namespaces/jobs/pods", "/api/v1/nodes"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        site = Site(cloud, control_planes=True)
        site.create_group()
        yield site
        assert cloud.problems == []


@pytest.fixture(scope="module")
def api(site: Site) -> Api:
    return kubernetes(site, "main")


def running(pod: dict[str, Any]) -> bool:
    return bool(pod["status"].get("phase") == "Running")


def of_fargate(api: Api) -> list[str]:
    return [node["metadata"]["name"] for node in api.get(NODES, labelSelector="eks.amazonaws.com/compute-type=fargate")["items"]]


def pod(name: str, **labels: str) -> dict[str, Any]:
    spec = {"containers": [{"name": "app", "image": "registry.example/app:1"}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def test_a_pod_of_a_profile_has_a_node_of_its_own(site: Site, api: Api) -> None:
    role = site.new_role("fargate", trust("eks-fargate-pods.amazonaws.com"))
    profile = {"clusterName": "main", "fargateProfileName": "jobs"}
    selectors = [{"namespace": "jobs", "labels": {"run": "there"}}]
    site.eks.create_fargate_profile(**profile, podExecutionRoleArn=role, subnets=site.subnets, selectors=selectors)
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "jobs"}})
    wait(api, "/api/v1/namespaces/jobs/serviceaccounts", "default", lambda _: True)
    webhooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    until(lambda: bool(api.get(webhooks)["items"]), SECONDS)
    interfaces = len(site.interfaces())

    for name, labels in (("one", {"run": "there"}), ("two", {"run": "there"}), ("elsewhere", {})):
        api.create(PODS, pod(name, **labels))
    nodes = {name: wait(api, PODS, name, running)["spec"]["nodeName"] for name in ("one", "two", "elsewhere")}
    assert sorted(of_fargate(api)) == sorted([nodes["one"], nodes["two"]])
    assert nodes["one"].startswith("fargate-ip-10-0-")
    assert nodes["elsewhere"].startswith("ip-10-0-")
    found = api.get(f"{PODS}/one")
    assert (found["spec"]["schedulerName"], found["metadata"]["labels"]["eks.amazonaws.com/fargate-profile"]) == (
        "fargate-scheduler",
        "jobs",
    )
    assert found["metadata"]["annotations"]["CapacityProvisioned"] == "0.25vCPU 0.5GB"
    node = api.get(f"{NODES}/{nodes['one']}")
    assert {"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"} in node["spec"]["taints"]
    assert len(site.interfaces()) == interfaces + 2

    api.delete(f"{PODS}/one")
    until(lambda: of_fargate(api) == [nodes["two"]], SECONDS)
    site.eks.delete_fargate_profile(**profile)
    until(lambda: site.eks.list_fargate_profiles(clusterName="main")["fargateProfileNames"] == [], SECONDS)
    assert is_gone(api, f"{PODS}/two")
    assert of_fargate(api) == []
    assert len(site.interfaces()) == interfaces
    until(lambda: api.get(webhooks)["items"] == [], SECONDS)
    api.delete(f"{PODS}/elsewhere")
