# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Random accounts in which some resources have other marks. Moves and adoptions under faults create, delete, or duplicate nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.claims import take
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import Result, Settings, observe, reconcile
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.planner import Consent
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.waiting import Patience

from .fake import FakeClock, Killed, World
from .test_random import CAREFUL, FAULTS, KINDS, assert_converged, desired_states
from .test_random import apply as apply_plainly

SORTS = st.sampled_from(["kept", "moved", "nobody's", "another's"])


def estranged(world: World, draw: st.DataObject, among: Collection[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Gives some of the resources at these addresses other marks; returns the adoptions and moves that restore them."""
    adopt: dict[str, Any] = {}
    moves: dict[str, str] = {}
    for thing in world.things.values():
        address = thing.address
        sort = draw.draw(SORTS) if address in among else "kept"
        if sort == "moved":
            thing.address = f"{address}-old"
            moves[thing.address] = address
        elif sort == "nobody's":
            thing.owner, thing.address = "", f"{thing.kind}.strange-{thing.id}"
            adopt[address] = thing.id
        elif sort == "another's":
            thing.owner, thing.address = "them/x", f"{thing.kind}.theirs-{thing.id}"
            adopt[address] = {"id": thing.id, "from": "them/x"}
    return adopt, moves


def drifted(world: World, draw: st.DataObject) -> None:
    """Changes mutable properties."""
    for thing in world.things.values():
        if draw.draw(st.booleans()):
            thing.properties["label"] = "strange"


def apply(world: World, desired: list[Resource], adopt: dict[str, Any], moves: dict[str, str]) -> Result:
    consent = Consent()
    observed = take(
        adopt,
        moves,
        desired,
        observe(KINDS, world),
        KINDS,
        world,
        partial(consent.allows, "replace"),
    )
    return reconcile(desired, observed, KINDS, world, Settings(consent, Patience(poll=1.0, settle=5.0, timeout=60.0), clock=FakeClock()))


@CAREFUL
@given(desired_states(), st.data(), st.integers(0, 25), st.sampled_from(FAULTS))
def test_what_is_moved_and_adopted_stays_what_it_is(desired: list[Resource], draw: st.DataObject, at: int, fault: str) -> None:
    world = World(slow=1)
    apply_plainly(world, desired)
    there = {thing.id: thing.address for thing in world.things.values()}
    adopt, moves = estranged(world, draw, {resource.address for resource in desired})
    drifted(world, draw)
    world.log.clear()
    world.faults = {at: fault}
    with contextlib.suppress(Killed):
        apply(world, desired, adopt, moves)
    world.revive()
    result = apply(world, desired, adopt, moves)
    assert list(result.failures) == []
    assert {verb for verb, _address in world.log} <= {"claim", "update"}
    assert {thing.id: thing.address for thing in world.things.values()} == there
    assert {thing.owner for thing in world.things.values()} <= {"us"}
    assert_converged(world, desired)
    assert apply(world, desired, adopt, moves).report is None


@CAREFUL
@given(desired_states(), desired_states(), st.data(), st.integers(0, 25), st.sampled_from(FAULTS))
def test_a_change_of_mind_about_what_is_moved_and_adopted(
    first: list[Resource], second: list[Resource], draw: st.DataObject, at: int, fault: str
) -> None:
    """With full consent: resources that differ in immutable properties are replaced, and nothing is left over or duplicated."""
    world = World(slow=1)
    apply_plainly(world, first)
    adopt, moves = estranged(world, draw, {resource.address for resource in second})
    everything = Consent(("*",), ("*",))
    settings = Settings(everything, Patience(poll=1.0, settle=5.0, timeout=60.0), clock=FakeClock())
    world.faults = {len(world.log) + at: fault}
    for _attempt in range(2):
        observed = take(adopt, moves, second, observe(KINDS, world), KINDS, world, lambda _kind, _address: True)
        with contextlib.suppress(Killed):
            result = reconcile(second, observed, KINDS, world, settings)
        world.revive()
    assert list(result.failures) == []
    assert_converged(world, second)
    assert {thing.owner for thing in world.things.values()} <= {"us"}
