# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What AWS says of the managed rule groups that web ACLs use: which rules they have, and what they cost. Decisions are pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...aws.connection import Aws
from ...inputs.problems import suggestion
from .kinds.waf_kind import GLOBAL_REGION
from .resources_web_acls import IN_WAF
from .settings.web_acls import AT_EXTRA_COST, ManagedGroup, WebAcl, WebAcls

QUESTION = "managed rule groups"
MOST_CAPACITY, INCLUDED_CAPACITY = 5000, 1500
"""Web ACL capacity units (WCU): the quota of a web ACL, and what its base price includes. "Web ACL capacity units" in the AWS WAF Developer
Guide."""
RATE, RATE_OF_A_PATH, ADDRESSES = 2, 4, 1

Group = tuple[str, str, str, str]
"""Scope, vendor, name, and version of a managed rule group."""


@dataclass(frozen=True)
class Said:
    """What AWS says of one. ``rules``: the names; ``exists``: whether the vendor offers it."""

    exists: bool
    capacity: int = 0
    rules: tuple[str, ...] = ()


def group_of(scope: str, group: ManagedGroup) -> Group:
    return scope, group.vendor, group.aws_name, group.version


def ask(aws: Aws, web_acls: WebAcls) -> dict[Group, Said]:
    """One call for each group, in parallel. Raises CallFailed."""
    wanted = sorted({group_of(scope, group) for one in web_acls.values() for scope in one.scopes for group in one.groups})
    return dict(zip(wanted, aws.map(lambda group: _described(aws, group), wanted), strict=True))


def _described(aws: Aws, group: Group) -> Said:
    scope, vendor, name, version = group
    there = aws.in_region(GLOBAL_REGION) if scope == "cloudfront" else aws
    more = {"VersionName": version} if version else {}
    found = there.find("wafv2", "describe_managed_rule_group", VendorName=vendor, Name=name, Scope=IN_WAF[scope], **more)
    return Said(True, found["Capacity"], tuple(rule["Name"] for rule in found["Rules"])) if found else Said(False)


def problems(web_acls: WebAcls, said: Mapping[Group, Said]) -> Iterator[str]:
    """What AWS would refuse."""
    for one in web_acls.values():
        for scope in one.scopes:
            for group in one.groups:
                yield from _wrong(group, said[group_of(scope, group)])
            if (units := capacity(one, scope, said)) > MOST_CAPACITY:
                yield f"{one.path} needs {units} web ACL capacity units, but a web ACL has up to {MOST_CAPACITY}; use fewer managed_groups"


def _wrong(group: ManagedGroup, said: Said) -> Iterator[str]:
    if not said.exists:
        version = f" in version {group.version}" if group.version else ""
        yield (
            f"{group.path} is the managed rule group {group.aws_name} of {group.vendor}{version}, which AWS WAF does not offer to this "
            "account; `aws wafv2 list-available-managed-rule-groups` lists those that it does"
        )
        return
    for name in group.overrides:
        if name not in said.rules:
            yield f"{group.path}.rules.{name} is no rule of {group.aws_name}; {suggestion(name, said.rules)}"


def capacity(one: WebAcl, scope: str, said: Mapping[Group, Said]) -> int:
    """Web ACL capacity units."""
    rates = sum(RATE_OF_A_PATH if limit.starts_with else RATE for limit in one.rate_limits)
    return rates + ADDRESSES * len(one.ip_sets) + sum(said[group_of(scope, group)].capacity for group in one.groups)


def notes(web_acls: WebAcls, said: Mapping[Group, Any]) -> Iterator[str]:
    """What costs more than a reader of the settings would expect."""
    for one in web_acls.values():
        for scope in one.scopes:
            if (units := capacity(one, scope, said)) > INCLUDED_CAPACITY:
                yield f"{one.path}: {units} WCU for {scope}; above {INCLUDED_CAPACITY}, each 500 WCU cost 0.20 USD per million requests"
        for group in one.groups:
            if price := AT_EXTRA_COST.get(group.aws_name):
                yield f"{group.path}: {group.aws_name} costs {price}, in addition to its rule"
