# Copyright: Contributors to the mainstay.aws project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Random plans, killed at random and applied again: the same plan can always continue, it does only what it says, and any other change
to the account is detected.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.engine import observe, plan_only
from ansible_collections.mainstay.aws.plugins.module_utils.reconcile.model import Resource
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.drift import carried_out, refusal
from ansible_collections.mainstay.aws.plugins.module_utils.saved_plans.part import Context, make_part
from tests.unit.reconcile.fake import Killed, World
from tests.unit.reconcile.test_random import ALL, KINDS, apply, assert_converged, desired_states

PLACE = {"account_id": "123456789012", "region": "af-south-1", "partition": "aws", "endpoint": None}
CAREFUL = settings(suppress_health_check=[HealthCheck.too_slow])
CONTEXT = Context({"module": "m", "environment": "prod", "component": "c"}, PLACE)


def plan(world: World, desired: list[Resource]) -> dict[str, Any]:
    """A saved plan, as read back from its file."""
    observed = observe(KINDS, world)
    part = make_part(CONTEXT, desired, observed, plan_only(desired, observed, KINDS, ALL), KINDS, ALL)
    return json.loads(json.dumps(part))


def refused(saved: dict[str, Any], world: World, desired: list[Resource]) -> list[str]:
    return refusal(saved, desired, observe(KINDS, world), ALL, CONTEXT, KINDS)


@CAREFUL
@given(
    desired_states(),
    desired_states(),
    st.integers(0, 2),
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["killed before", "killed after"])), max_size=3),
)
def test_an_interrupted_plan_resumes(first: list[Resource], second: list[Resource], slow: int, kills: list[tuple[int, str]]) -> None:
    world = World(slow=slow)
    apply(world, first)
    saved = plan(world, second)
    for number, kind in kills:
        assert refused(saved, world, second) == []
        world.faults = {len(world.log) + number: kind}
        with contextlib.suppress(Killed):
            apply(world, second)
        world.revive()
    assert refused(saved, world, second) == []
    assert list(apply(world, second).failures) == []
    assert_converged(world, second)
    assert refused(saved, world, second) == []
    observed = observe(KINDS, world)
    done, planned = carried_out(saved, plan_only(second, observed, KINDS, ALL).plan)
    assert done == planned == len(saved["actions"])


@CAREFUL
@given(desired_states(), desired_states(), st.data())
def test_a_resource_deleted_meanwhile_is_named(first: list[Resource], second: list[Resource], data: st.DataObject) -> None:
    world = World()
    apply(world, first)
    saved = plan(world, second)
    going = {(action["address"], action["id"]) for action in saved["actions"] if action["action"] in ("delete", "replace")}
    candidates = [thing for thing in world.things.values() if (thing.address, thing.id) not in going]
    if not candidates:
        return
    victim = data.draw(st.sampled_from(candidates))
    del world.things[victim.id]
    assert any(victim.address in reason and "no longer exists" in reason for reason in refused(saved, world, second))


@CAREFUL
@given(desired_states(), desired_states(), st.booleans(), st.data())
def test_a_property_changed_meanwhile_is_named(first: list[Resource], second: list[Resource], applied: bool, data: st.DataObject) -> None:
    world = World()
    apply(world, first)
    saved = plan(world, second)
    if applied:
        apply(world, second)
    if not world.things:
        return
    victim = data.draw(st.sampled_from(list(world.things.values())))
    name = data.draw(st.sampled_from(["color", "size", "label", "friends"]))
    described = {resource.address: resource for resource in second}
    made = {action["address"] for action in saved["actions"] if action["action"] in ("create", "replace")}
    # for resources that the plan creates, only the described properties matter
    if applied and victim.address in made and name not in described[victim.address].properties:
        return
    victim.properties[name] = ["a stranger"] if name == "friends" else "somebody else's"
    reasons = refused(saved, world, second)
    assert any(victim.address in reason and name in reason for reason in reasons), reasons
