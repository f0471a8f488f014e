"""Security group and tag requests that EC2 rejects."""

from __future__ import annotations

import re
from collections import Counter

from rehearsal.registry import Call, refuses
from rehearsal.replies import Refusal

_CHARACTERS = "a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
_TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")
TAGS_PER_RESOURCE = 50
# The resource type that each create operation accepts in TagSpecifications.
TAGGED_AS = {
    "AllocateAddress": "elastic-ip",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "CreateNetworkAcl": "network-acl",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}


@refuses("ec2", "CreateSecurityGroup")
def security_group_texts(call: Call) -> None:
    name, description = call.get("GroupName") or "", call.get("Description") or ""
    if name == "default" or name.startswith("sg-"):
        raise Refusal("InvalidParameterValue", f"Cannot use reserved security group name: {name}")
    for member, value in (("groupName", name), ("GroupDescription", description)):
        if len(value) > 255 or not _TEXT.fullmatch(value):
            text = f"Value ({value}) for parameter {member} is invalid. Up to 255 characters of: {_CHARACTERS}"
            raise Refusal("InvalidParameterValue", text)
    vpc_id = call.get("VpcId")
    if vpc_id:
        call.backend.get_vpc(vpc_id)
        if any(group.name == name for group in call.backend.groups.get(vpc_id, {}).values()):
            raise Refusal("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'")


@refuses(
    "ec2",
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
)
def rule_descriptions(call: Call) -> None:
    for permission in call.get("IpPermissions") or []:
        for sources in permission.values():
            for entry in sources if isinstance(sources, list) else []:
                description = entry.get("Description") or ""
                if len(description) > 255 or not _TEXT.fullmatch(description):
                    text = "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  "
                    text += _CHARACTERS
                    raise Refusal("InvalidParameterValue", text)


@refuses("ec2", *TAGGED_AS)
def tags_at_birth(call: Call) -> None:
    for specification in call.get("TagSpecifications") or []:
        expected = TAGGED_AS[call.operation]
        if specification.get("ResourceType") not in (expected, "security-group-rule"):
            text = f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            raise Refusal("InvalidParameterValue", text)
        _check([(tag.get("Key"), tag.get("Value")) for tag in specification.get("Tags") or []], already=0)


@refuses("ec2", "CreateTags")
def tags_later(call: Call) -> None:
    given = [(tag.get("Key"), tag.get("Value")) for tag in call.get("Tags") or []]
    for resource in call.get("Resources") or []:
        has = call.backend.tags.get(resource, {})
        _check(given, already=len(set(has) - {key for key, _ in given}))


@refuses("ec2", "CreateTags")
def tags_of_nothing(call: Call) -> None:
    """moto checks the existence of some kinds of resources itself; these are the others."""
    backend = call.backend
    kinds = {
        "nat": ("InvalidNatGatewayID.NotFound", "natGateway", backend.nat_gateways),
        "vpce": ("InvalidVpcEndpointId.NotFound", "vpcEndpoint", backend.vpc_end_points),
        "acl": ("InvalidNetworkAclID.NotFound", "networkAcl", backend.network_acls),
        "fl": ("InvalidFlowLogId.NotFound", "flowLog", backend.flow_logs),
        "eipalloc": ("InvalidElasticIpID.NotFound", "elasticIp", {address.allocation_id for address in backend.addresses}),
    }
    for resource in call.get("Resources") or []:
        code, words, existing = kinds.get(resource.partition("-")[0], ("", "", {resource}))
        if resource not in existing:
            raise Refusal(code, f"The {words} ID '{resource}' does not exist")


def _check(tags: list[tuple[str | None, str | None]], already: int) -> None:
    """Rejects tags that AWS would not add to a resource that already has this many."""
    for key, value in tags:
        if not key or len(key) > 127:
            raise Refusal("InvalidParameterValue", "Tag key cannot be empty or exceed the maximum length of 127 characters")
        if key.lower().startswith("aws:"):
            raise Refusal("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
        if len(value or "") > 255:
            raise Refusal("InvalidParameterValue", f"Tag value exceeds the maximum length of 255 characters: {key}")
    repeated = [key for key, count in Counter(key for key, _ in tags).items() if count > 1]
    if repeated:
        raise Refusal("InvalidParameterValue", f"Duplicate tag key '{repeated[0]}' specified.")
    if len(tags) + already > TAGS_PER_RESOURCE:
        raise Refusal("TagLimitExceeded", f"The maximum number of Tags for a resource has been reached ({TAGS_PER_RESOURCE}).")
