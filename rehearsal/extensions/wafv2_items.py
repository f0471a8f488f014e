"""Web ACLs, IP sets, regex pattern sets, and rule groups: one life for all, with lock tokens, and what may refer to what.

moto keeps some members only, drops a change that removes the last rule, makes lock tokens of another length, names errors differently, and
deletes what is in use.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.extensions import wafv2_rules
from rehearsal.extensions.cloudfront_common import store_at
from rehearsal.registry import Call, answers, backend
from rehearsal.replies import Refusal
from rehearsal.settings import Settings

GLOBAL = "us-east-1"


@dataclass(frozen=True)
class Type:
    """``store``: where moto keeps them. ``part``: of their ARN. ``listed``: the member of a list's reply. ``never``: members that an
    update does not have."""

    name: str
    store: str
    part: str
    listed: str
    never: tuple[str, ...]


TYPES: Mapping[str, Type] = {
    one.name: one
    for one in (
        Type("WebACL", "wacls", "webacl", "WebACLs", ("Name",)),
        Type("IPSet", "ip_sets", "ipset", "IPSets", ("Name", "IPAddressVersion")),
        Type("RegexPatternSet", "regex_pattern_sets", "regexpatternset", "RegexPatternSets", ("Name",)),
        Type("RuleGroup", "rule_groups", "rulegroup", "RuleGroups", ("Name", "Capacity")),
    )
}
ENVELOPE = frozenset({"Scope", "Tags", "LockToken", "Id"})


@dataclass
class Item:
    """One of them. `associated_resources`, `arn`, and `lock_token` are moto's names, which its own functions use."""

    type: Type
    name: str
    id: str
    arn: str
    scope: str
    members: dict[str, Any]
    lock_token: str = ""
    created: float = field(default_factory=time.monotonic)
    associated_resources: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.touch()

    def touch(self) -> None:
        self.lock_token = str(uuid.uuid4())

    @property
    def rules(self) -> list[dict[str, Any]]:
        return list(self.members.get("Rules") or ())

    def to_dict(self) -> dict[str, Any]:
        shown = {"Id": self.id, "ARN": self.arn, **self.members}
        if self.type.name == "WebACL":
            account = self.arn.split(":")[4]
            shown |= {"Capacity": wafv2_rules.capacity(self.rules), "LabelNamespace": f"awswaf:{account}:webacl:{self.name}:"}
            shown |= {"ManagedByFirewallManager": False, "Rules": self.rules}
        return shown

    def summary(self) -> dict[str, Any]:
        shown = {"Name": self.name, "Id": self.id, "ARN": self.arn, "LockToken": self.lock_token}
        return shown | ({"Description": self.members["Description"]} if self.members.get("Description") else {})


def missing() -> Refusal:
    return Refusal("WAFNonexistentItemException", "AWS WAF couldn't perform the operation because your resource doesn't exist.")


def home(call: Call, scope: str) -> Any:
    """The backend that has what is of a scope. What is for CloudFront exists once, and only its own region has it."""
    if scope not in ("CLOUDFRONT", "REGIONAL"):
        raise wafv2_rules.invalid(scope, "The scope is not valid.")
    if scope == "CLOUDFRONT" and call.region != GLOBAL:
        raise Refusal("WAFInvalidParameterException", "Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT")
    return backend("wafv2", call.account_id, "aws" if scope == "CLOUDFRONT" else call.region)


def by_arn(call: Call, arn: str) -> Item | None:
    """What has an ARN, wherever it is."""
    parts = arn.split(":")
    if len(parts) < 6 or parts[2] != "wafv2":
        return None
    there = backend("wafv2", call.account_id, "aws" if parts[5].startswith("global/") else parts[3])
    part = parts[5].split("/")[1] if "/" in parts[5] else ""
    stores = [getattr(there, one.store) for one in TYPES.values() if one.part == part]
    return stores[0].get(arn) if stores else None


def everything(call: Call, scope: str) -> Iterator[Item]:
    there = home(call, scope)
    for one in TYPES.values():
        yield from getattr(there, one.store).values()


def settled(item: Item | None, settings: Settings) -> Item:
    """Raises Refusal for what does not exist, or not everywhere yet."""
    if item is None:
        raise missing()
    if time.monotonic() - item.created < settings.propagation_seconds:
        text = "AWS WAF couldn't retrieve the resource that you requested. Retry your request."
        raise Refusal("WAFUnavailableEntityException", text)
    return item


def _type_of(call: Call, verb: str) -> Type:
    return TYPES[call.operation.removeprefix(verb).removesuffix("s" if verb == "List" else "")]


def _found(call: Call, verb: str) -> Item:
    kind = _type_of(call, verb)
    if arn := call.get("ARN"):
        item = by_arn(call, str(arn))
    else:
        store = getattr(home(call, str(call.get("Scope"))), kind.store)
        item = next((one for one in store.values() if (one.name, one.id) == (call.get("Name"), call.get("Id"))), None)
    if item is None:
        raise missing()
    return item


