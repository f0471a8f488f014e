"""Each resource of a network: created with tags, found by tag, changed, deleted."""

from __future__ import annotations

import threading
from typing import Any

from botocore.exceptions import ClientError

from .conftest import ACCOUNT, REGION, CheckedCloud, key_policy, refused, tags, trust

OWNER = {"mainstay:address": "x.main/a"}
BY_TAG = [{"Name": "tag:mainstay:address", "Values": ["x.main/*"]}]


def test_vpc_and_subnets(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", **OWNER))["Vpc"]
    assert (vpc["OwnerId"], vpc["State"]) == (ACCOUNT, "available")
    ec2.modify_vpc_attribute(VpcId=vpc["VpcId"], EnableDnsHostnames={"Value": True})
    shown = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute="enableDnsHostnames")
    assert shown["EnableDnsHostnames"] == {"Value": True}
    assert [found["VpcId"] for found in ec2.describe_vpcs(Filters=BY_TAG)["Vpcs"]] == [vpc["VpcId"]]
    subnet = ec2.create_subnet(
        VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24", AvailabilityZone=f"{REGION}c", TagSpecifications=tags("subnet", **OWNER)
    )["Subnet"]
    assert subnet["MapPublicIpOnLaunch"] is False
    assert subnet["DefaultForAz"] is False
    ec2.modify_subnet_attribute(SubnetId=subnet["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(Filters=BY_TAG)["Subnets"][0]["MapPublicIpOnLaunch"] is True
    ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    assert ec2.describe_vpcs(Filters=BY_TAG)["Vpcs"] == []
    left = {"Filters": [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]}
    assert ec2.describe_network_acls(**left)["NetworkAcls"] == []
    assert ec2.describe_security_groups(**left)["SecurityGroups"] == []
    assert ec2.describe_route_tables(**left)["RouteTables"] == []


def test_gateway_and_address(ec2: Any, vpc_id: str) -> None:
    gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", **OWNER))["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    found = ec2.describe_internet_gateways(Filters=BY_TAG)["InternetGateways"][0]
    assert found["Attachments"] == [{"State": "available", "VpcId": vpc_id}]
    assert found["OwnerId"] == ACCOUNT
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", **OWNER))
    found = ec2.describe_addresses(Filters=BY_TAG)["Addresses"][0]
    assert found["AllocationId"] == address["AllocationId"]
    assert "AssociationId" not in found
    ec2.release_address(AllocationId=address["AllocationId"])
    assert ec2.describe_addresses()["Addresses"] == []


def test_route_table(ec2: Any, vpc_id: str, subnet_ids: list[str], internet_gateway_id: str) -> None:
    table = ec2.create_route_table(VpcId=vpc_id, TagSpecifications=tags("route-table", **OWNER))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=internet_gateway_id)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet_ids[0])["AssociationId"]
    found = ec2.describe_route_tables(Filters=BY_TAG)["RouteTables"][0]
    assert {route["DestinationCidrBlock"]: route["GatewayId"] for route in found["Routes"]} == {
        "10.0.0.0/16": "local",
        "0.0.0.0/0": internet_gateway_id,
    }
    assert [entry["SubnetId"] for entry in found["Associations"]] == [subnet_ids[0]]
    other = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]
    moved = ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)["NewAssociationId"]
    ec2.disassociate_route_table(AssociationId=moved)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_route_table(RouteTableId=other)


def test_network_acl(ec2: Any, vpc_id: str, subnet_ids: list[str]) -> None:
    acl = ec2.create_network_acl(VpcId=vpc_id, TagSpecifications=tags("network-acl", **OWNER))["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 100, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "10.0.0.0/8"}
    ec2.create_network_acl_entry(**entry, Egress=False, PortRange={"From": 443, "To": 443})
    ec2.create_network_acl_entry(**entry | {"Protocol": "-1"}, Egress=True)
    ec2.replace_network_acl_entry(**entry, Egress=False, PortRange={"From": 80, "To": 80})
    default = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet_ids[0]]}])["NetworkAcls"][0]
    association = next(item for item in default["Associations"] if item["SubnetId"] == subnet_ids[0])["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    found = ec2.describe_network_acls(Filters=BY_TAG)["NetworkAcls"][0]
    assert [item["SubnetId"] for item in found["Associations"]] == [subnet_ids[0]]
    rules = {(rule["Egress"], rule["RuleNumber"]): rule for rule in found["Entries"]}
    assert rules[False, 100]["PortRange"] == {"From": 80, "To": 80}
    assert rules[True, 100]["Protocol"] == "-1"
    assert rules[False, 32767]["RuleAction"] == "deny"
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    back = found["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=back, NetworkAclId=default["NetworkAclId"])
    ec2.delete_network_acl(NetworkAclId=acl)


def test_security_group(ec2: Any, vpc_id: str) -> None:
    group = ec2.create_security_group(GroupName="app", Description="d", VpcId=vpc_id, TagSpecifications=tags("security-group", **OWNER))[
        "GroupId"
    ]
    prefix_list = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    permissions = [
        {**https, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "one"}]},
        {**https, "Ipv6Ranges": [{"CidrIpv6": "fd00::/8", "Description": "two"}]},
        {**https, "UserIdGroupPairs": [{"GroupId": group, "Description": "three"}]},
        {**https, "PrefixListIds": [{"PrefixListId": prefix_list, "Description": "four"}]},
    ]
    rules = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)["SecurityGroupRules"]
    assert [rule["Description"] for rule in rules] == ["one", "two", "three", "four"]
    for permission in permissions:
        for sources in permission.values():
            if isinstance(sources, list):
                sources[0]["Description"] += "!"
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=permissions)
    by_group = {"Filters": [{"Name": "group-id", "Values": [group]}]}
    shown = ec2.describe_security_group_rules(**by_group)["SecurityGroupRules"]
    assert {rule["Description"] for rule in shown if not rule["IsEgress"]} == {"one!", "two!", "three!", "four!"}
    found = ec2.describe_security_groups(Filters=BY_TAG)["SecurityGroups"][0]["IpPermissions"]
    assert len(found) == 1, "one permission per protocol and ports, with all its sources"
    assert found[0]["PrefixListIds"] == [{"PrefixListId": prefix_list, "Description": "four!"}]
    assert found[0]["IpRanges"] == [{"CidrIp": "10.0.0.0/8", "Description": "one!"}]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=permissions)
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    assert ec2.describe_security_group_rules(**by_group)["SecurityGroupRules"] == []
    ec2.delete_security_group(GroupId=group)


