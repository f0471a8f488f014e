# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Adopting and moving: which resource is taken for which address, what is refused, and what an apply does with it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile import report
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import UNLISTED, find_conflicts, take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, plan_only, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import AlreadyThere, EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Observed, Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .fake import AwsResource, FakeClock, FakeKind, World, kinds

KINDS = kinds()
ALL = Consent(("*",), ("*",))
PATIENCE = Patience(poll=1.0, settle=5.0, timeout=60.0)


def want(address: str, **properties: Any) -> Resource:
    kind, name = address.split(".")
    return Resource(kind, name, properties)


def world_of(*things: tuple[str, str, str], **properties: Any) -> World:
    """Resources as (id, address, owner)."""
    made = [
        AwsResource(identifier, address.partition(".")[0], address, dict(properties), owner=owner) for identifier, address, owner in things
    ]
    return World(things={thing.id: thing for thing in made})


def taken(
    world: World, desired: list[Resource], adopt: Any = None, moves: Any = None, consent: Consent = ALL, registry: Any = KINDS
) -> list[Observed]:
    allowed = partial(consent.allows, "replace")
    return take(adopt or {}, moves or {}, desired, observe(registry, world), registry, world, allowed)


def plan(world: World, desired: list[Resource], adopt: Any = None, moves: Any = None, consent: Consent = Consent()) -> Result:  # noqa: B008
    return plan_only(desired, taken(world, desired, adopt, moves, consent), KINDS, consent)


def apply(world: World, desired: list[Resource], adopt: Any = None, moves: Any = None, consent: Consent = Consent()) -> Result:  # noqa: B008
    observed = taken(world, desired, adopt, moves, consent)
    return reconcile(desired, observed, KINDS, world, Settings(consent, PATIENCE, clock=FakeClock()))


def test_an_adopted_thing_is_one_to_change() -> None:
    world = world_of(("id-1", "room.x", ""), color="red")
    result = plan(world, [want("room.a", color="red")], {"room.a": "id-1"})
    shown = report.plan_dict(result, check_mode=True)
    assert {name: number for name, number in shown["counts"].items() if number} == {"update": 1}
    (action,) = shown["actions"]
    assert (action["address"], action["id"], action["reason"]) == ("room.a", "id-1", "adopted")
    assert [(c["property"], c["before"], c["after"]) for c in action["changes"]] == [("mark", None, "room.a")]
    assert report.changed(result, check_mode=True)


@pytest.mark.parametrize(
    ("thing", "adopt", "moves", "before", "reason"),
    [
        (("id-1", "room.x", ""), {"room.a": "id-1"}, {}, None, "adopted"),
        (
            ("id-1", "room.x", "prod/old"),
            {"room.a": {"id": "id-1", "from": "prod/old"}},
            {},
            "prod/old room.x",
            "adopted from prod/old room.x",
        ),
        (("id-1", "room.b", "us"), {}, {"room.b": "room.a"}, "room.b", "moved from room.b"),
        (("id-1", "room.b", "us"), {}, {"b": "a"}, "room.b", "moved from room.b"),
        (("id-1", "room.c", "us"), {}, {"room.c": "room.b", "b": "a"}, "room.c", "moved from room.c"),
    ],
    ids=["nobody's", "another's", "an address", "a name", "a history"],
)
def test_the_mark_is_written_and_nothing_else(thing: Any, adopt: Any, moves: Any, before: Any, reason: str) -> None:
    world = world_of(thing, color="red", size=1)
    desired = [want("room.a", color="red", size=1)]
    result = apply(world, desired, adopt, moves)
    assert list(result.failures) == []
    (action,) = result.plan.changes
    assert (action.verb, action.reason, action.changes[0].before, len(action.changes)) == ("update", reason, before, 1)
    assert result.outcome(action) == "done"
    assert world.log == [("claim", "room.a")]
    assert [(t.id, t.address, t.owner) for t in world.things.values()] == [("id-1", "room.a", "us")]
    again = apply(world, desired, adopt, moves)
    assert again.report is None
    assert len(world.log) == 1


def test_differences_are_corrected_after_the_claim() -> None:
    world = world_of(("id-1", "room.x", ""), color="red", size=1, label="old")
    result = apply(world, [want("room.a", color="red", size=2, label="new"), want("room.b", peer=ref("room.a"))], {"room.a": "id-1"})
    assert list(result.failures) == []
    assert world.log[0] == ("claim", "room.a")
    assert world.things["id-1"].properties == {"color": "red", "size": 2, "label": "new"}


