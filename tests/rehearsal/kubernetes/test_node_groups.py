"""Node group nodes in a real control plane: without a network they are not ready; an update replaces them and respects budgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.kubernetes.api import Api

from ..conftest import ACCOUNT, REGION, CheckedCloud, until
from ..eks_nodes import Site
from .conftest import kubernetes, wait

SECONDS = 120.0
NODES, DEPLOYMENTS = "/api/v1/nodes", "/apis/apps/v1/namespaces/default/deployments"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
OF = {"clusterName": "main", "nodegroupName": "workers"}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Without the add-ons that EKS installs by default, so without a network."""
    with CheckedCloud(account_id=ACCOUNT, region=REGION) as cloud:
        yield Site(cloud, control_planes=True, bootstrapSelfManagedAddons=False)
        assert cloud.problems == []


@pytest.fixture(scope="module")
def api(site: Site) -> Api:
    return kubernetes(site, "main")


def nodes(api: Api) -> list[dict[str, Any]]:
    return list(api.get(NODES, labelSelector="eks.amazonaws.com/nodegroup=workers")["items"])


def condition(node: dict[str, Any]) -> dict[str, Any]:
    return next((each for each in node["status"].get("conditions") or [] if each["type"] == "Ready"), {})


def kubelets(api: Api) -> list[str]:
    return sorted(node["status"]["nodeInfo"]["kubeletVersion"][:6] for node in nodes(api))


def test_nodes_wait_for_the_network(site: Site, api: Api) -> None:
    site.cloud.admin.settings(patience_seconds={"node_join": 2.0})
    site.eks.create_nodegroup(**site.group("lost", scalingConfig={"minSize": 0, "maxSize": 1, "desiredSize": 1}))
    issue = site.until_group("CREATE_FAILED", "lost")["health"]["issues"][0]
    assert issue["code"] == "NodeCreationFailure"
    (node,) = api.get(NODES)["items"]
    assert (condition(node)["status"], condition(node)["reason"]) == ("False", "KubeletNotReady")
    assert "cni plugin not initialized" in condition(node)["message"]
    site.delete_group("lost")
    assert api.get(NODES)["items"] == []

    site.cloud.admin.settings(patience_seconds={})
    site.eks.create_nodegroup(**site.group())
    until(lambda: len(nodes(api)) == 2 and all(condition(node) for node in nodes(api)), SECONDS)
    assert site.described()["status"] == "CREATING"
    site.eks.create_addon(clusterName="main", addonName="vpc-cni")
    site.until_group("ACTIVE")
    for node in nodes(api):
        assert condition(node)["status"] == "True"
        assert "taints" not in node["spec"]
    instances = {each["InstanceId"] for each in site.scaling()["Instances"]}
    assert {node["spec"]["providerID"].rsplit("/", 1)[1] for node in nodes(api)} == instances


def test_a_group_grows_and_shrinks(site: Site, api: Api) -> None:
    name = site.scaling()["AutoScalingGroupName"]
    for desired in (3, 2):
        site.autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=desired)
        until(lambda desired=desired: len(nodes(api)) == desired, SECONDS)
    assert site.described()["status"] == "ACTIVE"


def test_an_update_heeds_budgets_unless_it_is_forced(site: Site, api: Api) -> None:
    update = site.eks.update_cluster_version(name="main", version="1.36")["update"]
    assert site.until_updated(update)["status"] == "Successful"
    assert kubelets(api) == ["v1.35.", "v1.35."]
    api.create(DEPLOYMENTS, deployment("api"))
    budget = {"minAvailable": 2, "selector": {"matchLabels": {"app": "api"}}}
    api.create(BUDGETS, {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "api"}, "spec": budget})
    wait(api, DEPLOYMENTS, "api", lambda each: each["status"].get("availableReplicas") == 2)
    before = {node["metadata"]["name"] for node in nodes(api)}

    site.cloud.admin.settings(patience_seconds={"pod_eviction": 1.5})
    update = site.eks.update_nodegroup_version(**OF, version="1.36")["update"]
    assert (update["type"], site.described()["status"]) == ("VersionUpdate", "UPDATING")
    failed = site.until_updated(update, nodegroupName="workers")
    (error,) = failed["errors"]
    assert (failed["status"], error["errorCode"]) == ("Failed", "PodEvictionFailure")
    assert error["resourceIds"][0] in before
    assert "default/api-" in error["errorMessage"]
    assert error["resourceIds"][0] in error["errorMessage"]
    until(lambda: {node["metadata"]["name"] for node in nodes(api)} == before, SECONDS)
    until(lambda: not any(node["spec"].get("unschedulable") for node in nodes(api)), SECONDS)
    assert site.described()["version"] == "1.35"

    update = site.eks.update_nodegroup_version(**OF, version="1.36", force=True)["update"]
    assert site.until_updated(update, nodegroupName="workers")["status"] == "Successful"
    assert kubelets(api) == ["v1.36.", "v1.36."]
    assert (site.described()["version"], site.described()["status"]) == ("1.36", "ACTIVE")
    assert not before & {node["metadata"]["name"] for node in nodes(api)}


def test_nodes_go_although_a_budget_blocks(site: Site, api: Api) -> None:
    site.cloud.admin.settings(patience_seconds={"node_drain": 1.0})
    wait(api, DEPLOYMENTS, "api", lambda each: each["status"].get("availableReplicas") == 2)
    site.eks.update_nodegroup_config(**OF, scalingConfig={"desiredSize": 1})
    until(lambda: len(nodes(api)) == 1, SECONDS)
    wait(api, DEPLOYMENTS, "api", lambda each: each["status"].get("availableReplicas") == 2)
    site.delete_group()
    assert nodes(api) == []
    assert site.interfaces() == []


def deployment(name: str) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": "registry.example/app:1"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
