# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The contents of the cloud as boto3 reports them: an independent check that shares no code with the collection.

``described`` returns every resource with an owner's tags, by address, with its properties in the shape of a plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from rehearsal.testing import Cloud

Described = dict[str, Any]

UNKNOWN = "(known after apply)"
OWN = ("mainstay:environment", "mainstay:component", "mainstay:address")
TAGGED_EC2 = {
    "vpc": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnet": ("describe_subnets", "Subnets", "SubnetId"),
    "internet_gateway": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "egress_only_internet_gateway": (
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    "elastic_ip": ("describe_addresses", "Addresses", "AllocationId"),
    "nat_gateway": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "route_table": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "network_acl": ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "security_group": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "vpc_endpoint": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "flow_log": ("describe_flow_logs", "FlowLogs", "FlowLogId"),
}


def described(cloud: Cloud, environment: str = "prod", component: str = "network", kinds: Collection[str] = ()) -> dict[str, Described]:
    """Properties by address of every resource with this owner's tags, or of some kinds only; the ID is below "id"."""
    found: dict[str, Described] = {}
    for tags, one in everything(cloud, kinds):
        if (tags.get(OWN[0]), tags.get(OWN[1])) == (environment, component):
            assert tags[OWN[2]] not in found, f"two resources claim {tags[OWN[2]]}"
            found[tags[OWN[2]]] = {**one, "tags": {name: value for name, value in tags.items() if name not in OWN}}
    return found


def everything(cloud: Cloud, kinds: Collection[str] = ()) -> Iterator[tuple[dict[str, str], Described]]:
    """(tags, description) of every taggable resource in the account, regardless of its creator."""
    wanted = kinds or (*TAGGED_EC2, "log_group", "kms_key", "iam_role")
    yield from of_ec2(cloud.client("ec2"), wanted)
    for kind, service, list_all in (("log_group", "logs", of_logs), ("kms_key", "kms", of_kms), ("iam_role", "iam", of_iam)):
        if kind in wanted:
            yield from list_all(cloud.client(service))


def of_ec2(ec2: Any, wanted: Collection[str]) -> Iterator[tuple[dict[str, str], Described]]:
    for kind, (operation, items, identifier) in TAGGED_EC2.items():
        if kind not in wanted and f"default_{kind}" not in wanted:
            continue
        for raw in getattr(ec2, operation)()[items]:
            if raw.get("State") in ("deleted", "failed"):
                continue
            tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
            describe = EC2[kind]
            if kind == "security_group" and raw["GroupName"] == "default":
                describe = default_group
            if raw.get("IsDefault") and kind == "network_acl":
                describe = default_acl
            yield tags, {"id": raw[identifier], **describe(ec2, raw)}


def vpc(ec2: Any, raw: Any) -> Described:
    def attribute(name: str, key: str) -> bool:
        return bool(ec2.describe_vpc_attribute(VpcId=raw["VpcId"], Attribute=name)[key]["Value"])

    return {
        "cidr_block": raw["CidrBlock"],
        "secondary_cidr_blocks": [one["CidrBlock"] for one in raw["CidrBlockAssociationSet"] if one["CidrBlock"] != raw["CidrBlock"]],
        "instance_tenancy": raw["InstanceTenancy"],
        "enable_dns_support": attribute("enableDnsSupport", "EnableDnsSupport"),
        "enable_dns_hostnames": attribute("enableDnsHostnames", "EnableDnsHostnames"),
    }


def subnet(_ec2: Any, raw: Any) -> Described:
    names = {"vpc_id": "VpcId", "availability_zone": "AvailabilityZone", "cidr_block": "CidrBlock"}
    return {name: raw[key] for name, key in names.items()} | {"map_public_ip_on_launch": raw["MapPublicIpOnLaunch"]}


def internet_gateway(_ec2: Any, raw: Any) -> Described:
    (attachment,) = raw["Attachments"] or [{}]
    return {"vpc_id": attachment.get("VpcId")}


def egress_only_internet_gateway(_ec2: Any, raw: Any) -> Described:
    (attachment,) = raw["Attachments"]
    return {"vpc_id": attachment["VpcId"]}


def elastic_ip(_ec2: Any, _raw: Any) -> Described:
    return {}


def nat_gateway(_ec2: Any, raw: Any) -> Described:
    if raw.get("AvailabilityMode") == "regional":
        zones: dict[str, list[str]] = {}
        for address in raw["NatGatewayAddresses"]:
            zones.setdefault(address["AvailabilityZone"], []).append(address["AllocationId"])
        addresses = [{"availability_zone": zone, "allocation_ids": ids} for zone, ids in zones.items()]
        more = {"availability_mode": "regional", "vpc_id": raw["VpcId"], "availability_zone_addresses": addresses}
    else:
        (address,) = raw["NatGatewayAddresses"]
        more = {"subnet_id": raw["SubnetId"], "allocation_id": address["AllocationId"]}
    return {"connectivity_type": raw["ConnectivityType"], **more}


def route_table(_ec2: Any, raw: Any) -> Described:
    routes = {}
    for route in raw["Routes"]:
        target = route.get("NatGatewayId") or route.get("EgressOnlyInternetGatewayId") or route.get("GatewayId")
        if target and target != "local" and not target.startswith("vpce-"):
            routes[route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]] = target
    return {
        "vpc_id": raw["VpcId"],
        "routes": routes,
        "subnet_ids": [association["SubnetId"] for association in raw["Associations"] if "SubnetId" in association],
    }


