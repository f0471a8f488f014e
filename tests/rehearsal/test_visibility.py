"""Lists that lag behind creations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import REGION, CheckedCloud, key_policy, refused, trust, until

# service: (create, parameters, read, the identities in the response); a VPC and a subnet are given
Case = tuple[str, str, Callable[[str, str], dict[str, Any]], str, Callable[[dict[str, Any]], list[str]]]
CASES: dict[str, Case] = {
    "vpc": (
        "ec2",
        "create_vpc",
        lambda vpc, subnet: {"CidrBlock": "10.1.0.0/16"},
        "describe_vpcs",
        lambda r: [i["VpcId"] for i in r["Vpcs"]],
    ),
    "subnet": (
        "ec2",
        "create_subnet",
        lambda vpc, subnet: {"VpcId": vpc, "CidrBlock": "10.0.7.0/24"},
        "describe_subnets",
        lambda r: [i["SubnetId"] for i in r["Subnets"]],
    ),
    "address": (
        "ec2",
        "allocate_address",
        lambda vpc, subnet: {"Domain": "vpc"},
        "describe_addresses",
        lambda r: [i["AllocationId"] for i in r["Addresses"]],
    ),
    "internet gateway": (
        "ec2",
        "create_internet_gateway",
        lambda vpc, subnet: {},
        "describe_internet_gateways",
        lambda r: [i["InternetGatewayId"] for i in r["InternetGateways"]],
    ),
    "nat gateway": (
        "ec2",
        "create_nat_gateway",
        lambda vpc, subnet: {"SubnetId": subnet, "ConnectivityType": "private"},
        "describe_nat_gateways",
        lambda r: [i["NatGatewayId"] for i in r["NatGateways"]],
    ),
    "route table": (
        "ec2",
        "create_route_table",
        lambda vpc, subnet: {"VpcId": vpc},
        "describe_route_tables",
        lambda r: [i["RouteTableId"] for i in r["RouteTables"]],
    ),
    "security group": (
        "ec2",
        "create_security_group",
        lambda vpc, subnet: {"VpcId": vpc, "GroupName": "x", "Description": "d"},
        "describe_security_groups",
        lambda r: [i["GroupId"] for i in r["SecurityGroups"]],
    ),
    "endpoint": (
        "ec2",
        "create_vpc_endpoint",
        lambda vpc, subnet: {"VpcId": vpc, "ServiceName": f"com.amazonaws.{REGION}.s3"},
        "describe_vpc_endpoints",
        lambda r: [i["VpcEndpointId"] for i in r["VpcEndpoints"]],
    ),
    "key": ("kms", "create_key", lambda vpc, subnet: {"Policy": key_policy()}, "list_keys", lambda r: [i["KeyId"] for i in r["Keys"]]),
    "role": (
        "iam",
        "create_role",
        lambda vpc, subnet: {"RoleName": "x", "AssumeRolePolicyDocument": trust("ec2.amazonaws.com")},
        "list_roles",
        lambda r: [i["RoleName"] for i in r["Roles"]],
    ),
    "oidc provider": (
        "iam",
        "create_open_id_connect_provider",
        lambda vpc, subnet: {"Url": "https://example.org"},
        "list_open_id_connect_providers",
        lambda r: [i["Arn"] for i in r["OpenIDConnectProviderList"]],
    ),
    "launch template": (
        "ec2",
        "create_launch_template",
        lambda vpc, subnet: {"LaunchTemplateName": "nodes", "LaunchTemplateData": {"InstanceType": "t3.medium"}},
        "describe_launch_templates",
        lambda r: [i["LaunchTemplateId"] for i in r["LaunchTemplates"]],
    ),
    "log group": (
        "logs",
        "create_log_group",
        lambda vpc, subnet: {"logGroupName": "x"},
        "describe_log_groups",
        lambda r: [i["logGroupName"] for i in r["logGroups"]],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_new_resources_show_late(cloud: CheckedCloud, vpc_id: str, subnet_ids: list[str], case: str) -> None:
    service, create, parameters, read, identities = CASES[case]
    client = cloud.client(service)
    before = identities(getattr(client, read)())
    cloud.admin.settings(visibility_seconds=0.5)
    getattr(client, create)(**parameters(vpc_id, subnet_ids[0]))
    cloud.admin.settings(visibility_seconds=0)
    assert sorted(identities(getattr(client, read)())) == sorted(before)
    until(lambda: len(identities(getattr(client, read)())) == len(before) + 1)


def test_by_id_it_is_unknown(cloud: CheckedCloud) -> None:
    ec2 = cloud.client("ec2")
    cloud.admin.settings(visibility_seconds=3600)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert refused(ec2.describe_vpcs, VpcIds=[vpc]) == "InvalidVpcID.NotFound"


def test_new_roles_take_a_while_to_get_around(cloud: CheckedCloud, vpc_id: str) -> None:
    cloud.admin.settings(propagation_seconds=3600)
    role = cloud.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=trust("vpc-flow-logs.amazonaws.com"))["Role"]["Arn"]
    parameters = {
        "ResourceType": "VPC",
        "ResourceIds": [vpc_id],
        "TrafficType": "ALL",
        "LogGroupName": "x",
        "DeliverLogsPermissionArn": role,
    }
    ec2 = cloud.client("ec2")
    assert refused(ec2.create_flow_logs, **parameters) == "InvalidParameter"
    document = json.loads(key_policy())
    document["Statement"].append({"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:Decrypt", "Resource": "*"})
    policy = json.dumps(document)
    assert refused(cloud.client("kms").create_key, Policy=policy) == "MalformedPolicyDocumentException"
    cloud.admin.settings(propagation_seconds=0)
    ec2.create_flow_logs(**parameters)
    cloud.client("kms").create_key(Policy=policy)
