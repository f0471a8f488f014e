# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The complete contents of an account as the API reports them, in comparable form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.testing import Cloud

DESCRIBED = {
    "describe_vpcs": "Vpcs",
    "describe_subnets": "Subnets",
    "describe_internet_gateways": "InternetGateways",
    "describe_addresses": "Addresses",
    "describe_nat_gateways": "NatGateways",
    "describe_route_tables": "RouteTables",
    "describe_network_acls": "NetworkAcls",
    "describe_security_groups": "SecurityGroups",
    "describe_security_group_rules": "SecurityGroupRules",
    "describe_vpc_endpoints": "VpcEndpoints",
    "describe_flow_logs": "FlowLogs",
    "describe_network_interfaces": "NetworkInterfaces",
    "describe_dhcp_options": "DhcpOptions",
}


def account(cloud: Cloud) -> list[str]:
    """Every entry of every list as JSON, sorted."""
    return sorted(json.dumps(entry, sort_keys=True, default=str) for entry in entries(cloud))


def entries(cloud: Cloud) -> Iterator[Any]:
    ec2 = cloud.client("ec2")
    for operation, items in DESCRIBED.items():
        for raw in getattr(ec2, operation)()[items]:
            if raw.get("State") != "deleted":
                yield items, raw
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        for attribute in ("enableDnsSupport", "enableDnsHostnames"):
            reply = ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            yield attribute, vpc["VpcId"], reply[attribute[0].upper() + attribute[1:]]
    logs = cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        yield "log group", group, logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    yield from keys(cloud.client("kms"))
    yield from roles(cloud.client("iam"))


def keys(kms: Any) -> Iterator[Any]:
    yield from (("alias", alias) for alias in kms.list_aliases()["Aliases"])
    for key in kms.list_keys()["Keys"]:
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if metadata["KeyState"] != "PendingDeletion":
            yield "key", metadata, kms.list_resource_tags(KeyId=key["KeyId"])["Tags"], kms.get_key_policy(KeyId=key["KeyId"])["Policy"]


def roles(iam: Any) -> Iterator[Any]:
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        policies = [iam.get_role_policy(RoleName=name, PolicyName=one) for one in iam.list_role_policies(RoleName=name)["PolicyNames"]]
        documents = [(policy["PolicyName"], policy["PolicyDocument"]) for policy in policies]
        yield "role", iam.get_role(RoleName=name)["Role"], documents, iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
