"""Security group rules: all-or-nothing calls, descriptions for every source, and IPv6 in every VPC."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rehearsal.extensions.ec2_common import matching, tags_in
from rehearsal.registry import Call, adjusts, answers
from rehearsal.replies import Refusal

RULES_PER_GROUP = 60
WEIGHTS = {".cloudfront.origin-facing": 55, ".route53-healthchecks": 25, ".vpc-lattice": 10}
# Where a permission lists its sources of each type, and the key of each source.
_SOURCES = {"IpRanges": "CidrIp", "Ipv6Ranges": "CidrIpv6", "UserIdGroupPairs": "GroupId", "PrefixListIds": "PrefixListId"}
_PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


@dataclass(frozen=True)
class Rule:
    """One rule, with the fields by which AWS identifies rules; the description does not count."""

    protocol: str
    from_port: int | None
    to_port: int | None
    source_type: str
    source: str
    description: str | None = field(default=None, compare=False)


@answers("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(call: Call) -> Any:
    group, wanted = _group(call), list(asked(call))
    existing = rules_of(group, call)
    for index, rule in enumerate(wanted):
        _check(call, group, rule)
        if rule in existing or rule in wanted[:index]:
            raise Refusal("InvalidPermission.Duplicate", f'the specified rule "{_words(rule)}" already exists')
    if sum(_weight(call, rule) for rule in [*existing, *wanted]) > RULES_PER_GROUP:
        raise Refusal("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
    added = [_moto_rule(call, group, rule) for rule in wanted]
    _moto_rules(group, call).extend(added)
    return {"Return": True, "SecurityGroupRules": [_reply(rule, call) for rule in added]}


def _weight(call: Call, rule: Rule) -> int:
    """How many rules AWS counts: for a prefix list, the entries that it may have; AWS's own lists have a published weight."""
    if rule.source_type != "PrefixListIds":
        return 1
    found = call.backend.managed_prefix_lists.get(rule.source)
    name = str(getattr(found, "prefix_list_name", ""))
    return int(getattr(found, "max_entries", 0) or next((weight for end, weight in WEIGHTS.items() if name.endswith(end)), 1))


