# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Random desired states, changes between them, and faults: invariants that hold for every graph."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.errors import EngineError
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.graph import build
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource, ref
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent, make_plan
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .fake import FakeClock, Killed, World, kinds

KINDS = kinds()
ALL = Consent(("*",), ("*",))
FAULTS = ["killed before", "killed after", "lost before", "lost after", "not yet"]
# Random references make some states that have no order; at an unlucky seed many of the first ten draws are such.
CAREFUL = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@st.composite
def desired_states(draw: st.DrawFn) -> list[Resource]:
    """Up to eight resources; references in create calls point backward (no cycle), late ones anywhere."""
    count = draw(st.integers(0, 8))
    addresses = [(draw(st.sampled_from(sorted(KINDS))), f"r{index}") for index in range(count)]
    everything = [f"{kind}.{name}" for kind, name in addresses]
    resources = []
    for index, (kind, name) in enumerate(addresses):
        earlier = everything[:index]
        properties: dict[str, Any] = {"color": draw(st.sampled_from(["red", "blue"]))}
        if draw(st.booleans()):
            properties["size"] = draw(st.integers(1, 3))
        if draw(st.booleans()):
            properties["label"] = draw(st.sampled_from(["a", "b"]))
        if index % 2:  # a resource created with a parent keeps one: a fixed reference cannot be removed later
            properties["parent"] = ref(draw(st.sampled_from(earlier)))
        if earlier and draw(st.booleans()):
            properties["peer"] = ref(draw(st.sampled_from(earlier)))
        others = [address for address in everything if address != f"{kind}.{name}"]
        properties["friends"] = [ref(a) for a in draw(st.lists(st.sampled_from(others), unique=True, max_size=3))] if others else []
        properties["buddy"] = ref(draw(st.sampled_from(others))) if others and draw(st.booleans()) else None
        after = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=1))) if earlier else ()
        resources.append(Resource(kind, name, properties, after))
    assume(_has_an_order(resources))
    return resources


def _has_an_order(desired: list[Resource]) -> bool:
    """Whether an order exists. If a resource waits for another one that points back to it, the engine rejects the desired state; see
    test_planner.py.
    """
    try:
        build(make_plan(desired, [], KINDS, ALL), KINDS)
    except EngineError:
        return False
    return True


def apply(world: World, desired: list[Resource], defer: frozenset[str] = frozenset()) -> Result:
    patience = Patience(poll=1.0, settle=5.0, timeout=60.0)
    return reconcile(desired, observe(KINDS, world), KINDS, world, Settings(ALL, patience, clock=FakeClock(), defer=defer))


def left_to_do(world: World, desired: list[Resource]) -> list[str]:
    plan = make_plan(desired, observe(KINDS, world), KINDS, ALL)
    return [f"{action.verb} {action.address}: {action.changes}" for action in plan.changes]


def assert_converged(world: World, desired: list[Resource]) -> None:
    assert left_to_do(world, desired) == []
    assert sorted(thing.address for thing in world.things.values()) == sorted(resource.address for resource in desired)


@CAREFUL
@given(desired_states(), desired_states(), st.integers(0, 3))
def test_a_change_of_mind_converges_in_the_right_order(first: list[Resource], second: list[Resource], slow: int) -> None:
    world = World(slow=slow)
    for desired in (first, second, first, []):
        result = apply(world, desired)
        assert list(result.failures) == []
        assert world.refusals == []
        assert_converged(world, desired)
        before = len(world.log)
        assert apply(world, desired).report is None
        assert len(world.log) == before


@CAREFUL
@given(desired_states(), desired_states(), st.integers(0, 25), st.sampled_from(FAULTS))
def test_the_next_run_repairs_one_fault_anywhere(first: list[Resource], second: list[Resource], at: int, fault: str) -> None:
    world = World(slow=1)
    for desired in (first, second, []):
        world.faults = {len(world.log) + at: fault}
        with contextlib.suppress(Killed):
            apply(world, desired)
        world.revive()
        result = apply(world, desired)
        assert list(result.failures) == []
        assert_converged(world, desired)


def state(world: World) -> dict[str, Any]:
    """The state by address, with pointers as addresses too, so that two worlds can be compared."""
    by_id = {thing.id: thing.address for thing in world.things.values()}

    def named(value: Any) -> Any:
        return sorted(map(named, value)) if isinstance(value, list) else by_id.get(value, value)

    return {thing.address: {name: named(value) for name, value in thing.properties.items()} for thing in world.things.values()}