def test_what_cannot_be_changed_needs_consent_and_touches_nothing() -> None:
    world = world_of(("id-1", "room.x", ""), color="blue")
    desired = [want("room.a", color="red")]
    result = apply(world, desired, {"room.a": "id-1"})
    assert [(f.address, f.code) for f in result.failures] == [("room.a", "ReplacementNotAllowed")]
    assert result.plan.changes[0].reason == "adopted; color cannot be changed in place"
    assert world.log == []


@pytest.mark.parametrize("at", range(4))
def test_a_replacement_of_what_is_adopted_may_be_cut_short_anywhere(at: int) -> None:
    world = world_of(("id-1", "room.x", ""), color="blue")
    desired = [want("room.a", color="red")]
    world.faults = {at: "killed after"}
    apply(world, desired, {"room.a": "id-1"}, consent=ALL)
    world.revive()
    result = apply(world, desired, {"room.a": "id-1"}, consent=ALL)
    assert list(result.failures) == []
    assert [(t.address, t.owner, t.properties["color"]) for t in world.things.values()] == [("room.a", "us", "red")]
    assert "id-1" not in world.things


@pytest.mark.parametrize("fault", ["lost before", "lost after", "not yet"])
def test_a_claim_without_an_answer_is_sent_again(fault: str) -> None:
    world = world_of(("id-1", "room.x", ""), color="red")
    world.faults = {0: fault}
    assert list(apply(world, [want("room.a", color="red")], {"room.a": "id-1"}).failures) == []
    assert [(t.address, t.owner) for t in world.things.values()] == [("room.a", "us")]


def test_a_refused_claim_stops_its_dependents() -> None:
    world = world_of(("id-1", "room.x", ""), color="red")
    world.faults = {0: "refused"}
    result = apply(world, [want("room.a", color="red", size=3), want("room.b", parent=ref("room.a"))], {"room.a": "id-1"})
    assert [(f.address, f.code) for f in result.failures] == [("room.a", "Refused")]
    assert {a.address: result.outcome(a) for a in result.plan.changes} == {"room.a": "failed", "room.b": "not_started"}
    assert world.things["id-1"].properties == {"color": "red"}


ADOPTIONS = [
    ("unknown address", {"room.q": "id-1"}, "adopt: {room.q: id-1}: no described resource has this address"),
    ("close address", {"room.aa": "id-1"}, "did you mean room.a?"),
    ("malformed", {"room.a": "vpc-1"}, "adopt: {room.a: vpc-1}: vpc-1 is no identifier of a room"),
    ("of another kind", {"room.a": "id-5"}, "adopt: {room.a: id-5}: there is no room id-5 in this account and region"),
    ("not there", {"room.a": "id-9"}, "adopt: {room.a: id-9}: there is no room id-9 in this account and region"),
    (
        "another's",
        {"room.a": "id-2"},
        "it belongs to prod/old room.y, but the entry names no owner. To take it over from there, write adopt: {room.a: ",
    ),
    ("of a third", {"room.a": {"id": "id-2", "from": "prod/x"}}, "it belongs to prod/old room.y, but the entry names prod/x"),
    ("one id for two", {"room.a": "id-1", "room.b": "id-1"}, "adopt: {room.a: id-1}: room.b would adopt it too"),
    ("address taken", {"room.c": "id-1"}, "adopt: {room.c: id-1}: room.c already exists: id-3"),
    ("ours elsewhere", {"room.a": "id-3"}, "this component already owns it as room.c; rename it with moved: {room.c: room.a}"),
    ("no id", {"room.a": None}, "adopt: {room.a: None}: give an id, or {id: ..., from: environment/component}"),
    ("more than an id", {"room.a": {"id": "id-1", "owner": "x"}}, "give an id, or {id: ..., from: environment/component}"),
    ("failed", {"room.a": "id-4"}, "adopt: {room.a: id-4}: it is failed; only a working resource can be adopted"),
]


@pytest.mark.parametrize(("adopt", "message"), [row[1:] for row in ADOPTIONS], ids=[row[0] for row in ADOPTIONS])
def test_an_adoption_that_cannot_be_is_refused_before_any_change(adopt: Any, message: str) -> None:
    world = world_of(
        ("id-1", "room.x", ""), ("id-2", "room.y", "prod/old"), ("id-3", "room.c", "us"), ("id-4", "room.z", ""), ("id-5", "plot.x", "")
    )
    world.things["id-4"].state = "failed"
    with pytest.raises(EngineError) as caught:
        taken(world, [want("room.a"), want("room.b"), want("room.c")], adopt, consent=Consent())
    assert message in str(caught.value)
    assert world.log == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(EngineError) as caught:
        taken(world_of(), [want("room.a")], {"room.a": "id-9", "room.q": "id-1"}, {"room.x": "plot.x"}, Consent())
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["moved", "adopt", "adopt"]


