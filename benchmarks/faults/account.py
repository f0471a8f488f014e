"""A snapshot of an account's contents by type, without values that differ between builds. It reveals duplicates and orphans.

It is read with boto3, independently of the collection's code. IDs are replaced by the resources' names, so that equivalent accounts compare
equal.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.faults.account_services import Raw, of_buckets, of_caches, of_cloudfront, of_queues, of_secrets
from rehearsal.testing import Cloud

Holdings = dict[str, Counter[str]]
"""type -> the description of each resource."""

EC2 = {
    "VPCs": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnets": ("describe_subnets", "Subnets", "SubnetId"),
    "internet gateways": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "addresses": ("describe_addresses", "Addresses", "AllocationId"),
    "NAT gateways": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "route tables": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "network ACLs": ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    "security groups": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "security group rules": ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "flow logs": ("describe_flow_logs", "FlowLogs", "FlowLogId"),
    "network interfaces": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
}
GONE = ("deleted", "failed", "PendingDeletion")

VARYING = re.compile(
    r"(?i)(time|date|timestamp|publicip|privateip\w*|macaddress|p\w*dnsname|dnsentries|clienttoken|roleid|storedbytes|ipowner\w*"
    r"|\w*associationid|attachmentid|requesterid|description)$"
)
"""Members that differ between builds. Interface descriptions contain IDs; those of groups and rules are kept, see KEPT."""
KEPT = ("security groups", "security group rules", "roles", "keys")
IDENTIFIER = re.compile(r"\b([a-z]+)-[0-9a-f]{8,17}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")

AMAZON_BLOCK = re.compile(r"\b[0-9a-f]{4}(?::[0-9a-f]{1,4}){2}:([0-9a-f]{1,4})::/(56|64)")
"""A block of IPv6 addresses that Amazon chose. Only the last two digits, the number of a subnet's /64, are the inventory's choice."""


def take(cloud: Cloud) -> Holdings:
    """Everything in the account, regardless of its creator."""
    raw = [
        *of_ec2(cloud.client("ec2")),
        *of_logs(cloud.client("logs")),
        *of_keys(cloud.client("kms")),
        *of_roles(cloud.client("iam")),
        *of_zones(cloud.client("route53")),
        *of_certificates(cloud.client("acm")),
        *of_repositories(cloud.client("ecr")),
        *of_caches(cloud.client("elasticache")),
        *of_secrets(cloud.client("secretsmanager")),
        *of_buckets(cloud.client("s3")),
        *of_cloudfront(cloud.client("cloudfront")),
        *of_queues(cloud.client("sqs")),
    ]
    names = {identity: name for _sort, identity, name, _one in raw if name}
    found: Holdings = {}
    for sort, _identity, _name, one in raw:
        found.setdefault(sort, Counter())[json.dumps(settled(one, names, sort in KEPT), sort_keys=True, default=str)] += 1
    return found


def of_ec2(ec2: Any) -> Iterator[Raw]:
    for sort, (method, items, identifier) in EC2.items():
        for page in ec2.get_paginator(method).paginate() if ec2.can_paginate(method) else [getattr(ec2, method)()]:
            for one in page[items]:
                if one.get("State") not in GONE:
                    more = dns_of_vpc(ec2, one[identifier]) if sort == "VPCs" else {}
                    yield sort, one[identifier], name_of(one.get("Tags", [])), {**one, **more}


def dns_of_vpc(ec2: Any, vpc: str) -> dict[str, bool]:
    """Members omitted from the description of a VPC."""
    names = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
    return {member: ec2.describe_vpc_attribute(VpcId=vpc, Attribute=name)[member]["Value"] for name, member in names.items()}


def of_logs(logs: Any) -> Iterator[Raw]:
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
            yield "log groups", "", "", {**group, "tags": tags}


def of_keys(kms: Any) -> Iterator[Raw]:
    for page in kms.get_paginator("list_keys").paginate():
        for entry in page["Keys"]:
            key = entry["KeyId"]
            metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
            if metadata["KeyState"] in GONE or metadata["KeyManager"] != "CUSTOMER":
                continue
            tags = kms.list_resource_tags(KeyId=key)["Tags"]
            more = {
                "tags": tags,
                "policy": json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
                "rotation": kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
            }
            yield "keys", key, name_of(tags, "TagKey", "TagValue"), {**metadata, **more}
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if not alias["AliasName"].startswith("alias/aws/"):
                yield "aliases", "", "", alias


def of_roles(iam: Any) -> Iterator[Raw]:
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            name = role["RoleName"]
            inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
            more = {
                "inline": {one: iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"] for one in inline},
                "attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
            }
            yield "roles", "", "", {**iam.get_role(RoleName=name)["Role"], **more}


def of_zones(route53: Any) -> Iterator[Raw]:
    """Zones, records, and health checks. A record counts as one of its zone's by its name."""
    for zone in route53.list_hosted_zones()["HostedZones"]:
        identity = zone["Id"].rpartition("/")[2]
        tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=identity)["ResourceTagSet"]["Tags"]
        yield "zones", "", "", {"name": zone["Name"], "config": zone["Config"], "tags": tags}
        for page in route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=identity):
            for record in page["ResourceRecordSets"]:
                own = record["Name"] == zone["Name"] and record["Type"] == "NS"  # other servers for every zone
                yield "records", "", "", {"name": record["Name"], "type": "NS"} if own else record
    for check in route53.list_health_checks()["HealthChecks"]:
        tags = route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])["ResourceTagSet"]["Tags"]
        yield "health checks", "", "", {"config": check["HealthCheckConfig"], "tags": tags}


