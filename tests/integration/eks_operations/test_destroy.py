# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Destroys a whole environment on a real control plane: with load balancers and interfaces that block, killed halfway, and run again.

The runs have exactly the policies that the collection generates for this inventory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.grants import Names, Scope
from ansible_collections.mainstay.aws.plugins.module_utils.aws.place import Place as Of
from ansible_collections.mainstay.aws.plugins.module_utils.domains.registry import details_of
from ansible_collections.mainstay.aws.plugins.module_utils.permissions.documents import policies
from rehearsal.testing import Cloud

from .killing import killed
from .site import Changes, Site
from .support import ACCOUNT, REGION, Place
from .workloads import INGRESS, controller, exposed, inside, namespace, no_controller, until

DESTROY = "playbooks/destroy.yml"
MEANT = ("--extra-vars", "destroy=prod")
NAME = "prod-main"
STRANGER = "by-hand"
STORE: dict[str, Any] = {
    "app_deploy_namespace": "store",
    "app_deploy_version": "1.0.0",
    "app_deploy_services": {"store": {"image": f"registry.example/store@sha256:{'0' * 64}", "port": 8080, "probe": "/", "keep_alive": 75}},
    "app_deploy_network": {"load_balancer_cidrs": ["10.0.0.0/16"]},
    "app_deploy_ingress": {"hosts": {"*": "store"}, "plain_http": True},
}
"""An application of the inventory, with a load balancer."""


def clusters(**more: Any) -> dict[str, Any]:
    group = {"instance_types": ["t3.medium"], "min_size": 1, "max_size": 2}
    return {"main": {"version": "1.36", "node_groups": {"system": group}, **more}}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(account_id=ACCOUNT, region=REGION, settings={"leaked_interface_seconds": 1.0}) as cloud:
        Place(cloud, "10.9.0.0/16", owner=None).balancer(STRANGER, {"elbv2.k8s.aws/cluster": "somebody-elses"})
        yield cloud


def built(cloud: Cloud, folder: Path, **more: Any) -> Site:
    """A network and a cluster in it. ``more``: settings of the cluster."""
    made = Site(cloud, folder, {"vpc": ["network"], "eks": ["cluster"]})
    made.variables |= {"eks_clusters": clusters(**more), "eks_drain_controller_timeout": 60.0}
    made.must("site.yml")
    return made


def populated(cloud: Cloud, folder: Path, **more: Any) -> Site:
    """The same on a real control plane, with a load balancer controller and a workload exposed through it."""
    made = built(cloud, folder, **more)
    api = inside(cloud, NAME)
    controller(api)
    namespace(api, "shop")
    exposed(api, "shop", delay="4s")
    return made


def what_is_left(cloud: Cloud) -> dict[str, Any]:
    """The account's contents except the default VPC, the other owner's VPC, and what is being deleted."""
    ec2 = cloud.client("ec2")
    strange = [subnet["VpcId"] for subnet in ec2.describe_subnets()["Subnets"] if subnet["CidrBlock"].startswith("10.9.")]
    inside_of = [vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"] and vpc["VpcId"] not in strange]
    others = [{"Name": "vpc-id", "Values": [*inside_of, "vpc-none"]}]
    found = {
        "clusters": cloud.client("eks").list_clusters()["clusters"],
        "vpcs": inside_of,
        "load balancers": [one["LoadBalancerName"] for one in cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]],
        "target groups": [one["TargetGroupName"] for one in cloud.client("elbv2").describe_target_groups()["TargetGroups"]],
        "interfaces": [one["Description"] for one in ec2.describe_network_interfaces(Filters=others)["NetworkInterfaces"]],
        "log groups": [one["logGroupName"] for one in cloud.client("logs").describe_log_groups()["logGroups"]],
        "roles": [one["RoleName"] for one in cloud.client("iam").list_roles(PathPrefix="/mainstay/")["Roles"]],
        "launch templates": [one["LaunchTemplateName"] for one in ec2.describe_launch_templates()["LaunchTemplates"]],
    }
    return {name: things for name, things in found.items() if things}


def balancers(cloud: Cloud, prefix: str) -> int:
    found = cloud.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return sum(one["LoadBalancerName"].startswith(prefix) for one in found)


