"""What EKS and EC2 accept and then fail on, and what they reject: labels, taints, ways out, add-ons without a place, endpoints, lists."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import REGION, CheckedCloud, refused, until
from .eks_account import EksAccount

INVALID = "InvalidParameterException"
DB = {"key": "dedicated", "value": "db", "effect": "NO_SCHEDULE"}


@pytest.fixture
def main(eks_account: EksAccount) -> EksAccount:
    """An account with a cluster whose network add-on runs; its nodes have half a second to join."""
    eks_account.cloud.admin.settings(patience_seconds={"node_join": 0.5})
    eks_account.create()
    eks_account.eks.create_addon(clusterName="main", addonName="vpc-cni")
    return eks_account


def status(account: EksAccount) -> str:
    return str(account.eks.describe_nodegroup(clusterName="main", nodegroupName="system")["nodegroup"]["status"])


def connected(account: EksAccount, *, nat: bool = False, public: bool = False) -> None:
    """Gives the VPC an internet gateway and its subnets a route to it, or to a NAT gateway."""
    ec2 = account.ec2
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=account.vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [account.vpc]}])["RouteTables"]
    if public:
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    if nat:
        made = ec2.create_nat_gateway(SubnetId=account.subnets[0], ConnectivityType="private")["NatGateway"]["NatGatewayId"]
        ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=made)


@pytest.mark.parametrize(
    ("options", "joins"),
    [
        ({"labels": {"purpose": "system", "node.kubernetes.io/a": "b"}}, True),
        ({"labels": {"node-role.kubernetes.io/worker": "true"}}, False),
        ({"labels": {"a b/c": "d"}}, False),
        ({"labels": {"a": "b c"}}, False),
        ({"taints": [DB]}, True),
        ({"taints": [DB, {**DB, "value": "other"}]}, False),
        ({"taints": [{**DB, "key": "a b"}]}, False),
    ],
)
def test_labels_and_taints_that_kubelets_refuse(main: EksAccount, options: dict[str, Any], joins: bool) -> None:
    main.node_group(**options)
    until(lambda: status(main) == ("ACTIVE" if joins else "CREATE_FAILED"))


@pytest.mark.parametrize(
    "options",
    [
        {"labels": {"kubernetes.io/role": "worker"}},
        {"labels": {"k8s.io/x": "y"}},
        {"labels": {"eks.amazonaws.com/nodegroup": "x"}},
        {"labels": {f"a{number}": "b" for number in range(51)}},
    ],
)
def test_labels_and_taints_that_eks_rejects(main: EksAccount, options: dict[str, Any]) -> None:
    group = {"subnets": main.subnets, "nodeRole": main.node_role, "clusterName": "main", "nodegroupName": "system"}
    assert refused(main.eks.create_nodegroup, **group, **options) == INVALID


@pytest.mark.parametrize(("network", "joins"), [({}, False), ({"public": True}, False), ({"nat": True}, True)])
def test_subnets_without_a_way_out(main: EksAccount, network: dict[str, bool], joins: bool) -> None:
    connected(main, **network)
    main.node_group()
    until(lambda: status(main) == ("ACTIVE" if joins else "CREATE_FAILED"))


@pytest.mark.parametrize(
    ("taints", "configuration", "expected"),
    [
        ([], None, "ACTIVE"),
        ([DB], None, "DEGRADED"),
        ([DB], '{"tolerations": [{"key": "dedicated", "operator": "Exists"}]}', "ACTIVE"),
        ([], '{"nodeSelector": {"purpose": "system"}}', "DEGRADED"),
    ],
)
def test_an_addon_without_a_place(main: EksAccount, taints: list[dict[str, str]], configuration: str | None, expected: str) -> None:
    main.node_group(taints=taints)
    given = {"configurationValues": configuration} if configuration else {}
    main.eks.create_addon(clusterName="main", addonName="coredns", **given)
    until(lambda: main.addon("coredns")["status"] == expected)


def test_node_images_are_named_by_their_release(main: EksAccount) -> None:
    names = ["amazon-eks-node-al2023-x86_64-standard-1.35-v*", "bottlerocket-aws-k8s-1.35-arm64-v*"]
    found = main.ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": names}])["Images"]
    assert sorted(image["Name"] for image in found) == [
        "amazon-eks-node-al2023-x86_64-standard-1.35-v20260930",
        "amazon-eks-node-al2023-x86_64-standard-1.35-v20261112",
        "bottlerocket-aws-k8s-1.35-arm64-v1.58.0-4f2a7c91",
        "bottlerocket-aws-k8s-1.35-arm64-v1.59.1-8d3b60e5",
    ]
    assert {image["Description"] for image in found if "al2023" in image["Name"]} == {
        "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.35.2, containerd: 2.1.*)"
    }


def test_endpoints_where_and_how_a_service_is_offered(cloud: CheckedCloud) -> None:
    ec2 = cloud.client("ec2", region="us-east-1")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    zones = {
        zone: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ae")
    }
    of = {"VpcId": vpc, "VpcEndpointType": "Interface"}
    name = "com.amazonaws.us-east-1.eks-auth"
    (service,) = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": [name]}])["ServiceDetails"]
    assert "us-east-1e" not in service["AvailabilityZones"]
    assert refused(ec2.create_vpc_endpoint, **of, ServiceName=name, SubnetIds=[zones["e"]]) == "InvalidParameter"
    made = ec2.create_vpc_endpoint(**of, ServiceName=name, SubnetIds=[zones["a"]], PrivateDnsEnabled=False)["VpcEndpoint"]
    assert refused(ec2.modify_vpc_endpoint, VpcEndpointId=made["VpcEndpointId"], AddSubnetIds=[zones["e"]]) == "InvalidParameter"
    unnamed = "com.amazonaws.us-east-1.iot.data"
    assert refused(ec2.create_vpc_endpoint, **of, ServiceName=unnamed, PrivateDnsEnabled=True) == "InvalidParameter"


def test_a_prefix_list_counts_with_its_size(cloud: CheckedCloud) -> None:
    ec2 = cloud.client("ec2", region=REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="a", Description="b", VpcId=vpc)["GroupId"]
    of = {"PrefixListName": "partners", "AddressFamily": "IPv4"}
    identity = ec2.create_managed_prefix_list(**of, MaxEntries=40)["PrefixList"]["PrefixListId"]

    def rule(port: int) -> list[dict[str, Any]]:
        return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "PrefixListIds": [{"PrefixListId": identity}]}]

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rule(443))
    assert refused(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=rule(80)) == "RulesPerSecurityGroupLimitExceeded"
