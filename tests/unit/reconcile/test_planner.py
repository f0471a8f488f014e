# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decisions of the planner and orderings of the graph, one case per line."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile import report
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import Step, build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import (
    SENSITIVE,
    UNKNOWN,
    Observed,
    Resource,
    ref,
    resolve,
    without,
)
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, Plan, make_plan

from .fake import FakeKind, kinds

KINDS = kinds()
NONE = Consent()
ALL = Consent(("*",), ("*",))


def want(address: str, *after: str, **properties: Any) -> Resource:
    kind, name = address.split(".")
    return Resource(kind, name, properties, tuple(after))


def there(address: str, identifier: str = "", state: Any = "ready", reason: str = "", **properties: Any) -> Observed:
    kind, name = address.split(".")
    color = {"color": properties.get("color")}
    return Observed(kind, address, identifier or f"id-{name}", properties, color, state, reason)


def verbs(plan: Plan) -> dict[str, str]:
    return {f"{action.address}": action.verb for action in plan.changes}


@pytest.mark.parametrize(
    ("desired", "observed", "expected"),
    [
        pytest.param([want("room.a", color="red")], [], {"room.a": "create"}, id="absent is created"),
        pytest.param([want("room.a", color="red")], [there("room.a", color="red")], {}, id="equal is left alone"),
        pytest.param([want("room.a")], [there("room.a", color="red", size=3)], {}, id="what is not given is not compared"),
        pytest.param([want("room.a", size=2)], [there("room.a", size=1)], {"room.a": "update"}, id="given is changed in place"),
        pytest.param([want("room.a", label="x")], [there("room.a", label="y")], {"room.a": "update"}, id="later is changed in place"),
        pytest.param([want("room.a", color="red")], [there("room.a", color="blue")], {"room.a": "replace"}, id="fixed forces replacement"),
        pytest.param([want("room.a", seed=1)], [there("room.a")], {}, id="initial is never compared"),
        pytest.param([want("room.a", password="p")], [there("room.a")], {}, id="secret is never compared"),
        pytest.param([], [there("room.a")], {"room.a": "delete"}, id="not wanted is deleted"),
        pytest.param([want("room.a")], [there("room.a", state="failed")], {"room.a": "replace"}, id="failed is replaced"),
        pytest.param([want("room.a")], [there("room.a", state="deleting")], {"room.a": "create"}, id="one being deleted is made anew"),
        pytest.param([want("room.a")], [there("room.a", state="pending")], {}, id="pending is waited for, not changed"),
        pytest.param(
            [want("room.a", color="red"), want("room.b", parent=ref("room.a"))],
            [there("room.a", color="blue"), there("room.b", parent="id-a")],
            {"room.a": "replace", "room.b": "replace"},
            id="a fixed pointer to something replaced forces replacement",
        ),
        pytest.param(
            [want("room.a", color="red"), want("room.b", peer=ref("room.a"))],
            [there("room.a", color="blue"), there("room.b", peer="id-a")],
            {"room.a": "replace", "room.b": "update"},
            id="a changeable pointer to something replaced is changed",
        ),
        pytest.param(
            [want("room.a"), want("room.b", friends=[ref("room.c"), ref("room.a")]), want("room.c")],
            [there("room.a"), there("room.b", friends=["id-a", "id-c"]), there("room.c")],
            {},
            id="lists without order are compared without order",
        ),
        pytest.param(
            [want("house.a", color="red")],
            [there("house.a", "id-old", color="blue"), there("house.a", "id-new", color="red")],
            {"house.a": "delete"},
            id="what an unfinished create-first replacement left is deleted",
        ),
    ],
)
def test_decision(desired: list[Resource], observed: list[Observed], expected: dict[str, str]) -> None:
    assert verbs(make_plan(desired, observed, KINDS, ALL)) == expected


