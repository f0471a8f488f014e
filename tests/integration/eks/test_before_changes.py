# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS accepts and then fails on is refused before the first change; releases of nodes follow the settings.

The same settings, sent to the rehearsal directly, show what AWS does with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.integration.network.play import environment, play
from tests.integration.site import Requests, summary

from .support import REGION, Site, cluster
from .test_module import task

DB = {"key": "dedicated", "value": "db", "effect": "NO_SCHEDULE"}
OLD, NEW = "1.35.2-20260930", "1.35.2-20261112"


def settings(public: str) -> dict[str, tuple[dict[str, Any], str]]:
    """The settings of a cluster, and what is said of them. ``public``: a subnet that gives no public addresses."""
    group = {"min_size": 1, "max_size": 2}
    return {
        "schema": (
            cluster(addons={"vpc-cni": {"configuration": {"env": {"ENABLE_PREFIX_DELEGATION": True}}}}),
            "clusters.main.addons.vpc-cni.configuration.env.ENABLE_PREFIX_DELEGATION is True, but its type must be string; write ",
        ),
        "setting of an add-on": (
            cluster(addons={"coredns": {"configuration": {"replicas": 3}}}),
            "clusters.main.addons.coredns.configuration.replicas is 3, but there is no such setting; did you mean replicaCount?",
        ),
        "release": (
            cluster(node_groups={"system": {**group, "release_version": "1.35.2-20260101"}}),
            "clusters.main.node_groups.system.release_version is '1.35.2-20260101', but AWS has no image "
            "amazon-eks-node-al2023-x86_64-standard-1.35-v20260101 in this region",
        ),
        "patch": (
            cluster(node_groups={"system": {**group, "release_version": "1.35.9-20261112"}}),
            "clusters.main.node_groups.system.release_version is '1.35.9-20261112', but the one of that day is 1.35.2-20261112",
        ),
        "pods": (
            cluster(node_groups={"system": {**group, "max_pods": 18}}),
            "clusters.main.node_groups.system.max_pods is 18, but t3.medium has addresses for 17; set it to at most that, or give",
        ),
        "public subnet": (
            cluster(node_groups={"system": {**group, "subnet_ids": [public]}}),
            f"clusters.main.node_groups.system would use {public}, which leads to an internet gateway and gives nodes no public addresses",
        ),
        "tainted": (
            cluster(node_groups={"system": {**group, "taints": [DB]}}),
            "clusters.main.addons is 'coredns', but no node group takes its pods: system has the taint dedicated=db:NO_SCHEDULE",
        ),
        "label": (
            cluster(node_groups={"system": {**group, "labels": {"node-role.kubernetes.io/worker": "true"}}}),
            "clusters.main.node_groups.system.labels.node-role.kubernetes.io/worker is 'true', but the kubelet refuses labels of",
        ),
        "taints": (
            cluster(node_groups={"system": {**group, "taints": [DB, {**DB, "value": "other"}]}}),
            "but the list has another taint dedicated with NO_SCHEDULE; keep one",
        ),
    }


