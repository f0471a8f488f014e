# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Every reason not to apply a saved plan, and every difference that is not one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import UNKNOWN, Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import carried_out, refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context

from .samples import CONSENT, CONTEXT, DESIRED, IDENTITY, KINDS, OBSERVED, PLACE, context, described, made, saved, seen, without

NEW = {"color": "red", "size": 1, "peer": "id-kept"}


def reasons(
    desired: Sequence[Resource] = DESIRED,
    observed: Sequence[Observed] = OBSERVED,
    consent: Consent = CONSENT,
    where: Context = CONTEXT,
    plan: dict[str, Any] | None = None,
) -> list[str]:
    return refusal(plan or saved(), desired, observed, consent, where, KINDS)


def test_the_plan_of_the_samples() -> None:
    assert {(action["address"], action["action"], action["consent"]) for action in saved()["actions"]} == {
        ("house.changed", "update", True),
        ("house.swapped", "replace", True),
        ("house.new", "create", True),
        ("house.gone", "delete", True),
        ("house.stays", "delete", False),
    }


def test_there_are_no_objections_to_a_plan_if_nothing_has_changed() -> None:
    assert reasons() == []
    assert reasons(observed=list(reversed(OBSERVED)), desired=list(reversed(DESIRED))) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (context(account_id="210987654321"), ["account_id is 210987654321, but the plan was made for 123456789012"]),
        (context(region="eu-west-1"), ["region is eu-west-1, but the plan was made for af-south-1"]),
        (context(partition="aws-cn"), ["partition is aws-cn, but the plan was made for aws"]),
        (context(endpoint="http://127.0.0.1:1"), ["this is a rehearsal, but the plan was made for AWS"]),
        (Context({**IDENTITY, "environment": "dev"}, PLACE), ["environment is dev, but the plan was made for prod"]),
        (Context({**IDENTITY, "component": "x"}, PLACE), ["component is x, but the plan was made for network"]),
    ],
)
def test_another_place_is_refused(where: Context, expected: list[str]) -> None:
    assert reasons(where=where) == expected


def test_a_rehearsal_is_a_rehearsal_whatever_its_port() -> None:
    assert reasons(plan=saved(where=context(endpoint="http://127.0.0.1:1")), where=context(endpoint="http://127.0.0.1:2")) == []


@pytest.mark.parametrize(
    ("consent", "expected"),
    [
        (Consent(("*",), ("*",)), ["purge (platform_purge) is ['*'], but was ['house.gone'] when planned"]),
        (Consent((), ("house.gone",)), ["allow_replace (platform_allow_replace) is [], but was ['*'] when planned"]),
        (Consent(("*", "*"), ("house.gone",)), []),
    ],
)
def test_other_consent_is_refused(consent: Consent, expected: list[str]) -> None:
    assert reasons(consent=consent) == expected


@pytest.mark.parametrize(
    ("desired", "expected"),
    [
        (described("house.kept", size=3), ["house.kept: size is described differently: 1 -> 3"]),
        (described("house.kept", seed="s"), ["house.kept: seed is described differently: (not set) -> s"]),
        (
            described("house.changed", friends=[ref("house.kept")]),
            ["house.changed: friends is described differently: - (id of house.new)"],
        ),
        (described("house.changed", friends=[ref("house.kept"), ref("house.new")]), []),
        (described("house.new", password="another"), []),
        ([*DESIRED, Resource("house", "more")], ["house.more is described now, but was not when planned"]),
        (
            [*DESIRED[:-1], Resource("house", "new", DESIRED[-1].properties, ("house.kept",))],
            ["house.new: it is to be created after ['house.kept'], but was planned after []"],
        ),
    ],
    ids=["value", "more", "reference", "order", "secret", "resource", "after"],
)
def test_another_description_is_refused(desired: list[Resource], expected: list[str]) -> None:
    assert reasons(desired=desired) == expected


def test_a_resource_that_is_no_longer_described_is_named() -> None:
    fewer = [resource for resource in described("house.changed", friends=[ref("house.kept")]) if resource.address != "house.new"]
    assert "house.new was planned, but is no longer described" in reasons(desired=fewer)


