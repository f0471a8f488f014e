# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The modules as users run them: one-sentence errors for bad input before any change, outputs by tags, and protection against lockout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.network.play import environment, play
from tests.integration.site import Requests

from .support import ACCOUNT, REGION, Site, cluster, new_role

APPLIER = f"arn:aws:iam::{ACCOUNT}:user/rehearsal-apply"
ADMIN = {"AmazonEKSClusterAdminPolicy": "cluster"}
OURS = {"principal_arn": APPLIER, "policies": ADMIN}


def task(site: Site, module: str = "eks_cluster", check: bool = False, **options: Any) -> dict[str, Any]:
    """One call of a module for the site's owner."""
    given: dict[str, Any] = {"environment": site.environment, "component": site.component, "region": REGION, **options}
    if "clusters" in options and options.get("state") != "absent":
        given["network"] = {
            "subnet_ids": list(site.network.subnet_ids),
            "security_group_ids": list(site.network.security_group_ids),
            "node_security_group_ids": list(site.network.node_security_group_ids),
        }
    if module == "eks_cluster" and options.get("state") != "absent":
        given |= {"poll_interval": 0.05, "settle_seconds": 0.5, "timeout": 60}
    return {f"mainstay.aws.{module}": given, "check_mode": check, "diff": True, "ignore_errors": True}


ASKED: dict[str, tuple[dict[str, Any], str]] = {
    # errors that require a call to AWS: settings, the message
    "version": (cluster(version="1.29"), "clusters.main.version is '1.29', but EKS offers "),
    "extended support": (
        cluster(version="1.33"),
        "clusters.main.upgrade_policy is 'STANDARD', but standard support of Kubernetes 1.33 ended on 2026-07-29; ",
    ),
    "instance type": (
        cluster(node_groups={"system": {"instance_types": ["t9.huge"]}}),
        "clusters.main.node_groups.system.instance_types is 't9.huge', but EC2 has no such instance type in this region",
    ),
    "architecture": (
        cluster(node_groups={"system": {"instance_types": ["t4g.medium"]}}),
        "clusters.main.node_groups.system.ami_type is 'AL2023_x86_64_STANDARD', which runs on x86_64, but t4g.medium is arm64; ",
    ),
    "add-on version": (
        cluster(addons={"coredns": {"version": "v1.0.0-eksbuild.1"}}),
        "clusters.main.addons.coredns.version is 'v1.0.0-eksbuild.1', but that is not compatible with Kubernetes 1.35; ",
    ),
    "add-on": (
        cluster(addons={"core-dns": {}}),
        "clusters.main.addons.core-dns is not an add-on that EKS offers for Kubernetes 1.35; correct the name, or set it to null",
    ),
    "subnet": (
        cluster(subnet_ids=["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"]),
        "clusters.main.subnet_ids names subnet-0123456789abcdef0, but there is no such subnet in this account and region",
    ),
}


