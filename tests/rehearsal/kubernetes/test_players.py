"""Simulators in a real control plane other than nodes: Fargate and the load balancer controller. One cluster for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.kubernetes.api import Api
from rehearsal.kubernetes.fargate import WEBHOOK, WEBHOOKS

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


def webhook_names(api: Api) -> set[str]:
    return {one["metadata"]["name"] for one in api.get(WEBHOOKS)["items"]}


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
    until(lambda: WEBHOOK in webhook_names(api), SECONDS)
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
    until(lambda: WEBHOOK not in webhook_names(api), SECONDS)
    api.delete(f"{PODS}/elsewhere")


CONTROLLER = "/apis/apps/v1/namespaces/kube-system/deployments"
INGRESSES, SERVICES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses", "/api/v1/namespaces/default/services"


def hostname(resource: dict[str, Any]) -> str:
    shown = resource["status"].get("loadBalancer", {}).get("ingress") or [{}]
    return str(shown[0].get("hostname", ""))


def load_balancers(site: Site) -> list[dict[str, Any]]:
    return list(site.cloud.client("elbv2").describe_load_balancers()["LoadBalancers"])


def groups_of_the_controller(site: Site) -> list[str]:
    filters = [{"Name": "tag:elbv2.k8s.aws/cluster", "Values": ["main"]}]
    return [each["GroupName"] for each in site.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]]


def scaled(api: Api, replicas: int) -> None:
    api.patch(f"{CONTROLLER}/aws-load-balancer-controller", {"spec": {"replicas": replicas}})
    wait(api, CONTROLLER, "aws-load-balancer-controller", lambda each: each["status"].get("availableReplicas", 0) == replicas)


def test_load_balancers_live_as_long_as_their_controller_looks_after_them(site: Site, api: Api) -> None:
    elb = site.cloud.client("elbv2")
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "tcp", "port": {"number": 80}}}}
    alb = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "alb"},
        "spec": {"controller": "ingress.k8s.aws/alb"},
    }
    api.create("/apis/networking.k8s.io/v1/ingressclasses", alb)
    rules = {"ingressClassName": "alb", "rules": [{"http": {"paths": [path]}}]}
    ports = {"type": "LoadBalancer", "loadBalancerClass": "service.k8s.aws/nlb", "ports": [{"port": 80}], "selector": {"app": "tcp"}}
    api.create(INGRESSES, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "shop"}, "spec": rules})
    api.create(SERVICES, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "tcp"}, "spec": ports})

    labels = {"app.kubernetes.io/name": "aws-load-balancer-controller"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "controller", "image": "registry.example/controller:1"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    api.create(
        CONTROLLER, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "aws-load-balancer-controller"}, "spec": spec}
    )
    shop = wait(api, INGRESSES, "shop", lambda each: bool(hostname(each)))
    tcp = wait(api, SERVICES, "tcp", lambda each: bool(hostname(each)))
    assert shop["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    assert "service.k8s.aws/resources" in tcp["metadata"]["finalizers"]
    made = {each["DNSName"]: each for each in load_balancers(site)}
    assert {made[hostname(shop)]["Type"], made[hostname(tcp)]["Type"]} == {"application", "network"}
    (described,) = elb.describe_tags(ResourceArns=[made[hostname(shop)]["LoadBalancerArn"]])["TagDescriptions"]
    assert {tag["Key"]: tag["Value"] for tag in described["Tags"]} == {
        "elbv2.k8s.aws/cluster": "main",
        "ingress.k8s.aws/stack": "default/shop",
        "ingress.k8s.aws/resource": "LoadBalancer",
    }
    assert len(elb.describe_target_groups()["TargetGroups"]) == 2
    assert len(groups_of_the_controller(site)) == 3
    for balancer in made.values():
        assert elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]["Port"] == 80

    # Without its controller, a deleted Ingress remains, and so does its load balancer.
    scaled(api, 0)
    api.delete(f"{INGRESSES}/shop")
    assert api.get(f"{INGRESSES}/shop")["metadata"]["deletionTimestamp"]
    assert len(load_balancers(site)) == 2
    api.patch(f"{INGRESSES}/shop", {"metadata": {"annotations": {"rehearsal.mainstay/delete-delay": "2s"}}})
    scaled(api, 1)
    assert not is_gone(api, f"{INGRESSES}/shop")
    until(lambda: is_gone(api, f"{INGRESSES}/shop"), SECONDS)
    assert [each["Type"] for each in load_balancers(site)] == ["network"]

    api.delete(f"{SERVICES}/tcp")
    until(lambda: is_gone(api, f"{SERVICES}/tcp"), SECONDS)
    assert load_balancers(site) == []
    assert elb.describe_target_groups()["TargetGroups"] == []
    assert groups_of_the_controller(site) == []
    assert site.interfaces(description="ELB *") == []


def test_a_load_balancer_that_cannot_be_built(site: Site, api: Api) -> None:
    metadata = {"name": "nowhere", "annotations": {"alb.ingress.kubernetes.io/subnets": "subnet-0123456789abcdef0"}}
    backend = {"defaultBackend": {"service": {"name": "tcp", "port": {"number": 80}}}, "ingressClassName": "alb"}
    api.create(INGRESSES, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": backend})
    events = "/api/v1/namespaces/default/events"
    until(lambda: any(each["reason"] == "FailedBuildModel" for each in api.get(events)["items"]), SECONDS)
    api.delete(f"{INGRESSES}/nowhere")
    until(lambda: is_gone(api, f"{INGRESSES}/nowhere"), SECONDS)
