# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Owner tags removed by hand: the plan names resources that may be ours before it creates duplicates."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.component.unmarked import find_unmarked
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import Failure

from .support import KINDS, Site, network, summary

MARKS = [{"Key": f"mainstay:{name}"} for name in ("environment", "component", "address")]
WITH_NAT = {"main": network(nat="single", endpoints={"gateway": [], "interface": []}, flow_logs={"enabled": False})}


def untag(site: Site, *kinds: str, name: bool) -> dict[str, str]:
    """Removes the owner tags from all of these kinds, and the name too unless it should stay; the IDs by address."""
    found = {seen.address: seen.id for seen in site.observed() if seen.kind in kinds}
    ec2 = site.cloud.client("ec2")
    ec2.delete_tags(Resources=list(found.values()), Tags=[*MARKS, *([] if name else [{"Key": "Name"}, {"Key": "owner"}])])
    return found


def found(site: Site) -> tuple[list[Failure], list[Failure]]:
    aws = site.aws("plan")
    try:
        return find_unmarked(site.plan(site.desired(**WITH_NAT)), KINDS, aws)
    finally:
        aws.close()


@pytest.mark.parametrize("name", [True, False])
@pytest.mark.parametrize("kinds", [("nat_gateway", "elastic_ip"), ("route_table",), ("network_acl",)])
def test_what_lost_its_owner_tags_is_named_before_another_is_made(site: Site, kinds: tuple[str, ...], name: bool) -> None:
    site.apply(site.desired(**WITH_NAT))
    assert found(site) == ([], [])
    lost = untag(site, *kinds, name=name)
    assert set(lost) <= {address for address, verb in summary(site.plan(site.desired(**WITH_NAT))).items() if verb == "create"}
    blocking, beside = found(site)
    reported = {one.message.split()[0].rstrip(","): one for one in (blocking if name else beside)}
    assert set(reported) == set(lost.values())
    assert (beside if name else blocking) == []
    if name:
        assert all(f"adopt: {{{address}: {identity}}}" in reported[identity].hint for address, identity in lost.items())


def test_a_vpc_that_lost_its_owner_tags_is_named_by_its_name(site: Site) -> None:
    site.apply(site.desired(**WITH_NAT))
    lost = untag(site, "vpc", name=True)
    (one,) = found(site)[0]
    assert (one.address, one.message.split()[0]) == ("vpc.main", lost["vpc.main"])


def test_what_aws_makes_and_what_others_marked_is_not_named(site: Site, ec2: Any) -> None:
    """Every VPC has a main route table and a default ACL."""
    site.apply(site.desired(**WITH_NAT))
    vpc = site.ids()["vpc.main"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_tags(Resources=[table], Tags=[{"Key": "mainstay:environment", "Value": "other"}])
    untag(site, "nat_gateway", "network_acl", "route_table", name=True)
    blocking, beside = found(site)
    assert beside == []
    assert table not in str(blocking)