@CAREFUL
@given(desired_states(), desired_states())
def test_two_calls_of_which_the_first_does_not_wait_do_what_one_does(first: list[Resource], second: list[Resource]) -> None:
    waiting, hasty = World(slow=3), World(slow=3)
    for desired in (first, second, first, []):
        apply(waiting, desired)
        begun = apply(hasty, desired, frozenset({"slow"}))
        assert list(begun.failures) == []
        outcomes = {action.address: begun.outcome(action) for action in begun.plan.changes} if begun.report else {}
        assert set(outcomes.values()) <= {"done", "begun", "deferred"}
        assert {address.partition(".")[0] for address, outcome in outcomes.items() if outcome == "begun"} <= {"slow"}
        pending = {thing.address for thing in hasty.things.values() if thing.state == "pending"}
        left = {action.address for action in make_plan(desired, observe(KINDS, hasty), KINDS, ALL).changes}
        assert pending | left <= set(begun.deferred), "something is said to be done that is not"
        assert begun.deferred == [] or pending, "something was put off for nothing"
        finished = apply(hasty, desired)
        assert list(finished.failures) == []
        assert finished.deferred == []
        assert_converged(hasty, desired)
        assert state(hasty) == state(waiting)
        assert hasty.refusals == []
    assert sorted(one for one in hasty.log if one[0] == "create") == sorted(one for one in waiting.log if one[0] == "create")


@CAREFUL
@given(desired_states(), st.integers(0, 25), st.sampled_from(FAULTS), st.booleans())
def test_the_next_run_repairs_a_fault_in_either_of_two_calls(desired: list[Resource], at: int, fault: str, late: bool) -> None:
    world = World(slow=3)
    for deferring in (True, False):
        if late is not deferring:
            world.faults = {len(world.log) + at: fault}
        with contextlib.suppress(Killed):
            apply(world, desired, frozenset({"slow"}) if deferring else frozenset())
    world.revive()
    apply(world, desired, frozenset({"slow"}))
    assert list(apply(world, desired).failures) == []
    assert_converged(world, desired)


@CAREFUL
@given(desired_states(), st.integers(0, 25))
def test_a_refusal_stops_only_what_depends_on_it(desired: list[Resource], at: int) -> None:
    world = World(faults={at: "refused"})
    result = apply(world, desired)
    if result.report is None or not result.failures:
        assert_converged(world, desired)
        return
    failed = result.failures[0].address
    report = result.report
    kept = {step.address for step in report.because}
    assert len(result.failures) == 1
    for step in report.because:
        assert report.because[step].address == failed
    assert {resource.address for resource in desired} <= kept | {failed} | {step.address for step in report.done}
    world.faults.clear()
    assert list(apply(world, desired).failures) == []
    assert_converged(world, desired)


@CAREFUL
@given(desired_states(), desired_states())
def test_without_consent_nothing_is_replaced_or_deleted(first: list[Resource], second: list[Resource]) -> None:
    world = World()
    apply(world, first)
    there = set(world.things)
    result = reconcile(second, observe(KINDS, world), KINDS, world, Settings(Consent(), Patience(1, 5, 60), clock=FakeClock()))
    assert there <= set(world.things)
    assert ("delete" in {verb for verb, _address in world.log}) is False
    if result.plan.refused:
        assert {f.code for f in result.failures} == {"ReplacementNotAllowed"}
        assert set(world.things) == there


@CAREFUL
@given(desired_states())
def test_destroy_is_the_reverse_of_create(desired: list[Resource]) -> None:
    world = World()
    apply(world, desired)
    created = [address for verb, address in world.log if verb == "create"]
    world.log.clear()
    apply(world, [])
    deleted = [address for verb, address in world.log if verb == "delete"]
    assert sorted(deleted) == sorted(created)
    by_address = {resource.address: resource for resource in desired}
    for resource in by_address.values():
        for name in ("parent", "peer"):
            if name in resource.properties:
                assert deleted.index(resource.address) < deleted.index(resource.properties[name].address) or (
                    name == "peer" and ("update", resource.address) in world.log
                )
    assert world.refusals == []
