"""VPC endpoints of both types: created, changed, deleted, and the resources they bring."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import REGION, CheckedCloud, refused, tags, until

S3, ECR = f"com.amazonaws.{REGION}.s3", f"com.amazonaws.{REGION}.ecr.api"
OWNER = tags("vpc-endpoint", **{"mainstay:address": "vpc_endpoint.main/s3"})


@pytest.fixture
def dns_vpc_id(ec2: Any, vpc_id: str) -> str:
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    return vpc_id


def _endpoint_routes(ec2: Any, table: str) -> list[str]:
    found = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return [route["GatewayId"] for route in found if "DestinationPrefixListId" in route]


def test_gateway_endpoint_moves_its_routes(ec2: Any, vpc_id: str) -> None:
    first, second = (ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"] for _ in range(2))
    created = ec2.create_vpc_endpoint(
        VpcId=vpc_id, ServiceName=S3, VpcEndpointType="Gateway", RouteTableIds=[first], TagSpecifications=OWNER
    )["VpcEndpoint"]
    identity = created["VpcEndpointId"]
    assert created["State"] == "available"
    assert created["PrivateDnsEnabled"] is False
    assert (_endpoint_routes(ec2, first), _endpoint_routes(ec2, second)) == ([identity], [])
    ec2.modify_vpc_endpoint(VpcEndpointId=identity, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    assert (_endpoint_routes(ec2, first), _endpoint_routes(ec2, second)) == ([], [identity])
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "tag:mainstay:address", "Values": ["vpc_endpoint.main/s3"]}])["VpcEndpoints"]
    assert [(item["VpcEndpointId"], item["RouteTableIds"]) for item in found] == [(identity, [second])]
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[identity])["Unsuccessful"] == []
    assert _endpoint_routes(ec2, second) == []
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_interface_endpoint(ec2: Any, dns_vpc_id: str, subnet_ids: list[str]) -> None:
    group, other = (ec2.create_security_group(GroupName=name, Description="d", VpcId=dns_vpc_id)["GroupId"] for name in ("one", "two"))
    created = ec2.create_vpc_endpoint(
        VpcId=dns_vpc_id,
        ServiceName=ECR,
        VpcEndpointType="Interface",
        SubnetIds=subnet_ids[:1],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    identity = created["VpcEndpointId"]
    assert [item["GroupName"] for item in created["Groups"]] == ["one"]
    assert created["PrivateDnsEnabled"] is True
    assert [entry["DnsName"] for entry in created["DnsEntries"]][1] == f"ecr.api.{REGION}.amazonaws.com"
    interface = ec2.describe_network_interfaces(NetworkInterfaceIds=created["NetworkInterfaceIds"])["NetworkInterfaces"][0]
    assert [item["GroupId"] for item in interface["Groups"]] == [group]
    assert interface["SubnetId"] == subnet_ids[0]
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    ec2.modify_vpc_endpoint(
        VpcEndpointId=identity,
        AddSubnetIds=subnet_ids[1:],
        RemoveSubnetIds=subnet_ids[:1],
        AddSecurityGroupIds=[other],
        RemoveSecurityGroupIds=[group],
        PolicyDocument=policy,
        PrivateDnsEnabled=False,
    )
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[identity])["VpcEndpoints"][0]
    assert (found["SubnetIds"], found["PolicyDocument"], found["PrivateDnsEnabled"]) == (subnet_ids[1:], policy, False)
    assert [item["GroupId"] for item in found["Groups"]] == [other]
    assert refused(ec2.delete_security_group, GroupId=other) == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    ec2.modify_vpc_endpoint(VpcEndpointId=identity, ResetPolicy=True)
    assert "Allow" in ec2.describe_vpc_endpoints()["VpcEndpoints"][0]["PolicyDocument"]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[identity])
    ec2.delete_security_group(GroupId=other)
    ec2.delete_subnet(SubnetId=subnet_ids[1])


def test_states_on_the_way(cloud: CheckedCloud, ec2: Any, vpc_id: str) -> None:
    cloud.admin.settings(transition_seconds={"vpc_endpoint": 3600})
    created = ec2.create_vpc_endpoint(VpcId=vpc_id, ServiceName=S3)["VpcEndpoint"]
    assert created["State"] == "pending"
    cloud.admin.settings(transition_seconds={"vpc_endpoint": 0.5})
    ec2.delete_vpc_endpoints(VpcEndpointIds=[created["VpcEndpointId"]])
    until(lambda: ec2.describe_vpc_endpoints()["VpcEndpoints"] == [])


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown service": ({"ServiceName": "com.amazonaws.nowhere.s3"}, "InvalidServiceName"),
    "gateway for a service without": ({"ServiceName": ECR}, "InvalidParameter"),
    "interface with route tables": ({"ServiceName": ECR, "VpcEndpointType": "Interface", "RouteTableIds": ["rtb-0"]}, "InvalidParameter"),
    "unknown route table": ({"ServiceName": S3, "RouteTableIds": ["rtb-0123456789abcdef0"]}, "InvalidRouteTableID.NotFound"),
    "unknown subnet": (
        {"ServiceName": ECR, "VpcEndpointType": "Interface", "SubnetIds": ["subnet-0123456789abcdef0"]},
        "InvalidSubnetID.NotFound",
    ),
    "unknown group": (
        {"ServiceName": ECR, "VpcEndpointType": "Interface", "SecurityGroupIds": ["sg-0123456789abcdef0"]},
        "InvalidSecurityGroupId.NotFound",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(ec2: Any, dns_vpc_id: str, case: str) -> None:
    parameters, code = REFUSED[case]
    assert refused(ec2.create_vpc_endpoint, VpcId=dns_vpc_id, **parameters) == code


def test_private_dns_needs_host_names_and_has_one_owner(ec2: Any, vpc_id: str, subnet_ids: list[str]) -> None:
    parameters = {"VpcId": vpc_id, "ServiceName": ECR, "VpcEndpointType": "Interface", "SubnetIds": subnet_ids, "PrivateDnsEnabled": True}
    assert refused(ec2.create_vpc_endpoint, **parameters) == "InvalidParameter"
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    ec2.create_vpc_endpoint(**parameters)
    assert refused(ec2.create_vpc_endpoint, **parameters) == "InvalidParameter"
    second = ec2.create_vpc_endpoint(**parameters | {"PrivateDnsEnabled": False})["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.modify_vpc_endpoint, VpcEndpointId=second, PrivateDnsEnabled=True) == "InvalidParameter"


def test_one_subnet_per_zone(ec2: Any, dns_vpc_id: str, subnet_ids: list[str]) -> None:
    twin = ec2.create_subnet(VpcId=dns_vpc_id, CidrBlock="10.0.9.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
    parameters = {"VpcId": dns_vpc_id, "ServiceName": ECR, "VpcEndpointType": "Interface"}
    assert refused(ec2.create_vpc_endpoint, **parameters, SubnetIds=[subnet_ids[0], twin]) == "DuplicateSubnetsInSameZone"
    identity = ec2.create_vpc_endpoint(**parameters, SubnetIds=subnet_ids)["VpcEndpoint"]["VpcEndpointId"]
    assert refused(ec2.modify_vpc_endpoint, VpcEndpointId=identity, AddSubnetIds=[twin]) == "DuplicateSubnetsInSameZone"


def test_second_gateway_endpoint_in_a_route_table(ec2: Any, vpc_id: str) -> None:
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    ec2.create_vpc_endpoint(VpcId=vpc_id, ServiceName=S3, RouteTableIds=[table])
    assert refused(ec2.create_vpc_endpoint, VpcId=vpc_id, ServiceName=S3, RouteTableIds=[table]) == "RouteAlreadyExists"


def test_unknown_endpoints_do_not_stop_a_deletion(ec2: Any, vpc_id: str) -> None:
    identity = ec2.create_vpc_endpoint(VpcId=vpc_id, ServiceName=S3)["VpcEndpoint"]["VpcEndpointId"]
    missing = ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0", identity])["Unsuccessful"]
    assert [item["Error"]["Code"] for item in missing] == ["InvalidVpcEndpointId.NotFound"]
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []
