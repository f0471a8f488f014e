"""What a call is checked for: actions, on which resources, with what in their context. EKS and what scales have files of their own.

The tables follow AWS's Service Authorization Reference: which of a call's parameters name resources that it is checked against, what it
makes, and what it needs beside its own action. They are written apart from the collection's own tables on purpose: each finds the mistakes
of the other. A call that is in no table is checked for its action on "*" alone, so whoever is confined to resources may not make it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from rehearsal.asking import Tags, arn, ask, pairs, service_linked_role
from rehearsal.authorizations_eks import of_eks
from rehearsal.authorizations_scaling import of_autoscaling, of_load_balancers
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call

ID_TYPES = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "eipalloc": "elastic-ip",
    "nat": "natgateway",
    "rtb": "route-table",
    "acl": "network-acl",
    "sg": "security-group",
    "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
    "eni": "network-interface",
    "lt": "launch-template",
}
"""Beginning of an EC2 id -> the type of the resource in its ARN."""

MADE = {
    "AllocateAddress": "elastic-ip",
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
"""What a call of EC2 makes."""

NAMED: Mapping[str, tuple[str, ...]] = {
    "AssociateNatGatewayAddress": ("NatGatewayId", "AllocationIds"),
    "AssociateRouteTable": ("RouteTableId", "SubnetId"),
    "AttachInternetGateway": ("InternetGatewayId", "VpcId"),
    "CreateFlowLogs": ("ResourceIds",),
    "CreateLaunchTemplateVersion": ("LaunchTemplateId", "LaunchTemplateName"),
    "CreateNatGateway": ("AllocationId", "SubnetId", "VpcId"),
    "CreateNetworkAcl": ("VpcId",),
    "CreateRouteTable": ("VpcId",),
    "CreateSecurityGroup": ("VpcId",),
    "CreateSubnet": ("VpcId",),
    "CreateTags": ("Resources",),
    "CreateVpcEndpoint": ("VpcId", "RouteTableIds", "SubnetIds", "SecurityGroupIds"),
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
"""Which parameters of a call of EC2 name what it is checked against."""


def asks(call: Call) -> list[Ask]:
    """Everything that a call is checked for; all of it must be allowed."""
    services: dict[str, Callable[[Call], Iterator[Ask]]] = {
        "autoscaling": of_autoscaling,
        "ec2": _ec2,
        "eks": of_eks,
        "elb": of_load_balancers,
        "elbv2": of_load_balancers,
        "iam": _iam,
        "kms": _kms,
        "logs": _logs,
        "ssm": _ssm,
    }
    make = services.get(call.service, _plain)
    return [] if (call.service, call.operation) == ("sts", "GetCallerIdentity") else list(make(call))


def _plain(call: Call) -> Iterator[Ask]:
    yield ask(call, "*")


def _ec2(call: Call) -> Iterator[Ask]:
    made, named = MADE.get(call.operation), NAMED.get(call.operation, ())
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
    """What EC2 does in other services with the rights of its caller."""
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
    """The id of a launch template that is given by its name; any other identity as it is."""
    return str(call.backend.launch_template_name_to_ids.get(identity, identity))


def _behind(call: Call, association: str) -> Iterator[str]:
    """What an association is of: the subnet, and where the parameters do not name it the table; or the address."""
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


def _iam(call: Call) -> Iterator[Ask]:
    if "OpenIDConnectProvider" in call.operation:
        yield from _oidc(call)
        return
    name = call.get("RoleName")
    if not name:
        yield ask(call, "*")
        return
    role = next((one for one in call.backend.get_roles() if one.name == name), None)
    # of a role that is not there nobody knows the path
    path = role.path if role else (call.get("Path") or "/") if call.operation == "CreateRole" else "/"
    bound = call.get("PermissionsBoundary") or (role.permissions_boundary_arn if role else "") or ""
    request = {tag["Key"]: tag.get("Value", "") for tag in call.get("Tags") or ()}
    resource = arn(call, "iam", f"role{path}{name}", "")
    there = pairs(role.tags) if role else {}
    yield ask(call, resource, request=request, there=there, iam_permissionsboundary=bound, iam_policyarn=call.get("PolicyArn") or "")
    if call.operation == "CreateRole" and request:
        yield ask(call, resource, "iam:TagRole", request=request)


def _oidc(call: Call) -> Iterator[Ask]:
    """Providers are named by their addresses."""
    url, identity = call.get("Url"), call.get("OpenIDConnectProviderArn")
    if not (url or identity):
        yield ask(call, "*")
        return
    resource = str(identity or arn(call, "iam", f"oidc-provider/{url.removeprefix('https://').rstrip('/')}", ""))
    provider = call.backend.open_id_providers.get(resource)
    request = pairs(call.get("Tags") or ())
    yield ask(call, resource, request=request, there=pairs(provider.get_tags()) if provider else {})
    if call.operation == "CreateOpenIDConnectProvider" and request:
        yield ask(call, resource, "iam:TagOpenIDConnectProvider", request=request)


def _kms(call: Call) -> Iterator[Ask]:
    request = {tag["TagKey"]: tag.get("TagValue", "") for tag in call.get("Tags") or ()}
    alias, target, key = call.get("AliasName"), call.get("TargetKeyId"), call.get("KeyId")
    if call.operation == "CreateKey":
        yield ask(call, "*", request=request)
        if request:
            yield ask(call, arn(call, "kms", "key/*"), "kms:TagResource", request=request)
        return
    if not (alias or key) or call.operation == "ListAliases":
        yield ask(call, "*")
    if alias:
        yield ask(call, arn(call, "kms", alias))
        current = next((one.id for one in call.backend.keys.values() if alias in one.aliases), None)
        left = current if call.operation in ("UpdateAlias", "DeleteAlias") else None
        yield from (_key(call, one, {}) for one in (target, left) if one)
    elif key and call.operation != "ListAliases":
        yield _key(call, key, request)


def _key(call: Call, key: str, request: Tags) -> Ask:
    identity = call.backend.any_id_to_key_id(key)
    tags = call.backend.tagger.get_tag_dict_for_resource(identity)
    return ask(call, arn(call, "kms", f"key/{identity}"), request=request, there=tags)


def _logs(call: Call) -> Iterator[Ask]:
    name, given = call.get("logGroupName"), call.get("resourceArn")
    request = call.get("tags") or {}
    if not (name or given):
        yield ask(call, "*")
        return
    group = str(given) if given else arn(call, "logs", f"log-group:{name}")
    there = call.backend.tagger.get_tag_dict_for_resource(group.removesuffix(":*"))
    yield ask(call, group, request=request, there=there)
    if call.operation == "CreateLogGroup" and request:
        yield ask(call, group, "logs:TagResource", request=request)


def _ssm(call: Call) -> Iterator[Ask]:
    """Parameters by name; a folder by the path in the request, whatever lies below it."""
    names = [call.get("Name"), call.get("Path"), *(call.get("Names") or ())]
    overwrites = "true" if call.get("Overwrite") else "false" if call.operation == "PutParameter" else ""
    found = [ask(call, arn(call, "ssm", f"parameter/{name.strip('/')}"), ssm_overwrite=overwrites) for name in names if name]
    yield from found or [ask(call, "*")]