@pytest.fixture(scope="module")
def answers(shared_cloud: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """The module's error for each; all in one run, because none changes anything."""
    shared_cloud.admin.reset()
    site = Site(shared_cloud)
    requests = Requests(shared_cloud)
    folder = tmp_path_factory.mktemp("asked")
    results = play(folder, environment(shared_cloud), [task(site, clusters={"main": settings}) for settings, _said in ASKED.values()])
    assert requests.changes() == []
    return dict(zip(ASKED, results, strict=True))


@pytest.mark.parametrize("name", ASKED)
def test_what_only_aws_can_tell(answers: Mapping[str, dict[str, Any]], name: str) -> None:
    result, said = answers[name], ASKED[name][1]
    assert result["failed"]
    assert result["msg"].startswith(said), result["msg"]


def zone_and_room(site: Site) -> dict[str, tuple[dict[str, Any], str]]:
    """Invalid subnets: two in one zone, one without free addresses, a public one for Fargate."""
    ec2 = site.cloud.client("ec2")

    def subnet(block: str, zone: str) -> str:
        return str(ec2.create_subnet(VpcId=site.vpc, CidrBlock=block, AvailabilityZone=f"{REGION}{zone}")["Subnet"]["SubnetId"])

    same, small, public = subnet("10.0.8.0/24", "a"), subnet("10.0.9.0/28", "b"), subnet("10.0.10.0/24", "b")
    for number in range(6):
        ec2.create_network_interface(SubnetId=small, Description=f"somebody's {number}")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=site.vpc)
    table = ec2.create_route_table(VpcId=site.vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    first = site.subnets[0]
    return {
        "one zone": (
            cluster(subnet_ids=[first, same]),
            f"but all of them are in {REGION}a and EKS wants two availability zones",
        ),
        "no room": (
            cluster(subnet_ids=[first, small]),
            f"clusters.main.subnet_ids names {small}, which has 5 free addresses, but EKS needs 6 in each subnet of a cluster; ",
        ),
        "public": (
            cluster(fargate_profiles={"jobs": {"selectors": [{"namespace": "jobs"}], "subnet_ids": [public]}}),
            f"names {public}, which has a route to an internet gateway, but Fargate supports only private subnets",
        ),
    }


def test_subnets_that_cannot_be(site: Site, tmp_path: Path) -> None:
    cases = zone_and_room(site)
    requests = Requests(site.cloud)
    results = play(tmp_path, environment(site.cloud), [task(site, clusters={"main": settings}) for settings, _said in cases.values()])
    for (name, (_settings, said)), result in zip(cases.items(), results, strict=True):
        assert said in result["msg"], f"{name}: {result['msg']}"
    assert requests.changes() == []


def test_an_existing_cluster_without_our_mark(site: Site, tmp_path: Path) -> None:
    """A cluster created by hand and one of another environment: both are reported before the first change."""
    new_role(site.cloud, "somebody", "eks.amazonaws.com")
    network = {"subnetIds": list(site.subnets)}
    role = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    site.cloud.client("eks").create_cluster(name="prod-main", roleArn=role, resourcesVpcConfig=network, version="1.35")
    requests = Requests(site.cloud)
    (result,) = play(tmp_path, environment(site.cloud), [task(site, clusters={"main": cluster()})])
    assert result["failed"]
    assert "eks_cluster.main" in result["msg"]
    assert "it conflicts with prod-main, which has no owner mark." in result["msg"]
    assert "adopt: {eks_cluster.main: prod-main}" in result["msg"]
    assert requests.changes() == []


def test_life_by_the_modules(site: Site, tmp_path: Path) -> None:
    """Plan, create, look up by tags alone, upgrade too far, lock yourself out, destroy."""
    wanted = cluster(creator_is_admin=False, access={"applier": OURS})
    planned, made, found, described, skipped, weaker, removed = play(
        tmp_path,
        environment(site.cloud),
        [
            task(site, check=True, clusters={"main": wanted}),
            task(site, clusters={"main": wanted}),
            task(site, "eks_cluster_info"),
            task(site, "eks_cluster_info", clusters={"main": wanted}),
            task(site, clusters={"main": {**wanted, "version": "1.34"}}),
            task(
                site,
                clusters={
                    "main": {
                        **wanted,
                        "access": {"applier": {**OURS, "policies": {"AmazonEKSViewPolicy": "cluster"}}},
                        "creator_is_admin": True,
                    }
                },
            ),
            task(site, clusters={"main": {**wanted, "access": {}, "creator_is_admin": True}}, purge=["*"]),
        ],
    )
    assert "standard support of Kubernetes 1.35 ends on 2027-03-27" in planned["plan"]["note"]
    assert planned["outputs"]["clusters"]["main"]["name"] == "prod-main"
    assert "failed" not in made or not made["failed"], made.get("msg")
    assert made["plan"]["counts"]["create"] == planned["plan"]["counts"]["create"]
    assert found["outputs"] == described["outputs"] == made["outputs"]
    assert shape(planned["outputs"]) == shape(made["outputs"])
    assert "EKS does not go back to an earlier version" in skipped["msg"]
    said = f"clusters.main.access.applier {{}}, but {APPLIER} administers the cluster through this entry."
    assert weaker["msg"].startswith(said.format("would no longer have AmazonEKSClusterAdminPolicy for the whole cluster"))
    assert removed["msg"].startswith(said.format("would be removed"))


def test_access_may_list_the_creator_of_the_cluster(site: Site, tmp_path: Path) -> None:
    """EKS gives the creator an entry, and a principal can have only one: the described entry replaces it or adopts it."""
    listed, described_later = cluster(access={"applier": OURS}), cluster(name="prod-later")
    tasks = [
        task(site, clusters={"main": listed}),
        task(site, clusters={"main": listed}),
        task(site, clusters={"main": listed, "later": described_later}),
        task(site, check=True, clusters={"main": listed, "later": {**described_later, "access": {"applier": OURS}}}),
        task(site, clusters={"main": listed, "later": {**described_later, "access": {"applier": OURS}}}),
        task(site, clusters={"main": listed, "later": {**described_later, "access": {"applier": OURS}}}),
    ]
    made, again, second, planned, taken, unchanged = play(tmp_path, environment(site.cloud), tasks)
    for result in (made, again, second, planned, taken, unchanged):
        assert not result.get("failed"), result["msg"]
    assert (made["changed"], again["changed"], taken["changed"], unchanged["changed"]) == (True, False, True, False)
    (action,) = [action for action in planned["plan"]["actions"] if action["action"] != "none"]
    assert (action["address"], action["action"]) == ("eks_access_entry.later/applier", "update")
    assert "adopted" in action["reason"]


def test_a_creator_listed_without_permissions(site: Site, tmp_path: Path) -> None:
    viewer = {**OURS, "policies": {"AmazonEKSViewPolicy": "cluster"}}
    requests = Requests(site.cloud)
    (result,) = play(tmp_path, environment(site.cloud), [task(site, clusters={"main": cluster(access={"applier": viewer})})])
    assert "then the cluster would have no administrator. Give AmazonEKSClusterAdminPolicy: cluster to this entry" in result["msg"]
    assert requests.changes() == []


def verbs(result: dict[str, Any]) -> dict[str, str]:
    return {action["address"]: action["action"] for action in result["plan"]["actions"] if action["action"] != "none"}


def test_a_renamed_cluster_keeps_all_that_it_is(site: Site, tmp_path: Path) -> None:
    """Roles, templates, and groups keep the names of their first addresses; the cluster's own name is set by the user."""
    groups = {"system": {"min_size": 1, "max_size": 2}}
    main = cluster(node_groups=groups, fargate_profiles={"jobs": {"selectors": [{"namespace": "jobs"}]}})
    (made,) = play(tmp_path, environment(site.cloud), [task(site, clusters={"main": main})])
    assert not made.get("failed"), made["msg"]
    before = site.ids()
    moves = {
        "main": "core",
        "eks_nodegroup.core/system": "eks_nodegroup.core/base",
        "launch_template.core/system": "launch_template.core/base",
    }
    core = {**main, "node_groups": {"base": groups["system"]}}
    nameless, planned, moved, again = play(
        tmp_path,
        environment(site.cloud),
        [
            task(site, clusters={"core": core}, moved=moves),
            task(site, check=True, clusters={"core": {**core, "name": "prod-main"}}, moved=moves),
            task(site, clusters={"core": {**core, "name": "prod-main"}}, moved=moves),
            task(site, clusters={"core": {**core, "name": "prod-main"}}, moved=moves),
        ],
    )
    assert "clusters.core.name is missing: the cluster is called prod-main in AWS" in nameless["msg"]
    for result in (planned, moved, again):
        assert not result.get("failed"), result["msg"]
    assert set(verbs(planned).values()) == {"update"}
    assert verbs(again) == {}
    assert sorted(site.ids().values()) == sorted(before.values())
    assert moved["outputs"]["clusters"]["core"]["node_groups"]["base"]["name"] == "system"


def test_a_cluster_with_roles_and_a_key_of_its_own_is_adopted_in_place(site: Site, tmp_path: Path) -> None:
    """As created by another tool: its roles have another path in IAM, and its secrets have no key."""
    eks, iam = site.cloud.client("eks"), site.cloud.client("iam")
    new_role(site.cloud, "theirs", "eks.amazonaws.com")
    new_role(site.cloud, "their-nodes", "ec2.amazonaws.com")
    iam.attach_role_policy(RoleName="their-nodes", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy")
    own = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/theirs", "node_role_arn": f"arn:aws:iam::{ACCOUNT}:role/their-nodes"}
    eks.create_cluster(
        name="legacy",
        version="1.35",
        roleArn=own["role_arn"],
        resourcesVpcConfig={"subnetIds": list(site.subnets)},
        accessConfig={"authenticationMode": "API"},
    )
    described = {**cluster(name="legacy", **own, secrets_key_arn="none", addons={}, node_groups=None), "creator_is_admin": True}
    adopt = {"eks_cluster.main": "legacy"}
    planned, adopted, again = play(
        tmp_path,
        environment(site.cloud),
        [task(site, check=check, clusters={"main": described}, adopt=adopt) for check in (True, False, False)],
    )
    for result in (planned, adopted, again):
        assert not result.get("failed"), result["msg"]
    assert verbs(planned)["eks_cluster.main"] == "update"
    assert not [address for address in verbs(planned) if address in ("iam_role.main/cluster", "iam_role.main/nodes")]
    assert verbs(again) == {}
    assert eks.describe_cluster(name="legacy")["cluster"]["roleArn"] == own["role_arn"]


def shape(value: Any) -> Any:
    """A value without its leaves."""
    return {key: shape(item) for key, item in value.items()} if isinstance(value, dict) else None
