# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From a manually created VPC to a managed network: proposed, adopted, unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.testing import Cloud

from .play import environment, play, task
from .support import ZONES, network

BLOCKS = {"public": ["10.0.101.0/24", "10.0.102.0/24"], "private": ["10.0.1.0/24", "10.0.2.0/24"]}
TIERS = {tier: {"cidrs": dict(zip(ZONES, blocks, strict=False))} for tier, blocks in BLOCKS.items()}
NETWORK = network(tiers=TIERS, endpoints={"interface": []}, flow_logs={"enabled": False})


@pytest.fixture
def by_hand(ec2: Any) -> dict[str, str]:
    """The IDs of a VPC with two public and two private subnets, gateways, and tables, by their future addresses."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ids = {"vpc.main": vpc}
    for tier, blocks in BLOCKS.items():
        for zone, block in zip(ZONES, blocks, strict=False):
            made = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
            ids[f"subnet.main/{tier}-{zone}"] = made["Subnet"]["SubnetId"]
    gateway = ids["internet_gateway.main"] = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    tables = {"public": [f"subnet.main/public-{zone}" for zone in ZONES[:2]]}
    for zone in ZONES[:2]:
        address = ids[f"elastic_ip.main/nat-{zone}"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=ids[f"subnet.main/public-{zone}"], AllocationId=address)["NatGateway"]["NatGatewayId"]
        ids[f"nat_gateway.main/{zone}"] = nat
        tables[f"private-{zone}"] = [f"subnet.main/private-{zone}"]
    for name, subnets in tables.items():
        table = ids[f"route_table.main/{name}"] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            ec2.associate_route_table(RouteTableId=table, SubnetId=ids[subnet])
    return ids


def test_proposed_adopted_unchanged(cloud: Cloud, ec2: Any, by_hand: dict[str, str], tmp_path: Path) -> None:
    stranger = ec2.create_security_group(VpcId=by_hand["vpc.main"], GroupName="app", Description="app")["GroupId"]
    asked = {"networks": {"main": NETWORK}, "propose_for": {"main": by_hand["vpc.main"]}}
    (proposed,) = play(tmp_path, environment(cloud, "plan"), [task(asked, module="vpc_network_info")])
    proposal = proposed["proposal"]
    assert proposal["adopt"] == by_hand
    assert proposal["left"] == [stranger]
    assert "network_acl.main/public" in proposal["create"]
    wanted = {"networks": {"main": NETWORK}, "adopt": proposal["adopt"]}
    planned, done, again, proposed = play(
        tmp_path,
        environment(cloud),
        [task(wanted, check=True), task(wanted), task(wanted), task(asked, module="vpc_network_info")],
    )
    counts = planned["plan"]["counts"]
    assert (counts["replace"], counts["delete"], counts["update"]) == (0, 0, len(by_hand) + 2)  # and the default group and ACL
    assert done["plan"]["counts"] == counts
    assert {action["outcome"] for action in done["plan"]["actions"]} == {"done"}
    assert (again["changed"], again["plan"]["api_calls"]["write"]) == (False, 0)
    assert proposed["proposal"] == {"adopt": {}, "create": [], "left": [stranger]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"propose_for": {"other": "vpc-0123456789abcdef0"}}, "propose_for: other: there is no such network in the option networks"),
        ({"propose_for": {"main": "vpc-0123456789abcdef0"}}, "there is no such VPC in this account and region"),
        ({"propose_for": {"main": "main"}}, "the id of a vpc is vpc- followed by hexadecimal digits"),
        ({"propose_for": {"main": "vpc-1"}, "networks": None}, "missing parameter(s) required by 'propose_for': networks"),
    ],
)
def test_bad_input(cloud: Cloud, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    (result,) = play(tmp_path, environment(cloud), [task({"networks": {"main": NETWORK}, **options}, module="vpc_network_info")])
    assert result["failed"]
    assert message in result["msg"]
