"""Lists that lag: new resources do not show in describe and list calls until some time has passed, as happens on AWS.

Only lists lag. A call that names a resource by its id is refused as unknown while the resource is hidden.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.replies import Refusal


@dataclass(frozen=True)
class Kind:
    """Where the calls of one kind of resource carry its identity.

    created: path of the identity in the reply of the create call, or `input:Name` when the caller chose it.
    listed: the list in the reply of the read call, and the member of its items that is the identity; "" if the items are identities.
    asked: the parameter that names resources one by one, and the error for one that is not there.
    """

    service: str
    create: str
    created: str
    read: str
    listed: tuple[str, str]
    asked: tuple[str, str] | None = None


KINDS = (
    Kind("ec2", "CreateVpc", "Vpc.VpcId", "DescribeVpcs", ("Vpcs", "VpcId"), ("VpcIds", "InvalidVpcID.NotFound")),
    Kind("ec2", "CreateSubnet", "Subnet.SubnetId", "DescribeSubnets", ("Subnets", "SubnetId"), ("SubnetIds", "InvalidSubnetID.NotFound")),
    Kind(
        "ec2",
        "CreateInternetGateway",
        "InternetGateway.InternetGatewayId",
        "DescribeInternetGateways",
        ("InternetGateways", "InternetGatewayId"),
        ("InternetGatewayIds", "InvalidInternetGatewayID.NotFound"),
    ),
    Kind(
        "ec2",
        "AllocateAddress",
        "AllocationId",
        "DescribeAddresses",
        ("Addresses", "AllocationId"),
        ("AllocationIds", "InvalidAllocationID.NotFound"),
    ),
    Kind(
        "ec2",
        "CreateNatGateway",
        "NatGateway.NatGatewayId",
        "DescribeNatGateways",
        ("NatGateways", "NatGatewayId"),
        ("NatGatewayIds", "NatGatewayNotFound"),
    ),
    Kind(
        "ec2",
        "CreateRouteTable",
        "RouteTable.RouteTableId",
        "DescribeRouteTables",
        ("RouteTables", "RouteTableId"),
        ("RouteTableIds", "InvalidRouteTableID.NotFound"),
    ),
    Kind(
        "ec2",
        "CreateNetworkAcl",
        "NetworkAcl.NetworkAclId",
        "DescribeNetworkAcls",
        ("NetworkAcls", "NetworkAclId"),
        ("NetworkAclIds", "InvalidNetworkAclID.NotFound"),
    ),
    Kind(
        "ec2",
        "CreateSecurityGroup",
        "GroupId",
        "DescribeSecurityGroups",
        ("SecurityGroups", "GroupId"),
        ("GroupIds", "InvalidGroup.NotFound"),
    ),
    Kind(
        "ec2",
        "CreateVpcEndpoint",
        "VpcEndpoint.VpcEndpointId",
        "DescribeVpcEndpoints",
        ("VpcEndpoints", "VpcEndpointId"),
        ("VpcEndpointIds", "InvalidVpcEndpointId.NotFound"),
    ),
    Kind("ec2", "CreateFlowLogs", "FlowLogIds", "DescribeFlowLogs", ("FlowLogs", "FlowLogId")),
    Kind(
        "ec2",
        "CreateLaunchTemplate",
        "LaunchTemplate.LaunchTemplateId",
        "DescribeLaunchTemplates",
        ("LaunchTemplates", "LaunchTemplateId"),
        ("LaunchTemplateIds", "InvalidLaunchTemplateId.NotFound"),
    ),
    Kind("eks", "CreateCluster", "cluster.name", "ListClusters", ("clusters", "")),
    Kind(
        "eks",
        "CreatePodIdentityAssociation",
        "association.associationId",
        "ListPodIdentityAssociations",
        ("associations", "associationId"),
    ),
    Kind("kms", "CreateAlias", "input:AliasName", "ListAliases", ("Aliases", "AliasName")),
    Kind("kms", "CreateKey", "KeyMetadata.KeyId", "ListKeys", ("Keys", "KeyId")),
    Kind(
        "iam",
        "CreateOpenIDConnectProvider",
        "OpenIDConnectProviderArn",
        "ListOpenIDConnectProviders",
        ("OpenIDConnectProviderList", "Arn"),
    ),
    Kind("iam", "CreateRole", "Role.RoleName", "ListRoles", ("Roles", "RoleName")),
    Kind("logs", "CreateLogGroup", "input:logGroupName", "DescribeLogGroups", ("logGroups", "logGroupName")),
)
_BY_CREATE = {(kind.service, kind.create): kind for kind in KINDS}
_BY_READ = {(kind.service, kind.read): kind for kind in KINDS}


class Hidden:
    """What has been created too recently to show. Times are of the monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[tuple[str, str], float] = {}

    def clear(self) -> None:
        with self._lock:
            self._until.clear()

    def concerns(self, service: str, operation: str) -> bool:
        """Whether a reply of this operation must be looked into."""
        return (service, operation) in _BY_CREATE or (bool(self._until) and (service, operation) in _BY_READ)

    def remember(self, service: str, operation: str, parameters: Mapping[str, Any], reply: Mapping[str, Any], seconds: float) -> None:
        """Hides what a create call made, for so many seconds from now."""
        kind = _BY_CREATE.get((service, operation))
        if kind is None or seconds <= 0:
            return
        if kind.created.startswith("input:"):
            value: Any = parameters[kind.created.removeprefix("input:")]
        else:
            value = reply
            for member in kind.created.split("."):
                value = value[member]
        with self._lock:
            for identity in value if isinstance(value, list) else [value]:
                self._until[service, identity] = time.monotonic() + seconds

    def refuse(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raises the error for a call that names what is hidden."""
        kind = _BY_READ.get((service, operation))
        if kind is None or kind.asked is None:
            return
        parameter, code = kind.asked
        for identity in parameters.get(parameter) or []:
            if self._is_hidden(service, identity):
                raise Refusal(code, f"The ID '{identity}' does not exist")

    def without(self, service: str, operation: str, reply: dict[str, Any]) -> dict[str, Any]:
        """The reply of a read call without what is hidden."""
        kind = _BY_READ.get((service, operation))
        if kind is None:
            return reply
        items, member = kind.listed
        shown = [item for item in reply.get(items) or [] if not self._is_hidden(service, item[member] if member else item)]
        return {**reply, items: shown}

    def _is_hidden(self, service: str, identity: str) -> bool:
        with self._lock:
            until = self._until.get((service, identity))
            if until is not None and until <= time.monotonic():
                del self._until[service, identity]
                return False
            return until is not None