def of_certificates(acm: Any) -> Iterator[Raw]:
    for entry in acm.list_certificates()["CertificateSummaryList"]:
        one = acm.describe_certificate(CertificateArn=entry["CertificateArn"])["Certificate"]
        tags = acm.list_tags_for_certificate(CertificateArn=entry["CertificateArn"])["Tags"]
        yield "certificates", "", "", {"names": one["SubjectAlternativeNames"], "status": one["Status"], "tags": tags}


def of_repositories(ecr: Any) -> Iterator[Raw]:
    """Repositories with their policies."""
    for page in ecr.get_paginator("describe_repositories").paginate():
        for one in page["repositories"]:
            name = {"repositoryName": one["repositoryName"]}
            kept = ("repositoryName", "imageTagMutability", "imageScanningConfiguration", "encryptionConfiguration")
            more = {
                "tags": ecr.list_tags_for_resource(resourceArn=one["repositoryArn"])["tags"],
                "policy": optional(ecr.get_repository_policy, "policyText", **name),
                "lifecycle": optional(ecr.get_lifecycle_policy, "lifecyclePolicyText", **name),
            }
            yield "repositories", "", "", {**{key: one.get(key) for key in kept}, **more}


def optional(read: Callable[..., Any], member: str, **name: str) -> Any:
    """The JSON document that a read returns, or None if the resource has no such part."""
    try:
        return json.loads(read(**name)[member])
    except ClientError as error:
        if error.response["Error"]["Code"].endswith("NotFoundException"):
            return None
        raise


def name_of(tags: Any, key: str = "Key", value: str = "Value") -> str:
    return next((str(tag[value]) for tag in tags if tag[key] == "Name"), "")


def settled(value: Any, names: Mapping[str, str], keep_descriptions: bool = False) -> Any:
    """A description without variable members, with IDs replaced by names and lists sorted."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if not VARYING.search(k) or (keep_descriptions and k == "Description")}
        return {key: settled(item, names, keep_descriptions) for key, item in kept.items()}
    if isinstance(value, list):
        return sorted((settled(item, names, keep_descriptions) for item in value), key=lambda item: json.dumps(item, default=str))
    if isinstance(value, str):
        known = IDENTIFIER.sub(lambda match: f"{match[1] or 'uuid'}({names.get(match[0], '')})", value)
        return AMAZON_BLOCK.sub(lambda match: f"amazon:{int(match[1], 16) % 256:02x}::/{match[2]}", known)
    return value


def differences(expected: Holdings, found: Holdings) -> list[str]:
    """One line per type that differs from what is expected: by count first, and by content if the count is right."""
    lines = []
    for sort in sorted({*expected, *found}):
        wanted, have = expected.get(sort, Counter()), found.get(sort, Counter())
        if wanted.total() != have.total():
            lines.append(f"{sort}: {have.total()} instead of {wanted.total()}")
        elif wanted != have:
            (one, *_others), (instead, *_rest) = have - wanted, wanted - have
            lines.append(f"{sort}: {apart(one, instead)}")
    return lines


def apart(one: str, instead: str, longest: int = 200) -> str:
    """The members in which two descriptions differ."""
    has, wanted = json.loads(one), json.loads(instead)
    pairs = {key: (has.get(key), wanted.get(key)) for key in sorted({*has, *wanted}) if has.get(key) != wanted.get(key)}
    return "; ".join(f"{key} is {str(left)[:longest]} instead of {str(right)[:longest]}" for key, (left, right) in pairs.items())


def surplus(expected: Holdings, found: Holdings) -> dict[str, int]:
    """The number of surplus resources of each type: duplicates and orphans."""
    more = {sort: have.total() - expected.get(sort, Counter()).total() for sort, have in found.items()}
    return {sort: number for sort, number in sorted(more.items()) if number > 0}