def own_policies(site: Site) -> None:
    """From here on, runs have exactly the permissions in the collection's policies for each component."""
    names = Names(clusters=(NAME,), networks=("main",))
    given = {
        component: policies(details_of([role]), Scope(Of("prod", component, REGION, ACCOUNT), names=names))
        for role, components in site.hosts.items()
        for component in components
    }
    site.cloud.admin.policies(apply=[document for one in given.values() for document in one["apply"]])


def called(cloud: Cloud, operation: str) -> bool:
    return any(one["operation"] == operation for one in cloud.admin.requests())


def test_from_the_first_refusal_to_an_empty_account(cloud: Cloud, tmp_path: Path) -> None:
    """Its controller is slow; the first run is killed while it waits for it. By then the inventory's own application is gone."""
    site = populated(cloud, tmp_path)
    changes = Changes(cloud)
    refused = site.run(DESTROY, *MEANT)
    assert refused.code != 0
    assert refused.says("EKS cluster prod-main is protected against deletion. Set deletion_protection to false for cluster main")
    shown = site.run(DESTROY, "--check")
    assert shown.code != 0
    assert shown.says("- vpc.main"), "what would go is shown although it is protected"
    assert shown.says("Nothing would be deleted, because of the following: EKS cluster prod-main is protected against deletion.")
    assert changes.made() == []

    site.hosts["app_deploy"] = ["store"]
    site.variables |= STORE
    site.variables["eks_clusters"] = clusters(deletion_protection=False)
    site.must("site.yml")
    api = inside(cloud, NAME)
    until(lambda: balancers(cloud, "k8s-store-") == 1, "the application has a load balancer")
    changes = Changes(cloud)
    shown = site.must(DESTROY, "--check")
    assert shown.says("- kubernetes_object.Ingress/store/store"), shown.text
    assert shown.says("prod-main: Ingress shop/front"), shown.text
    assert shown.says("prod-main: Service shop/outer"), shown.text
    assert shown.says("prod-main: load balancer k8s-shop-front-"), shown.text
    assert changes.made() == []

    path = f"{INGRESS.format('shop')}/front"
    killed(site, DESTROY, MEANT, lambda: "deletionTimestamp" in api.get(path)["metadata"], "the Ingress is being deleted")
    assert "store" not in [one["metadata"]["name"] for one in api.list("/api/v1/namespaces").items]
    assert balancers(cloud, "k8s-store-") == 0
    own_policies(site)
    done = site.must(DESTROY, *MEANT)
    cloud.admin.policies(apply=None)
    assert what_is_left(cloud) == {"load balancers": [STRANGER]}, done.text
    assert not called(cloud, "DeleteLoadBalancer")  # by us: the controller's own calls are not requests to the cloud

    changes = Changes(cloud)
    site.must(DESTROY, *MEANT)
    assert changes.made() == []


@pytest.mark.nightly
def test_without_a_controller_and_killed_while_nodes_go(cloud: Cloud, tmp_path: Path) -> None:
    """Nothing removes the finalizers, so AWS is queried; the second run finds the cluster half deleted.

    `make test` shows both without a control plane: see test_drain.py.
    """
    site = populated(cloud, tmp_path, deletion_protection=False)
    no_controller(inside(cloud, NAME))
    cloud.admin.settings(transition_seconds={"default": 0, "eks_nodegroup": 3})
    killed(site, DESTROY, MEANT, lambda: called(cloud, "DeleteNodegroup"), "node groups are being deleted")
    assert called(cloud, "DeleteLoadBalancer")
    done = site.must(DESTROY, *MEANT)
    assert what_is_left(cloud) == {"load balancers": [STRANGER]}, done.text


def test_only_the_clusters_and_then_only_the_network(cloud: Cloud, tmp_path: Path) -> None:
    """With --limit, in the only order that works; the other order is refused before anything is deleted. The cluster exists in AWS only."""
    cloud.admin.settings(control_planes=False)
    site = built(cloud, tmp_path, deletion_protection=False)
    site.variables["eks_drain_api_timeout"] = 0.5
    changes = Changes(cloud)
    refused = site.run(DESTROY, *MEANT, "--limit", "network")
    assert refused.code != 0
    assert refused.says("EKS cluster prod-main of prod/cluster is still in vpc-"), refused.text
    assert changes.made() == []
    site.must(DESTROY, *MEANT, "--limit", "cluster")
    assert set(what_is_left(cloud)) == {"vpcs", "interfaces", "load balancers", "log groups", "roles"}
    site.must(DESTROY, *MEANT, "--limit", "network")
    assert what_is_left(cloud) == {"load balancers": [STRANGER]}
