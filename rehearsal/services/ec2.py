"""EC2, including networks. The rates are those of "Request throttling for the Amazon EC2 API": one bucket per action."""

from __future__ import annotations

from rehearsal.declarations import Listing, Quota, Service, Throttled, Transition

COMES_AND_GOES = {"available": "pending", "failed": "pending", "deleted": "deleting"}

TRANSITIONS = (
    Transition("vpc", "moto.ec2.models.vpcs:VPC", "state", {"available": "pending"}, given="is_default"),
    Transition("subnet", "moto.ec2.models.subnets:Subnet", "state", {"available": "pending"}, given="default_for_az"),
    Transition("nat_gateway", "rehearsal.extensions.ec2_nat_gateway:NatGateway", "state", COMES_AND_GOES),
    Transition("vpc_endpoint", "moto.ec2.models.vpcs:VPCEndPoint", "state", COMES_AND_GOES),
)

LISTINGS = (
    Listing("CreateVpc", "Vpc.VpcId", "DescribeVpcs", ("Vpcs", "VpcId"), ("VpcIds", "InvalidVpcID.NotFound")),
    Listing("CreateSubnet", "Subnet.SubnetId", "DescribeSubnets", ("Subnets", "SubnetId"), ("SubnetIds", "InvalidSubnetID.NotFound")),
    Listing(
        "CreateInternetGateway",
        "InternetGateway.InternetGatewayId",
        "DescribeInternetGateways",
        ("InternetGateways", "InternetGatewayId"),
        ("InternetGatewayIds", "InvalidInternetGatewayID.NotFound"),
    ),
    Listing(
        "CreateEgressOnlyInternetGateway",
        "EgressOnlyInternetGateway.EgressOnlyInternetGatewayId",
        "DescribeEgressOnlyInternetGateways",
        ("EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId"),
        ("EgressOnlyInternetGatewayIds", "InvalidGatewayID.NotFound"),
    ),
    Listing(
        "AllocateAddress",
        "AllocationId",
        "DescribeAddresses",
        ("Addresses", "AllocationId"),
        ("AllocationIds", "InvalidAllocationID.NotFound"),
    ),
    Listing(
        "CreateNatGateway",
        "NatGateway.NatGatewayId",
        "DescribeNatGateways",
        ("NatGateways", "NatGatewayId"),
        ("NatGatewayIds", "NatGatewayNotFound"),
    ),
    Listing(
        "CreateRouteTable",
        "RouteTable.RouteTableId",
        "DescribeRouteTables",
        ("RouteTables", "RouteTableId"),
        ("RouteTableIds", "InvalidRouteTableID.NotFound"),
    ),
    Listing(
        "CreateNetworkAcl",
        "NetworkAcl.NetworkAclId",
        "DescribeNetworkAcls",
        ("NetworkAcls", "NetworkAclId"),
        ("NetworkAclIds", "InvalidNetworkAclID.NotFound"),
    ),
    Listing(
        "CreateSecurityGroup",
        "GroupId",
        "DescribeSecurityGroups",
        ("SecurityGroups", "GroupId"),
        ("GroupIds", "InvalidGroup.NotFound"),
    ),
    Listing(
        "CreateVpcEndpoint",
        "VpcEndpoint.VpcEndpointId",
        "DescribeVpcEndpoints",
        ("VpcEndpoints", "VpcEndpointId"),
        ("VpcEndpointIds", "InvalidVpcEndpointId.NotFound"),
    ),
    Listing("CreateFlowLogs", "FlowLogIds", "DescribeFlowLogs", ("FlowLogs", "FlowLogId")),
    Listing(
        "CreateLaunchTemplate",
        "LaunchTemplate.LaunchTemplateId",
        "DescribeLaunchTemplates",
        ("LaunchTemplates", "LaunchTemplateId"),
        ("LaunchTemplateIds", "InvalidLaunchTemplateId.NotFound"),
    ),
)

QUOTAS = {
    "elastic_ips": Quota("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    "gateway_endpoints": Quota("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20),
    "interface_endpoints_per_vpc": Quota("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50),
    "internet_gateways": Quota("vpc", "L-A4707A72", "Internet gateways per Region", 5),
    "nat_gateways_per_zone": Quota("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    "network_acls_per_vpc": Quota("vpc", "L-B4A6D682", "Network ACLs per VPC", 200),
    "route_tables_per_vpc": Quota("vpc", "L-589F43AA", "Route tables per VPC", 200),
    "routes_per_route_table": Quota("vpc", "L-93826ACB", "Routes per route table", 50),
    "rules_per_network_acl": Quota("vpc", "L-2AEEBF1A", "Rules per network ACL", 20),
    "rules_per_security_group": Quota("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60),
    "security_groups": Quota("vpc", "L-E79EC296", "VPC security groups per Region", 2500),
    "standard_vcpus": Quota("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5),
    "subnets_per_vpc": Quota("vpc", "L-407747CB", "Subnets per VPC", 200),
    "ipv4_blocks_per_vpc": Quota("vpc", "L-83CA0A9D", "IPv4 CIDR blocks per VPC", 5),
    "vpcs": Quota("vpc", "L-F678F1CE", "VPCs per Region", 5),
}

RATES = {
    "read": (100, 20),
    "change": (50, 5),
    "AssociateNatGatewayAddress": (10, 1),
    "CreateNatGateway": (10, 1),
    "CreateTags": (100, 10),
    "CreateVpcEndpoint": (4, 0.3),
    "DeleteNatGateway": (10, 1),
    "DeleteTags": (100, 10),
    "DeleteVpcEndpoints": (4, 0.3),
    "DisassociateNatGatewayAddress": (10, 1),
    "ModifyVpcEndpoint": (4, 0.3),
}

SERVICE = Service(
    "ec2",
    transitions=TRANSITIONS,
    listings=LISTINGS,
    quotas=QUOTAS,
    rates=RATES,
    throttled=Throttled(
        "RequestLimitExceeded",
        "Request limit exceeded. Account has been throttled on ec2:{operation} because it exceeded its request rate limit.",
        503,
    ),
    condition_keys=frozenset({"ec2:authorizedservice", "ec2:createaction", "ec2:launchtemplate", "ec2:owner"}),
)
