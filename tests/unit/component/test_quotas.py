# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How much of each quota a plan needs, and when that is too much: pure functions over made-up kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.aws.quotas import Count, Quota, Size
from ansible_collections.mainstay.aws.plugins.module_utils.component.quota_reads import size_of_list
from ansible_collections.mainstay.aws.plugins.module_utils.component.quotas import Limit, demands, regions, shortfalls
from ansible_collections.mainstay.aws.plugins.module_utils.kinds.limits import (
    ALLOW_ALL,
    egress_of_group,
    prefix_lists,
    rules_of_group,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Property, Resource, fixed, later, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan


def no_calls(_aws: Any, _scopes: Sequence[str]) -> Mapping[str, int]:
    raise AssertionError("pure functions make no calls")


BOXES = Count("x", "L-1", "boxes", 5, no_calls)
ROOMS = Count("x", "L-2", "rooms of a house", 5, no_calls, per=("house",))
STREETS = Count("x", "L-3", "rooms of a street", 5, no_calls, per=("house", "street"))
SEATS = Count("x", "L-4", "seats", 5, no_calls, takes=lambda properties: int(properties.get("seats", 0)))
LENGTH = Size("x", "L-5", "words", 3, "words", lambda before, after: len(after))


@dataclass
class AwsResource:
    """The part of a kind that the planner uses."""

    name: str
    quotas: tuple[Quota, ...] = ()
    properties: dict[str, Property] = field(
        default_factory=lambda: {
            **{name: fixed() for name in ("region", "house", "street", "seats", "size")},
            "words": later(),
        }
    )
    create_first: bool = False
    exclusive: bool = False
    holds_data: bool = False
    deleted_after: tuple[str, ...] = ()
    changing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def planned(
    desired: Sequence[Resource], observed: Sequence[Observed], quotas: tuple[Quota, ...], **more: Any
) -> tuple[Plan, dict[str, Any]]:
    kinds: dict[str, Any] = {"house": AwsResource("house"), "thing": AwsResource("thing", quotas, **more)}
    return make_plan(desired, observed, kinds, Consent(("*",), ("*",))), kinds


def thing(name: str, **properties: Any) -> Resource:
    return Resource("thing", name, properties)


def seen(name: str, kind: str = "thing", **properties: Any) -> Observed:
    return Observed(kind, f"{kind}.{name}", f"id-{name}", properties)


HOUSE = Resource("house", "h", {"street": "a"})
OLD_HOUSE = seen("h", "house", street="a")

# name: desired, observed, quota, attributes of the kind, {scope: amount}
CASES: dict[str, tuple[list[Resource], list[Observed], Quota, dict[str, Any], dict[str, int]]] = {
    "nothing": ([], [], BOXES, {}, {}),
    "two new ones": ([thing("a"), thing("b")], [], BOXES, {}, {"": 2}),
    "one new, one there": ([thing("a"), thing("b")], [seen("a")], BOXES, {}, {"": 1}),
    "only a deletion": ([], [seen("a")], BOXES, {}, {}),
    "only a change": ([thing("a", words=["x"])], [seen("a", words=[])], BOXES, {}, {}),
    "a deletion beside a creation comes at any time": ([thing("b")], [seen("a")], BOXES, {}, {"": 1}),
    "a deletion comes first where the kind is exclusive": ([thing("b")], [seen("a")], BOXES, {"exclusive": True}, {}),
    "a replacement needs no room": ([thing("a", size=2)], [seen("a", size=1)], BOXES, {}, {}),
    "one that creates first needs room for both": ([thing("a", size=2)], [seen("a", size=1)], BOXES, {"create_first": True}, {"": 1}),
    "in a new house": ([HOUSE, thing("a", house=ref("house.h"))], [], ROOMS, {}, {"house.h": 1}),
    "in a house that is there": ([HOUSE, thing("a", house=ref("house.h"))], [OLD_HOUSE], ROOMS, {}, {"id-h": 1}),
    "a house moves with what is in it": (
        [Resource("house", "h", {"street": "b"}), thing("a", house=ref("house.h"))],
        [OLD_HOUSE, seen("a", house="id-h")],
        ROOMS,
        {},
        {"house.h": 1},
    ),
    "the street of a new house": ([HOUSE, thing("a", house=ref("house.h"))], [], STREETS, {}, {"a": 1}),
    "the same street after a replacement": (
        [HOUSE, thing("a", house=ref("house.h"), size=2)],
        [OLD_HOUSE, seen("a", house="id-h", size=1)],
        STREETS,
        {},
        {},
    ),
    "as many as the properties say": ([thing("a", seats=3), thing("b", seats=2)], [], SEATS, {}, {"": 5}),
    "not what the quota is not about": ([thing("a")], [], SEATS, {}, {}),
    "a long property": ([thing("a", words=["x", "y"])], [], LENGTH, {}, {"thing.a": 2}),
    "a property made longer": ([thing("a", words=["x", "y"])], [seen("a", words=["x"])], LENGTH, {}, {"thing.a": 2}),
    "a property that stays": ([thing("a", words=["x"])], [seen("a", words=["x"])], LENGTH, {}, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_demands(name: str) -> None:
    desired, observed, quota, more, expected = CASES[name]
    plan, kinds = planned(desired, observed, (quota,), **more)
    assert {demand.scope: demand.amount for demand in demands(plan, kinds)} == expected


AWAY: dict[str, tuple[list[Resource], list[Observed], dict[str, int]]] = {
    "each counts where it is made": (
        [thing("a"), thing("b", region="us-east-1"), thing("c", region="us-east-1")],
        [],
        {"": 1, "us-east-1": 2},
    ),
    "one that moves away": ([thing("a", region="us-east-1")], [seen("a")], {"us-east-1": 1}),
    "one that moves elsewhere": ([thing("a", region="us-east-1")], [seen("a", region="us-west-2")], {"us-east-1": 1}),
    "what is deleted there frees nothing here": ([thing("b")], [seen("a", region="us-east-1")], {"": 1}),
}


@pytest.mark.parametrize("name", AWAY)
def test_demands_of_each_region(name: str) -> None:
    desired, observed, expected = AWAY[name]
    plan, kinds = planned(desired, observed, (BOXES,), exclusive=True)
    found = {region: sum(one.amount for one in demands(plan, kinds, region)) for region in ("", *regions(plan))}
    assert {region: amount for region, amount in found.items() if amount} == expected


def test_what_lacks_consent_needs_nothing() -> None:
    kinds: dict[str, Any] = {"thing": AwsResource("thing", (BOXES,), create_first=True)}
    plan = make_plan([thing("a", size=2)], [seen("a", size=1)], kinds, Consent())
    assert demands(plan, kinds) == []


@pytest.mark.parametrize(
    ("in_use", "limit", "short"),
    [(0, 2, False), (0, 1, True), (3, 5, False), (4, 5, True), (9, 5, True)],
)
def test_shortfalls_of_a_region(in_use: int, limit: int, short: bool) -> None:
    plan, kinds = planned([thing("a"), thing("b")], [], (BOXES,))
    found = shortfalls(demands(plan, kinds), {BOXES.identity(): Limit(limit)}, {BOXES.identity(): {"": in_use}})
    assert bool(found) is short
    if found:
        assert found[0].wanted == in_use + 2


@pytest.mark.parametrize(("there", "limit", "short"), [(False, 1, False), (False, 0, True), (True, 4, False), (True, 3, True)])
def test_a_new_scope_holds_nothing_yet(there: bool, limit: int, short: bool) -> None:
    plan, kinds = planned([HOUSE, thing("a", house=ref("house.h"))], [OLD_HOUSE] if there else [], (ROOMS,))
    found = shortfalls(demands(plan, kinds), {ROOMS.identity(): Limit(limit)}, {ROOMS.identity(): {"id-h": 3}})
    assert bool(found) is short


def test_sentences() -> None:
    plan, kinds = planned([HOUSE, thing("a", house=ref("house.h"), words=list("wxyz"))], [OLD_HOUSE], (BOXES, ROOMS, LENGTH))
    limits = {quota.identity(): Limit(quota.default) for quota in (BOXES, ROOMS, LENGTH)}
    limits[ROOMS.identity()] = Limit(5, "could not be read: AccessDenied")
    found = shortfalls(demands(plan, kinds), limits, {BOXES.identity(): {"": 5}, ROOMS.identity(): {"id-h": 5}})
    said = {short.demand.quota.name: short.failure("eu-west-1") for short in found}
    assert said["boxes"].message == "would exceed: boxes: 5 of 5 in use in eu-west-1, this run needs 1 more"
    assert said["boxes"].hint == (
        "Request 6 with `aws service-quotas request-service-quota-increase --service-code x --quota-code L-1 --desired-value 6 "
        "--region eu-west-1`."
    )
    assert said["rooms of a house"].message == (
        "would exceed: rooms of a house: 5 of 5 in use in house.h (AWS's default is assumed, since the account's own could not be read: "
        "AccessDenied), this run needs 1 more"
    )
    assert said["words"].message == "would exceed: words: thing.a would have 4 (words) of at most 3"


V4, V6, GROUP = {"cidr_ipv4": "10.0.0.0/8"}, {"cidr_ipv6": "::/0"}, {"group_id": "sg-1"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, [], 0),
        (None, [V4, V6], 1),
        (None, [V4, GROUP], 2),
        (None, [V6, GROUP], 2),
        ([V4], [GROUP], 2),
        ([V4], [V4, GROUP], 2),
    ],
)
def test_rules_of_a_group(before: Any, after: Any, expected: int) -> None:
    assert rules_of_group(before, after) == expected


def test_a_new_group_allows_everything_until_its_rules_are_there() -> None:
    assert egress_of_group(None, [{"protocol": "tcp", **V4}]) == 2
    assert egress_of_group(None, [ALLOW_ALL]) == 1
    assert egress_of_group([], [{"protocol": "tcp", **V4}]) == 1


# ---- prefix lists ----

OFFICE, CDN = {"prefix_list_id": "pl-1"}, {"prefix_list_id": "pl-2"}
BLOCK = {"cidr_ipv4": "203.0.113.0/24"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"PrefixListName": "office", "MaxEntries": 20}, 20),
        ({"PrefixListName": "com.amazonaws.global.cloudfront.origin-facing"}, 55),
        ({"PrefixListName": "com.amazonaws.eu-west-1.route53-healthchecks"}, 25),
        ({"PrefixListName": "com.amazonaws.eu-west-1.vpc-lattice"}, 10),
        ({"PrefixListName": "com.amazonaws.eu-west-1.s3"}, 1),
        ({}, 1),
    ],
)
def test_a_list_counts_for_what_it_may_have_or_for_its_weight(raw: dict[str, Any], expected: int) -> None:
    assert size_of_list(raw) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, [BLOCK], 1),
        (None, [OFFICE], 20),
        (None, [OFFICE, BLOCK, CDN], 76),
        ([OFFICE], [CDN], 75),
        ([OFFICE], [OFFICE, BLOCK], 21),
        (None, [{**OFFICE, "from_port": 80}, {**OFFICE, "from_port": 443}], 40),
        (None, [{"prefix_list_id": UNKNOWN}, BLOCK], 2),
    ],
)
def test_rules_count_with_the_size_of_their_lists(before: Any, after: list[Any], expected: int) -> None:
    """While rules change, the old and the new ones are there at once."""
    quota = Size("x", "L-6", "rules", 60, "words", rules_of_group, prefix_lists)
    observed = [] if before is None else [seen("a", words=before)]
    plan, kinds = planned([thing("a", words=after)], observed, (quota,))
    (demand,) = demands(plan, kinds)
    assert demand.weighed({"pl-1": 20, "pl-2": 55}).amount == expected
    for limit, short in ((expected - 1, 1), (expected, 0)):
        assert len(shortfalls([demand.weighed({"pl-1": 20, "pl-2": 55})], {quota.identity(): Limit(limit)}, {})) == short
