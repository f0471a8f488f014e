"""Rules of web ACLs and rule groups: what is wrong with them, what they refer to, and what they cost in web ACL capacity units (WCU)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rehearsal.extensions.wafv2_managed import group_of
from rehearsal.replies import Refusal

MOST_CAPACITY = 5000
LOWEST_RATE, HIGHEST_RATE = 10, 2_000_000_000
WINDOWS = (60, 120, 300, 600)
REFERENCES = ("IPSetReferenceStatement", "RuleGroupReferenceStatement", "RegexPatternSetReferenceStatement")
GROUPS = ("ManagedRuleGroupStatement", "RuleGroupReferenceStatement")
TRANSFORMATION = 10
WEIGHT = {
    "IPSetReferenceStatement": 1,
    "GeoMatchStatement": 1,
    "AsnMatchStatement": 1,
    "LabelMatchStatement": 1,
    "SizeConstraintStatement": 1,
    "RegexMatchStatement": 3,
    "RegexPatternSetReferenceStatement": 25,
    "SqliMatchStatement": 20,
    "XssMatchStatement": 40,
    "RateBasedStatement": 2,
    "ByteMatchStatement": 2,
}
CONTAINS = 10
CUSTOM_KEY = 30


def invalid(parameter: Any, reason: str) -> Refusal:
    return Refusal(
        "WAFInvalidParameterException", f"Error reason: {reason}, field: RULE, parameter: {parameter} (Service: Wafv2, Status Code: 400)"
    )


def statements(rules: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each statement of some rules, with its type; nested ones, too."""
    for rule in rules:
        yield from _nested(rule.get("Statement") or {})


def _nested(statement: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for kind, content in statement.items():
        yield kind, content
        for inner in content.get("Statements") or [content[name] for name in ("Statement", "ScopeDownStatement") if content.get(name)]:
            yield from _nested(inner)


def references(rules: Sequence[Mapping[str, Any]]) -> set[str]:
    """The ARNs that the rules refer to."""
    return {str(content["ARN"]) for kind, content in statements(rules) if kind in REFERENCES}


def check(rules: Sequence[Mapping[str, Any]]) -> None:
    """Raises Refusal."""
    for member, called in (("Name", "names"), ("Priority", "priorities")):
        values = [rule[member] for rule in rules]
        if len(set(values)) != len(values):
            raise invalid(values, f"You have used the same {called} for several rules")
    for rule in rules:
        is_group = any(kind in GROUPS for kind in rule.get("Statement") or {})
        if ("OverrideAction" in rule) != is_group or ("Action" in rule) == is_group:
            raise invalid(rule["Name"], "A rule that refers to a rule group needs OverrideAction, and any other rule Action")
        if rule["VisibilityConfig"].get("MetricName", "") in ("", "All", "Default_Action"):
            raise invalid(rule["Name"], "The metric name is reserved or empty")
    for kind, content in statements(rules):
        if kind == "ManagedRuleGroupStatement":
            _check_overrides(content)
        elif kind == "RateBasedStatement":
            _check_rate(content)


def _check_overrides(content: Mapping[str, Any]) -> None:
    known = group_of(content.get("VendorName"), content.get("Name")).rules
    for override in content.get("RuleActionOverrides") or ():
        if override["Name"] not in known:
            raise invalid(override["Name"], f"The rule group {content['Name']} has no rule of this name")


def _check_rate(content: Mapping[str, Any]) -> None:
    if not LOWEST_RATE <= content.get("Limit", 0) <= HIGHEST_RATE:
        raise invalid(content.get("Limit"), f"The limit must be between {LOWEST_RATE} and {HIGHEST_RATE}")
    if content.get("EvaluationWindowSec", 300) not in WINDOWS:
        raise invalid(content["EvaluationWindowSec"], f"The evaluation window must be one of {WINDOWS}")
    if content.get("AggregateKeyType") == "CUSTOM_KEYS" and not content.get("CustomKeys"):
        raise invalid("CUSTOM_KEYS", "Custom keys are missing")


def capacity(rules: Sequence[Mapping[str, Any]]) -> int:
    """After "Web ACL capacity units (WCUs) in AWS WAF". Rule groups that an account owns count with the capacity they were created with,
    which is left out here."""
    total = 0
    for kind, content in statements(rules):
        if kind == "ManagedRuleGroupStatement":
            total += group_of(content.get("VendorName"), content.get("Name")).capacity
            continue
        weight = WEIGHT.get(kind, 0)
        if kind == "ByteMatchStatement" and content.get("PositionalConstraint") in ("CONTAINS", "CONTAINS_WORD"):
            weight = CONTAINS
        if kind == "RateBasedStatement":
            weight += CUSTOM_KEY * len(content.get("CustomKeys") or ())
        plain = [one for one in content.get("TextTransformations") or () if one.get("Type") != "NONE"]
        total += weight + TRANSFORMATION * len(plain)
    return total