def network_acl(_ec2: Any, raw: Any) -> Described:
    def entry(one: Any) -> Described:
        described = {"rule_number": one["RuleNumber"], "action": one["RuleAction"]}
        blocks = {"cidr_block": one.get("CidrBlock"), "ipv6_cidr_block": one.get("Ipv6CidrBlock")}
        described |= {name: block for name, block in blocks.items() if block}
        described["protocol"] = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}.get(one["Protocol"], one["Protocol"])
        if described["protocol"] in ("icmp", "icmpv6"):
            return described | {"from_port": one["IcmpTypeCode"]["Type"], "to_port": one["IcmpTypeCode"]["Code"]}
        return described | ({"from_port": one["PortRange"]["From"], "to_port": one["PortRange"]["To"]} if "PortRange" in one else {})

    entries = [one for one in raw["Entries"] if one["RuleNumber"] < 32767]
    return {
        "vpc_id": raw["VpcId"],
        "ingress": [entry(one) for one in entries if not one["Egress"]],
        "egress": [entry(one) for one in entries if one["Egress"]],
        "subnet_ids": [association["SubnetId"] for association in raw["Associations"]],
    }


def default_acl(ec2: Any, raw: Any) -> Described:
    """Its subnets are those that no other ACL has."""
    return {name: value for name, value in network_acl(ec2, raw).items() if name != "subnet_ids"}


def security_group(ec2: Any, raw: Any) -> Described:
    return {"group_name": raw["GroupName"], "description": raw["Description"], **default_group(ec2, raw)}


def default_group(ec2: Any, raw: Any) -> Described:
    """The rules come from DescribeSecurityGroupRules, which the collection does not use."""
    sides: dict[bool, list[Described]] = {True: [], False: []}
    for rule in ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [raw["GroupId"]]}])["SecurityGroupRules"]:
        sides[rule["IsEgress"]].append(group_rule(rule))
    return {"vpc_id": raw["VpcId"], "ingress": sides[False], "egress": sides[True]}


def group_rule(rule: Any) -> Described:
    one: Described = {"protocol": rule["IpProtocol"]}
    if rule["IpProtocol"] != "-1":
        one |= {"from_port": rule["FromPort"], "to_port": rule["ToPort"]}
    names = {"cidr_ipv4": "CidrIpv4", "cidr_ipv6": "CidrIpv6", "prefix_list_id": "PrefixListId", "description": "Description"}
    one |= {name: rule[key] for name, key in names.items() if rule.get(key)}
    if rule.get("ReferencedGroupInfo"):
        one["group_id"] = rule["ReferencedGroupInfo"]["GroupId"]
    return one


def vpc_endpoint(_ec2: Any, raw: Any) -> Described:
    return {
        "vpc_id": raw["VpcId"],
        "service_name": raw["ServiceName"],
        "vpc_endpoint_type": raw["VpcEndpointType"],
        "route_table_ids": raw["RouteTableIds"],
        "subnet_ids": raw["SubnetIds"],
        "security_group_ids": [group["GroupId"] for group in raw["Groups"]],
        "private_dns_enabled": raw["PrivateDnsEnabled"],
        "policy_document": json.loads(raw["PolicyDocument"]),
    }


