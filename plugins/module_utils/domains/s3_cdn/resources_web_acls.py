# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The resources of web ACLs: the ACLs, their IP sets, and their log groups. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...aws.place import Place
from ...reconcile.model import Resource, ref
from .kinds.waf_kind import CLOUDFRONT, GLOBAL_REGION, REGIONAL
from .settings.web_acls import LOG_PREFIX, IpSet, ManagedGroup, RateLimit, WebAcl, WebAcls

IN_WAF = {"cloudfront": CLOUDFRONT, "alb": REGIONAL}
RESOURCE_TYPES = {"cloudfront": "CLOUDFRONT", "alb": "APPLICATION_LOAD_BALANCER"}
MEMBERS = {"block": "Block", "count": "Count", "allow": "Allow", "captcha": "Captcha", "challenge": "Challenge"}
SEEN_AS = {"block": "BLOCK", "count": "COUNT", "allow": "ALLOW", "captcha": "CAPTCHA", "challenge": "CHALLENGE"}
"""Actions in rules, and in filters of logs."""
UNCHANGED = [{"Priority": 0, "Type": "NONE"}]


def build(web_acls: WebAcls, place: Place) -> list[Resource]:
    return [one for web_acl in web_acls.values() for scope in web_acl.scopes for one in _of_scope(web_acl, scope, place)]


def address(name: str, scope: str) -> str:
    """The address of a web ACL."""
    return f"waf_web_acl.{name}/{scope}"


def region_of(scope: str, home: str) -> str:
    """The region of a scope, if it is not the component's own; otherwise empty."""
    return GLOBAL_REGION if scope == "cloudfront" and home != GLOBAL_REGION else ""


def _of_scope(one: WebAcl, scope: str, place: Place) -> Iterator[Resource]:
    for each in one.ip_sets:
        yield _ip_set(one, each, scope, place)
    if one.logging and not one.logging.destination:
        yield _log_group(one, scope, place)
    yield _web_acl(one, scope, place)


def _at(scope: str, place: Place) -> dict[str, str]:
    region = region_of(scope, place.region)
    return {"region": region} if region else {}


def _ip_set(one: WebAcl, each: IpSet, scope: str, place: Place) -> Resource:
    addresses = {"initial_addresses" if each.external else "addresses": list(each.addresses)}
    properties = {
        **_at(scope, place),
        "ip_set_name": f"{one.in_waf(scope)}-{each.name}",
        "scope": IN_WAF[scope],
        "ip_address_version": f"IPV{each.version}",
        **addresses,
        "tags": {**place.tags, "Name": f"{one.in_waf(scope)}-{each.name}", **one.tags},
    }
    return Resource("waf_ip_set", f"{one.name}/{scope}/{each.name}", properties)


def _log_group(one: WebAcl, scope: str, place: Place) -> Resource:
    name = f"{LOG_PREFIX}{one.in_waf(scope)}"
    properties = {
        **_at(scope, place),
        "log_group_name": name,
        "retention_in_days": one.logging.retention_days if one.logging else None,
        "tags": {**place.tags, "Name": name, **one.tags},
    }
    return Resource("waf_log_group", f"{one.name}/{scope}", properties)


def _web_acl(one: WebAcl, scope: str, place: Place) -> Resource:
    properties: dict[str, Any] = {
        **_at(scope, place),
        "web_acl_name": one.in_waf(scope),
        "scope": IN_WAF[scope],
        "default_action": {"Allow": {}} if one.allow else {"Block": {}},
        "rules": rules_of(one, scope),
        "visibility": _visibility(one, one.in_waf(scope)),
        "logging": _logging(one, scope),
        "tags": {**place.tags, "Name": one.in_waf(scope), **one.tags},
    }
    if one.body_kb:
        properties["association"] = {"RequestBody": {RESOURCE_TYPES[scope]: {"DefaultSizeInspectionLimit": f"KB_{one.body_kb}"}}}
    return Resource("waf_web_acl", f"{one.name}/{scope}", properties)


def _logging(one: WebAcl, scope: str) -> dict[str, Any] | None:
    if one.logging is None:
        return None
    destination = one.logging.destination or ref(f"waf_log_group.{one.name}/{scope}", "arn")
    return {"destination": destination, "redacted": sorted(one.logging.redact), "filter": _filter(one.logging.only)}


def _filter(only: tuple[str, ...]) -> dict[str, Any] | None:
    if not only:
        return None
    conditions = [{"ActionCondition": {"Action": SEEN_AS[one]}} for one in only]
    return {"Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}], "DefaultBehavior": "DROP"}


def rules_of(one: WebAcl, scope: str) -> list[dict[str, Any]]:
    """Allowed addresses come first, then what costs least to reject: addresses, rates, groups. WAF stops at the first rule that decides."""
    found = [
        *(_ip_rule(one, each, scope) for each in sorted(one.ip_sets, key=lambda each: (each.action != "allow", each.name))),
        *(_rate_rule(one, each) for each in one.rate_limits),
        *(_group_rule(one, each) for each in one.groups),
    ]
    return [{**rule, "Priority": priority} for priority, rule in enumerate(found)]


def _visibility(one: WebAcl, name: str) -> dict[str, Any]:
    return {"SampledRequestsEnabled": one.sampled, "CloudWatchMetricsEnabled": True, "MetricName": name}


def _rule(one: WebAcl, name: str, statement: Mapping[str, Any], **action: Any) -> dict[str, Any]:
    return {"Name": name, "Statement": statement, **action, "VisibilityConfig": _visibility(one, name)}


def _action(name: str) -> dict[str, Any]:
    return {MEMBERS[name]: {}}


def _ip_rule(one: WebAcl, each: IpSet, scope: str) -> dict[str, Any]:
    statement = {"IPSetReferenceStatement": {"ARN": ref(f"waf_ip_set.{one.name}/{scope}/{each.name}", "arn")}}
    return _rule(one, f"ip-{each.name}", statement, Action=_action(each.action))


def _rate_rule(one: WebAcl, each: RateLimit) -> dict[str, Any]:
    statement: dict[str, Any] = {"Limit": each.limit, "EvaluationWindowSec": each.window, "AggregateKeyType": "IP"}
    if each.starts_with:
        match = {
            "SearchString": each.starts_with,
            "FieldToMatch": {"UriPath": {}},
            "TextTransformations": UNCHANGED,
            "PositionalConstraint": "STARTS_WITH",
        }
        statement["ScopeDownStatement"] = {"ByteMatchStatement": match}
    return _rule(one, f"rate-{each.name}", {"RateBasedStatement": statement}, Action=_action(each.action))


def _group_rule(one: WebAcl, each: ManagedGroup) -> dict[str, Any]:
    statement: dict[str, Any] = {"VendorName": each.vendor, "Name": each.aws_name}
    if each.version:
        statement["Version"] = each.version
    if each.configuration:
        statement["ManagedRuleGroupConfigs"] = [dict(one) for one in each.configuration]
    if each.overrides:
        statement["RuleActionOverrides"] = [{"Name": name, "ActionToUse": _action(to)} for name, to in sorted(each.overrides.items())]
    override: dict[str, Any] = {"Count": {}} if each.count else {"None": {}}
    return _rule(one, each.name.replace("_", "-"), {"ManagedRuleGroupStatement": statement}, OverrideAction=override)
