# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A NAT gateway with an elastic IP of the user's, from the plan to the end of the network, which leaves the address alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.testing import Cloud

from .play import environment, play, task
from .support import ZONES, Requests, network

A, B, _C = ZONES
FEW = {"endpoints": {"gateway": [], "interface": []}, "flow_logs": {"enabled": False}}


def address(ec2: Any, name: str) -> tuple[str, str]:
    """(allocation ID, address) of an elastic IP that is allocated by hand."""
    tags = [{"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": name}]}]
    made = ec2.allocate_address(Domain="vpc", TagSpecifications=tags)
    return str(made["AllocationId"]), str(made["PublicIp"])


def test_own_addresses(cloud: Cloud, tmp_path: Path) -> None:
    ec2 = cloud.client("ec2")
    (partner, public), (taken, _ip) = address(ec2, "partner"), address(ec2, "taken")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=taken, NetworkInterfaceId=interface)
    wanted = {"networks": {"main": network(**FEW, nat_addresses={A: "partner"})}}
    busy = {"networks": {"main": network(**FEW, nat_addresses={A: taken, B: "eipalloc-0123456789abcdef0"})}}
    requests = Requests(cloud)
    refused, planned, made, again, found, gone = play(
        tmp_path,
        environment(cloud),
        [
            task(busy),
            task(wanted, check=True),
            task(wanted),
            task(wanted),
            task(wanted, module="vpc_network_info"),
            task({"state": "absent"}),
        ],
    )
    assert refused["failed"]
    assert f"networks.main.nat_addresses.{A} is '{taken}', but {taken} is in use by {interface}" in refused["msg"]
    assert f"networks.main.nat_addresses.{B} is 'eipalloc-0123456789abcdef0', but this account has no such elastic IP" in refused["msg"]
    assert [one["msg"] for one in (planned, made, again, found, gone) if one.get("failed")] == []
    assert {action["address"] for action in planned["plan"]["actions"]} >= {f"elastic_ip.main/nat-{B}", f"nat_gateway.main/{A}"}
    assert f"elastic_ip.main/nat-{A}" not in {action["address"] for action in planned["plan"]["actions"]}
    assert (again["changed"], found["outputs"]) == (False, made["outputs"])
    assert made["outputs"]["networks"]["main"]["nat_public_ips"][A] == public
    assert gone["changed"]
    (kept,) = ec2.describe_addresses(AllocationIds=[partner])["Addresses"]
    assert ([tag["Key"] for tag in kept["Tags"]], kept.get("AssociationId")) == (["Name"], None)
    assert len(ec2.describe_addresses()["Addresses"]) == 2
    assert [call for call in requests.changes() if partner in str(call)] == []
