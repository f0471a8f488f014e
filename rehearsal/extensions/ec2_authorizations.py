"""Authorization checks for EC2 calls, after the EC2 part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rehearsal.asking import arn, ask, service_linked_role
from rehearsal.extensions.ec2_launches import run_instances
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes

ID_TYPES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "rtb": "route-table",
    "acl": "network-acl",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
    "eni": "network-interface",
    "lt": "launch-template",
}
"""Prefix of an EC2 ID -> the resource type in its ARN."""

MADE = {
    "AllocateAddress": "elastic-ip",
    "CreateEgressOnlyInternetGateway": "egress-only-internet-gateway",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateInternetGateway": "internet-gateway",
    "CreateLaunchTemplate": "launch-template",
    "CreateNatGateway": "natgateway",
    "CreateNetworkAcl": "network-acl",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}
"""What each EC2 call creates."""

MADE_WITH_TAGS = dict.fromkeys(("AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress"), "security-group-rule")
"""What is checked of a call only if the request tags it."""

NAMED: Mapping[str, tuple[str, ...]] = {
    "AssociateNatGatewayAddress": ("NatGatewayId", "AllocationIds"),
    "AssociateRouteTable": ("RouteTableId", "SubnetId"),
    "AssociateSubnetCidrBlock": ("SubnetId",),
    "AssociateVpcCidrBlock": ("VpcId",),
    "AttachInternetGateway": ("InternetGatewayId", "VpcId"),
    "CreateEgressOnlyInternetGateway": ("VpcId",),
    "CreateFlowLogs": ("ResourceIds",),
    "CreateLaunchTemplateVersion": ("LaunchTemplateId", "LaunchTemplateName"),
    "CreateNatGateway": ("AllocationId", "SubnetId", "VpcId"),
    "CreateNetworkAcl": ("VpcId",),
    "CreateRouteTable": ("VpcId",),
    "CreateSecurityGroup": ("VpcId",),
    "CreateSubnet": ("VpcId",),
    "CreateTags": ("Resources",),
    "CreateVpcEndpoint": ("VpcId", "RouteTableIds", "SubnetIds", "SecurityGroupIds"),
    "DeleteEgressOnlyInternetGateway": ("EgressOnlyInternetGatewayId",),
    "DeleteFlowLogs": ("FlowLogIds",),
    "DeleteInternetGateway": ("InternetGatewayId",),
    "DeleteLaunchTemplate": ("LaunchTemplateId", "LaunchTemplateName"),
    "DeleteLaunchTemplateVersions": ("LaunchTemplateId", "LaunchTemplateName"),
    "DeleteNatGateway": ("NatGatewayId",),
    "DeleteNetworkInterface": ("NetworkInterfaceId",),
    "DeleteSubnet": ("SubnetId",),
    "DeleteTags": ("Resources",),
    "DeleteVpc": ("VpcId",),
    "DeleteVpcEndpoints": ("VpcEndpointIds",),
    "DetachInternetGateway": ("InternetGatewayId", "VpcId"),
    "DisassociateNatGatewayAddress": ("NatGatewayId", "AssociationIds"),
    "DisassociateRouteTable": ("AssociationId",),
    "DisassociateSubnetCidrBlock": ("AssociationId",),
    "DisassociateVpcCidrBlock": ("AssociationId",),
    "ModifyLaunchTemplate": ("LaunchTemplateId", "LaunchTemplateName"),
    "ModifySubnetAttribute": ("SubnetId",),
    "ModifyVpcAttribute": ("VpcId",),
    "ModifyVpcEndpoint": (
        *("VpcEndpointId", "AddRouteTableIds", "AddSubnetIds", "AddSecurityGroupIds"),
        *("RemoveRouteTableIds", "RemoveSubnetIds", "RemoveSecurityGroupIds"),
    ),
    "ReleaseAddress": ("AllocationId",),
    "ReplaceNetworkAclAssociation": ("NetworkAclId", "AssociationId"),
    "ReplaceRouteTableAssociation": ("RouteTableId", "AssociationId"),
    **dict.fromkeys(("CreateRoute", "DeleteRoute", "DeleteRouteTable", "ReplaceRoute"), ("RouteTableId",)),
    **dict.fromkeys(("CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry"), ("NetworkAclId",)),
    "ReplaceNetworkAclEntry": ("NetworkAclId",),
    "DeleteSecurityGroup": ("GroupId",),
    **{f"{verb}SecurityGroup{side}": ("GroupId",) for verb in ("Authorize", "Revoke") for side in ("Egress", "Ingress")},
    **{f"UpdateSecurityGroupRuleDescriptions{side}": ("GroupId",) for side in ("Egress", "Ingress")},
}
"""The parameters of each EC2 call that name the resources it is checked against."""


@authorizes("ec2")
def asked(call: Call) -> Iterator[Ask]:
    if call.operation == "RunInstances":
        yield from run_instances(call)
        return
    made, named = MADE.get(call.operation), NAMED.get(call.operation, ())
    if call.get("TagSpecifications"):
        made = made or MADE_WITH_TAGS.get(call.operation)
    if not made and not named:
        yield ask(call, "*")
        return
    request = {tag["Key"]: tag.get("Value", "") for tag in call.get("Tags") or ()}
    for identity in _identities(call, named):
        yield ask(call, _ec2_arn(call, identity), request=request, there=call.backend.tags.get(identity, {}))
    if made:
        given = {tag["Key"]: tag.get("Value", "") for one in call.get("TagSpecifications") or () for tag in one.get("Tags") or ()}
        yield ask(call, arn(call, "ec2", f"{made}/*"), request=given)
        if given:
            yield ask(call, arn(call, "ec2", f"{made}/*"), "ec2:CreateTags", request=given, ec2_createaction=call.operation)
    yield from _beside(call)


def _beside(call: Call) -> Iterator[Ask]:
    """Actions in other services that EC2 performs with the caller's permissions."""
    if call.operation == "CreateFlowLogs" and (role := call.get("DeliverLogsPermissionArn")):
        yield ask(call, role, "iam:PassRole", iam_passedtoservice="vpc-flow-logs.amazonaws.com")
    if call.operation == "CreateVpcEndpoint" and call.get("PrivateDnsEnabled"):
        yield ask(call, "arn:aws:route53:::hostedzone/*", "route53:AssociateVPCWithHostedZone")
    if call.operation == "CreateNatGateway" and call.get("AvailabilityMode") == "regional":
        yield service_linked_role(call, "ec2-nat-gateway.amazonaws.com", "AWSServiceRoleForNATGateway")


