"""Cache, origin request, and response headers policies: those of the account, and AWS's managed ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.extensions.cloudfront_common import (
    Document,
    Entity,
    check_quantities,
    check_version,
    filled,
    found_in,
    invalid,
    page,
    remove,
    store,
)
from rehearsal.extensions.cloudfront_managed import MANAGED
from rehearsal.registry import Call, answers
from rehearsal.replies import Refusal

NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
MOST_POLICIES = 20
DAY, YEAR = 86_400, 31_536_000


@dataclass(frozen=True)
class Sort:
    """One kind of policy, by its name in operations. `plural` as in TooMany...; `used` is the member of behaviors that names one."""

    name: str
    plural: str
    defaults: Mapping[str, Any]

    @property
    def used(self) -> str:
        return f"{self.name}Id"

    @property
    def config(self) -> str:
        return f"{self.name}Config"

    @property
    def gone(self) -> str:
        return f"NoSuch{self.name}"

    @property
    def path(self) -> str:
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", self.name).lower()


SORTS = {
    one.name: one
    for one in (
        Sort("CachePolicy", "CachePolicies", {"Comment": "", "DefaultTTL": DAY, "MaxTTL": YEAR}),
        Sort("OriginRequestPolicy", "OriginRequestPolicies", {"Comment": ""}),
        Sort("ResponseHeadersPolicy", "ResponseHeadersPolicies", {"Comment": ""}),
    )
}


def sort_of(call: Call) -> Sort:
    """`UpdateCachePolicy`, `ListCachePolicies` -> that of cache policies."""
    return next(one for one in SORTS.values() if one.name in call.operation or one.plural in call.operation)


def own(call: Call, sort: Sort) -> dict[str, Entity]:
    return store(call).policies.setdefault(sort.name, {})


def every(call: Call, sort: Sort) -> dict[str, Entity]:
    return {**MANAGED[sort.name], **own(call, sort)}


def operations(verb: str, plural: bool = False) -> list[str]:
    return [f"{verb}{one.plural if plural else one.name}" for one in SORTS.values()]


@answers("cloudfront", *operations("Create"))
def create(call: Call) -> Document:
    sort = sort_of(call)
    if len(own(call, sort)) >= MOST_POLICIES:
        raise Refusal(f"TooMany{sort.plural}", f"You have reached the maximum of {MOST_POLICIES} policies of this kind.", 400)
    made = Entity(_lower_id(), _checked(call, sort))
    own(call, sort)[made.id] = made
    return {**_one(sort, made), "Location": f"https://cloudfront.amazonaws.com/2020-05-31/{sort.path}/{made.id}"}


def _lower_id() -> str:
    """Policies have IDs in the form of UUIDs."""
    import uuid

    return str(uuid.uuid4())


def _one(sort: Sort, one: Entity) -> Document:
    return {sort.name: _shown(sort, one), "ETag": one.etag}


def _shown(sort: Sort, one: Entity) -> Document:
    return {"Id": one.id, "LastModifiedTime": one.modified, sort.config: one.config}


def _checked(call: Call, sort: Sort, mine: Entity | None = None) -> Document:
    given = call.get(sort.config) or {}
    check_quantities(given)
    config = filled(given, sort.defaults)
    if not NAME.fullmatch(str(config.get("Name") or "")):
        raise invalid("The parameter Name is not valid: 1 to 128 letters, digits, _ and -.")
    if any(one is not mine and one.config["Name"] == config["Name"] for one in every(call, sort).values()):
        raise Refusal(f"{sort.name}AlreadyExists", f"A {sort.name} with the name {config['Name']} already exists.", 409)
    if sort.name == "CachePolicy":
        _check_cache(config)
    return config


def _check_cache(config: Document) -> None:
    """TTLs in order; without caching, nothing can be part of the cache key (CreateCachePolicy)."""
    least, usual, most = (int(config[name]) for name in ("MinTTL", "DefaultTTL", "MaxTTL"))
    if not 0 <= least <= usual <= most:
        raise invalid("The parameter DefaultTTL must be between MinTTL and MaxTTL.")
    key = config.setdefault("ParametersInCacheKeyAndForwardedToOrigin", {})
    if not key:
        raise invalid("The parameter ParametersInCacheKeyAndForwardedToOrigin is required.")
    parts = {"Headers": "Header", "Cookies": "Cookie", "QueryStrings": "QueryString"}
    taken = [part for part, one in parts.items() if (key.get(f"{part}Config") or {}).get(f"{one}Behavior") != "none"]
    if most == 0 and (taken or key.get("EnableAcceptEncodingGzip") or key.get("EnableAcceptEncodingBrotli")):
        raise invalid("The parameters of the cache key must be none, and encodings off, when caching is disabled (MaxTTL 0).")


@answers("cloudfront", *operations("Get"))
def get(call: Call) -> Document:
    sort = sort_of(call)
    return _one(sort, found_in(every(call, sort), call.get("Id"), sort.gone))


@answers("cloudfront", *(f"{name}Config" for name in operations("Get")))
def get_config(call: Call) -> Document:
    sort = sort_of(call)
    one = found_in(every(call, sort), call.get("Id"), sort.gone)
    return {sort.config: one.config, "ETag": one.etag}


@answers("cloudfront", *operations("List", plural=True))
def listed(call: Call) -> Document:
    sort = sort_of(call)
    kinds = {"managed": MANAGED[sort.name], "custom": own(call, sort)}
    wanted = [call.get("Type")] if call.get("Type") else list(kinds)
    found: list[tuple[str, Document]] = [
        (one.id, {"Type": kind, sort.name: _shown(sort, one)}) for kind in wanted for one in kinds[kind].values()
    ]
    return {f"{sort.name}List": page(call, found, numbers=False)}


@answers("cloudfront", *operations("Update"))
def update(call: Call) -> Document:
    sort = sort_of(call)
    one = _changeable(call, sort, "IllegalUpdate")
    one.change(_checked(call, sort, one))
    return _one(sort, one)


@answers("cloudfront", *operations("Delete"))
def delete(call: Call) -> Document:
    sort = sort_of(call)
    one = _changeable(call, sort, "IllegalDelete")
    if list(users(call, sort.used, one.id)):
        text = f"Cannot delete the {sort.name} because it is attached to one or more cache behaviors."
        raise Refusal(f"{sort.name}InUse", text, 409)
    return remove(own(call, sort), one.id)


def _changeable(call: Call, sort: Sort, illegal: str) -> Entity:
    one = found_in(every(call, sort), call.get("Id"), sort.gone)
    if one.id in MANAGED[sort.name]:
        raise Refusal(illegal, "You cannot change or delete a managed policy.", 400)
    check_version(call, one.etag)
    return one


def users(call: Call, member: str, value: str) -> Iterator[Any]:
    """The distributions with a behavior that has this value, such as a policy's ID."""
    for one in store(call).distributions.values():
        if any(behavior.get(member) == value for behavior in one.behaviors()):
            yield one