@pytest.mark.parametrize(
    ("things", "adopt"),
    [
        ([("id-1", "room.a", "us")], {"room.a": "id-1"}),
        ([("id-2", "room.a", "us")], {"room.a": "id-1"}),
        ([("id-1", "room.a", "us")], {"room.a": {"id": "id-1", "from": "prod/old"}}),
    ],
    ids=["carried out", "replaced since", "taken from another"],
)
def test_a_completed_adoption_is_not_reported_again(things: Any, adopt: Any) -> None:
    world = world_of(*things)
    assert taken(world, [want("room.a")], adopt, consent=Consent()) == observe(KINDS, world)


MOVES = [
    ("circle", {"room.a": "room.b", "room.b": "room.a"}, "moved: room.a -> room.b -> room.a is a circle"),
    ("circle of names", {"a": "b", "b": "a"}, "moved: a -> b -> a is a circle"),
    ("kinds", {"room.x": "plot.x"}, "moved: {room.x: plot.x}: a room cannot become a plot"),
    ("mixed", {"x": "room.b"}, "rename an address to an address, or a name to a name"),
    ("same", {"x": "x"}, "moved: {x: x}: both are the same"),
    ("pattern", {"*.x": "*.b"}, "patterns are not supported; {main: core} renames everything of one name"),
    ("part", {"x/y": "x/z"}, "a name is what precedes the slash"),
    ("no text", {"room.x": 3}, "give addresses"),
    ("both there", {"room.x": "room.c"}, "moved: room.x (id-1) and room.c (id-3) would both become room.c"),
    ("two to one", {"room.x": "room.a", "room.y": "room.a"}, "moved: room.x (id-1) and room.y (id-2) would both become room.a"),
    ("still described", {"room.a": "room.b"}, "moved: room.a would be renamed but is still described"),
    ("not described", {"room.x": "room.q"}, "moved: room.x (id-1) would become room.q, which is not described"),
    ("a name that is not described", {"x": "q"}, "moved: room.x (id-1) would become room.q, which is not described"),
]


