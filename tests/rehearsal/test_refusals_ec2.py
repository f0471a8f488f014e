"""EC2's refusals, case by case: a setup, a call, and the error code."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import ACCOUNT, REGION, CheckedCloud, key_policy, refused, tags, trust, until

TCP = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}


class World:
    """Creates resources on demand; a case names only those that it is about."""

    def __init__(self, ec2: Any) -> None:
        self.ec2 = ec2
        self.vpc: str = self.new_vpc()

    def new_vpc(self) -> str:
        return str(self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])

    def subnet(self, number: int = 0, zone: str = "a") -> str:
        created = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=REGION + zone)
        return str(created["Subnet"]["SubnetId"])

    def gateway(self, attached: bool = True) -> str:
        identity = str(self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        if attached:
            self.ec2.attach_internet_gateway(InternetGatewayId=identity, VpcId=self.vpc)
        return identity

    def address(self) -> str:
        return str(self.ec2.allocate_address(Domain="vpc")["AllocationId"])

    def nat(self) -> str:
        created = self.ec2.create_nat_gateway(SubnetId=self.subnet(), AllocationId=self.address())
        return str(created["NatGateway"]["NatGatewayId"])

    def table(self) -> str:
        return str(self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"])

    def acl(self) -> str:
        return str(self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"])

    def group(self, name: str = "app") -> str:
        return str(self.ec2.create_security_group(GroupName=name, Description="d", VpcId=self.vpc)["GroupId"])

    def main_table(self) -> str:
        return str(self.ec2.describe_route_tables(Filters=self._here())["RouteTables"][0]["RouteTableId"])

    def default_acl(self) -> str:
        return str(self.ec2.describe_network_acls(Filters=self._here())["NetworkAcls"][0]["NetworkAclId"])

    def default_group(self) -> str:
        return str(self.ec2.describe_security_groups(Filters=self._here())["SecurityGroups"][0]["GroupId"])

    def _here(self) -> list[dict[str, Any]]:
        return [{"Name": "vpc-id", "Values": [self.vpc]}]


@pytest.fixture
def world(ec2: Any) -> World:
    return World(ec2)


def _with_subnet(world: World) -> dict[str, Any]:
    world.subnet()
    return {"VpcId": world.vpc}


def _with_gateway(world: World) -> dict[str, Any]:
    world.gateway()
    return {"VpcId": world.vpc}


def _with_table(world: World) -> dict[str, Any]:
    world.table()
    return {"VpcId": world.vpc}


def _with_acl(world: World) -> dict[str, Any]:
    world.acl()
    return {"VpcId": world.vpc}


def _with_group(world: World) -> dict[str, Any]:
    world.group()
    return {"VpcId": world.vpc}


def _with_endpoint(world: World) -> dict[str, Any]:
    world.ec2.create_vpc_endpoint(VpcId=world.vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
    return {"VpcId": world.vpc}


def _subnet_of_nat(world: World) -> dict[str, Any]:
    world.gateway()
    world.nat()
    subnets = world.ec2.describe_subnets(Filters=world._here())["Subnets"]
    return {"SubnetId": subnets[0]["SubnetId"]}


def _gateway_of_nat(world: World) -> dict[str, Any]:
    gateway = world.gateway()
    world.nat()
    return {"InternetGatewayId": gateway, "VpcId": world.vpc}


def _group_of_interface(world: World) -> dict[str, Any]:
    group = world.group()
    world.ec2.create_network_interface(SubnetId=world.subnet(), Groups=[group])
    return {"GroupId": group}


def _group_named_by_another(world: World) -> dict[str, Any]:
    group, other = world.group(), world.group("other")
    world.ec2.authorize_security_group_egress(GroupId=other, IpPermissions=[{**TCP, "UserIdGroupPairs": [{"GroupId": group}]}])
    return {"GroupId": group}


def _table_in_use(world: World) -> dict[str, Any]:
    table = world.table()
    world.ec2.associate_route_table(RouteTableId=table, SubnetId=world.subnet())
    return {"RouteTableId": table}


def _acl_in_use(world: World) -> dict[str, Any]:
    acl, subnet = world.acl(), world.subnet()
    association = next(
        item for item in world.ec2.describe_network_acls()["NetworkAcls"] for item in item["Associations"] if item["SubnetId"] == subnet
    )
    world.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    return {"NetworkAclId": acl}


def _address_of_interface(world: World) -> dict[str, Any]:
    interface = world.ec2.create_network_interface(SubnetId=world.subnet())["NetworkInterface"]["NetworkInterfaceId"]
    address = world.address()
    world.ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    return {"AllocationId": address}


def _nat_with_taken_address(world: World) -> dict[str, Any]:
    world.gateway()
    address, subnet = world.address(), world.subnet()
    world.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)
    return {"SubnetId": subnet, "AllocationId": address}


def _second_gateway(world: World) -> dict[str, Any]:
    world.gateway()
    return {"InternetGatewayId": world.gateway(attached=False), "VpcId": world.vpc}


def _second_table(world: World) -> dict[str, Any]:
    subnet = world.subnet()
    world.ec2.associate_route_table(RouteTableId=world.table(), SubnetId=subnet)
    return {"RouteTableId": world.table(), "SubnetId": subnet}


def _second_route(world: World) -> dict[str, Any]:
    route = {"RouteTableId": world.table(), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": world.gateway()}
    world.ec2.create_route(**route)
    return route


def _second_entry(world: World) -> dict[str, Any]:
    entry = _entry(world)
    world.ec2.create_network_acl_entry(**entry)
    return entry


def _entry(world: World, **changes: Any) -> dict[str, Any]:
    entry = {
        "NetworkAclId": world.acl(),
        "RuleNumber": 1,
        "Protocol": "-1",
        "RuleAction": "allow",
        "Egress": True,
        "CidrBlock": "0.0.0.0/0",
    }
    return entry | changes


def _second_rule(world: World) -> dict[str, Any]:
    rule = {"GroupId": world.group(), "IpPermissions": [{**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "first"}]}]}
    world.ec2.authorize_security_group_ingress(**rule)
    return rule


def _rule(world: World, **permission: Any) -> dict[str, Any]:
    return {"GroupId": world.group(), "IpPermissions": [{**TCP, **permission}]}


def _overlapping(world: World) -> dict[str, Any]:
    world.subnet()
    return {"VpcId": world.vpc, "CidrBlock": "10.0.0.128/25"}


Case = tuple[str, Callable[[World], dict[str, Any]], str]
CASES: dict[str, Case] = {
    "vpc with subnet": ("delete_vpc", _with_subnet, "DependencyViolation"),
    "vpc with gateway": ("delete_vpc", _with_gateway, "DependencyViolation"),
    "vpc with route table": ("delete_vpc", _with_table, "DependencyViolation"),
    "vpc with network acl": ("delete_vpc", _with_acl, "DependencyViolation"),
    "vpc with group": ("delete_vpc", _with_group, "DependencyViolation"),
    "vpc with endpoint": ("delete_vpc", _with_endpoint, "DependencyViolation"),
    "unknown vpc": ("delete_vpc", lambda world: {"VpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
    "subnet with interface": ("delete_subnet", _subnet_of_nat, "DependencyViolation"),
    "group of interface": ("delete_security_group", _group_of_interface, "DependencyViolation"),
    "group named by another": ("delete_security_group", _group_named_by_another, "DependencyViolation"),
    "default group": ("delete_security_group", lambda world: {"GroupId": world.default_group()}, "CannotDelete"),
    "gateway of nat": ("detach_internet_gateway", _gateway_of_nat, "DependencyViolation"),
    "attached gateway": ("delete_internet_gateway", lambda world: {"InternetGatewayId": world.gateway()}, "DependencyViolation"),
    "route table in use": ("delete_route_table", _table_in_use, "DependencyViolation"),
    "main route table": ("delete_route_table", lambda world: {"RouteTableId": world.main_table()}, "DependencyViolation"),
    "network acl in use": ("delete_network_acl", _acl_in_use, "DependencyViolation"),
    "default network acl": ("delete_network_acl", lambda world: {"NetworkAclId": world.default_acl()}, "InvalidParameterValue"),
    "address in use": ("release_address", _address_of_interface, "InvalidIPAddress.InUse"),
    "vpc too large": ("create_vpc", lambda world: {"CidrBlock": "10.0.0.0/15"}, "InvalidVpc.Range"),
    "vpc too small": ("create_vpc", lambda world: {"CidrBlock": "10.0.0.0/29"}, "InvalidVpc.Range"),
    "vpc of no range": ("create_vpc", lambda world: {"CidrBlock": "10.0.0/16"}, "InvalidParameterValue"),
    "subnet too small": ("create_subnet", lambda world: {"VpcId": world.vpc, "CidrBlock": "10.0.0.0/29"}, "InvalidSubnet.Range"),
    "subnet outside": ("create_subnet", lambda world: {"VpcId": world.vpc, "CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range"),
    "subnet overlaps": ("create_subnet", _overlapping, "InvalidSubnet.Conflict"),
    "unknown zone": (
        "create_subnet",
        lambda world: {"VpcId": world.vpc, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "us-east-1a"},
        "InvalidParameterValue",
    ),
    "nat with taken address": ("create_nat_gateway", _nat_with_taken_address, "Resource.AlreadyAssociated"),
    "nat without address": ("create_nat_gateway", lambda world: {"SubnetId": world.subnet()}, "MissingParameter"),
    "nat with unknown address": (
        "create_nat_gateway",
        lambda world: {"SubnetId": world.subnet(), "AllocationId": "eipalloc-0123456789abcdef0"},
        "InvalidAllocationID.NotFound",
    ),
    "unknown nat": ("delete_nat_gateway", lambda world: {"NatGatewayId": "nat-0123456789abcdef0"}, "NatGatewayNotFound"),
    "second gateway": ("attach_internet_gateway", _second_gateway, "InvalidParameterValue"),
    "second route table": ("associate_route_table", _second_table, "Resource.AlreadyAssociated"),
    "second route": ("create_route", _second_route, "RouteAlreadyExists"),
    "route to gateway elsewhere": (
        "create_route",
        lambda world: {"RouteTableId": world.table(), "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": world.gateway(attached=False)},
        "InvalidParameterValue",
    ),
    "route to unknown nat": (
        "create_route",
        lambda world: {"RouteTableId": world.table(), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-0123456789abcdef0"},
        "InvalidNatGatewayID.NotFound",
    ),
    "second acl entry": ("create_network_acl_entry", _second_entry, "NetworkAclEntryAlreadyExists"),
    "acl entry of the last number": ("create_network_acl_entry", lambda world: _entry(world, RuleNumber=32767), "InvalidParameterValue"),
    "acl entry without ports": ("create_network_acl_entry", lambda world: _entry(world, Protocol="6"), "MissingParameter"),
    "absent acl entry": (
        "delete_network_acl_entry",
        lambda world: {"NetworkAclId": world.acl(), "RuleNumber": 7, "Egress": True},
        "InvalidNetworkAclEntry.NotFound",
    ),
    "unknown acl association": (
        "replace_network_acl_association",
        lambda world: {"NetworkAclId": world.acl(), "AssociationId": "aclassoc-0123456789abcdef0"},
        "InvalidAssociationID.NotFound",
    ),
    "second rule": ("authorize_security_group_ingress", _second_rule, "InvalidPermission.Duplicate"),
    "rule of no range": (
        "authorize_security_group_ingress",
        lambda world: _rule(world, IpRanges=[{"CidrIp": "10.0.0.0"}]),
        "InvalidParameterValue",
    ),
    "rule with unknown group": (
        "authorize_security_group_ingress",
        lambda world: _rule(world, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]),
        "InvalidGroup.NotFound",
    ),
    "rule with a strange description": (
        "authorize_security_group_ingress",
        lambda world: _rule(world, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "what?"}]),
        "InvalidParameterValue",
    ),
    "absent rule": (
        "revoke_security_group_ingress",
        lambda world: _rule(world, IpRanges=[{"CidrIp": "10.0.0.0/8"}]),
        "InvalidPermission.NotFound",
    ),
    "group of the same name": (
        "create_security_group",
        lambda world: {"GroupName": "app", "Description": world.group(), "VpcId": world.vpc},
        "InvalidGroup.Duplicate",
    ),
    "tag of aws": (
        "create_vpc",
        lambda world: {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tags("vpc", **{"aws:x": "y"})},
        "InvalidParameterValue",
    ),
    "too many tags": (
        "create_vpc",
        lambda world: {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tags("vpc", **{f"k{n}": "v" for n in range(51)})},
        "TagLimitExceeded",
    ),
    "tags of another type": (
        "create_vpc",
        lambda world: {"CidrBlock": "10.0.0.0/16", "TagSpecifications": tags("subnet", a="b")},
        "InvalidParameterValue",
    ),
    "tag of an absent nat": (
        "create_tags",
        lambda world: {"Resources": ["nat-0123456789abcdef0"], "Tags": [{"Key": "k", "Value": "v"}]},
        "InvalidNatGatewayID.NotFound",
    ),
    "tag of an absent address": (
        "create_tags",
        lambda world: {"Resources": ["eipalloc-0123456789abcdef0"], "Tags": [{"Key": "k", "Value": "v"}]},
        "InvalidElasticIpID.NotFound",
    ),
    "absent network acl": (
        "describe_network_acls",
        lambda world: {"NetworkAclIds": ["acl-0123456789abcdef0"]},
        "InvalidNetworkAclID.NotFound",
    ),
    "too long a tag": (
        "create_tags",
        lambda world: {"Resources": [world.vpc], "Tags": [{"Key": "k", "Value": "v" * 256}]},
        "InvalidParameterValue",
    ),
    "host names without resolution": (
        "modify_vpc_attribute",
        lambda world: (
            world.ec2.modify_vpc_attribute(VpcId=world.vpc, EnableDnsSupport={"Value": False})
            and {"VpcId": world.vpc, "EnableDnsHostnames": {"Value": True}}
        ),
        "InvalidParameterValue",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(world: World, case: str) -> None:
    operation, prepare, code = CASES[case]
    parameters = prepare(world)
    assert refused(getattr(world.ec2, operation), **parameters) == code


def test_a_refused_call_adds_no_rule(world: World) -> None:
    group = world.group()
    permissions = [
        {**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {**TCP, "UserIdGroupPairs": [{"GroupId": "sg-0123456789abcdef0"}]},
    ]
    refused(world.ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=permissions)
    assert world.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"] == []


def test_ranges_become_canonical(world: World) -> None:
    subnet = world.ec2.create_subnet(VpcId=world.vpc, CidrBlock="10.0.3.7/24")["Subnet"]
    assert subnet["CidrBlock"] == "10.0.3.0/24"


QUOTAS = {
    "elastic_ips": ("allocate_address", lambda world: {"Domain": "vpc"}, "AddressLimitExceeded"),
    "ipv4_blocks_per_vpc": (
        "associate_vpc_cidr_block",
        lambda world: {"VpcId": world.vpc, "CidrBlock": "100.64.0.0/16"},
        "CidrLimitExceeded",
    ),
    "vpcs": ("create_vpc", lambda world: {"CidrBlock": "10.0.0.0/16"}, "VpcLimitExceeded"),
    "internet_gateways": ("create_internet_gateway", lambda world: {}, "InternetGatewayLimitExceeded"),
    "subnets_per_vpc": ("create_subnet", lambda world: {"VpcId": world.vpc, "CidrBlock": "10.0.0.0/24"}, "SubnetLimitExceeded"),
    "security_groups": (
        "create_security_group",
        lambda world: {"VpcId": world.vpc, "GroupName": "x", "Description": "d"},
        "SecurityGroupLimitExceeded",
    ),
    "nat_gateways_per_zone": (
        "create_nat_gateway",
        lambda world: {"SubnetId": world.subnet(), "ConnectivityType": "private"},
        "NatGatewayLimitExceeded",
    ),
    "route_tables_per_vpc": ("create_route_table", lambda world: {"VpcId": world.vpc}, "RouteTableLimitExceeded"),
    "network_acls_per_vpc": ("create_network_acl", lambda world: {"VpcId": world.vpc}, "NetworkAclLimitExceeded"),
    "gateway_endpoints": (
        "create_vpc_endpoint",
        lambda world: {"VpcId": world.vpc, "ServiceName": f"com.amazonaws.{REGION}.s3"},
        "VpcEndpointLimitExceeded",
    ),
    "interface_endpoints_per_vpc": (
        "create_vpc_endpoint",
        lambda world: {"VpcId": world.vpc, "ServiceName": f"com.amazonaws.{REGION}.sts", "VpcEndpointType": "Interface"},
        "VpcEndpointLimitExceeded",
    ),
    "rules_per_security_group": (
        "authorize_security_group_ingress",
        lambda world: {"GroupId": world.group(), "IpPermissions": [{**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]},
        "RulesPerSecurityGroupLimitExceeded",
    ),
    "rules_per_network_acl": (
        "create_network_acl_entry",
        lambda world: {
            "NetworkAclId": world.ec2.create_network_acl(VpcId=world.vpc)["NetworkAcl"]["NetworkAclId"],
            "RuleNumber": 1,
            "Protocol": "-1",
            "RuleAction": "allow",
            "Egress": True,
            "CidrBlock": "0.0.0.0/0",
        },
        "NetworkAclEntryLimitExceeded",
    ),
    "routes_per_route_table": (
        "create_route",
        lambda world: {
            "RouteTableId": world.ec2.create_route_table(VpcId=world.vpc)["RouteTable"]["RouteTableId"],
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": world.gateway(),
        },
        "RouteLimitExceeded",
    ),
    "standard_vcpus": (
        "run_instances",
        lambda world: {"ImageId": "ami-12c6146b", "InstanceType": "m5.large", "MinCount": 1, "MaxCount": 1},
        "VcpuLimitExceeded",
    ),
}


def test_a_rule_of_one_family_leaves_the_other_its_quota(cloud: CheckedCloud, world: World) -> None:
    group = world.group()
    cloud.admin.settings(quotas={"rules_per_security_group": 1})
    for permission in ({"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, {"Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]}):
        world.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**TCP, **permission}])
    more = [{**TCP, "Ipv6Ranges": [{"CidrIpv6": "2001:db9::/32"}]}]
    assert refused(world.ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=more) == "RulesPerSecurityGroupLimitExceeded"


@pytest.mark.parametrize("quota", QUOTAS)
def test_quotas(cloud: CheckedCloud, world: World, quota: str) -> None:
    operation, prepare, code = QUOTAS[quota]
    parameters = prepare(world)
    cloud.admin.settings(quotas={quota: 0})
    assert refused(getattr(world.ec2, operation), **parameters) == code


def test_flow_logs(cloud: CheckedCloud, world: World) -> None:
    role = cloud.client("iam").create_role(RoleName="flow", AssumeRolePolicyDocument=trust("vpc-flow-logs.amazonaws.com"))["Role"]["Arn"]
    other = cloud.client("iam").create_role(RoleName="other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    parameters = {
        "ResourceType": "VPC",
        "ResourceIds": [world.vpc],
        "TrafficType": "ALL",
        "LogDestination": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flow",
        "DeliverLogsPermissionArn": role,
    }
    for wrong in (other, f"arn:aws:iam::{ACCOUNT}:role/none"):
        assert refused(world.ec2.create_flow_logs, **parameters | {"DeliverLogsPermissionArn": wrong}) == "InvalidParameter"
    assert refused(world.ec2.create_flow_logs, **parameters, MaxAggregationInterval=61) == "InvalidParameter"
    world.ec2.create_flow_logs(**parameters)
    assert world.ec2.describe_flow_logs()["FlowLogs"][0]["DeliverLogsStatus"] == "FAILED", "its log group does not exist"
    assert refused(world.ec2.create_flow_logs, **parameters) == "FlowLogAlreadyExists"
    assert refused(world.ec2.delete_flow_logs, FlowLogIds=["fl-0123456789abcdef0"]) == "InvalidFlowLogId.NotFound"


def test_key_policies_are_checked_by_the_services(cloud: CheckedCloud) -> None:
    key = cloud.client("kms").create_key(Policy=key_policy())["KeyMetadata"]["Arn"]
    assert refused(cloud.client("logs").create_log_group, logGroupName="x", kmsKeyId=key) == "InvalidParameterException"


@pytest.mark.parametrize(
    ("primary", "block", "code"),
    [
        ("10.0.0.0/16", "100.64.0.0/16", ""),
        ("10.0.0.0/16", "10.2.0.0/16", ""),
        ("10.0.0.0/16", "100.64.0.0/15", "InvalidVpc.Range"),
        ("10.0.0.0/16", "10.0.8.0/24", "CidrConflict"),
        ("10.0.0.0/16", "172.16.0.0/16", "InvalidVpc.Range"),
        ("10.1.0.0/16", "10.0.0.0/16", "InvalidVpc.Range"),
        ("172.16.0.0/16", "172.31.0.0/20", "InvalidVpc.Range"),
        ("192.168.0.0/16", "10.0.0.0/16", "InvalidVpc.Range"),
        ("100.64.0.0/16", "10.0.0.0/16", "InvalidVpc.Range"),
    ],
)
def test_secondary_blocks(ec2: Any, primary: str, block: str, code: str) -> None:
    vpc = ec2.create_vpc(CidrBlock=primary)["Vpc"]["VpcId"]
    if code:
        assert refused(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock=block) == code
    else:
        assert ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=block)["CidrBlockAssociation"]["CidrBlock"] == block


def test_a_secondary_block_and_its_subnets(cloud: CheckedCloud) -> None:
    """It takes a moment until it can have subnets, and it stays while it has one."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    cloud.admin.settings(transition_seconds={"vpc": 0.3})
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="100.64.0.0/16")["CidrBlockAssociation"]

    def states() -> list[str]:
        (found,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
        return [one["CidrBlockState"]["State"] for one in found["CidrBlockAssociationSet"]]

    assert states() == ["associated", "associating"]
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="100.64.0.0/24") == "InvalidSubnet.Range"
    until(lambda: states() == ["associated", "associated"])
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="100.64.0.0/24")["Subnet"]["SubnetId"]
    assert refused(ec2.disassociate_vpc_cidr_block, AssociationId=made["AssociationId"]) == "InvalidCidrBlock.InUse"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    assert states() == ["associated"]
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="100.64.0.0/24") == "InvalidSubnet.Range"