@pytest.mark.parametrize(
    ("desired", "observed", "message"),
    [
        pytest.param([want("shed.a")], [], "no kind called shed", id="unknown kind"),
        pytest.param([want("room.a"), want("room.a")], [], "room.a is desired twice", id="doubled address"),
        pytest.param([want("room.a", height=1)], [], "room has no property height", id="unknown property"),
        pytest.param([want("room.a", parent=ref("room.b"))], [], "refers to room.b, which is not desired", id="reference to nothing"),
        pytest.param([want("room.a", "room.b")], [], "refers to room.b, which is not desired", id="after nothing"),
        pytest.param(
            [want("room.a", parent=ref("room.b")), want("room.b", peer=ref("room.a"))], [], "need each other", id="cycle of creations"
        ),
        pytest.param(
            [want("room.a")],
            [there("room.a", "id-1"), there("room.a", "id-2")],
            r"claimed by 2 live resources: id-1 is empty \(.*\); id-2 is empty",
            id="two owners",
        ),
    ],
)
def test_a_state_that_cannot_be_is_refused(desired: list[Resource], observed: list[Observed], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        make_plan(desired, observed, KINDS, ALL)


TWINS = [there("room.a", "id-1"), there("room.a", "id-2"), there("room.b", "id-3", peer="id-2"), there("room.c", "id-4", peer="id-2")]


@pytest.mark.parametrize(
    ("observed", "purge", "message"),
    [
        (TWINS, (), r"id-1 is empty .*; id-2 is in use \(with room.b and 1 more\). .* add network:id-1 to platform_purge"),
        (TWINS, ("room.a", "*"), "add network:id-1 to platform_purge"),
        (TWINS, ("id-2",), "id-2 is in use"),
        ([*TWINS, there("room.d", "id-5", peer="id-1")], ("id-1",), "id-1 is in use .* id-2 is in use .* untag all but"),
        (TWINS[:2], (), "To delete an empty one, add network:id-2"),
        (TWINS[:2], ("id-1", "id-2"), "id-1 is empty"),
    ],
)
def test_of_two_that_claim_one_address_it_is_said_which_is_in_use(observed: list[Observed], purge: tuple[str, ...], message: str) -> None:
    desired = [want("room.a"), want("room.b", peer=ref("room.a")), want("room.c", peer=ref("room.a")), want("room.d")]
    with pytest.raises(EngineError, match=message):
        make_plan(desired, observed, KINDS, Consent((), purge, component="network"))


@pytest.mark.parametrize("observed", [TWINS, TWINS[:2]])
def test_a_purge_pattern_that_is_an_id_removes_the_empty_one(observed: list[Observed]) -> None:
    desired = [want("room.a"), want("room.b", peer=ref("room.a")), want("room.c", peer=ref("room.a"))]
    plan = make_plan(desired, observed, KINDS, Consent((), ("id-1",)))
    kept = plan.of("room.a")
    assert kept is not None
    assert (kept.verb, kept.observed and kept.observed.id) == ("none", "id-2")
    assert [(a.verb, a.remove and a.remove.id, a.consent) for a in plan.actions if a.verb == "delete"] == [("delete", "id-1", True)]


def test_a_circular_wait_is_refused() -> None:
    plan = make_plan([want("room.a", friends=[ref("room.b")]), want("room.b", "room.a")], [], KINDS, ALL)
    with pytest.raises(EngineError, match=r"circular dependency between: finish room.a"):
        build(plan, KINDS)


@pytest.mark.parametrize(
    ("consent", "allowed"),
    [
        (NONE, {"room.a": False, "room.b": False}),
        (Consent(("room.*",), ()), {"room.a": True, "room.b": False}),
        (Consent(("room.b",), ("room.a",)), {"room.a": False, "room.b": False}),
        (ALL, {"room.a": True, "room.b": True}),
    ],
)
def test_consent_is_by_pattern_and_verb(consent: Consent, allowed: dict[str, bool]) -> None:
    plan = make_plan([want("room.a", color="red")], [there("room.a", color="blue"), there("room.b")], KINDS, consent)
    assert {action.address: action.consent for action in plan.changes} == allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("vault.a", True),
        ("vault.*", True),
        ("*", False),
        ("*.a", False),
        ("v*.*", False),
        ("vault*", False),
        ("?ault.a", False),
        ("[v]ault.a", False),
        ("room.*", None),
    ],
)
@pytest.mark.parametrize("verb", ["replace", "delete"])
def test_what_holds_data_is_covered_only_by_its_full_kind(pattern: str, allowed: bool | None, verb: str) -> None:
    registry = kinds() | {"vault": FakeKind("vault", holds_data=True)}
    desired = [want("vault.a", color="red")] if verb == "replace" else []
    (action,) = make_plan(desired, [there("vault.a", color="blue")], registry, Consent((pattern,), (pattern,))).changes
    assert (action.verb, action.consent, action.asks) == (verb, bool(allowed), verb)
    assert action.too_wide == ((pattern,) if allowed is False else ())


GUARD = "it also names Deployment kube-system/coredns"


@pytest.mark.parametrize(
    ("pattern", "allowed"), [("room.a", True), ("room.*", False), ("*", False), ("room.[a]", False), ("vault.*", None)]
)
@pytest.mark.parametrize("verb", ["replace", "delete"])
def test_what_reaches_further_is_covered_only_by_its_exact_address(pattern: str, allowed: bool | None, verb: str) -> None:
    desired = [want("room.a", color="red")] if verb == "replace" else []
    guarded = dataclasses.replace(there("room.a", color="blue"), guard=GUARD)
    (action,) = make_plan(desired, [guarded], KINDS, Consent((pattern,), (pattern,))).changes
    assert (action.verb, action.consent, action.asks) == (verb, bool(allowed), verb)
    assert action.too_wide == ((pattern,) if allowed is False else ())
    result = report.plan_dict(plan_only(desired, [guarded], KINDS, Consent((pattern,), (pattern,))), True)
    hint = result["actions"][0]["hint"]
    assert (GUARD in (hint or "") and "exactly does: room.a" in hint) is (allowed is False)


