"""Client tokens: a repeated call is not executed again."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.tokens import token_member

from .conftest import CheckedCloud, refused


def _tables(ec2: Any, vpc_id: str) -> int:
    return len(ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["RouteTables"])


def test_repetition_gets_the_first_reply(ec2: Any, vpc_id: str) -> None:
    replies = [ec2.create_route_table(VpcId=vpc_id, ClientToken="once")["RouteTable"]["RouteTableId"] for _ in range(3)]
    assert len(set(replies)) == 1
    assert _tables(ec2, vpc_id) == 2, "the main one and one more"
    assert ec2.create_route_table(VpcId=vpc_id, ClientToken="twice")["RouteTable"]["RouteTableId"] != replies[0]


def test_other_parameters_are_refused(ec2: Any, vpc_id: str, subnet_ids: list[str]) -> None:
    ec2.create_nat_gateway(SubnetId=subnet_ids[0], ConnectivityType="private", ClientToken="t")
    assert (
        refused(ec2.create_nat_gateway, SubnetId=subnet_ids[1], ConnectivityType="private", ClientToken="t")
        == "IdempotentParameterMismatch"
    )


def test_replays_the_dead(ec2: Any, subnet_ids: list[str]) -> None:
    parameters = {"SubnetId": subnet_ids[0], "ConnectivityType": "private", "ClientToken": "t"}
    first = ec2.create_nat_gateway(**parameters)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=first)
    assert ec2.create_nat_gateway(**parameters)["NatGateway"]["NatGatewayId"] == first


def test_failed_calls_leave_no_token(ec2: Any, vpc_id: str) -> None:
    assert refused(ec2.create_route_table, VpcId="vpc-0123456789abcdef0", ClientToken="t") == "InvalidVpcID.NotFound"
    ec2.create_route_table(VpcId=vpc_id, ClientToken="t")


def test_reset_forgets_tokens(cloud: CheckedCloud, ec2: Any, vpc_id: str) -> None:
    ec2.create_route_table(VpcId=vpc_id, ClientToken="t")
    cloud.admin.reset()
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    assert ec2.create_route_table(VpcId=other, ClientToken="t")["RouteTable"]["VpcId"] == other


def test_tokens_of_regions_are_apart(cloud: CheckedCloud) -> None:
    made = []
    for region in ("us-east-1", "eu-west-1"):
        ec2 = cloud.client("ec2", region=region)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        made.append(ec2.create_network_acl(VpcId=vpc, ClientToken="t")["NetworkAcl"]["NetworkAclId"])
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("ec2", "CreateNatGateway", "ClientToken"),
        ("ec2", "CreateVpc", None),
        ("ec2", "CreateFlowLogs", "ClientToken"),
        ("eks", "CreateCluster", "clientRequestToken"),
        ("acm", "RequestCertificate", "IdempotencyToken"),
        ("kms", "CreateKey", None),
        ("nowhere", "CreateKey", None),
    ],
)
def test_where_the_token_is(service: str, operation: str, member: str | None) -> None:
    assert token_member(service, operation) == member