@pytest.mark.parametrize(("moves", "message"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_a_move_that_cannot_be_is_refused_before_any_change(moves: Any, message: str) -> None:
    world = world_of(("id-1", "room.x", "us"), ("id-2", "room.y", "us"), ("id-3", "room.c", "us"))
    with pytest.raises(EngineError) as caught:
        taken(world, [want("room.a"), want("room.b"), want("room.c")], {}, moves)
    assert message in str(caught.value)
    assert world.log == []


def test_a_move_from_what_is_not_there_is_done() -> None:
    world = world_of(("id-1", "room.a", "us"))
    assert taken(world, [want("room.a")], {}, {"room.x": "room.a", "x": "a", "room.old": "room.gone"}) == observe(KINDS, world)


def test_a_name_takes_its_parts_along_and_leaves_what_is_no_longer_described() -> None:
    world = world_of(
        ("id-1", "plot.main", "us"), ("id-2", "room.main/a", "us"), ("id-3", "room.main/b", "us"), ("id-4", "room.mainly", "us")
    )
    found = taken(world, [want("plot.core"), want("room.core/a"), want("room.mainly")], {}, {"main": "core"})
    assert {seen.id: (seen.address, seen.marked) for seen in found} == {
        "id-1": ("plot.core", "plot.main"),
        "id-2": ("room.core/a", "room.main/a"),
        "id-3": ("room.main/b", None),
        "id-4": ("room.mainly", None),
    }


def test_what_is_being_deleted_is_not_moved() -> None:
    world = world_of(("id-1", "room.x", "us"), ("id-2", "room.a", "us"))
    world.things["id-1"].state = "deleting"
    assert taken(world, [want("room.a")], {}, {"room.x": "room.a"}) == observe(KINDS, world)


def test_two_live_ones_of_one_address_are_never_chosen_between() -> None:
    world = world_of(("id-1", "room.x", "us"), ("id-2", "room.x", "us"))
    with pytest.raises(EngineError, match=r"room.a is claimed by 2 live resources: id-1 .*; id-2 "):
        plan(world, [want("room.a")], {}, {"room.x": "room.a"})


@pytest.mark.parametrize(
    ("owner", "message", "hint"),
    [
        ("", "it conflicts with id-1, which has no owner mark.", "adopt: {room.a: id-1}"),
        ("prod/old", "it conflicts with id-1, which belongs to prod/old (room.x).", "adopt: {room.a: {id: id-1, from: prod/old}}"),
    ],
)
def test_a_name_that_another_holds_is_seen_in_the_plan(owner: str, message: str, hint: str) -> None:
    world = world_of(("id-1", "room.x", owner), seed="name")
    desired = [want("room.a", seed="name"), want("room.b", seed="other"), want("plot.a", seed="name"), want("room.c", seed=ref("plot.a"))]
    (failed,) = find_conflicts(plan_only(desired, observe(KINDS, world), KINDS, ALL).plan, KINDS, world)
    assert (failed.address, failed.code, failed.message) == ("room.a", "NameHeld", message)
    assert hint in failed.hint


def test_a_name_that_is_ours_is_left_to_the_apply() -> None:
    world = world_of(("id-1", "room.x", "us"), seed="name")
    assert find_conflicts(plan_only([want("room.a", seed="name")], observe(KINDS, world), KINDS, ALL).plan, KINDS, world) == []


class Unlisted(FakeKind):
    """Lists show a new resource only from the given read on."""

    looks, at = 0, 10**9

    def find(self, world: World) -> Any:
        self.looks += 1
        return super().find(world) if self.looks >= self.at else []

    def create(self, world: World, address: str, properties: Any, token: str) -> Any:
        raise AlreadyThere("the name is taken.", "create", "Taken")


def test_what_lists_do_not_show_yet_is_no_rival_of_itself() -> None:
    world = world_of(("id-1", "room.a", "us"), seed="name")
    registry = {"room": Unlisted("room")}
    (failed,) = find_conflicts(plan_only([want("room.a", seed="name")], [], registry, ALL).plan, registry, world)
    assert failed.code == UNLISTED
    assert "moved" not in failed.hint


@pytest.mark.parametrize("at", [3, 10**9])
def test_a_collision_with_oneself_is_adopted(at: int) -> None:
    world = world_of(("id-1", "room.a", "us"), seed="name")
    world.things["id-1"].properties["seed"] = "name"
    registry = {"room": Unlisted("room", at=at)}
    settings = Settings(ALL, PATIENCE, clock=FakeClock())
    result = reconcile([want("room.a", seed="name")], [], registry, world, settings)
    assert [failed.code for failed in result.failures] == ([] if at == 3 else ["DidNotTake"])
    assert list(world.things) == ["id-1"]


def test_a_collision_names_the_existing_resource() -> None:
    class Taken(FakeKind):
        def create(self, world: World, address: str, properties: Any, token: str) -> Any:
            raise AlreadyThere("the name is taken.", "create", "Taken")

    registry = {"room": Taken("room")}
    world = world_of(("id-1", "room.x", "prod/old"), seed="name")
    settings = Settings(ALL, PATIENCE, clock=FakeClock())
    result = reconcile([want("room.a", seed="name")], [], registry, world, settings)
    assert [(f.code, f.message) for f in result.failures] == [
        ("Taken", "the name is taken: it conflicts with id-1, which belongs to prod/old (room.x).")
    ]
    assert "adopt: {room.a: {id: id-1, from: prod/old}}" in result.failures[0].hint


@pytest.mark.parametrize(("owner", "verb", "held"), [("", "update", []), ("prod/old", "create", ["room.a"])])
def test_resources_that_aws_creates_are_adopted_unless_marked_by_another_owner(owner: str, verb: str, held: list[str]) -> None:
    registry = {"room": FakeKind("room", adopts_unmarked=True)}
    world = world_of(("id-1", "room.x", owner))
    world.things["id-1"].properties = {"seed": "name"}
    found = taken(world, [want("room.a", seed="name")], {}, registry=registry)
    plan = plan_only([want("room.a", seed="name")], found, registry, ALL).plan
    assert [action.verb for action in plan.changes] == [verb]
    assert [one.address for one in find_conflicts(plan, registry, world)] == held


def test_what_came_with_an_adopted_parent_is_adopted_with_it() -> None:
    registry = {"room": FakeKind("room"), "door": FakeKind("door", ends_with_parent=True)}
    world = world_of(("id-1", "room.x", ""), ("id-2", "door.x", ""))
    world.things["id-2"].properties = {"seed": "id-1", "label": "open"}
    desired = [want("room.a"), want("door.a", seed=ref("room.a"), label="shut")]
    found = taken(world, desired, {"room.a": "id-1"}, registry=registry)
    assert {seen.address: (seen.id, seen.marked) for seen in found} == {"room.a": ("id-1", ""), "door.a": ("id-2", "")}
    (door,) = [action for action in plan_only(desired, found, registry, ALL).plan.changes if action.address == "door.a"]
    assert [(c.property, c.before, c.after) for c in door.changes] == [("mark", None, "door.a"), ("label", "open", "shut")]
    world.things["id-2"].owner = "prod/old"
    found = taken(world, desired, {"room.a": "id-1"}, registry=registry)
    assert [seen.address for seen in found] == ["room.a"]
    assert [f.address for f in find_conflicts(plan_only(desired, found, registry, ALL).plan, registry, world)] == ["door.a"]