def test_default_security_group_refers_to_itself(ec2: Any, vpc_id: str) -> None:
    found = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["SecurityGroups"][0]
    pairs = [pair for permission in found["IpPermissions"] for pair in permission["UserIdGroupPairs"]]
    assert [pair["GroupId"] for pair in pairs] == [found["GroupId"]]
    ec2.revoke_security_group_ingress(GroupId=found["GroupId"], IpPermissions=found["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=found["GroupId"], IpPermissions=found["IpPermissionsEgress"])
    ec2.create_tags(Resources=[found["GroupId"]], Tags=[{"Key": "mainstay:address", "Value": "x.main/default"}])
    found = ec2.describe_security_groups(Filters=BY_TAG)["SecurityGroups"][0]
    assert (found["IpPermissions"], found["IpPermissionsEgress"]) == ([], [])


def test_flow_log(cloud: CheckedCloud, ec2: Any, vpc_id: str) -> None:
    logs, iam, kms = cloud.client("logs"), cloud.client("iam"), cloud.client("kms")
    key = kms.create_key(Policy=key_policy(f"logs.{REGION}.amazonaws.com"))["KeyMetadata"]["Arn"]
    logs.create_log_group(logGroupName="/mainstay/prod/network/flow", kmsKeyId=key, tags={"a": "b"})
    group = logs.describe_log_groups(logGroupNamePrefix="/mainstay/prod/")["logGroups"][0]
    assert group["kmsKeyId"] == key
    role = iam.create_role(Path="/mainstay/prod/network/", RoleName="flow", AssumeRolePolicyDocument=trust("vpc-flow-logs.amazonaws.com"))[
        "Role"
    ]["Arn"]
    created = ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc_id],
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogDestination=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/mainstay/prod/network/flow",
        DeliverLogsPermissionArn=role,
        MaxAggregationInterval=60,
        TagSpecifications=tags("vpc-flow-log", **OWNER),
    )
    assert created["Unsuccessful"] == []
    found = ec2.describe_flow_logs(Filter=BY_TAG)["FlowLogs"][0]
    assert (found["FlowLogId"], found["MaxAggregationInterval"]) == (created["FlowLogIds"][0], 60)
    assert (found["DeliverLogsStatus"], found["FlowLogStatus"]) == ("SUCCESS", "ACTIVE")
    assert found["LogGroupName"] == "/mainstay/prod/network/flow"
    ec2.delete_flow_logs(FlowLogIds=created["FlowLogIds"])
    assert ec2.describe_flow_logs()["FlowLogs"] == []


def test_zones_and_regions(cloud: CheckedCloud, ec2: Any) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == [f"{REGION}{letter}" for letter in "abc"]
    assert {(zone["OptInStatus"], zone["ZoneType"]) for zone in zones} == {("opt-in-not-required", "availability-zone")}
    regions = {region["RegionName"]: region["OptInStatus"] for region in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert (regions["us-east-1"], regions[REGION]) == ("opt-in-not-required", "opted-in")
    cloud.admin.settings(disabled_regions=["me-south-1"])
    regions = {region["RegionName"]: region["OptInStatus"] for region in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert regions["me-south-1"] == "not-opted-in"
    assert "me-south-1" not in [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    for service, operation, code in (
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("kms", "list_keys", "UnrecognizedClientException"),
        ("logs", "describe_log_groups", "UnrecognizedClientException"),
    ):
        assert refused(getattr(cloud.client(service, region="me-south-1"), operation)) == code


def test_filters_match_any_value(ec2: Any, vpc_id: str, subnet_ids: list[str]) -> None:
    table = ec2.create_route_table(VpcId=vpc_id, TagSpecifications=tags("route-table", odd="a[b]*c"))["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet_ids[0])
    for name, values in (
        ("association.subnet-id", [subnet_ids[0], subnet_ids[1]]),
        ("tag:odd", ["a[b]*"]),
        ("tag-key", ["none", "o?d"]),
        ("route-table-id", [table]),
    ):
        found = ec2.describe_route_tables(Filters=[{"Name": name, "Values": values}])["RouteTables"]
        assert [item["RouteTableId"] for item in found] == [table], name
    assert ec2.describe_route_tables(Filters=[{"Name": "tag:odd", "Values": ["a"]}])["RouteTables"] == []


def test_calls_side_by_side_do_not_both_win(ec2: Any, vpc_id: str) -> None:
    outcomes: list[str] = []

    def create() -> None:
        try:
            ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/24")
            outcomes.append("created")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["InvalidSubnet.Conflict"] * 7 + ["created"]
