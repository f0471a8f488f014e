# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What belongs to a cluster's controllers and what does not: the table that keeps a destroy away from everything else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.in_aws import rules_naming
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.inside import read_volume
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.leftovers import (
    CLASSIC,
    INSTANCE,
    INTERFACE,
    LOAD_BALANCER,
    SECURITY_GROUP,
    TARGET_GROUP,
    TEMPLATE,
    AwsResource,
    Cluster,
    balancer_of,
    leftovers,
    summed_up,
)
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.occupants import occupants, remaining
from ansible_collections.mainstay.aws.plugins.module_utils.domains.eks.operations.drain.run import ours

HERE = Cluster("prod-main", frozenset({"vpc-1"}), security_group="sg-cluster")
GONE = Cluster("prod-main", frozenset({"vpc-1"}), exists=False)
MADE = {"elbv2.k8s.aws/cluster": "prod-main"}
OWNED = {"kubernetes.io/cluster/prod-main": "owned"}
EKS_OWN = {**OWNED, "aws:eks:cluster-name": "prod-main"}
BALANCER = AwsResource(LOAD_BALANCER, "arn:lb", "k8s-shop-api-1a", "vpc-1", MADE)
GROUP = AwsResource(SECURITY_GROUP, "sg-lb", "k8s-traffic-prodmain", "vpc-1", MADE)


def interface(description: str = "", tags: dict[str, str] | None = None, groups: tuple[str, ...] = (), free: bool = True) -> AwsResource:
    return AwsResource(INTERFACE, "eni-1", "", "vpc-1", tags or {}, groups, description, free)


LAUNCHED = {"karpenter.sh/nodepool": "default", "eks:eks-cluster-name": "prod-main"}


TABLE: list[tuple[str, AwsResource, bool, bool]] = [
    ("an instance of Karpenter's", AwsResource(INSTANCE, "i-1", "", "vpc-1", LAUNCHED), True, True),
    ("an instance of another cluster", AwsResource(INSTANCE, "i-1", "", "vpc-1", {**LAUNCHED, "eks:eks-cluster-name": "b"}), False, False),
    ("an instance of a node group", AwsResource(INSTANCE, "i-1", "", "vpc-1", OWNED), False, False),
    ("an instance elsewhere", AwsResource(INSTANCE, "i-1", "", "vpc-2", LAUNCHED), False, False),
    ("a template of Karpenter's", AwsResource(TEMPLATE, "lt-1", "a", "", LAUNCHED), False, True),
    ("a template of ours", AwsResource(TEMPLATE, "lt-1", "a", "", {**LAUNCHED, "mainstay:environment": "prod"}), False, False),
    # description, object, whether it belongs to the controllers while the cluster exists, and after the cluster is deleted
    ("a load balancer", BALANCER, True, True),
    ("one of the cloud provider's", AwsResource(LOAD_BALANCER, "arn:nlb", "a1b2", "vpc-1", OWNED), True, True),
    ("a classic one", AwsResource(CLASSIC, "a1b2", "a1b2", "vpc-1", OWNED), True, True),
    ("a target group", AwsResource(TARGET_GROUP, "arn:tg", "k8s-shop", "vpc-1", MADE), True, True),
    ("of another cluster", AwsResource(LOAD_BALANCER, "arn:lb", "x", "vpc-1", {"elbv2.k8s.aws/cluster": "prod-other"}), False, False),
    (
        "of a cluster with a longer name",
        AwsResource(LOAD_BALANCER, "arn:lb", "x", "vpc-1", {"elbv2.k8s.aws/cluster": "prod-main2"}),
        False,
        False,
    ),
    ("in another VPC", AwsResource(LOAD_BALANCER, "arn:lb", "x", "vpc-2", MADE), False, False),
    (
        "shared with the cluster",
        AwsResource(LOAD_BALANCER, "arn:lb", "x", "vpc-1", {"kubernetes.io/cluster/prod-main": "shared"}),
        False,
        False,
    ),
    ("without tags", AwsResource(LOAD_BALANCER, "arn:lb", "by-hand", "vpc-1", {}), False, False),
    ("with our own mark", AwsResource(SECURITY_GROUP, "sg-2", "nodes", "vpc-1", {**MADE, "mainstay:environment": "prod"}), False, False),
    ("the controller's group", GROUP, True, True),
    ("the group of a classic one", AwsResource(SECURITY_GROUP, "sg-3", "k8s-elb-a1b2", "vpc-1", OWNED), True, True),
    ("a group with the provider's tag", AwsResource(SECURITY_GROUP, "sg-4", "nodes", "vpc-1", OWNED), False, False),
    ("the cluster's own group", AwsResource(SECURITY_GROUP, "sg-cluster", "eks-cluster-sg-prod-main-1", "vpc-1", EKS_OWN), False, True),
    (
        "another cluster's own group",
        AwsResource(SECURITY_GROUP, "sg-5", "eks-cluster-sg", "vpc-1", {**OWNED, "aws:eks:cluster-name": "other"}),
        False,
        False,
    ),
    ("an interface of the load balancer", interface("ELB app/k8s-shop-api-1a/50dc6c", free=False), True, True),
    ("an interface in its group", interface("ELB app/forgotten/50dc6c", groups=("sg-lb",)), True, True),
    ("an interface of another's", interface("ELB app/by-hand/50dc6c", groups=("sg-other",)), False, False),
    ("a tagged interface", interface("made by a controller", MADE), True, True),
    ("a tagged interface in use", interface("made by a controller", MADE, free=False), False, False),
    ("a leak of the CNI plugin", interface("aws-K8S-i-0abc", {"cluster.k8s.amazonaws.com/name": "prod-main"}), False, True),
    ("one in use", interface("aws-K8S-i-0abc", {"cluster.k8s.amazonaws.com/name": "prod-main"}, free=False), False, False),
    ("one of another cluster", interface("aws-K8S-i-0abc", {"cluster.k8s.amazonaws.com/name": "prod-other"}), False, False),
    ("one without a name", interface("aws-K8S-i-0abc"), False, True),
    ("a branch interface", interface("aws-k8s-branch-eni"), False, True),
    ("an interface of another owner", interface("primary"), False, False),
]


