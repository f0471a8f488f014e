# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Destroying a network: not while it is in use, and not without checking for leftovers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.owner import Owner
from ansible_collections.mainstay.aws.plugins.module_utils.aws.tags import tag_list
from rehearsal.testing import Cloud

from .site import NETWORK, Changes, Site
from .support import REGION

DESTROY = "playbooks/destroy.yml"
MEANT = ("--extra-vars", "destroy=prod")


@pytest.fixture
def site(cloud: Cloud, tmp_path: Path) -> Site:
    made = Site(cloud, tmp_path)
    made.must("site.yml")
    return made


def cluster_in_it(cloud: Cloud, **tags: str) -> None:
    """A cluster in the network, created by hand."""
    trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="by-hand", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    found = cloud.client("ec2").describe_subnets(Filters=[{"Name": "tag:mainstay:address", "Values": ["subnet.main/private-*"]}])["Subnets"]
    network: Any = {"subnetIds": [subnet["SubnetId"] for subnet in found]}
    cloud.client("eks").create_cluster(name="prod-main", version="1.35", roleArn=role, resourcesVpcConfig=network, tags=tags)


@pytest.mark.parametrize(
    ("tags", "whose"),
    [({}, "with no owner mark"), (Owner("prod", "eks").tags("eks_cluster.main"), "of prod/eks")],
    ids=["by hand", "of a component that is not in this run"],
)
def test_a_network_is_kept_while_a_cluster_uses_it(site: Site, cloud: Cloud, tags: dict[str, str], whose: str) -> None:
    cluster_in_it(cloud, **tags)
    changes = Changes(cloud)
    done = site.run(DESTROY, *MEANT, "--limit", "network")
    assert done.code != 0
    assert done.says(f"EKS cluster prod-main {whose} is still in vpc-")
    shown = site.run(DESTROY, "--check", "--limit", "network")
    assert shown.code != 0
    assert shown.says("- vpc.main")
    assert shown.says(f"Nothing would be deleted, because of the following: EKS cluster prod-main {whose} is still in vpc-")
    assert changes.made() == []


@pytest.mark.parametrize(
    ("network", "consent", "gone"),
    [
        ({**NETWORK, "cidr": "10.9.0.0/16"}, {"platform_allow_replace": ["*"], "platform_purge": ["*"]}, "vpc.main"),
        ({**NETWORK, "availability_zones": [f"{REGION}a"]}, {"platform_purge": ["*"]}, f"subnet.main/private-{REGION}b"),
    ],
    ids=["replaced", "purged"],
)
def test_a_network_is_not_torn_down_under_a_cluster(
    site: Site, cloud: Cloud, network: dict[str, Any], consent: dict[str, Any], gone: str
) -> None:
    """Even with full consent the plan refuses, and an apply changes nothing."""
    cluster_in_it(cloud)
    site.variables = {"vpc_networks": {"main": network}, **consent}
    planned = site.run("site.yml", "--check")
    assert planned.code == 0, planned.text
    assert planned.says(f"! network {gone} NetworkInUse it is in use: EKS cluster prod-main")
    assert planned.says("network is blocked: an apply changes nothing in it until the problem above is solved.")
    changes = Changes(cloud)
    done = site.run("site.yml")
    assert done.code != 0
    assert done.says(f"{gone}: (NetworkInUse): it is in use: EKS cluster prod-main")
    assert changes.made() == []


def test_removing_an_unclaimed_network_leaves_one_with_a_cluster_whole(site: Site, cloud: Cloud) -> None:
    cluster_in_it(cloud)
    site.hosts = {"vpc": ["another"]}
    changes = Changes(cloud)
    planned = site.must("playbooks/remove_unclaimed.yml", "--check", "--extra-vars", "component=network")
    assert planned.says("network is blocked: an apply changes nothing in it until the problem above is solved.")
    done = site.run("playbooks/remove_unclaimed.yml", "--extra-vars", "component=network destroy=prod/network")
    assert done.code != 0
    assert done.says("it is in use: EKS cluster prod-main")
    assert changes.made() == []


def test_leftovers_with_the_mark_are_listed_and_fail_the_run(site: Site, cloud: Cloud) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": tag_list(Owner("prod", "forgotten").tags("elastic_ip.x"))}]
    allocation = cloud.client("ec2").allocate_address(Domain="vpc", TagSpecifications=tags)["AllocationId"]
    done = site.run(DESTROY, *MEANT)
    assert done.code != 0
    assert done.says("These resources still have the tags of destroyed components:")
    assert done.says(allocation)
    cloud.client("ec2").release_address(AllocationId=allocation)
    changes = Changes(cloud)
    site.must(DESTROY, *MEANT)
    assert changes.made() == []


def test_what_others_left_is_no_business_of_one_component(site: Site, cloud: Cloud) -> None:
    tags = [{"ResourceType": "elastic-ip", "Tags": tag_list(Owner("prod", "forgotten").tags("elastic_ip.x"))}]
    cloud.client("ec2").allocate_address(Domain="vpc", TagSpecifications=tags)
    site.must(DESTROY, *MEANT, "--limit", "network")
    assert len(cloud.client("ec2").describe_addresses()["Addresses"]) == 1


@pytest.mark.parametrize("arguments", [(), ("--extra-vars", "destroy=dev")], ids=["nothing typed", "another name typed"])
def test_without_the_name_of_the_environment_nothing_happens(site: Site, cloud: Cloud, arguments: tuple[str, ...]) -> None:
    changes = Changes(cloud)
    done = site.run(DESTROY, *arguments)
    assert done.code != 0
    assert done.says("To confirm, add --extra-vars destroy=prod.")
    assert changes.made() == []


def test_check_mode_lists_and_changes_nothing(site: Site, cloud: Cloud) -> None:
    changes = Changes(cloud)
    assert "to destroy" in site.must(DESTROY, "--check").text
    assert changes.made() == []