@pytest.fixture(scope="module")
def refused(shared_cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[dict[str, Any], str]]:
    """What the module says of each; all in one run, because none changes anything."""
    shared_cloud.admin.reset()
    site = Site(shared_cloud)
    ec2 = shared_cloud.client("ec2")
    made = ec2.create_subnet(VpcId=site.vpc, CidrBlock="10.0.10.0/24", AvailabilityZone=f"{REGION}b")["Subnet"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    nat = ec2.create_nat_gateway(SubnetId=made["SubnetId"], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    for target, subnets in (({"GatewayId": gateway}, [made["SubnetId"]]), ({"NatGatewayId": nat}, site.subnets)):
        table = ec2.create_route_table(VpcId=site.vpc)["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **target)
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    requests, cases = Requests(shared_cloud), settings(str(made["SubnetId"]))
    folder = tmp_path_factory.mktemp("refused")
    results = play(folder, environment(shared_cloud), [task(site, clusters={"main": one}) for one, _said in cases.values()])
    assert [call for call in requests.changes() if not call.startswith(("PutParameter", "DeleteParameter"))] == []
    return {name: (result, said) for result, (name, (_one, said)) in zip(results, cases.items(), strict=True)}


@pytest.mark.parametrize("name", settings(""))
def test_refused_before_the_first_change(refused: Mapping[str, tuple[dict[str, Any], str]], name: str) -> None:
    result, said = refused[name]
    assert result["failed"]
    assert said in result["msg"], result["msg"]


def groups_of(site: Site) -> dict[str, dict[str, Any]]:
    eks = site.cloud.client("eks")
    (cluster_name,) = eks.list_clusters()["clusters"]
    names = eks.list_nodegroups(clusterName=cluster_name)["nodegroups"]
    return {name: eks.describe_nodegroup(clusterName=cluster_name, nodegroupName=name)["nodegroup"] for name in names}


def releases(site: Site) -> dict[str, tuple[str, str]]:
    return {name: (group["version"], group["releaseVersion"]) for name, group in groups_of(site).items()}


def test_releases_follow_the_settings_and_the_version(site: Site) -> None:
    groups = {"pinned": {"release_version": OLD, "max_size": 2}, "usual": {"max_size": 2}}
    site.apply(site.desired(main=cluster(node_groups=groups)))
    assert releases(site) == {"pinned": ("1.35", OLD), "usual": ("1.35", NEW)}
    assert site.problems(main=cluster(version="1.36", node_groups={**groups, "pinned": {"release_version": "newest"}})) == []

    site.apply(site.desired(main=cluster(node_groups={**groups, "pinned": {**groups["pinned"], "disk_gib": 60}})))
    assert releases(site)["pinned"] == ("1.35", OLD)

    groups["pinned"] = {"release_version": NEW, "max_size": 2}
    site.apply(site.desired(main=cluster(node_groups=groups)))
    assert releases(site)["pinned"] == ("1.35", NEW)
    assert summary(site.plan(site.desired(main=cluster(node_groups=groups)))) == {}
    (problem,) = site.problems(main=cluster(node_groups={**groups, "pinned": {"release_version": OLD, "max_size": 2}}))
    assert problem.endswith(f"EKS does not go back to an earlier release; name {NEW} or a later one, or newest")

    groups["pinned"] = {"release_version": "1.36.0-20261112", "max_size": 2}
    site.apply(site.desired(main=cluster(version="1.36", node_groups=groups)))
    assert {version for version, _release in releases(site).values()} == {"1.36"}
    assert all(release.startswith("1.36.") for _version, release in releases(site).values())


def test_a_pinned_release_of_bottlerocket_is_kept_by_an_upgrade(site: Site) -> None:
    """Its releases are the same for every version of Kubernetes; without its name, EKS would take its newest one."""
    group = {"ami_type": "BOTTLEROCKET_x86_64", "release_version": "1.58.0-4f2a7c91", "max_size": 2}
    groups = {"system": {**group, "max_pods": 8, "user_data": '[settings.kernel.sysctl]\n"vm.max_map_count" = "262144"\n'}}
    site.apply(site.desired(main=cluster(node_groups=groups)))
    site.apply(site.desired(main=cluster(version="1.36", node_groups=groups)))
    assert releases(site) == {"system": ("1.36", "1.58.0-4f2a7c91")}
    assert summary(site.plan(site.desired(main=cluster(version="1.36", node_groups=groups)))) == {}


def test_desired_size_is_the_number_of_nodes_of_a_group_that_nothing_scales(site: Site) -> None:
    def sized(count: int, **more: Any) -> dict[str, Any]:
        return cluster(node_scaling="none", node_groups={"system": {"min_size": 1, "max_size": 4, "desired_size": count, **more}})

    def nodes() -> int:
        return int(groups_of(site)["system"]["scalingConfig"]["desiredSize"])

    site.apply(site.desired(main=sized(2)))
    assert nodes() == 2
    site.apply(site.desired(main=sized(3)))
    assert nodes() == 3
    site.apply(site.desired(main=sized(2, max_size=2)))
    assert nodes() == 2
    assert summary(site.plan(site.desired(main=sized(2, max_size=2)))) == {}
    assert summary(site.plan(site.desired(main=sized(1, scaling={"target_cpu_percent": 70})))) == {"eks_nodegroup.main/system": "update"}


def test_dns_on_fargate_waits_for_its_profile(site: Site) -> None:
    """Without the profile, its pods would stay pending until the wait ends."""
    site.cloud.admin.settings(transition_seconds={"eks_fargate_profile": 0.5})
    wanted = cluster(
        node_groups=None,
        addons={"coredns": {}},
        fargate_profiles={"system": {"selectors": [{"namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}}]}},
    )
    site.apply(site.desired(main=wanted))
    eks = site.cloud.client("eks")
    (name,) = eks.list_clusters()["clusters"]
    assert eks.describe_addon(clusterName=name, addonName="coredns")["addon"]["status"] == "ACTIVE"
    assert summary(site.plan(site.desired(main=wanted))) == {}
