# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A lookup of a network publishes the same as a full run, whichever resources carry the component's tags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from rehearsal.testing import Cloud

from .play import environment, play, task
from .support import ZONES, Site, network

OWNER = Owner("prod", "network")
NETWORKS = {"main": network()}
FEWER = {"main": network(availability_zones=ZONES[:1])}


@pytest.fixture
def made(site: Site) -> Site:
    assert not site.apply(site.desired(**NETWORKS)).failures
    return site


def group(cloud: Cloud, address: str, vpc: str = "") -> str:
    """Another owner's security group with our tags; in their VPC unless another is named."""
    ec2 = cloud.client("ec2")
    vpc = vpc or ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=vpc)["GroupId"]
    ec2.create_tags(Resources=[made], Tags=tag_list(OWNER.tags(address)))
    return str(made)


def subnet(cloud: Cloud, address: str, vpc: str) -> str:
    ec2 = cloud.client("ec2")
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.255.0/28", AvailabilityZone=ZONES[2])["Subnet"]["SubnetId"]
    ec2.create_tags(Resources=[made], Tags=tag_list(OWNER.tags(address)))
    return str(made)


def vpc_of(cloud: Cloud) -> str:
    return str(cloud.client("ec2").describe_vpcs(Filters=OWNER.filters())["Vpcs"][0]["VpcId"])


def both(cloud: Cloud, folder: Path, networks: Any, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The results of the full run and of the lookup."""
    given = {"networks": networks, **options}
    full, found = play(folder, environment(cloud), [task(given), task(given, module="vpc_network_info")])
    return full, found


def test_a_zone_taken_out_of_the_inventory_is_published_by_neither(cloud: Cloud, made: Site, tmp_path: Path) -> None:
    full, found = both(cloud, tmp_path, FEWER)
    assert not full["failed"], full.get("msg")
    assert list(full["outputs"]["networks"]["main"]["subnet_ids"]["private"]) == ZONES[:1]
    assert found["outputs"] == full["outputs"]
    assert f"subnet.main/private-{ZONES[1]}" not in found["found"]


def test_an_undescribed_subnet_with_our_tags_is_published_by_neither(cloud: Cloud, made: Site, tmp_path: Path) -> None:
    theirs = subnet(cloud, f"subnet.main/private-{ZONES[2]}", vpc_of(cloud))
    full, found = both(cloud, tmp_path, NETWORKS)
    assert found["outputs"] == full["outputs"]
    assert theirs not in str(found)


@pytest.mark.parametrize("where", ["in our VPC", "in another VPC"])
def test_a_second_group_that_claims_an_address_is_refused_by_both(cloud: Cloud, made: Site, tmp_path: Path, where: str) -> None:
    theirs = group(cloud, "security_group.main/nodes", vpc_of(cloud) if where == "in our VPC" else "")
    for result in both(cloud, tmp_path, NETWORKS):
        assert "security_group.main/nodes is claimed by 2 live resources" in result["msg"]
        assert theirs in result["msg"]


def test_without_a_description_duplicates_are_refused(cloud: Cloud, made: Site, tmp_path: Path) -> None:
    theirs = group(cloud, "security_group.main/nodes", vpc_of(cloud))
    (found,) = play(tmp_path, environment(cloud), [task({}, module="vpc_network_info")])
    assert found["failed"]
    assert "security_group.main/nodes is claimed by 2 live resources" in found["msg"]
    assert theirs in found["msg"]
    assert "outputs" not in found


def test_without_a_description_what_is_in_another_vpc_is_not_published(cloud: Cloud, made: Site, tmp_path: Path) -> None:
    theirs = [group(cloud, "security_group.main/nodes"), group(cloud, "security_group.other/nodes")]
    (found,) = play(tmp_path, environment(cloud), [task({}, module="vpc_network_info")])
    assert found["outputs"]["networks"]["main"]["security_group_ids"]["nodes"] not in theirs
    assert list(found["outputs"]["networks"]) == ["main"]


def test_a_rename_that_was_not_applied_yet_is_followed(cloud: Cloud, site: Site, tmp_path: Path) -> None:
    """Without flow logs, whose names follow the network's name and cannot change."""
    plain = network(flow_logs={"enabled": False})
    assert not site.apply(site.desired(main=plain)).failures
    renamed = {"networks": {"core": plain}, "moved": {"main": "core"}}
    found, full = play(tmp_path, environment(cloud), [task(renamed, module="vpc_network_info"), task(renamed)])
    assert not full["failed"], full["msg"]
    assert found["outputs"]["networks"]["core"]["vpc_id"] == full["outputs"]["networks"]["core"]["vpc_id"] == vpc_of(cloud)


def test_what_is_described_and_not_there_is_unknown(cloud: Cloud, made: Site, tmp_path: Path) -> None:
    wider = {"main": network(availability_zones=ZONES)}
    (found,) = play(tmp_path, environment(cloud, "plan"), [task({"networks": wider}, module="vpc_network_info")])
    assert found["outputs"]["networks"]["main"]["subnet_ids"]["private"][ZONES[2]] == "(known after apply)"
    assert f"subnet.main/private-{ZONES[2]}" in found["missing"]