def _identities(call: Call, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = call.get(name)
        for identity in value if isinstance(value, list) else [value] if value else []:
            yield from _behind(call, identity) if name.startswith("Association") else [_template(call, identity)]


def _template(call: Call, identity: str) -> str:
    """The ID of a launch template given by name; any other identity unchanged."""
    return str(call.backend.launch_template_name_to_ids.get(identity, identity))


def _behind(call: Call, association: str) -> Iterator[str]:
    """The resource behind an association: the subnet (and the route table, if the parameters do not name it), the VPC, or the address."""
    yield from (vpc.id for vpc in call.backend.vpcs.values() if association in vpc._cidr_block_association_set)
    for zone in call.backend.subnets.values():
        yield from (subnet.id for subnet in zone.values() if association in subnet.ipv6_cidr_block_associations)
    for table in call.backend.route_tables.values():
        if subnet := table._associations.get(association):
            yield from (subnet,) if call.get("RouteTableId") else (subnet, table.id)
    for acl in call.backend.network_acls.values():
        if found := acl._associations.get(association):
            yield found.subnet_id
    yield from (address.allocation_id for address in call.backend.addresses if address.association_id == association)


def _ec2_arn(call: Call, identity: str) -> str:
    kind = ID_TYPES.get(identity.rpartition("-")[0])
    return arn(call, "ec2", f"{kind}/{identity}") if kind else "*"
