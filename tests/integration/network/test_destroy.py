# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Destroying removes everything with our tags and touches nothing else."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience
from rehearsal.testing import Cloud

from .describe import described
from .support import EVERYTHING, ZONES, Requests, Site, network, summary
from .whole_account import account

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def neighbors(cloud: Cloud) -> None:
    """A complete second environment, and an untagged VPC with some resources of every kind."""
    Site(cloud, environment="dev").apply(Site(cloud, environment="dev").desired(main=network(availability_zones=ZONES)))
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=ZONES[0])["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_network_acl(VpcId=vpc)
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=ec2.allocate_address(Domain="vpc")["AllocationId"])
    ec2.create_security_group(GroupName="nodes", Description="not ours", VpcId=vpc)
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{cloud.region}.s3", RouteTableIds=[table])
    cloud.client("logs").create_log_group(logGroupName="/mainstay/prod/network2/flow-logs")
    cloud.client("kms").create_alias(
        AliasName="alias/mainstay/prod/other/logs", TargetKeyId=cloud.client("kms").create_key()["KeyMetadata"]["KeyId"]
    )
    cloud.client("iam").create_role(RoleName="unrelated", AssumeRolePolicyDocument=TRUST)


def test_nothing_of_ours_is_left_and_nothing_else_is_touched(site: Site) -> None:
    neighbors(site.cloud)
    before = account(site.cloud)
    site.apply(site.desired(main=network(availability_zones=ZONES), data=network(cidr="10.1.0.0/16", nat="regional")))
    assert account(site.cloud) != before

    site.destroy()
    assert described(site.cloud) == {}
    assert account(site.cloud) == before
    requests = Requests(site.cloud)
    site.destroy()
    assert requests.changes() == []


def tagged(cloud: Cloud) -> list[str]:
    """Our resources that the tag index still lists. Keys and NAT gateways stay listed for a while."""
    filters = [{"Key": "mainstay:environment", "Values": ["prod"]}]
    found = cloud.client("resourcegroupstaggingapi").get_resources(TagFilters=filters)["ResourceTagMappingList"]
    return [entry["ResourceARN"] for entry in found if not is_leaving(cloud, entry["ResourceARN"])]


def is_leaving(cloud: Cloud, arn: str) -> bool:
    if ":kms:" in arn:
        return bool(cloud.client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion")
    if ":natgateway/" in arn:
        identifier = arn.rpartition("/")[2]
        return bool(cloud.client("ec2").describe_nat_gateways(NatGatewayIds=[identifier])["NatGateways"][0]["State"] == "deleted")
    return False


def test_tag_index_is_empty(site: Site) -> None:
    site.apply(site.desired(main=network()))
    assert tagged(site.cloud)
    site.destroy()
    assert tagged(site.cloud) == []


def test_a_deleted_key_can_be_restored_for_a_month(site: Site) -> None:
    site.apply(site.desired(main=network()))
    key = site.ids()["kms_key.logs"]
    site.destroy()
    metadata = site.cloud.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["KeyState"] == "PendingDeletion"
    assert (metadata["DeletionDate"] - metadata["CreationDate"]).days in (29, 30)


def test_destroyed_and_built_again(site: Site) -> None:
    desired = site.desired(main=network())
    for _ in range(2):
        site.apply(desired)
        site.destroy()
    site.apply(desired)
    assert described(site.cloud).keys() == {resource.address for resource in desired}


def test_plan_of_a_destruction_names_everything(site: Site) -> None:
    desired = site.desired(main=network())
    site.apply(desired)
    assert summary(site.plan([], purge=EVERYTHING)) == {resource.address: "delete" for resource in desired}
    assert summary(site.plan([])) == {resource.address: "delete (no consent)" for resource in desired}


def test_nothing_is_destroyed_without_consent(site: Site) -> None:
    site.apply(site.desired(main=network()))
    requests = Requests(site.cloud)
    site.apply([])
    assert requests.changes() == []


def test_stranger_in_our_network(site: Site, ec2: Any) -> None:
    """Another owner's group blocks our VPC: the error names both, everything else is deleted, and the VPC follows once the group is
    gone.
    """
    site.apply(site.desired(main=network()))
    vpc = site.ids()["vpc.main"]
    group = ec2.create_security_group(GroupName="stranger", Description="not ours", VpcId=vpc)["GroupId"]
    result = site.try_apply([], purge=EVERYTHING, patience=Patience(poll=0.02, settle=0.1, timeout=0.3))
    (failure,) = result.failures
    assert (failure.address, failure.operation, failure.code) == ("vpc.main", "ec2:DeleteVpc", "DependencyViolation")
    assert vpc in failure.message
    assert {address.split(".")[0] for address in described(site.cloud)} <= {"vpc", "default_security_group"}
    assert [one["GroupId"] for one in ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]] == [group]
    ec2.delete_security_group(GroupId=group)
    site.destroy()
    assert described(site.cloud) == {}


def test_address_that_its_gateway_has_just_let_go(site: Site, cloud: Cloud) -> None:
    """Just after the gateway is deleted, AWS rejects the release with a permission error; the call is retried."""
    site.apply(site.desired(main=network(nat="single")))
    message = "You do not have permission to access the specified resource."
    cloud.admin.fault("ec2", "ReleaseAddress", fault="error", code="AuthFailure", message=message, status=400, times=2)
    site.destroy()
    assert described(site.cloud) == {}