def flow_log(_ec2: Any, raw: Any) -> Described:
    return {
        "resource_id": raw["ResourceId"],
        "traffic_type": raw["TrafficType"],
        "log_destination": raw["LogDestination"],
        "deliver_logs_permission_arn": raw["DeliverLogsPermissionArn"],
        "max_aggregation_interval": raw["MaxAggregationInterval"],
    }


EC2: dict[str, Callable[[Any, Any], Described]] = {
    "vpc": vpc,
    "subnet": subnet,
    "internet_gateway": internet_gateway,
    "egress_only_internet_gateway": egress_only_internet_gateway,
    "elastic_ip": elastic_ip,
    "nat_gateway": nat_gateway,
    "route_table": route_table,
    "network_acl": network_acl,
    "security_group": security_group,
    "vpc_endpoint": vpc_endpoint,
    "flow_log": flow_log,
}


def of_logs(logs: Any) -> Iterator[tuple[dict[str, str], Described]]:
    for raw in logs.describe_log_groups()["logGroups"]:
        tags = logs.list_tags_for_resource(resourceArn=raw["arn"].removesuffix(":*"))["tags"]
        properties = {
            "log_group_name": raw["logGroupName"],
            "kms_key_id": raw.get("kmsKeyId"),
            "retention_in_days": raw.get("retentionInDays"),
        }
        yield tags, {"id": raw["logGroupName"], **properties}


def of_kms(kms: Any) -> Iterator[tuple[dict[str, str], Described]]:
    aliases = {alias.get("TargetKeyId"): alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
    for key in kms.list_keys()["Keys"]:
        raw = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if raw["KeyState"] == "PendingDeletion" or raw["KeyManager"] == "AWS":
            continue
        tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
        properties = {
            "description": raw["Description"],
            "policy": json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]),
            "enable_key_rotation": kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"],
            "alias": aliases.get(key["KeyId"]),
        }
        yield tags, {"id": key["KeyId"], **properties}


def of_iam(iam: Any) -> Iterator[tuple[dict[str, str], Described]]:
    for role in iam.list_roles()["Roles"]:
        raw = iam.get_role(RoleName=role["RoleName"])["Role"]
        policies = {
            name: iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
        }
        properties = {
            "role_name": raw["RoleName"],
            "path": raw["Path"],
            "assume_role_policy_document": raw["AssumeRolePolicyDocument"],
            "inline_policy": next(iter(policies.values())) if len(policies) == 1 else policies,
            "permissions_boundary": raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        }
        attached = iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
        properties["managed_policy_arns"] = [policy["PolicyArn"] for policy in attached]
        yield {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}, {"id": raw["RoleName"], **properties}


def in_order(value: Any) -> Any:
    """A value with unordered lists sorted for comparison."""
    if isinstance(value, dict):
        return {name: in_order(item) for name, item in value.items()}
    return sorted(map(in_order, value), key=str) if isinstance(value, list) else value


def as_planned(planned: Any, actual: Any) -> bool:
    """Whether the state matches the plan: lists in any order, a string for a list of one, any value for unknown parts."""
    if isinstance(planned, str) and UNKNOWN in planned:
        before, _, after = planned.partition(UNKNOWN)
        return isinstance(actual, str) and actual.startswith(before) and actual.endswith(after)
    if isinstance(planned, dict) and isinstance(actual, dict):
        return len(planned) == len(actual) and entries_as_planned(planned, actual)
    if isinstance(planned, list) or isinstance(actual, list):
        return lists_as_planned(*(value if isinstance(value, list) else [value] for value in (planned, actual)))
    return bool(planned == actual)


def entries_as_planned(planned: dict[str, Any], actual: dict[str, Any]) -> bool:
    """The same by key; keys may have unknown parts too."""
    left = dict(actual)
    for key in sorted(planned, key=lambda key: UNKNOWN in key):
        match = next((other for other in left if as_planned(key, other) and as_planned(planned[key], left[other])), None)
        if match is None:
            return False
        del left[match]
    return True


def lists_as_planned(planned: list[Any], actual: list[Any]) -> bool:
    """Each planned item has a counterpart; items without unknown parts are matched first."""
    left = list(actual)
    for item in sorted(planned, key=lambda item: UNKNOWN in str(item)):
        match = next((other for other in left if as_planned(item, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left