def test_destroying_everything_leaves_what_reaches_further() -> None:
    guarded = dataclasses.replace(there("room.a"), guard=GUARD)
    for named in (False, True):
        (action,) = make_plan([], [guarded], KINDS, Consent(purge=("room.a",) if named else (), everything=True)).changes
        assert (action.verb, action.consent, action.asks) == ("delete", named, "delete")
        assert action.reason == f"it is no longer described; {GUARD}"


def test_destroying_everything_needs_no_consent() -> None:
    registry = {"vault": FakeKind("vault", holds_data=True)}
    (action,) = make_plan([], [there("vault.a")], registry, Consent(everything=True)).changes
    assert (action.verb, action.consent, action.asks) == ("delete", True, "")


def test_a_failed_resource_is_replaced_without_consent() -> None:
    plan = make_plan([want("room.a")], [there("room.a", state="failed", reason="no room")], KINDS, NONE)
    assert [(a.verb, a.consent, a.reason) for a in plan.changes] == [("replace", True, "it has failed: no room")]
    assert plan.changes[0].asks == ""


def test_dependencies_of_held_back_resources_are_held_back_too() -> None:
    observed = [there("room.a"), there("room.b", parent="id-a")]
    plan = make_plan([], observed, KINDS, Consent(purge=("room.a",)))
    assert {action.address: action.consent for action in plan.changes} == {"room.a": False, "room.b": False}
    assert "room.b, which stays, still uses it" in plan.changes[0].reason


@pytest.mark.parametrize(
    ("consent", "friends"),
    [
        pytest.param(NONE, None, id="held back: the link stays"),
        pytest.param(Consent(purge=("room.b",)), ["id-c"], id="deleted: the link goes"),
    ],
)
def test_what_is_held_back_keeps_its_links(consent: Consent, friends: list[str] | None) -> None:
    observed = [there("room.a", friends=["id-b", "id-c"]), there("room.b"), there("room.c")]
    plan = make_plan([want("room.a", friends=[ref("room.c")]), want("room.c")], observed, KINDS, consent)
    after = {action.address: action.changes[0].after for action in plan.changes if action.verb == "update"}
    assert after.get("room.a") == friends


def test_values_of_the_unmade_are_unknown_also_inside_text() -> None:
    desired = [want("room.a", color="red"), want("room.b", label=ref("room.a", prefix="arn:", suffix=":*"), size=ref("room.a", "color"))]
    changes = {c.property: c.after for a in make_plan(desired, [], KINDS, ALL).changes for c in a.changes if a.address == "room.b"}
    assert changes == {"label": f"arn:{UNKNOWN}:*", "size": UNKNOWN}
    known = make_plan(desired, [there("room.a", color="red")], KINDS, ALL)
    assert {c.property: c.after for c in known.changes[0].changes} == {"label": "arn:id-a:*", "size": "red"}


def test_secrets_are_masked_in_plan_and_diff() -> None:
    result = plan_only([want("room.a", password="hunter2", seed=1)], [], KINDS, ALL)
    shown = repr(report.plan_dict(result, True)) + repr(report.diff_list(result))
    assert "hunter2" not in shown
    assert SENSITIVE in shown


def order(plan: Plan, *steps: Step) -> bool:
    """Whether each of these steps waits for the one before it."""
    graph = build(plan, KINDS)
    return all(graph.waits_for(late, early) for early, late in itertools.pairwise(steps))


def make(address: str) -> Step:
    return Step("make", address)


def finish(address: str) -> Step:
    return Step("finish", address)


def delete(address: str, identifier: str = "") -> Step:
    return Step("delete", address, identifier or f"id-{address.split('.')[1]}")


def test_two_that_name_each_other_late_are_created_side_by_side() -> None:
    desired = [want("room.a", friends=[ref("room.b")]), want("room.b", friends=[ref("room.a")])]
    graph = build(make_plan(desired, [], KINDS, ALL), KINDS)
    assert graph.needs[make("room.a")] == graph.needs[make("room.b")] == set()
    assert graph.waits_for(finish("room.a"), make("room.b"))
    assert graph.waits_for(finish("room.b"), make("room.a"))


def test_two_that_name_each_other_late_are_deleted_by_unlinking_one() -> None:
    plan = make_plan([], [there("room.a", friends=["id-b"]), there("room.b", friends=["id-a"])], KINDS, ALL)
    graph = build(plan, KINDS)
    assert [step.verb for step in graph.unlinks] == ["unlink"]