def test_ipv6_blocks_of_a_vpc_and_its_subnets(cloud: CheckedCloud) -> None:
    """Subnets wait until the VPC has its block, addresses until the subnet has its own, and the VPC keeps a block with subnets in it."""
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    cloud.admin.settings(transition_seconds={"vpc": 0.3, "subnet": 0.3})
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    (first, second, *_others) = (str(one) for one in ipaddress.IPv6Network(made["Ipv6CidrBlock"]).subnets(new_prefix=64))
    on = {"SubnetId": subnet, "AssignIpv6AddressOnCreation": {"Value": True}}

    def state(raw: Any) -> list[str]:
        return [one["Ipv6CidrBlockState"]["State"] for one in raw["Ipv6CidrBlockAssociationSet"]]

    def of_vpc() -> list[str]:
        return state(ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0])

    def of_subnet() -> list[str]:
        return state(ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0])

    assert of_vpc() == ["associating"]
    assert refused(ec2.associate_subnet_cidr_block, SubnetId=subnet, Ipv6CidrBlock=first) == "InvalidSubnet.Range"
    until(lambda: of_vpc() == ["associated"])
    assert refused(ec2.associate_subnet_cidr_block, SubnetId=subnet, Ipv6CidrBlock="2001:db8::/64") == "InvalidSubnet.Range"
    assert refused(ec2.modify_subnet_attribute, **on) == "InvalidParameterValue"
    held = ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=first)["Ipv6CidrBlockAssociation"]["AssociationId"]
    assert of_subnet() == ["associating"]
    assert refused(ec2.modify_subnet_attribute, **on) == "InvalidParameterValue"
    assert refused(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.1.0/24", Ipv6CidrBlock=first) == "InvalidSubnet.Conflict"
    assert state(ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", Ipv6CidrBlock=second)["Subnet"]) == ["associating"]
    until(lambda: of_subnet() == ["associated"])
    ec2.modify_subnet_attribute(**on)
    assert refused(ec2.disassociate_vpc_cidr_block, AssociationId=made["AssociationId"]) == "InvalidCidrBlock.InUse"
    ec2.disassociate_subnet_cidr_block(AssociationId=held)
    assert of_subnet() == []


def test_what_a_block_opens(world: World) -> None:
    """The default ACL of the VPC, unless somebody has changed it, and every group that is made afterward."""

    def numbers() -> set[int]:
        (acl,) = world.ec2.describe_network_acls(NetworkAclIds=[world.default_acl()])["NetworkAcls"]
        return {entry["RuleNumber"] for entry in acl["Entries"] if entry.get("Ipv6CidrBlock") == "::/0"}

    def egress(group: str) -> list[Any]:
        (found,) = world.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        return [block["CidrIpv6"] for rule in found["IpPermissionsEgress"] for block in rule["Ipv6Ranges"]]

    before = world.group("before")
    world.ec2.associate_vpc_cidr_block(VpcId=world.vpc, AmazonProvidedIpv6CidrBlock=True)
    assert (numbers(), egress(before), egress(world.group("after"))) == ({101}, [], ["::/0"])
    world.vpc = world.new_vpc()
    world.ec2.delete_network_acl_entry(NetworkAclId=world.default_acl(), RuleNumber=100, Egress=True)
    world.ec2.delete_network_acl_entry(NetworkAclId=world.default_acl(), RuleNumber=100, Egress=False)
    world.ec2.associate_vpc_cidr_block(VpcId=world.vpc, AmazonProvidedIpv6CidrBlock=True)
    assert numbers() == set()


def test_egress_only_internet_gateways(world: World) -> None:
    """One for each VPC, found by tags, and the VPC stays while it has one."""
    ec2 = world.ec2
    given = {"VpcId": world.vpc, "ClientToken": "once", "TagSpecifications": tags("egress-only-internet-gateway", team="a")}
    made = ec2.create_egress_only_internet_gateway(**given)["EgressOnlyInternetGateway"]
    identity = made["EgressOnlyInternetGatewayId"]
    assert ec2.create_egress_only_internet_gateway(**given)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"] == identity
    assert refused(ec2.create_egress_only_internet_gateway, VpcId=world.vpc) == "Resource.AlreadyAssociated"

    def found(**values: str) -> list[str]:
        filters = [{"Name": f"tag:{key}", "Values": [value]} for key, value in values.items()]
        listed = ec2.describe_egress_only_internet_gateways(Filters=filters)["EgressOnlyInternetGateways"]
        return [one["EgressOnlyInternetGatewayId"] for one in listed]

    assert (found(team="a"), found(team="b")) == ([identity], [])
    assert refused(ec2.delete_vpc, VpcId=world.vpc) == "DependencyViolation"
    ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=identity)
    listed = {"EgressOnlyInternetGatewayIds": [identity]}
    assert refused(ec2.describe_egress_only_internet_gateways, **listed) == "InvalidGatewayID.NotFound"