@answers("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(call: Call) -> Any:
    group = _group(call)
    existing = _moto_rules(group, call)
    by_id = {rule.id: rule for rule in existing}
    by_rule = {_rule(rule): rule for rule in existing}
    named = [by_id.get(identity) for identity in call.get("SecurityGroupRuleIds") or []]
    doomed: list[Any] = named + [by_rule.get(rule) for rule in (asked(call) if not named else ())]
    if any(rule is None for rule in doomed):  # moto's rules cannot be compared with None
        code = "InvalidSecurityGroupRuleId.NotFound" if named else "InvalidPermission.NotFound"
        raise Refusal(code, "The specified rule does not exist in this security group.")
    existing[:] = [rule for rule in existing if not any(rule is gone for gone in doomed)]
    for rule in doomed:
        call.backend.tags.pop(rule.id, None)
    return {"Return": True, "RevokedSecurityGroupRules": [_revoked(rule) for rule in doomed]}


@answers("ec2", "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
def update_descriptions(call: Call) -> Any:
    group = _group(call)
    existing = _moto_rules(group, call)
    by_rule = {_rule(rule): rule for rule in existing}
    by_id = {rule.id: rule for rule in existing}
    changes = [(by_rule.get(rule), rule.description) for rule in asked(call)]
    by_description = call.get("SecurityGroupRuleDescriptions") or []
    changes += [(by_id.get(entry["SecurityGroupRuleId"]), entry.get("Description")) for entry in by_description]
    if any(rule is None for rule, _ in changes):
        raise Refusal("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    for rule, description in changes:
        _describe(rule, description)
    return {"Return": True}


def asked(call: Call) -> Iterator[Rule]:
    """The rules that a call names, one per source."""
    permissions = call.get("IpPermissions") or ([_single(call)] if call.get("IpProtocol") or call.get("CidrIp") else [])
    for permission in permissions:
        protocol = str(permission.get("IpProtocol", "-1")).lower()
        protocol = _PROTOCOLS.get(protocol, protocol)
        first, last = (None, None) if protocol == "-1" else (permission.get("FromPort"), permission.get("ToPort"))
        for sources, key in _SOURCES.items():
            for entry in permission.get(sources) or []:
                yield Rule(protocol, first, last, sources, _source(call, entry, key), entry.get("Description"))


def rules_of(group: Any, call: Call) -> list[Rule]:
    """A group's rules in the direction of the call."""
    return [_rule(rule) for rule in _moto_rules(group, call)]


def _single(call: Call) -> dict[str, Any]:
    permission = {name: call.get(name) for name in ("IpProtocol", "FromPort", "ToPort")}
    if call.get("CidrIp"):
        return permission | {"IpRanges": [{"CidrIp": call.get("CidrIp")}]}
    return permission


def _source(call: Call, entry: dict[str, Any], key: str) -> str:
    if key == "GroupId" and "GroupId" not in entry:
        named = call.backend.get_security_group_from_name(entry.get("GroupName"), _group(call).vpc_id)
        return str(named.id) if named else str(entry.get("GroupName"))
    return str(entry[key])


def _group(call: Call) -> Any:
    identity = call.get("GroupId") or call.get("GroupName")
    group = call.backend.get_security_group_by_name_or_id(identity)
    if group is None:
        raise Refusal("InvalidGroup.NotFound", f"The security group '{identity}' does not exist")
    return group


def _moto_rules(group: Any, call: Call) -> list[Any]:
    rules: list[Any] = group.egress_rules if call.operation.endswith("Egress") else group.ingress_rules
    return rules


def _check(call: Call, group: Any, rule: Rule) -> None:
    """Rejects rules that AWS would not accept."""
    if rule.protocol in ("tcp", "udp") and (rule.from_port is None or rule.to_port is None):
        raise Refusal("InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    if rule.protocol in ("tcp", "udp") and not 0 <= (rule.from_port or 0) <= (rule.to_port or 0) <= 65535:
        raise Refusal("InvalidParameterValue", f"Invalid TCP/UDP port range ({rule.from_port}:{rule.to_port})")
    if rule.source_type in ("IpRanges", "Ipv6Ranges"):
        try:
            network: Any = (ipaddress.IPv4Network if rule.source_type == "IpRanges" else ipaddress.IPv6Network)(rule.source, strict=False)
        except ValueError:
            network = None
        if network is None or "/" not in rule.source:
            raise Refusal("InvalidParameterValue", f"CIDR block {rule.source} is malformed")
    if rule.source_type == "UserIdGroupPairs":
        other = call.backend.get_security_group_from_id(rule.source)
        if other is None or other.vpc_id != group.vpc_id:
            raise Refusal("InvalidGroup.NotFound", f"The security group '{rule.source}' does not exist")
    if rule.source_type == "PrefixListIds" and rule.source not in call.backend.managed_prefix_lists:
        raise Refusal("InvalidPrefixListID.NotFound", f"The prefix list ID '{rule.source}' does not exist")


def _moto_rule(call: Call, group: Any, rule: Rule) -> Any:
    from moto.ec2.models.security_groups import SecurityGroupRule

    described = {"Description": rule.description} if rule.description is not None else {}
    entry = {_SOURCES[rule.source_type]: rule.source, **described}
    if rule.source_type == "UserIdGroupPairs":
        entry["UserId"] = call.account_id
    is_range = rule.source_type in ("IpRanges", "Ipv6Ranges")
    return SecurityGroupRule(
        call.backend,
        rule.protocol,
        group.id,
        rule.from_port if rule.from_port is not None else -1,
        rule.to_port if rule.to_port is not None else -1,
        entry if is_range else None,
        entry if rule.source_type == "UserIdGroupPairs" else None,
        entry if rule.source_type == "PrefixListIds" else None,
        is_egress=call.operation.endswith("Egress"),
        tags=tags_in(call, "security-group-rule"),
    )


def _rule(moto_rule: Any) -> Rule:
    """moto's object as a Rule."""
    first, last = (None, None) if moto_rule.ip_protocol == "-1" else (moto_rule.from_port, moto_rule.to_port)
    if moto_rule.cidr_ipv4:
        source = ("IpRanges", moto_rule.cidr_ipv4)
    elif moto_rule.cidr_ipv6:
        source = ("Ipv6Ranges", moto_rule.cidr_ipv6)
    elif moto_rule.prefix_list_id:
        source = ("PrefixListIds", moto_rule.prefix_list_id)
    else:
        source = ("UserIdGroupPairs", moto_rule.source_group.get("GroupId"))
    return Rule(moto_rule.ip_protocol, first, last, *source, moto_rule.description)


def _describe(moto_rule: Any, description: str | None) -> None:
    holder = moto_rule.ip_range or moto_rule.source_group
    if holder:
        holder.pop("Description", None)
        holder.update({"Description": description} if description is not None else {})
    else:
        moto_rule.prefix_list_description = description


def _reply(moto_rule: Any, call: Call) -> dict[str, Any]:
    """The members of botocore's SecurityGroupRule."""
    rule = _rule(moto_rule)
    members = {
        "SecurityGroupRuleId": moto_rule.id,
        "GroupId": moto_rule.group_id,
        "GroupOwnerId": call.account_id,
        "IsEgress": moto_rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        "CidrIpv4": moto_rule.cidr_ipv4,
        "CidrIpv6": moto_rule.cidr_ipv6,
        "PrefixListId": moto_rule.prefix_list_id,
        "ReferencedGroupInfo": {"GroupId": rule.source, "UserId": call.account_id} if rule.source_type == "UserIdGroupPairs" else None,
        "Description": rule.description,
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in moto_rule.get_tags()],
    }
    return {name: value for name, value in members.items() if value is not None}


def _revoked(moto_rule: Any) -> dict[str, Any]:
    """The members of botocore's RevokedSecurityGroupRule."""
    rule = _rule(moto_rule)
    members = {
        "SecurityGroupRuleId": moto_rule.id,
        "GroupId": moto_rule.group_id,
        "IsEgress": moto_rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        "CidrIpv4": moto_rule.cidr_ipv4,
        "CidrIpv6": moto_rule.cidr_ipv6,
        "PrefixListId": moto_rule.prefix_list_id,
        "ReferencedGroupId": rule.source if rule.source_type == "UserIdGroupPairs" else None,
        "Description": rule.description,
    }
    return {name: value for name, value in members.items() if value is not None}


def all_rules(backend: Any) -> list[Any]:
    """moto's objects for the rules of all groups, in both directions."""
    groups = [group for groups in backend.groups.values() for group in groups.values()]
    return [rule for group in groups for rule in (*group.ingress_rules, *group.egress_rules)]


FILTERS = {"group-id": lambda rule: [rule.group_id], "security-group-rule-id": lambda rule: [rule.id]}


@answers("ec2", "DescribeSecurityGroupRules")
def describe(call: Call) -> Any:
    wanted, present = call.get("SecurityGroupRuleIds") or [], all_rules(call.backend)
    if missing := [identity for identity in wanted if identity not in {rule.id for rule in present}]:
        raise Refusal("InvalidSecurityGroupRuleId.NotFound", f"The security group rule ID '{missing[0]}' does not exist")
    chosen = [rule for rule in present if not wanted or rule.id in wanted]
    return {"SecurityGroupRules": [_reply(rule, call) for rule in matching(chosen, call.get("Filters"), FILTERS)]}


def _words(rule: Rule) -> str:
    ports = "ALL" if rule.from_port is None else f"from port: {rule.from_port}, to port: {rule.to_port}"
    return f"peer: {rule.source}, {rule.protocol.upper()}, {ports}, ALLOW"


def permissions(moto_rules: list[Any]) -> list[dict[str, Any]]:
    """The rules of one direction as botocore's IpPermissions: one per protocol and port range, with all its sources."""
    grouped: dict[tuple[Any, ...], dict[str, Any]] = {}
    for moto_rule in moto_rules:
        rule = _rule(moto_rule)
        permission = grouped.setdefault(
            (rule.protocol, rule.from_port, rule.to_port),
            {"IpProtocol": rule.protocol, "IpRanges": [], "Ipv6Ranges": [], "UserIdGroupPairs": [], "PrefixListIds": []},
        )
        if rule.from_port is not None:
            permission |= {"FromPort": rule.from_port, "ToPort": rule.to_port}
        entry = {_SOURCES[rule.source_type]: rule.source}
        if rule.source_type == "UserIdGroupPairs":
            entry["UserId"] = moto_rule.ec2_backend.account_id
        if rule.description is not None:
            entry["Description"] = rule.description
        permission[rule.source_type].append(entry)
    return list(grouped.values())


@adjusts("ec2")
def show_rules_with_their_descriptions() -> None:
    from moto.ec2.models.security_groups import SecurityGroup

    SecurityGroup._flattened_rules = lambda self, rules: permissions(rules)