@pytest.mark.parametrize(
    ("desired", "observed", "steps"),
    [
        pytest.param(
            [want("room.a", color="red"), want("room.b", parent=ref("room.a"))],
            [],
            [make("room.a"), make("room.b")],
            id="create: what is pointed at first",
        ),
        pytest.param(
            [want("room.a"), want("room.b", "room.a")],
            [],
            [make("room.a"), finish("room.a"), make("room.b")],
            id="after: when it is finished",
        ),
        pytest.param(
            [], [there("room.a"), there("room.b", parent="id-a")], [delete("room.b"), delete("room.a")], id="delete: who points goes first"
        ),
        pytest.param(
            [want("room.b", friends=[])],
            [there("room.a"), there("room.b", friends=["id-a"])],
            [finish("room.b"), delete("room.a")],
            id="delete: who stays looks away first",
        ),
        pytest.param(
            [want("room.b")],
            [there("room.a"), there("room.b", friends=["id-a"])],
            [Step("unlink", "room.b", "id-b"), delete("room.a")],
            id="delete: who stays and does not say is made to look away",
        ),
        pytest.param(
            [want("room.a", color="red"), want("room.b", parent=ref("room.a"))],
            [there("room.a", color="blue"), there("room.b", parent="id-a")],
            [delete("room.b"), delete("room.a"), make("room.a"), make("room.b")],
            id="replace: delete both, then make both",
        ),
        pytest.param(
            [want("room.a", color="red"), want("room.b", friends=[ref("room.a")])],
            [there("room.a", color="blue"), there("room.b", friends=["id-a"])],
            [Step("unlink", "room.b", "id-b"), delete("room.a"), make("room.a"), finish("room.b")],
            id="replace: who stays looks away and back",
        ),
        pytest.param(
            [want("house.a", color="red"), want("room.b", friends=[ref("house.a")])],
            [there("house.a", color="blue"), there("room.b", friends=["id-a"])],
            [make("house.a"), finish("room.b"), delete("house.a")],
            id="replace by creating first: delete when nothing refers to it any more",
        ),
        pytest.param(
            [want("room.p", color="red"), want("house.a", parent=ref("room.p"))],
            [there("room.p", color="blue"), there("house.a", parent="id-p")],
            [delete("house.a"), delete("room.p"), make("room.p"), make("house.a")],
            id="creating first is impossible inside something that is deleted first",
        ),
        pytest.param([want("plot.a")], [there("plot.b")], [delete("plot.b"), make("plot.a")], id="exclusive: old ones go first"),
    ],
)
def test_order(desired: list[Resource], observed: list[Observed], steps: list[Step]) -> None:
    assert order(make_plan(desired, observed, KINDS, ALL), *steps)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["id-a", "id-b"], ["id-b"]),
        ([{"target": "id-a"}, {"target": "id-b"}], [{"target": "id-b"}]),
        ({"x": "id-a", "y": "id-b"}, {"y": "id-b"}),
        ({"id-a": 1, "id-b": 2}, {"id-b": 2}),
        ("arn:id-a:*", None),
        ("id-b", "id-b"),
        (3, 3),
    ],
)
def test_without_takes_out_what_mentions(value: Any, expected: Any) -> None:
    assert without(value, frozenset(["id-a"])) == expected


def test_references_resolve_at_any_depth() -> None:
    value = {"a": [ref("room.a"), {"b": ref("room.a", "arn", suffix="/*")}], "c": 1}
    assert resolve(value, lambda r: f"<{r.attribute}>") == {"a": ["<id>", {"b": "<arn>/*"}], "c": 1}


@pytest.mark.parametrize(
    ("consent", "allowed"),
    [(Consent(forced=("room.a",)), False), (Consent(("room.b",), forced=("room.a",)), False), (Consent(("*",), forced=("room.a",)), True)],
)
def test_a_requested_replacement_needs_consent_like_any_other(consent: Consent, allowed: bool) -> None:
    desired = [want("room.a", color="red"), want("room.b", parent=ref("room.a")), want("room.c")]
    plan = make_plan(desired, [there("room.a", color="red"), there("room.b", parent="id-a"), there("room.c")], KINDS, consent)
    assert verbs(plan) == {"room.a": "replace", "room.b": "replace"}
    action = next(one for one in plan.changes if one.address == "room.a")
    assert (action.consent, action.asks, action.reason) == (allowed, "replace", "its replacement is requested")


def test_a_request_for_what_does_not_exist_creates_it() -> None:
    assert verbs(make_plan([want("room.a")], [], KINDS, Consent(forced=("room.a",)))) == {"room.a": "create"}
