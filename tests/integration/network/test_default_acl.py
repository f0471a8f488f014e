# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The network ACL that AWS creates with each VPC: closed, and left alone while another owner's subnets use it."""

from __future__ import annotations

from typing import Any

from .support import Site, network
from .test_adopt import taking

ADDRESS = "default_network_acl.main/default"
DENY = 32767


def default_acl(ec2: Any, vpc: str) -> dict[str, Any]:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    (found,) = ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    return dict(found)


def openings(acl: dict[str, Any]) -> list[int]:
    return [entry["RuleNumber"] for entry in acl["Entries"] if entry["RuleNumber"] != DENY]


def test_it_is_closed_and_no_subnet_has_it(site: Site, ec2: Any) -> None:
    assert not site.apply(site.desired(main=network())).failures
    acl = default_acl(ec2, site.ids()["vpc.main"])
    assert (openings(acl), acl["Associations"], acl["NetworkAclId"]) == ([], [], site.ids()[ADDRESS])


def test_what_someone_opens_is_closed_again(site: Site, ec2: Any) -> None:
    desired = site.desired(main=network())
    assert not site.apply(desired).failures
    acl = site.ids()[ADDRESS]
    entry = {"RuleNumber": 50, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    for egress in (False, True):
        ec2.create_network_acl_entry(NetworkAclId=acl, Egress=egress, **entry)
    assert {action.address: {change.property for change in action.changes} for action in site.plan(desired).changes} == {
        ADDRESS: {"ingress", "egress"}
    }
    assert not site.apply(desired).failures
    assert openings(default_acl(ec2, site.ids()["vpc.main"])) == []


def test_it_stays_open_for_subnets_of_someone_else(site: Site, ec2: Any) -> None:
    """In a VPC that is adopted with only some of its subnets."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    theirs = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.255.0/28", AvailabilityZone="af-south-1a")["Subnet"]["SubnetId"]
    desired = site.desired(main=network())
    result = taking(site, desired, {"vpc.main": vpc})
    (failure,) = [one for one in result.failures if one.address == ADDRESS]
    assert (failure.code, theirs in failure.message) == ("DefaultAclInUse", True)
    assert "Give these subnets a network ACL of their own" in failure.hint
    assert openings(default_acl(ec2, vpc)) == [100, 100]

    own = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    (association,) = [one["NetworkAclAssociationId"] for one in default_acl(ec2, vpc)["Associations"] if one["SubnetId"] == theirs]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=own)
    assert list(taking(site, desired, {"vpc.main": vpc}).failures) == []
    assert openings(default_acl(ec2, vpc)) == []