def test_values_unknown_at_planning_time_may_be_anything() -> None:
    vague = described("house.kept", seed=UNKNOWN, buddy=f"arn:{UNKNOWN}")
    assert reasons(plan=saved(vague), desired=described("house.kept", seed="known", buddy="arn:1")) == []
    assert reasons(plan=saved(vague), desired=described("house.kept", seed="known", buddy="urn:1")) == [
        "house.kept: buddy is described differently: arn:(known after apply) -> urn:1"
    ]


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (without("house.kept"), ["house.kept (id-kept) no longer exists"]),
        (without("house.stays"), ["house.stays (id-stays) no longer exists"]),
        ([*OBSERVED, made("house.stranger", "id-s")], ["house.stranger (id-s) exists, but did not when planned"]),
        ([*OBSERVED, made("house.kept", "id-k2")], ["house.kept (id-k2) exists, but did not when planned"]),
        (seen("house.kept", size=9), ["house.kept (id-kept): size has changed: 1 -> 9"]),
        (seen("house.kept", buddy="x"), ["house.kept (id-kept): buddy has changed: (not set) -> x"]),
        (seen("house.stays", color="red"), ["house.stays (id-stays): color has changed: green -> red"]),
        (seen("house.kept", state="failed"), ["house.kept (id-kept) was ready when planned, but is now failed"]),
        (seen("house.kept", state="deleting"), ["house.kept (id-kept) was ready when planned, but is now deleting"]),
        # what the plan sets, with a different value
        (seen("house.changed", size=7), ["house.changed (id-changed): size has changed: 1 -> 7"]),
        (
            seen("house.changed", friends=["id-kept", "id-x"]),
            ["house.changed (id-changed): friends has changed: - id-gone; + id-x"],
        ),
        # what the plan deletes, with something new in it
        (seen("house.gone", size=7), ["house.gone (id-gone): size has changed: (not set) -> 7"]),
        # what the plan creates, already created by another user
        (
            [*OBSERVED, made("house.new", "id-new", color="blue", size=1, peer="id-kept")],
            ["house.new (id-new), which the plan creates: color is not as planned: red -> blue"],
        ),
        (
            [*OBSERVED, made("house.new", "id-new", **NEW, label="x")],
            ["house.new (id-new), which the plan creates: label is not as planned: n -> x"],
        ),
        ([*OBSERVED, made("house.new", "id-new", "deleting", **NEW)], ["house.new (id-new), which the plan creates, is being deleted"]),
    ],
)
def test_an_account_that_has_moved_is_refused(observed: list[Observed], expected: list[str]) -> None:
    assert reasons(observed=observed) == expected


@pytest.mark.parametrize(
    ("observed", "done"),
    [
        (OBSERVED, 0),
        # created: with a new resource's properties, or finished; busy; failed, which an apply repairs
        ([*OBSERVED, made("house.new", "id-new", **NEW, label="factory")], 0),
        ([*OBSERVED, made("house.new", "id-new", **NEW, label="n")], 1),
        ([*OBSERVED, made("house.new", "id-new", "pending", **NEW)], 0),
        ([*OBSERVED, made("house.new", "id-new", "failed", color="red")], 0),
        # changed: one property of two, an item of a list, a reference to a deleted resource removed
        (seen("house.changed", size=2), 0),
        (seen("house.changed", friends=["id-kept"]), 0),
        ([*seen("house.changed", size=2, friends=["id-new", "id-kept"]), made("house.new", "id-new", **NEW, label="n")], 2),
        # replaced: the new one exists, both exist, the old one is being deleted or gone
        ([*OBSERVED, made("house.swapped", "id-2", color="blue", peer="id-kept")], 0),
        ([*without("house.swapped"), made("house.swapped", "id-2", color="blue", peer="id-kept")], 1),
        (without("house.swapped"), 0),
        (seen("house.swapped", state="deleting"), 0),
        # deleted, being deleted, emptied first
        (without("house.gone"), 1),
        (seen("house.gone", state="deleting"), 0),
        (seen("house.gone", peer=None), 0),
    ],
)
def test_what_the_plan_itself_did_is_no_reason(observed: list[Observed], done: int) -> None:
    assert reasons(observed=observed) == []
    assert carried_out(saved(), plan_only(DESIRED, observed, KINDS, CONSENT).plan) == (done, 4)


@pytest.mark.parametrize(
    ("lost", "explained"),
    [("shop", True), ("arn:aws:sqs:eu-west-1:1:shop", True), ("shop-2", False), ("arn:aws:sqs:eu-west-1:1:shop-2", False)],
)
def test_what_goes_explains_lost_links_to_itself_and_not_to_a_longer_name(lost: str, explained: bool) -> None:
    gone = Observed("house", "house.gone", "shop", {}, {"arn": "arn:aws:sqs:eu-west-1:1:shop"}, named=True)
    user = made("house.user", "id-user", friends=["id-kept", lost])
    wanted = [Resource("house", "user", {"size": 1})]
    expected = [] if explained else [f"house.user (id-user): friends has changed: - {lost}"]
    freed = made("house.user", "id-user", friends=["id-kept"])
    assert reasons(plan=saved(wanted, [gone, user]), desired=wanted, observed=[gone, freed]) == expected


def test_what_was_pending_may_be_ready() -> None:
    busy = [made("house.kept", "id-kept", "pending", color="red"), *without("house.kept")]
    assert reasons(plan=saved(observed=busy)) == []


def test_what_may_be_left_alone_is_no_difference() -> None:
    """A property that others may set, by the kind's own comparison."""
    house = KINDS["house"].properties["friends"]
    assert house.normal(["b", "a"]) == ["a", "b"]
    assert reasons(observed=seen("house.changed", friends=["id-gone", "id-kept"])) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda plan: plan["actions"].pop(0), "was not planned; was the plan made by another release"),
        (
            lambda plan: plan["actions"].append({**plan["actions"][0], "address": "house.kept", "action": "update"}),
            "was planned, but is not needed now",
        ),
        (
            lambda plan: next(c for a in plan["actions"] if a["action"] == "update" for c in a["changes"]).update(after=5),
            "house.changed: size would be set differently: 5 -> 2",
        ),
        (
            lambda plan: [a["changes"].clear() for a in plan["actions"] if a["action"] == "update"],
            "house.changed: the change of size was not planned",
        ),
    ],
)
def test_a_release_that_plans_otherwise_is_refused(edit: Any, expected: str) -> None:
    plan = saved()
    edit(plan)
    assert any(expected in reason for reason in reasons(plan=plan)), reasons(plan=plan)
