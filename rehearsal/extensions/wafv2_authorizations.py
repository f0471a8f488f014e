"""Authorization checks for WAF calls, after its part of the Service Authorization Reference."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.asking import ask, pairs
from rehearsal.extensions import wafv2_rules
from rehearsal.extensions.wafv2_items import TYPES, by_arn, home
from rehearsal.policies_in_force import Ask
from rehearsal.registry import Call, authorizes, backend

LISTS = (
    "ListWebACLs",
    "ListIPSets",
    "ListRuleGroups",
    "ListRegexPatternSets",
    "ListLoggingConfigurations",
    "ListAvailableManagedRuleGroups",
)
ON_ANY = (*LISTS, "ListAvailableManagedRuleGroups", "CheckCapacity")


@authorizes("wafv2")
def asked(call: Call) -> Iterator[Ask]:
    if call.operation in ON_ANY:
        yield ask(call, "*")
        return
    if call.operation == "DescribeManagedRuleGroup":
        place = "global" if call.get("Scope") == "CLOUDFRONT" else "regional"
        yield ask(call, f"arn:aws:wafv2:{call.region}:{call.account_id}:{place}/managedruleset/{call.get('Name')}/*")
        return
    own, request = _named(call), pairs(call.get("Tags") or ())
    yield ask(call, own, request=request, there=_tags(call, own))
    if call.operation.startswith("Create") and request:
        yield ask(call, own, "wafv2:TagResource", request=request)
    for arn in sorted(wafv2_rules.references(call.get("Rules") or ())):
        yield ask(call, arn, there=_tags(call, arn))
    if call.operation in ("AssociateWebACL", "DisassociateWebACL") and call.get("ResourceArn"):
        yield ask(call, str(call.get("ResourceArn")))
    if call.operation == "PutLoggingConfiguration":
        yield from _delivery(call)


def _named(call: Call) -> str:
    """The ARN of what a call is about."""
    given = call.get("LoggingConfiguration") or {}
    for name in ("ARN", "ResourceARN", "WebACLArn", "ResourceArn"):
        if arn := call.get(name) or given.get(name):
            return str(arn)
    kind = next((one for one in TYPES.values() if call.operation.removesuffix("s").endswith(one.name)), None)
    if kind is None:
        return "*"
    scope, name = str(call.get("Scope")), call.get("Name")
    place = "global" if scope == "CLOUDFRONT" else "regional"
    store = getattr(home(call, scope), kind.store).values()
    item = next((one for one in store if one.name == name), None)
    return item.arn if item else f"arn:aws:wafv2:{call.region}:{call.account_id}:{place}/{kind.part}/{name}/new"


def _tags(call: Call, arn: str) -> dict[str, str]:
    item = by_arn(call, arn)
    if item is None:
        return {}
    there = backend("wafv2", call.account_id, "aws" if item.scope == "CLOUDFRONT" else call.region)
    return dict(there.tagging_service.get_tag_dict_for_resource(arn))


def _delivery(call: Call) -> Iterator[Ask]:
    """Logging to CloudWatch Logs makes a delivery and a resource policy, with the caller's permissions. Developer Guide, "Permissions
    to publish logs to CloudWatch Logs"."""
    destinations = (call.get("LoggingConfiguration") or {}).get("LogDestinationConfigs") or []
    if any(":logs:" in one for one in destinations):
        for action in ("CreateLogDelivery", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"):
            yield ask(call, "*", f"logs:{action}")