@pytest.mark.parametrize(("what", "thing", "here", "gone"), TABLE, ids=[row[0] for row in TABLE])
def test_whose_it_is(what: str, thing: AwsResource, here: bool, gone: bool) -> None:
    there = [thing, *(one for one in (BALANCER, GROUP) if one.kind != thing.kind or one.id != thing.id)]
    assert (thing in leftovers(HERE, there)) is here
    assert (thing in leftovers(GONE, there)) is gone


def test_unnamed_interfaces_are_kept_where_a_cluster_exists() -> None:
    nameless = interface("aws-K8S-i-0abc")
    assert leftovers(GONE, [nameless], occupied={"vpc-2"}) == [nameless]
    assert leftovers(GONE, [nameless], occupied={"vpc-1"}) == []


def test_load_balancers_come_first_and_groups_last() -> None:
    things = [GROUP, interface("ELB app/k8s-shop-api-1a/50"), AwsResource(TARGET_GROUP, "arn:tg", "t", "vpc-1", MADE), BALANCER]
    assert [thing.kind for thing in leftovers(HERE, things)] == [LOAD_BALANCER, TARGET_GROUP, INTERFACE, SECURITY_GROUP]
    assert summed_up(things) == "1 load balancer, 1 target group, 1 network interface, 1 security group"


@pytest.mark.parametrize(
    ("description", "name"),
    [("ELB app/k8s-a/50dc", "k8s-a"), ("ELB net/k8s-b/50dc", "k8s-b"), ("ELB a1b2c3", "a1b2c3")],
)
def test_the_load_balancer_of_an_interface(description: str, name: str) -> None:
    assert balancer_of(description) == name


def test_only_the_rules_that_name_a_group_and_only_that_group() -> None:
    both = {
        "IpProtocol": "tcp",
        "FromPort": 80,
        "ToPort": 80,
        "IpRanges": [],
        "UserIdGroupPairs": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}],
    }
    other = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "UserIdGroupPairs": []}
    assert rules_naming([both, other], "sg-1") == [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}
    ]


VOLUMES: list[tuple[dict[str, Any], dict[str, str] | None]] = [
    (
        {
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
            "capacity": {"storage": "20Gi"},
            "claimRef": {"namespace": "shop", "name": "data"},
        },
        {"id": "vol-1", "size": "20Gi", "claim": "shop/data"},
    ),
    ({"awsElasticBlockStore": {"volumeID": "aws://eu-west-1a/vol-2"}}, {"id": "vol-2", "size": "", "claim": ""}),
    ({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}}, None),
    ({"hostPath": {"path": "/data"}}, None),
]


@pytest.mark.parametrize(("spec", "expected"), VOLUMES)
def test_volumes_on_ebs(spec: dict[str, Any], expected: dict[str, str] | None) -> None:
    assert read_volume({"spec": spec}) == expected


class Connection:
    owner = Owner("prod", "eks")


def described(name: str, vpc: str = "vpc-1", **tags: str) -> dict[str, Any]:
    return {"name": name, "tags": tags, "resourcesVpcConfig": {"vpcId": vpc, "clusterSecurityGroupId": "sg-1"}, "deletionProtection": True}


def test_which_clusters_are_ours() -> None:
    marked = described("prod-main", **Owner("prod", "eks").tags("eks_cluster.main"))
    stranger = described("prod-tools", "vpc-2")
    connection: Any = Connection()
    clusters, strangers = ours(connection, [marked, stranger], {"prod-tools": "tools", "prod-old": "old"}, {"vpc-1", "vpc-3"})
    assert clusters == [
        Cluster("prod-main", frozenset({"vpc-1"}), True, "main", True, "sg-1"),
        Cluster("prod-old", frozenset({"vpc-1", "vpc-3"}), False, "old"),
    ]
    assert strangers == ["prod-tools"]


def test_occupants_are_named_with_their_owner() -> None:
    tags = Owner("prod", "eks").tags("eks_cluster.main")
    there = [described("prod-main", **tags), described("by-hand"), described("elsewhere", "vpc-9")]
    assert [(one["name"], one["environment"], one["component"]) for one in occupants({"vpc-1"}, there)] == [
        ("by-hand", "", ""),
        ("prod-main", "prod", "eks"),
    ]


def instance(name: str, vpc: str = "vpc-1", tags: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "DBInstanceIdentifier": name,
        "DBSubnetGroup": {"VpcId": vpc},
        "TagList": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    }


def test_databases_are_occupants_too() -> None:
    ours_too = Owner("prod", "database").tags("db_instance.main")
    there = [instance("prod-main", tags=ours_too), instance("by-hand"), instance("elsewhere", "vpc-9"), {"DBInstanceIdentifier": "old"}]
    found = occupants({"vpc-1"}, [described("by-hand")], there)
    assert [(one["kind"], one["name"], one["component"]) for one in found] == [
        ("eks_cluster", "by-hand", ""),
        ("db_instance", "by-hand", ""),
        ("db_instance", "prod-main", "database"),
    ]
    assert remaining(found, "prod", ["database"]) == [
        "EKS cluster by-hand with no owner mark is still in vpc-1.",
        "RDS instance by-hand with no owner mark is still in vpc-1.",
    ]