def _unlocked(call: Call, verb: str) -> Item:
    item = _found(call, verb)
    if item.lock_token != call.get("LockToken"):
        text = "AWS WAF couldn't save your changes because someone changed the resource after you started to edit it. Reapply your changes."
        raise Refusal("WAFOptimisticLockException", text)
    return item


def _check_rules(call: Call, rules: Any) -> None:
    given = list(rules or ())
    wafv2_rules.check(given)
    for arn in wafv2_rules.references(given):
        item = settled(by_arn(call, arn), call.settings)
        if item.scope != call.get("Scope"):
            raise wafv2_rules.invalid(arn, "The referenced item has another scope")
    if (units := wafv2_rules.capacity(given)) > wafv2_rules.MOST_CAPACITY:
        text = f"AWS WAF couldn't perform the operation because you exceeded your resource limit: {units} WCU."
        raise Refusal("WAFLimitsExceededException", text)


@answers("wafv2", *(f"Create{name}" for name in TYPES))
def create(call: Call) -> Any:
    kind, scope, name = _type_of(call, "Create"), str(call.get("Scope")), str(call.get("Name"))
    there = home(call, scope)
    store = getattr(there, kind.store)
    if any(one.name == name for one in store.values()):
        text = "AWS WAF couldn't perform the operation because some resource in your request is a duplicate of an existing one."
        raise Refusal("WAFDuplicateItemException", text)
    _check_rules(call, call.get("Rules"))
    identity = str(uuid.uuid4())
    place = "global" if scope == "CLOUDFRONT" else "regional"
    arn = f"arn:aws:wafv2:{call.region}:{call.account_id}:{place}/{kind.part}/{name}/{identity}"
    item = Item(kind, name, identity, arn, scope, {key: value for key, value in call.parameters.items() if key not in ENVELOPE})
    store[arn] = item
    if call.get("Tags"):
        there.tagging_service.tag_resource(arn, call.get("Tags"))
    return {"Summary": item.summary()}


@answers("wafv2", *(f"Update{name}" for name in TYPES))
def update(call: Call) -> Any:
    """Replaces everything: what an update leaves out is gone."""
    item = _unlocked(call, "Update")
    _check_rules(call, call.get("Rules"))
    fixed = {name: value for name, value in item.members.items() if name in item.type.never}
    given = {name: value for name, value in call.parameters.items() if name not in ENVELOPE and name not in item.type.never}
    item.members = {**fixed, **given}
    item.touch()
    return {"NextLockToken": item.lock_token}


@answers("wafv2", *(f"Get{name}" for name in TYPES))
def get(call: Call) -> Any:
    item = _found(call, "Get")
    return {item.type.name: item.to_dict(), "LockToken": item.lock_token}


@answers("wafv2", *(f"List{name}s" for name in TYPES))
def listed(call: Call) -> Any:
    kind = _type_of(call, "List")
    items = list(getattr(home(call, str(call.get("Scope"))), kind.store).values())
    first, limit = int(call.get("NextMarker") or 0), int(call.get("Limit") or 100)
    more = {"NextMarker": str(first + limit)} if first + limit < len(items) else {}
    return {kind.listed: [one.summary() for one in items[first : first + limit]], **more}


@answers("wafv2", *(f"Delete{name}" for name in TYPES))
def delete(call: Call) -> Any:
    item = _unlocked(call, "Delete")
    if associated(call, item) or _distributions(call, item) or any(_refers(one, item) for one in everything(call, item.scope)):
        text = "AWS WAF couldn't perform the operation because your resource is being used by another resource or is associated with one."
        raise Refusal("WAFAssociatedItemException", text)
    there = home(call, item.scope)
    getattr(there, item.type.store).pop(item.arn)
    there.logging_configurations.pop(item.arn, None)
    there.tagging_service.delete_all_tags_for_resource(item.arn)
    return {}


def associated(call: Call, item: Item) -> list[str]:
    """The resources that a web ACL protects. A load balancer that is deleted is no longer one of them."""
    balancers = backend("elbv2", call.account_id, call.region).load_balancers
    return [one for one in item.associated_resources if ":loadbalancer/" not in one or one in balancers]


def _refers(one: Item, to: Item) -> bool:
    return to.arn in wafv2_rules.references(one.rules)


def _distributions(call: Call, item: Item) -> bool:
    """Whether a distribution uses a web ACL."""
    if item.type.name != "WebACL" or item.scope != "CLOUDFRONT":
        return False
    return any(
        one.config.get("WebACLId") == item.arn for one in store_at(backend("cloudfront", call.account_id, "aws")).distributions.values()
    )


@answers("wafv2", "CheckCapacity")
def check_capacity(call: Call) -> Any:
    wafv2_rules.check(list(call.get("Rules") or ()))
    return {"Capacity": wafv2_rules.capacity(list(call.get("Rules") or ()))}
